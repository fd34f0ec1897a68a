#include "services/base/access_rules.h"

#include <algorithm>

#include "services/base/json.h"

namespace nuri {

namespace {

constexpr std::string_view kMark = "ar:";

// The types under which the catalog names what lies behind a prefix of the gateway.
bool is_service(const std::string& type, const std::string& prefix) {
  if (prefix.empty()) return false;
  if (prefix == "/" + type) return true;
  if (prefix == "/volume") return type == "volumev3" || type == "block-storage" || type == "block-store";
  return prefix == "/metering" && type == "rating";
}

std::string_view next_segment(std::string_view& rest) {
  size_t start = rest.find_first_not_of('/');
  if (start == std::string_view::npos) return rest = {};
  rest.remove_prefix(start);
  std::string_view out = rest.substr(0, rest.find('/'));
  rest.remove_prefix(out.size());
  return out;
}

// Each "**" takes as few segments as what follows it allows; only the last one met is ever made to
// take more, so that the work is bounded by the product of the two lengths.
bool fits(std::string_view pattern, std::string_view path) {
  bool starred = false;
  std::string_view after_star, taken_to;
  for (;;) {
    std::string_view want = next_segment(pattern);
    if (want == "**") {
      starred = true;
      after_star = pattern;
      taken_to = path;
      continue;
    }
    std::string_view have = next_segment(path);
    if (have.empty()) return want.empty();
    bool any = want == "*" || (!want.empty() && want.front() == '{' && want.back() == '}');
    if (any || want == have) continue;
    if (!starred) return false;
    next_segment(taken_to);
    pattern = after_star;
    path = taken_to;
  }
}

}  // namespace

std::string access_note(const std::string& service, const std::string& method, const std::string& path) {
  return std::string(kMark) + Json::array({service, method, path}).dump();
}

bool access_permitted(const Claims& claims, const Request& request) {
  bool limited = false;
  for (const std::string& note : claims.audit_ids) {
    if (!note.starts_with(kMark)) continue;
    limited = true;
    const Json rule = parse_json(std::string_view(note).substr(kMark.size())).value_or(Json());
    if (is_service(rule.at(0).as_string(), request.headers.get("X-Forwarded-Prefix")) &&
        rule.at(1).as_string() == request.method && fits(rule.at(2).as_string(), request.path)) {
      return true;
    }
  }
  return !limited;
}

}  // namespace nuri
