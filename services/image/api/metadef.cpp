#include "services/image/api/metadef.h"

namespace nuri::image {

namespace {

// A field of a value that is kept as JSON.
Field<Json> kept(const std::string& name, const char* type) {
  Field<Json> f;
  f.name = name;
  f.type = type;
  f.set = [name](Json& t, const Json& j, int) -> Status {
    t.set(name, j);
    return {};
  };
  f.get = [name](const Json& t, int) -> std::optional<Json> {
    const Json* found = t.find(name);
    return found ? std::optional(*found) : std::nullopt;
  };
  return f;
}

// What stands in a path: gateways take "." and ".." for steps of it.
std::string path_problem(const Json& j) {
  return j.as_string() == "." || j.as_string() == ".." ? "\".\" and \"..\" are no names." : "";
}

Field<Json> name_field() {
  return kept("name", "string").length(1, 80).checked(path_problem).required_();
}

std::string object_problem(const Json& j) {
  return j.is_object() ? "" : "It must be an object, not " + std::string(j.type_name()) + ".";
}

const Fields<Json> kObject{"object",
                           Fields<Json>::Unknown::refuse,
                           {
                               name_field(),
                               kept("description", "string").length(0, 2000),
                               kept("required", "strings").length(0, 128),
                               kept("properties", "any").checked(object_problem),
                               // Of an answer that is sent back.
                               kept("created_at", "string"),
                               kept("updated_at", "string"),
                               kept("self", "string"),
                               kept("schema", "string"),
                           }};

const Fields<Json> kProperty{
    "property",
    Fields<Json>::Unknown::refuse,
    {
        name_field(),
        kept("title", "string").length(0, 255).required_(),
        kept("type", "string")
            .one_of({"array", "boolean", "integer", "number", "object", "string"})
            .required_(),
        kept("description", "string").length(0, 2000),
        kept("default", "any"),
        kept("enum", "any"),
        kept("items", "any").checked(object_problem),
        kept("operators", "strings").length(0, 32),
        kept("required", "strings").length(0, 128),
        kept("minimum", "any"),
        kept("maximum", "any"),
        kept("minLength", "integer"),
        kept("maxLength", "integer"),
        kept("pattern", "string").length(0, 1000),
        kept("minItems", "integer"),
        kept("maxItems", "integer"),
        kept("uniqueItems", "boolean"),
        kept("additionalItems", "boolean"),
        kept("readonly", "boolean"),
        kept("confidential", "boolean"),
        kept("format", "string").length(0, 80),
    }};

const Fields<Json> kTag{"tag", Fields<Json>::Unknown::refuse, {name_field()}};

const Fields<Json> kResourceType{"resource_type_association",
                                 Fields<Json>::Unknown::refuse,
                                 {
                                     name_field(),
                                     kept("prefix", "string").length(0, 80),
                                     kept("properties_target", "string").length(0, 80),
                                 }};

Json schema_of_table(const std::string& name, const Json& schema) {
  Json out = Json::object({{"name", name}, {"properties", schema["properties"]}});
  if (const Json* required = schema.find("required")) out.set("required", *required);
  return out;
}

Json list_of(const std::string& name, const Json& item) {
  Json text = Json::object({{"type", "string"}});
  return Json::object(
      {{"name", name},
       {"properties", Json::object({{name, Json::object({{"type", "array"}, {"items", item}})},
                                    {"first", text},
                                    {"next", text},
                                    {"schema", text}})}});
}

std::string path_of(const std::string& name) { return "/v2/metadefs/namespaces/" + name; }

}  // namespace

const Fields<Namespace> kNamespace{
    "namespace",
    Fields<Namespace>::Unknown::ignore,
    {
        text("namespace", &Namespace::name).length(1, 80).checked(path_problem).required_(),
        text("display_name", &Namespace::display_name).length(0, 80).nullable_(),
        text("description", &Namespace::description).length(0, 500).nullable_(),
        text("visibility", &Namespace::visibility).one_of({"public", "private"}),
        boolean("protected", &Namespace::is_protected),
        text("owner", &Namespace::owner).length(0, 255).nullable_(),
        computed<Namespace>("created_at",
                            [](const Namespace& n) { return iso_seconds(n.created_us); }),
        computed<Namespace>("updated_at",
                            [](const Namespace& n) { return iso_seconds(n.updated_us); }),
        computed<Namespace>("self", [](const Namespace& n) { return path_of(n.name); }),
        computed<Namespace>("schema",
                            [](const Namespace&) { return "/v2/schemas/metadefs/namespace"; }),
        any("resource_type_associations", &Namespace::resource_types).in_only(),
        any("objects", &Namespace::objects).in_only(),
        any("properties", &Namespace::properties).in_only(),
        any("tags", &Namespace::tags).in_only(),
    }};

const std::vector<ItemKind>& item_kinds() {
  static const std::vector<ItemKind> kKinds = {
      {"resource_types", "resource_type", "resource_type_associations", &kResourceType, true},
      {"objects", "object", "objects", &kObject, true},
      {"properties", "property", "properties", &kProperty, false},
      {"tags", "tag", "tags", &kTag, true},
  };
  return kKinds;
}

Json item_view(const ItemKind& kind, const Item& item) {
  Json out = item.body;
  if (!kind.timed) return out;
  out.set("created_at", iso_seconds(item.created_us))
      .set("updated_at", iso_seconds(item.updated_us));
  if (kind.name == "object") {
    out.set("self", path_of(item.namespace_name) + "/objects/" + item.name)
        .set("schema", "/v2/schemas/metadefs/object");
  }
  return out;
}

const std::vector<std::string> kResourceTypes = {"OS::Glance::Image", "OS::Cinder::Volume",
                                                 "OS::Nova::Flavor", "OS::Nova::Aggregate",
                                                 "OS::Nova::Server"};

std::vector<std::pair<std::string, Json>> metadef_schemas() {
  Json space = schema_of_table("namespace", kNamespace.schema(0));
  std::vector<std::pair<std::string, Json>> out = {{"namespace", space},
                                                   {"namespaces", list_of("namespaces", space)}};
  for (const ItemKind& kind : item_kinds()) {
    bool association = kind.name == "resource_type";
    Json one = schema_of_table(association ? "resource_type_association" : kind.name,
                               kind.fields->schema(0));
    out.emplace_back(kind.name, one);
    out.emplace_back(kind.segment, list_of(kind.list, one));
  }
  return out;
}

}  // namespace nuri::image
