#include "services/image/routes/api.h"

// What clients ask before anything else: versions (no token) and schemas.
namespace nuri::image {

namespace {

Json versions_json(const Context& context) {
  Json versions = Json::array();
  // Minor versions of Glance (Zed, one store): 2.8 needs several stores and is not served.
  for (const char* minor : {"9", "7", "6", "5", "4", "3", "2", "1", "0"}) {
    Json link = Json::object({{"rel", "self"}, {"href", context.base_url + "/v2/"}});
    versions.push_back(Json::object({{"id", std::string("v2.") + minor},
                                     {"status", versions.size() == 0 ? "CURRENT" : "SUPPORTED"},
                                     {"links", Json::array({link})}}));
  }
  return Json::object({{"versions", std::move(versions)}});
}

Json member_schema() {
  Json text = Json::object({{"type", "string"}});
  Json status = Json::object(
      {{"type", "string"}, {"enum", Json::array({"pending", "accepted", "rejected"})}});
  Json properties = Json::object({{"created_at", text},
                                  {"image_id", text},
                                  {"member_id", text},
                                  {"schema", text},
                                  {"status", status},
                                  {"updated_at", text}});
  return Json::object({{"name", "member"}, {"properties", properties}});
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

void add_schema(Router& router, const std::string& name, const Json& schema) {
  router.add("GET", "/v2/schemas/" + name, Access::token,
             [schema](const Request&, Context&) -> Result<Response> {
               return Response::json(200, schema);
             });
}

}  // namespace

void add_version_routes(Router& router) {
  auto answer = [](int status) {
    return [status](const Request&, Context& c) -> Result<Response> {
      return Response::json(status, versions_json(c));
    };
  };
  router.add("GET", "/", Access::open, answer(300));
  router.add("GET", "/v2", Access::open, answer(300));
  router.add("GET", "/versions", Access::open, answer(200));
}

void add_schema_routes(Router& router) {
  add_schema(router, "image", image_schema());
  add_schema(router, "images", list_schema("images", image_schema()));
  add_schema(router, "member", member_schema());
  add_schema(router, "members", list_schema("members", member_schema()));
  // Uploads are the one way in; there is nothing to import from.
  router.add("GET", "/v2/info/import", Access::token,
             [](const Request&, Context&) -> Result<Response> {
               Json methods = Json::object({{"description", "Import methods available."},
                                            {"type", "array"},
                                            {"value", Json::array()}});
               return Response::json(200, Json::object({{"import-methods", methods}}));
             });
}

}  // namespace nuri::image
