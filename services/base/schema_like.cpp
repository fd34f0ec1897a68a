#include "services/base/schema_like.h"

namespace nuri {

namespace {

Json schema_of_value(const Json& v) {
  if (v.is_null()) return Json::object();
  if (v.is_array()) {
    Json items = v.size() > 0 ? schema_of_value(v.at(0)) : Json::object();
    return Json::object({{"type", "array"}, {"items", std::move(items)}});
  }
  if (!v.is_object()) return Json::object({{"type", v.type_name()}});
  Json properties = Json::object();
  for (const auto& [key, member] : v.as_object()) properties.set(key, schema_of_value(member));
  return Json::object({{"type", "object"}, {"properties", std::move(properties)}});
}

}  // namespace

Schema schema_like(const char* example_json) {
  auto example = parse_json(example_json);
  return schema_of(example ? schema_of_value(*example) : Json(true));
}

}  // namespace nuri
