#!/usr/bin/python3
"""Names, tags, metadata, extra specs, filters and paths that would do harm if anything took them for
XML, SQL, a path or a pattern: each comes back as it was sent or is refused with a reason, and
nothing else has changed. Real services, simulated hosts.
  hostile_names.py BIN_DIR"""
import json
import os
import sys
import time
from urllib.parse import quote

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "..", "support"))
from cloud import Cloud  # noqa: E402

HOSTILE = [
    "\"quotes\" and 'more'", "</title><devices/><title>", "<![CDATA[x]]>", "&lt;&e;&#60;", "x' OR '1'='1",
    "x'; DROP TABLE servers; --", "x\"); DELETE FROM networks; --", "100% _under_ *star*", "(?:a+)+$", "..",
    "../../etc/passwd", "/etc/shadow", "a/b", "a%2e%2e%2fb", "$(reboot)`reboot`;reboot", "%s%n%p", "a,b", "a=b&c=d", "a?b#c",
    "line\nbreak", "carriage\rreturn", "tab\there", "nul\0byte", "bell\x07\x1b[31m", "del\x7f", "\ufffe\uffff",
    "누리 😀", "\u202eright to left", "x" * 255, "é" * 255, " leading", "trailing ", "{\"$ne\": null}", "null", "-1", "",
]
failures = []
counts = {"kept": 0, "refused": 0}


def check(truth, text):
    if truth:
        return
    print("FAILED: " + text, flush=True)
    failures.append(text)


def until(what, seconds, ready):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := ready():
            return found
        time.sleep(0.2)
    check(False, "never: " + what)


def told(answer):
    return answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)


class Tried:
    """One kind of resource: made with a hostile text somewhere, looked at, found by it, removed."""

    def __init__(self, api, label, path, key, make, text_of, headers=None, listed=None, put=False):
        self.api, self.label, self.path, self.key, self.headers = api, label, path, key, headers or {}
        self.make, self.text_of, self.listed, self.put = make, text_of, listed, put

    def count(self):
        return len(self.api.must("GET", self.path, headers=self.headers)[self.listed]) if self.listed else 0

    def run(self):
        before = self.count()
        for text in HOSTILE:
            body = self.make(text)
            status, _, answer = self.api.call("POST", self.path, {self.key: body} if self.key else body, self.headers)
            if status >= 300:
                check(status in (400, 403, 409, 413, 422) and len(told(answer)) > 20, f"{self.label} {text!r}: {status} {told(answer)[:120]}")
                counts["refused"] += 1
                continue
            made = answer[self.key] if self.key else answer
            where = f"{self.path}/{quote(str(made.get('id', made.get('name'))), safe='')}"
            status, _, shown = self.api.call("GET", where, headers=self.headers)
            if status == 200:
                seen = self.text_of(shown[self.key] if self.key else shown)
                check(seen == text, f"{self.label} {text!r} came back as {seen!r}")
                counts["kept"] += 1
            else:
                check(False, f"{self.label} {text!r}: made, but shown {status}")
            if self.listed and text:
                self.find(text, made)
            status = self.api.call("DELETE", where, headers=self.headers)[0]
            check(status in (200, 202, 204), f"{self.label} {text!r}: deleted {status}")
        if self.listed:
            until(f"{self.label} is as before", 30, lambda: self.count() == before)

    def find(self, text, made):
        status, _, answer = self.api.call("GET", f"{self.path}?name={quote(text, safe='')}", headers=self.headers)
        check(status in (200, 400), f"{self.label}?name={text!r}: {status} {told(answer)[:120]}")
        if status == 200 and self.label != "server name":  # Nova's name filter is a pattern
            others = [r for r in answer[self.listed] if r.get("name", text) != text]
            check(not others, f"{self.label}?name={text!r} found others")


def named(**more):
    return lambda text: dict(more, name=text)


