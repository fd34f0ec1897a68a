#include "services/identity/routes/views.h"

#include <algorithm>

namespace nuri::identity {

const Kind<Project> kDomainKind{"domain", "domains", kDomainFields};
const Kind<Project> kProjectKind{"project", "projects", kProjectFields};
const Kind<User> kUserKind{"user", "users", kUserFields};
const Kind<Group> kGroupKind{"group", "groups", kGroupFields};
const Kind<RoleRow> kRoleKind{"role", "roles", kRoleFields};
const Kind<Region> kRegionKind{"region", "regions", kRegionFields};
const Kind<Service> kServiceKind{"service", "services", kServiceFields};
const Kind<Endpoint> kEndpointKind{"endpoint", "endpoints", kEndpointFields};
const Kind<Policy> kPolicyKind{"policy", "policies", kPolicyFields};
const Kind<Credential> kCredentialKind{"credential", "credentials", kCredentialFields};

std::string cloud_base(const Request& request) {
  std::string base = request.base_url();
  std::string prefix = request.headers.get("X-Forwarded-Prefix");
  if (!prefix.empty() && base.ends_with(prefix)) base.resize(base.size() - prefix.size());
  return base;
}

Json self_link(std::string url) { return Json::object({{"self", std::move(url)}}); }

Json list_links(const Request& request, const Context& context) {
  size_t query = request.target.find('?');
  std::string self = context.base_url + request.path +
                     (query == std::string::npos ? "" : request.target.substr(query));
  return Json::object({{"next", nullptr}, {"self", std::move(self)}, {"previous", nullptr}});
}

Response listed(const Request& request, const Context& context, std::string_view plural,
                Json items) {
  Json out = Json::object();
  out.set(plural, std::move(items));
  out.set("links", list_links(request, context));
  return Response::json(200, out);
}

std::optional<bool> flag_filter(const Request& request, std::string_view name) {
  const std::string* value = request.query.find(name);
  if (!value) return std::nullopt;
  std::string lower = *value;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return lower != "0" && lower != "false" && lower != "no" && lower != "off";
}

namespace {

std::string lowered(std::string s) {
  for (char& c : s) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return s;
}

bool passes(std::string op, std::string have, std::string want) {
  if (op.starts_with('i')) {
    op.erase(0, 1);
    have = lowered(std::move(have));
    want = lowered(std::move(want));
  }
  if (op == "contains") return have.find(want) != std::string::npos;
  if (op == "startswith") return have.starts_with(want);
  if (op == "endswith") return have.ends_with(want);
  return op != "exact" || have == want;
}

}  // namespace

bool matches_filters(const Request& request, const Json& item) {
  for (const char* exact : {"name", "domain_id"}) {
    const std::string* want = request.query.find(exact);
    const Json* have = item.find(exact);
    if (want && have && have->as_string() != *want) return false;
  }
  const Json* enabled = item.find("enabled");
  auto wanted = flag_filter(request, "enabled");
  if (enabled && wanted && enabled->as_bool() != *wanted) return false;
  for (const auto& [key, value] : request.query.items()) {
    size_t mark = key.find("__");
    if (mark == std::string::npos) continue;
    const Json* have = item.find(key.substr(0, mark));
    if (have && !passes(key.substr(mark + 2), have->as_string(), value)) return false;
  }
  return true;
}

Filter& Filter::add(std::string_view column, db::Arg value) {
  args_.push_back(std::move(value));
  where_ +=
      (where_.empty() ? "" : " AND ") + std::string(column) + "=?" + std::to_string(args_.size());
  return *this;
}

Filter& Filter::within(const Context& context, std::string_view column) {
  std::string domain = confined_to(context.claims);
  return domain.empty() ? *this : add(column, domain);
}

Filter& Filter::text(const Request& request, std::string_view name, std::string_view column) {
  if (const std::string* value = request.query.find(name))
    add(column.empty() ? name : column, *value);
  return *this;
}

Filter& Filter::flag(const Request& request, std::string_view name) {
  if (auto value = flag_filter(request, name)) add(name, *value);
  return *this;
}

}  // namespace nuri::identity
