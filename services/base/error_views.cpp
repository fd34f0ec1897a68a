#include "services/base/router.h"

// The four shapes an OpenStack error comes in. Sources: nova/api/openstack/wsgi.py (Fault),
// keystone/server/flask/application.py, neutron/api/api_common.py, glance (webob's JSON).
namespace nuri {

namespace {

std::string_view nova_name(int status) {
  switch (status) {
    case 400: return "badRequest";
    case 401: return "unauthorized";
    case 403: return "forbidden";
    case 404: return "itemNotFound";
    case 405: return "badMethod";
    case 409: return "conflictingRequest";
    case 413: return "overLimit";
    case 415: return "badMediaType";
    case 429: return "overLimit";
    case 501: return "notImplemented";
    case 503: return "serviceUnavailable";
    default: return "computeFault";
  }
}

std::string_view neutron_type(const Error& e) {
  if (!e.type.empty()) return e.type;
  switch (http_status(e.code)) {
    case 400: return "HTTPBadRequest";
    case 401: return "Unauthorized";
    case 403: return "PolicyNotAuthorized";
    case 404: return "HTTPNotFound";
    case 409: return "Conflict";
    default: return "HTTPInternalServerError";
  }
}

}  // namespace

Response nova_error(const Error& e) {
  int status = http_status(e.code);
  Json body = Json::object();
  body.set(nova_name(status), Json::object({{"code", status}, {"message", e.message}}));
  return Response::json(status, body);
}

Response keystone_error(const Error& e) {
  int status = http_status(e.code);
  return Response::json(status, Json::object({{"error", Json::object({{"code", status},
                                                                      {"message", e.message},
                                                                      {"title", reason_phrase(status)}})}}));
}

Response neutron_error(const Error& e) {
  // Neutron answers 409 where a quota is used up.
  int status = e.code == ErrorCode::over_quota ? 409 : http_status(e.code);
  std::string_view type = e.code == ErrorCode::over_quota && e.type.empty() ? "OverQuota" : neutron_type(e);
  return Response::json(status, Json::object({{"NeutronError", Json::object({{"type", type},
                                                                             {"message", e.message},
                                                                             {"detail", ""}})}}));
}

// Glance itself answers HTML to those who take anything; its client reads JSON only where each member
// is an object with a message.
Response glance_error(const Error& e) {
  int status = http_status(e.code);
  return Response::json(status, Json::object({{"error", Json::object({{"code", status},
                                                                      {"title", reason_phrase(status)},
                                                                      {"message", e.message}})}}));
}

}  // namespace nuri
