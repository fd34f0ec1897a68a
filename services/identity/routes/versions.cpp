#include "services/identity/routes/identity.h"

namespace nuri::identity {

namespace {

Json version_three(const Context& context) {
  return Json::object(
      {{"id", "v3.14"},
       {"status", "stable"},
       {"updated", "2020-04-07T00:00:00Z"},
       {"links",
        Json::array({Json::object({{"rel", "self"}, {"href", context.base_url + "/v3/"}})})},
       {"media-types",
        Json::array({Json::object({{"base", "application/json"},
                                   {"type", "application/vnd.openstack.identity-v3+json"}})})}});
}

Result<Response> get_versions(Identity&, const Request&, Context& context) {
  Json values = Json::object({{"values", Json::array({version_three(context)})}});
  Response out = Response::json(300, Json::object({{"versions", std::move(values)}}));
  out.headers.set("Location", context.base_url + "/v3/");
  return out;
}

Result<Response> get_version(Identity&, const Request&, Context& context) {
  return Response::json(200, Json::object({{"version", version_three(context)}}));
}

constexpr Rule kRules[] = {
    {"GET", "/", "identity:list_versions", get_versions},
    {"GET", "/v3", "identity:get_version", get_version},
};

}  // namespace

std::span<const Rule> version_rules() { return kRules; }

}  // namespace nuri::identity