def texts(api, project, server, network):
    compute, volume, net, image, identity = "/compute/v2.1", f"/volume/v3/{project}", "/network/v2.0", "/image/v2", "/identity/v3"
    nova = {"X-OpenStack-Nova-API-Version": "2.52"}
    name = lambda r: r["name"]  # noqa: E731
    said = lambda r: r["description"]  # noqa: E731
    yield Tried(api, "server name", f"{compute}/servers", "server", lambda t: dict(server, name=t), name, listed="servers")
    yield Tried(api, "server description", f"{compute}/servers", "server", lambda t: dict(server, name="n", description=t), said, nova)
    yield Tried(api, "server metadata key", f"{compute}/servers", "server", lambda t: dict(server, name="n", metadata={t: "v"}),
                lambda r: next(iter(r["metadata"])))
    yield Tried(api, "server metadata value", f"{compute}/servers", "server", lambda t: dict(server, name="n", metadata={"k": t}),
                lambda r: r["metadata"]["k"])
    yield Tried(api, "server tag", f"{compute}/servers", "server", lambda t: dict(server, name="n", tags=[t]), lambda r: r["tags"][0], nova)
    yield Tried(api, "flavor name", f"{compute}/flavors", "flavor", named(vcpus=1, ram=64, disk=1), name)
    yield Tried(api, "flavor id", f"{compute}/flavors", "flavor", lambda t: {"id": t or "none", "name": "i", "vcpus": 1, "ram": 64, "disk": 1},
                lambda r: r["id"].replace("none", ""))
    yield Tried(api, "keypair name", f"{compute}/os-keypairs", "keypair", named(), name)
    yield Tried(api, "aggregate name", f"{compute}/os-aggregates", "aggregate", named(), name)
    yield Tried(api, "server group name", f"{compute}/os-server-groups", "server_group", named(policies=["affinity"]), name)
    yield Tried(api, "volume name", f"{volume}/volumes", "volume", named(size=1), name, listed="volumes")
    yield Tried(api, "volume description", f"{volume}/volumes", "volume", lambda t: {"size": 1, "description": t}, said)
    yield Tried(api, "volume metadata value", f"{volume}/volumes", "volume", lambda t: {"size": 1, "metadata": {"k": t}}, lambda r: r["metadata"]["k"])
    yield Tried(api, "network name", f"{net}/networks", "network", named(), name, listed="networks")
    yield Tried(api, "network description", f"{net}/networks", "network", lambda t: {"description": t}, said)
    yield Tried(api, "port name", f"{net}/ports", "port", named(network_id=network), name, listed="ports")
    yield Tried(api, "port device_id", f"{net}/ports", "port", lambda t: {"network_id": network, "device_id": t}, lambda r: r["device_id"])
    yield Tried(api, "router name", f"{net}/routers", "router", named(), name, listed="routers")
    yield Tried(api, "group name", f"{net}/security-groups", "security_group", named(), name, listed="security_groups")
    yield Tried(api, "image name", f"{image}/images", None, named(container_format="bare", disk_format="raw"), name, listed="images")
    yield Tried(api, "image tag", f"{image}/images", None, lambda t: {"name": "n", "tags": [t]}, lambda r: r["tags"][0])
    yield Tried(api, "image property", f"{image}/images", None, lambda t: {"name": "n", "p": t}, lambda r: r["p"])
    yield Tried(api, "project name", f"{identity}/projects", "project", named(), name, listed="projects")
    yield Tried(api, "project description", f"{identity}/projects", "project", lambda t: {"name": "d", "description": t}, said)
    yield Tried(api, "project tag", f"{identity}/projects", "project", lambda t: {"name": "t", "tags": [t]}, lambda r: r["tags"][0])
    yield Tried(api, "user name", f"{identity}/users", "user", named(password="correct horse"), name, listed="users")
    yield Tried(api, "role name", f"{identity}/roles", "role", named(), name, listed="roles")
    yield Tried(api, "region id", f"{identity}/regions", "region", lambda t: {"id": t or "none"}, lambda r: r["id"].replace("none", ""))


