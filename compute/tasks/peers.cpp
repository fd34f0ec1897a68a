#include "compute/tasks/peers.h"

namespace nuri::compute {

Json floating_kept(const Json& f) {
  return Json::object({{"id", f["id"]},
                       {"floating_ip_address", f["floating_ip_address"]},
                       {"fixed_ip_address", f["fixed_ip_address"]}});
}

bool permanent(const Error& e) {
  switch (e.code) {
    case ErrorCode::bad_request:
    case ErrorCode::forbidden:
    case ErrorCode::not_found:
    case ErrorCode::method_not_allowed:
    case ErrorCode::not_acceptable:
    case ErrorCode::conflict:
    case ErrorCode::gone:
    case ErrorCode::precondition_failed:
    case ErrorCode::too_large:
    case ErrorCode::unsupported_media:
    case ErrorCode::range_not_satisfiable:
    case ErrorCode::unprocessable:
    case ErrorCode::over_quota:
    case ErrorCode::not_implemented:
      return true;
    case ErrorCode::unauthorized:  // our own token; the key may be new
    case ErrorCode::too_many_requests:
    case ErrorCode::internal:
    case ErrorCode::bad_gateway:
    case ErrorCode::unavailable:
    case ErrorCode::timeout:
      return false;
  }
  return false;
}

Result<std::unique_ptr<HttpPeer>> HttpPeer::create(const std::string& url,
                                                   auth::ServiceIdentity& self) {
  http::ClientOptions options;
  options.base_url = url;
  options.timeout_ms = 20'000;
  auto client = TRY(http::Client::create(std::move(options)));
  return std::make_unique<HttpPeer>(std::move(client), self);
}

Result<Json> HttpPeer::call(std::string_view method, const std::string& target, const Json& body,
                            const std::string& user_token) {
  Headers headers;
  headers.set("X-Auth-Token", user_token.empty() ? self_.token() : user_token);
  // Only images are patched, and the image service asks for this type.
  if (method == "PATCH")
    headers.set("Content-Type", "application/openstack-images-v2.1-json-patch");
  return client_->call(method, target, body, headers);
}

}  // namespace nuri::compute
