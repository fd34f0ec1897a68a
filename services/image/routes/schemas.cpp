#include "services/image/routes/schemas.h"

#include "services/image/api/image.h"
#include "services/image/api/metadef.h"

namespace nuri::image {

namespace {

// An object of texts, but for what `others` says of some.
Json plain_schema(const std::string& name, std::initializer_list<const char*> texts,
                  const Json& others = Json::object()) {
  Json properties = Json::object();
  for (const char* text : texts) properties.set(text, Json::object({{"type", "string"}}));
  for (const auto& [key, value] : others.as_object()) properties.set(key, value);
  return Json::object({{"name", name}, {"properties", properties}});
}

Json member_schema() {
  Json status = Json::object(
      {{"type", "string"}, {"enum", Json::array({"pending", "accepted", "rejected"})}});
  return plain_schema("member", {"created_at", "image_id", "member_id", "schema", "updated_at"},
                      Json::object({{"status", status}}));
}

Json task_schema() {
  Json map = Json::object({{"type", Json::array({"null", "object"})}});
  Json status = Json::object(
      {{"type", "string"}, {"enum", Json::array({"pending", "processing", "success", "failure"})}});
  return plain_schema("task",
                      {"id", "type", "owner", "message", "created_at", "updated_at", "expires_at",
                       "self", "schema", "image_id", "request_id", "user_id"},
                      Json::object({{"status", status}, {"input", map}, {"result", map}}));
}

// A page of things of one schema.
Json list_schema(const std::string& name, const Json& item) {
  Json text = Json::object({{"type", "string"}});
  Json items = Json::object({{"type", "array"}, {"items", item}});
  Json properties =
      Json::object({{name, items}, {"first", text}, {"next", text}, {"schema", text}});
  Json links = Json::array({Json::object({{"rel", "first"}, {"href", "{first}"}}),
                            Json::object({{"rel", "next"}, {"href", "{next}"}}),
                            Json::object({{"rel", "describedby"}, {"href", "{schema}"}})});
  return Json::object({{"name", name}, {"properties", properties}, {"links", links}});
}

}  // namespace

std::map<std::string, Json> schemas() {
  std::map<std::string, Json> out = {
      {"image", image_schema()},   {"images", list_schema("images", image_schema())},
      {"member", member_schema()}, {"members", list_schema("members", member_schema())},
      {"task", task_schema()},     {"tasks", list_schema("tasks", task_schema())},
  };
  for (auto& [name, schema] : metadef_schemas()) out.emplace("metadefs/" + name, std::move(schema));
  return out;
}

}  // namespace nuri::image