def extra_specs(api, flavor):
    for text in HOSTILE:
        for specs in ({text: "v"}, {"k": text}):
            status, _, answer = api.call("POST", f"/compute/v2.1/flavors/{flavor}/os-extra_specs", {"extra_specs": specs})
            check(status in (200, 400), f"extra spec {specs!r}: {status} {told(answer)[:120]}")
            if status == 200:
                kept = api.must("GET", f"/compute/v2.1/flavors/{flavor}/os-extra_specs")["extra_specs"]
                check(all(kept.get(k) == v for k, v in specs.items()), f"extra spec {specs!r} came back as {kept!r}"[:300])
                api.call("DELETE", f"/compute/v2.1/flavors/{flavor}/os-extra_specs/{quote(next(iter(specs)), safe='')}")


def paths_and_queries(api, project):
    for text in HOSTILE[:-1]:
        q = quote(text, safe="")
        for path in ("/compute/v2.1/servers/{}", "/compute/v2.1/flavors/{}", "/compute/v2.1/os-keypairs/{}", f"/volume/v3/{project}/volumes/{{}}",
                     "/network/v2.0/networks/{}", "/image/v2/images/{}", "/identity/v3/projects/{}", "/image/v2/images/{}/file"):
            status, _, answer = api.call("GET", path.format(q))
            check(status in (400, 404, 405), f"GET {path.format(q)}: {status} {told(answer)[:120]}")
        for path in ("/compute/v2.1/servers?sort_key={}", "/compute/v2.1/servers/detail?marker={}", "/compute/v2.1/servers?status={}",
                     "/compute/v2.1/servers?limit={}", "/compute/v2.1/servers?changes-since={}", "/compute/v2.1/servers?ip={}",
                     f"/volume/v3/{project}/volumes?sort={{}}", f"/volume/v3/{project}/volumes/detail?metadata={{}}",
                     "/network/v2.0/networks?fields={}", "/network/v2.0/ports?fixed_ips={}", "/network/v2.0/networks?sort_key={}&sort_dir=asc",
                     "/network/v2.0/networks?tags={}", "/image/v2/images?sort={}", "/image/v2/images?tag={}", "/image/v2/images?size_min={}",
                     "/identity/v3/users?domain_id={}", "/identity/v3/projects?tags={}", "/metering/v1/prices?x={}"):
            status, _, answer = api.call("GET", path.format(q))
            check(status < 500, f"GET {path.format(q)}: {status} {told(answer)[:120]}")


def furnish(api):
    flavor = api.must("POST", "/compute/v2.1/flavors", {"flavor": {"name": "f", "vcpus": 1, "ram": 64, "disk": 1}})["flavor"]["id"]
    image = api.must("POST", "/image/v2/images", {"name": "i", "disk_format": "raw", "container_format": "bare"})["id"]
    api.must("PUT", f"/image/v2/images/{image}/file", b"\0" * 512, {"Content-Type": "application/octet-stream"})
    network = api.must("POST", "/network/v2.0/networks", {"network": {"name": "n"}})["network"]["id"]
    api.must("POST", "/network/v2.0/subnets", {"subnet": {"network_id": network, "ip_version": 4, "cidr": "10.9.0.0/16"}})
    until("a host", 30, lambda: api.must("GET", "/compute/v2.1/os-hypervisors")["hypervisors"])
    return flavor, network, {"flavorRef": flavor, "imageRef": image, "networks": [{"uuid": network}]}


def main():
    with Cloud(sys.argv[1]) as cloud:
        api = cloud.api()
        project = api.must("GET", "/identity/v3/auth/projects")["projects"][0]["id"]
        flavor, network, server = furnish(api)
        api.must("PUT", f"/compute/v2.1/os-quota-sets/{project}", {"quota_set": {"instances": 500, "cores": 500, "ram": 500000, "key_pairs": 500}})
        for tried in texts(api, project, server, network):
            tried.run()
        extra_specs(api, flavor)
        paths_and_queries(api, project)
        until("no server is left", 60, lambda: not api.must("GET", "/compute/v2.1/servers?all_tenants=1")["servers"])
        for name, process in cloud.procs.items():
            check(process.poll() is None, f"{name} lives")
    print(f"{counts['kept']} kept as sent, {counts['refused']} refused, {len(failures)} failed", flush=True)
    sys.exit(1 if failures else 0)


main()
