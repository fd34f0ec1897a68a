#include <map>

#include "services/image/routes/api.h"
#include "services/image/routes/schemas.h"

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

}  // namespace

Result<Response> Api::versions_to_choose(const Request&, Context& context) {
  return Response::json(300, versions_json(context));
}

Result<Response> Api::versions(const Request&, Context& context) {
  return Response::json(200, versions_json(context));
}

Result<Response> Api::schema(const Request&, Context& context) {
  static const std::map<std::string, Json> kSchemas = schemas();
  auto found = kSchemas.find(context.param("name"));
  if (found == kSchemas.end())
    return not_found("There is no schema '" + context.param("name").substr(0, 60) + "'.");
  return Response::json(200, found->second);
}

}  // namespace nuri::image
