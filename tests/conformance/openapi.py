#!/usr/bin/python3
"""The OpenAPI documents of a private simulated cloud: of each service and the gateway's of all of them.
  openapi.py BIN_DIR [--generic]    --generic lists the operations whose bodies no table describes"""
import json
import os
import re
import ssl
import sys
import urllib.request

from jsonschema import Draft202012Validator

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "..", "support"))
from cloud import SERVICES, Cloud  # noqa: E402

METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}

# OpenAPI 3.1 (spec.openapis.org/oas/v3.1.0), as far as we use it, closed where the specification is.
EXT = {"^x-": True}
REF = {"type": "object", "required": ["$ref"], "properties": {"$ref": {"type": "string", "pattern": "^#/components/"}},
       "additionalProperties": False}
CONTENT = {"type": "object", "minProperties": 1, "propertyNames": {"pattern": "^[^/]+/[^/]+$"}, "additionalProperties": {
    "type": "object", "required": ["schema"], "properties": {"schema": {"type": ["object", "boolean"]}},
    "additionalProperties": False}}
PARAMETER = {"type": "object", "required": ["name", "in", "schema"], "properties": {
    "name": {"type": "string", "minLength": 1}, "in": {"enum": ["query", "header", "path", "cookie"]},
    "description": {"type": "string"}, "required": {"type": "boolean"}, "schema": {"type": "object"}},
    "if": {"properties": {"in": {"const": "path"}}}, "then": {"required": ["required"], "properties": {
        "required": {"const": True}}}, "patternProperties": EXT, "additionalProperties": False}
RESPONSE = {"type": "object", "required": ["description"], "properties": {
    "description": {"type": "string"}, "content": CONTENT, "headers": {"type": "object"}},
    "patternProperties": EXT, "additionalProperties": False}
OPERATION = {"type": "object", "required": ["operationId", "responses"], "properties": {
    "operationId": {"type": "string", "minLength": 1}, "summary": {"type": "string", "minLength": 1},
    "description": {"type": "string"}, "tags": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
    "parameters": {"type": "array", "items": {"anyOf": [REF, PARAMETER]}, "uniqueItems": True},
    "requestBody": {"type": "object", "required": ["content"], "properties": {
        "content": CONTENT, "required": {"type": "boolean"}}, "additionalProperties": False},
    "responses": {"type": "object", "minProperties": 1, "propertyNames": {"pattern": "^([1-5](\\d\\d|XX)|default)$"},
                  "additionalProperties": {"anyOf": [REF, RESPONSE]}},
    "security": {"type": "array", "items": {"type": "object"}}},
    "patternProperties": EXT, "additionalProperties": False}
DOCUMENT = {"type": "object", "required": ["openapi", "info", "paths"], "properties": {
    "openapi": {"type": "string", "pattern": "^3\\.1\\.\\d+$"},
    "info": {"type": "object", "required": ["title", "version"], "properties": {
        "title": {"type": "string"}, "version": {"type": "string"}},
        "patternProperties": EXT, "additionalProperties": False},
    "servers": {"type": "array", "items": {"type": "object", "required": ["url"]}},
    "paths": {"type": "object", "propertyNames": {"pattern": "^/"}, "additionalProperties": {
        "type": "object", "minProperties": 1, "propertyNames": {"enum": sorted(METHODS)},
        "additionalProperties": OPERATION}},
    "components": {"type": "object", "properties": {
        "parameters": {"type": "object", "additionalProperties": PARAMETER},
        "responses": {"type": "object", "additionalProperties": RESPONSE},
        "securitySchemes": {"type": "object"}, "schemas": {"type": "object"}},
        "patternProperties": EXT, "additionalProperties": False}},
    "patternProperties": EXT, "additionalProperties": False}


def walk(value, found):
    """Every {"$ref"} and every schema in a document."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            found["refs"].add(value["$ref"])
        if isinstance(value.get("schema"), dict):
            found["schemas"].append(value["schema"])
        for v in value.values():
            walk(v, found)
    elif isinstance(value, list):
        for v in value:
            walk(v, found)


def problems_of(doc):
    out = [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}"
           for e in Draft202012Validator(DOCUMENT).iter_errors(doc)]
    if out:
        return out
    found = {"refs": set(), "schemas": []}
    walk(doc, found)
    for ref in found["refs"]:
        at = doc
        for part in ref[2:].split("/"):
            at = at.get(part, {}) if isinstance(at, dict) else {}
        if not at:
            out.append("leads nowhere: " + ref)
    for schema in found["schemas"]:
        try:
            Draft202012Validator.check_schema(schema)
        except Exception as e:  # noqa: BLE001
            out.append(f"not a JSON schema: {json.dumps(schema)[:120]}: {e}"[:300])
    seen, shapes = set(), {}
    for path, item in doc["paths"].items():
        shape = re.sub(r"{[^}]*}", "{}", path)
        if shapes.setdefault(shape, path) != path:
            out.append(f"{path} and {shapes[shape]} are one path to OpenAPI")
        names = re.findall(r"{([^}]*)}", path)
        for method, operation in item.items():
            if operation["operationId"] in seen:
                out.append("twice: " + operation["operationId"])
            seen.add(operation["operationId"])
            told = [p["name"] for p in operation.get("parameters", []) if p.get("in") == "path"]
            if sorted(told) != sorted(names):
                out.append(f"{method} {path}: parameters {told}, not {names}")
            schemes = {s for need in operation.get("security", []) for s in need}
            for s in schemes - set(doc["components"]["securitySchemes"]):
                out.append("no such security scheme: " + s)
    return out


def generic(doc):
    out = []
    for path, item in doc["paths"].items():
        for method, operation in item.items():
            bodies = [("request", operation.get("requestBody"))] + [
                (code, r) for code, r in operation["responses"].items() if code[0] == "2"]
            out += [f"{method.upper()} {path} {what}" for what, body in bodies
                    if body and body.get("content", {}).get("application/json", {}).get("schema") == {"type": "object"}]
    return out


def fetch(url, context=None):
    with urllib.request.urlopen(url, timeout=20, context=context) as r:
        return json.load(r)


def main():
    failed = False
    with Cloud(sys.argv[1]) as cloud:
        docs = {s: fetch(f"http://127.0.0.1:{cloud.ports[s]}/openapi.json") for s in SERVICES}
        context = ssl.create_default_context(cafile=cloud.path("tls.pem"))
        docs["gateway"] = fetch(f"https://localhost:{cloud.ports['gateway']}/openapi.json", context)
    for name, doc in docs.items():
        problems = problems_of(doc)
        operations = sum(len(item) for item in doc.get("paths", {}).values())
        print(f"{'FAILED' if problems else 'ok'}: {name}: {len(doc.get('paths', {}))} paths, {operations} operations, "
              f"{doc['info'].get('x-nuri-generic-bodies')} bodies without a table")
        for p in problems[:20]:
            print("  " + p)
        failed = failed or bool(problems) or operations < 5
        if "--generic" in sys.argv and name != "gateway":
            print("\n".join("  generic: " + g for g in generic(doc)))
    whole = docs["gateway"]
    if "x-nuri-missing" in whole["info"]:
        print("FAILED: the gateway misses", whole["info"]["x-nuri-missing"])
        failed = True
    # A document that was spoiled must be refused, or the checks above check nothing.
    spoiled = json.loads(json.dumps(docs["compute"]))
    path = next(p for p in spoiled["paths"] if "{" in p)
    method = next(iter(spoiled["paths"][path]))
    spoiled["paths"][path][method]["parameters"] = []
    if not problems_of(spoiled):
        print("FAILED: a spoiled document passed")
        failed = True
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
