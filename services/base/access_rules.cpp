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

bool fits(std::string_view pattern, std::string_view path) {
  for (;;) {
    std::string_view want = next_segment(pattern);
    if (want == "**") {
      if (fits(pattern, path)) return true;
      while (!next_segment(path).empty()) {
        if (fits(pattern, path)) return true;
      }
      return false;
    }
    std::string_view have = next_segment(path);
    if (want.empty() || have.empty()) return want.empty() && have.empty();
    bool any = want == "*" || (want.front() == '{' && want.back() == '}');
    if (!any && want != have) return false;
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
