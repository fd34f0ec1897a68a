#pragma once

#include <string>
#include <string_view>

namespace nuri {

// What went wrong, in terms of who has to act. One exhaustive switch (http_status) turns it into an
// HTTP status; each API then dresses it in its own error format.
enum class ErrorCode {
  bad_request,         // 400: the caller's input; `field` names where
  unauthorized,        // 401
  forbidden,           // 403
  not_found,           // 404
  method_not_allowed,  // 405
  not_acceptable,      // 406: microversion out of range
  conflict,            // 409
  gone,                // 410
  precondition_failed, // 412
  too_large,           // 413
  unsupported_media,   // 415
  range_not_satisfiable, // 416
  unprocessable,       // 422
  too_many_requests,   // 429
  over_quota,          // 403 in Nova and Neutron (409 there), 413 in Cinder; the API decides
  internal,            // 500: ours
  not_implemented,     // 501
  bad_gateway,         // 502
  unavailable,         // 503: try again later
  timeout,             // 504
};

struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string message;  // for the user: names the field and what is allowed
  std::string field;    // the offending input field, empty if none
  std::string detail;   // for the log only; never sent
  std::string type;     // API-specific error type (Neutron's exception name), empty for the default
  int retry_after_s = 0;  // over 0: the answer says so in Retry-After

  Error() = default;
  Error(ErrorCode c, std::string m, std::string f = {}) : code(c), message(std::move(m)), field(std::move(f)) {}
  Error with_detail(std::string d) && { detail = std::move(d); return std::move(*this); }
  Error with_type(std::string t) && { type = std::move(t); return std::move(*this); }
  Error with_retry(int seconds) && { retry_after_s = seconds; return std::move(*this); }
};

int http_status(ErrorCode code);
std::string_view reason_phrase(int status);

inline Error bad_request(std::string m, std::string field = {}) { return {ErrorCode::bad_request, std::move(m), std::move(field)}; }
inline Error not_found(std::string m) { return {ErrorCode::not_found, std::move(m)}; }
inline Error conflict(std::string m) { return {ErrorCode::conflict, std::move(m)}; }
inline Error forbidden(std::string m) { return {ErrorCode::forbidden, std::move(m)}; }
inline Error internal(std::string detail) {
  return Error(ErrorCode::internal, "An unexpected error happened; it is in the service's log under this request's id.").with_detail(std::move(detail));
}
inline Error unavailable(std::string m) { return {ErrorCode::unavailable, std::move(m)}; }

}  // namespace nuri
