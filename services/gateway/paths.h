#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/gateway/options.h"

// Where a request goes, from its method and target alone. Pure.
namespace nuri::gateway {

struct Destination {
  enum class Kind { upstream, console, health, openapi, refuse };
  Kind kind = Kind::refuse;
  const Upstream* upstream = nullptr;
  std::string target;  // for the upstream: its path?query
  uint64_t max_body_bytes = 0;
  int status = 0;      // of a refusal
  std::string reason;
  std::string allow;   // of a 405
};

Destination route(const Options& options, const Request& request);

// The path's segments, decoded; nullopt where one is not to be trusted: "." or "..", a NUL, a
// backslash, an encoding that does not decode.
std::optional<std::vector<std::string>> safe_segments(std::string_view path);

}  // namespace nuri::gateway
