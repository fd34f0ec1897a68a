#include "services/http/client.h"

namespace nuri::http {
namespace {

ErrorCode code_of(int status) {
  switch (status) {
    case 400: return ErrorCode::bad_request;
    case 401: return ErrorCode::unauthorized;
    case 403: return ErrorCode::forbidden;
    case 404: return ErrorCode::not_found;
    case 405: return ErrorCode::method_not_allowed;
    case 406: return ErrorCode::not_acceptable;
    case 409: return ErrorCode::conflict;
    case 410: return ErrorCode::gone;
    case 412: return ErrorCode::precondition_failed;
    case 413: return ErrorCode::too_large;
    case 415: return ErrorCode::unsupported_media;
    case 416: return ErrorCode::range_not_satisfiable;
    case 422: return ErrorCode::unprocessable;
    case 429: return ErrorCode::too_many_requests;
    case 501: return ErrorCode::not_implemented;
    case 502: return ErrorCode::bad_gateway;
    case 503: return ErrorCode::unavailable;
    case 504: return ErrorCode::timeout;
    default: return status < 500 ? ErrorCode::bad_request : ErrorCode::internal;
  }
}

// {"badRequest": {"message": ...}} (Nova, Cinder), {"error": {"message": ...}} (Keystone),
// {"NeutronError": {"message": ..., "type": ...}}, {"message": ...}, {"NeutronError": "..."}.
bool dig(const Json& body, Error& error) {
  const Json* inner = &body;
  if (!body.contains("message") && body.size() == 1) inner = &body.as_object().front().second;
  if (inner->is_string()) {
    error.message = inner->as_string();
    return true;
  }
  if (!(*inner)["message"].is_string()) return false;
  error.message = (*inner)["message"].as_string();
  error.type = (*inner)["type"].as_string();
  return true;
}

}  // namespace

Error error_of(const Response& response) {
  Error error(code_of(response.status), "");
  const Result<Json> body = parse_json(response.body);
  if (!body || !body->is_object() || !dig(*body, error) || error.message.empty()) {
    error.message = "HTTP " + std::to_string(response.status) + " " +
                    std::string(reason_phrase(response.status));
    error.detail = response.body.substr(0, 512);
  }
  return error;
}

Result<Json> Client::call(std::string_view method, std::string_view target, const Json& body,
                          const Headers& headers, unsigned timeout_ms) {
  ClientRequest request;
  request.method = method;
  request.target = target;
  request.headers = headers;
  request.timeout_ms = timeout_ms;
  if (!request.headers.find("Accept")) request.headers.set("Accept", "application/json");
  if (!body.is_null()) {
    request.body = body.dump();
    if (!request.headers.find("Content-Type"))
      request.headers.set("Content-Type", "application/json");
  }
  const Response response = TRY(send(request));
  if (response.status >= 400) return error_of(response);
  if (response.body.empty()) return Json();
  auto parsed = parse_json(response.body);
  if (!parsed)
    return Error(ErrorCode::bad_gateway, "the answer to " + request.method + " " + request.target +
                                             " is not JSON")
        .with_detail(parsed.error().message);
  return parsed;
}

}  // namespace nuri::http
