#include "services/image/main/documents.h"

namespace nuri::image {

namespace {

constexpr const char* kNamespace = R"({"namespace": "", "display_name": "", "description": "",
    "visibility": "private", "protected": false, "owner": "", "created_at": "", "updated_at": "",
    "self": "", "schema": ""})";
constexpr const char* kObject = R"({"name": "", "description": "", "required": [""],
    "properties": {}, "created_at": "", "updated_at": "", "self": "", "schema": ""})";
constexpr const char* kProperty = R"({"name": "", "title": "", "description": "", "type": "",
    "default": null, "enum": []})";
constexpr const char* kTag = R"({"name": "", "created_at": "", "updated_at": ""})";

// A collection below a namespace of metadata definitions.
void below(Documents& d, const std::string& name, const char* example) {
  const std::string all = "/v2/metadefs/namespaces/{ns}/" + name, one = all + "/{item}";
  d.add("GET", all).answers(listed(name, schema_like(example)));
  d.like("POST", all, example).reads(schema_like(example)).status(201);
  d.like("GET", one, example);
  d.like("PUT", one, example).reads(schema_like(example));
}

}  // namespace

Documents documents() {
  Documents d;
  for (const char* path : {"/", "/v2", "/versions"})
    d.like("GET", path, R"({"versions": [{"id": "", "status": "", "links": []}]})");
  const std::string all = "/v2/metadefs/namespaces", one = all + "/{ns}";
  d.add("GET", all).answers(listed("namespaces", schema_like(kNamespace)));
  d.like("POST", all, kNamespace).reads(schema_like(kNamespace)).status(201);
  d.like("GET", one, kNamespace);
  d.like("PUT", one, kNamespace).reads(schema_like(kNamespace));
  below(d, "objects", kObject);
  below(d, "properties", kProperty);
  d.add("GET", one + "/tags").answers(listed("tags", schema_like(kTag)));
  d.add("POST", one + "/tags")
      .reads(listed("tags", schema_like(R"({"name": ""})")))
      .answers(listed("tags", schema_like(R"({"name": ""})")))
      .status(201);
  d.like("POST", one + "/tags/{item}", kTag).reads_nothing().status(201);
  d.like("GET", one + "/tags/{item}", kTag);
  d.like("PUT", one + "/tags/{item}", kTag).reads(schema_like(R"({"name": ""})"));
  constexpr const char* kAssociation = R"({"name": "", "prefix": "", "properties_target": null,
      "created_at": "", "updated_at": ""})";
  d.add("GET", one + "/resource_types")
      .answers(listed("resource_type_associations", schema_like(kAssociation)));
  d.like("POST", one + "/resource_types", kAssociation)
      .reads(schema_like(kAssociation))
      .status(201);
  d.like("GET", "/v2/metadefs/resource_types", R"({"resource_types": [{"name": "",
      "created_at": "", "updated_at": ""}]})");
  d.like("GET", "/v2/info/import", R"({"import-methods": {"value": [""], "type": "array",
      "description": ""}})");
  d.like("GET", "/v2/info/stores", R"({"stores": [{"id": "", "default": "true"}]})");
  d.like("GET", "/v2/info/usage", R"({"usage": {}})");
  constexpr const char* kTask = R"({"id": "", "type": "", "status": "", "owner": "", "input": {},
      "result": {}, "message": "", "created_at": "", "updated_at": "", "image_id": ""})";
  for (const char* path : {"/v2/tasks", "/v2/images/{id}/tasks"})
    d.add("GET", path).answers(listed("tasks", schema_like(kTask)));
  d.like("GET", "/v2/tasks/{task}", kTask);
  d.add("POST", "/v2/images/{id}/members").reads(schema_like(R"({"member": ""})"));
  d.add("PATCH", "/v2/images/{id}")
      .reads(schema_like(R"([{"op": "replace", "path": "/name", "value": null}])"));
  return d;
}

}  // namespace nuri::image
