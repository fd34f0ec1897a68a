#include <climits>
#include <map>

#include "network/domain/addresses.h"
#include "network/store/work.h"

namespace nuri::network {

namespace {

struct Kind {
  const char* resource;
  int64_t most;       // Neutron's default
  const char* count;  // of a project, ?1
};

const Kind kKinds[] = {
    {"network", 100, "SELECT COUNT(*) FROM networks WHERE project_id = ?1"},
    {"subnet", 100, "SELECT COUNT(*) FROM subnets WHERE project_id = ?1"},
    {"subnetpool", -1, "SELECT COUNT(*) FROM subnet_pools WHERE project_id = ?1"},
    {"port", 500,
     "SELECT COUNT(*) FROM ports WHERE project_id = ?1 AND device_owner <> 'network:distributed'"},
    {"router", 10, "SELECT COUNT(*) FROM routers WHERE project_id = ?1"},
    {"floatingip", 50, "SELECT COUNT(*) FROM floating_ips WHERE project_id = ?1"},
    {"security_group", 10, "SELECT COUNT(*) FROM security_groups WHERE project_id = ?1"},
    {"security_group_rule", 100, "SELECT COUNT(*) FROM rules WHERE project_id = ?1"},
};

int64_t most_of(db::Session& s, const std::string& project_id, const Kind& k) {
  auto own = s.one("SELECT most FROM quotas WHERE project_id = ?1 AND resource = ?2",
                   {project_id, k.resource}, [](const db::Row& r) { return r.i64(0); });
  return own.value_or(k.most);
}

}  // namespace

int64_t default_quota(std::string_view resource) {
  for (const Kind& k : kKinds) {
    if (k.resource == resource) return k.most;
  }
  return -1;
}

std::vector<QuotaLine> quota_lines(db::Session& s, const std::string& project_id) {
  std::vector<QuotaLine> out;
  for (const Kind& k : kKinds)
    out.push_back({k.resource, most_of(s, project_id, k), s.count(k.count, {project_id})});
  return out;
}

Status check_quota(Work& w, const std::string& project_id, std::string_view resource) {
  for (const Kind& k : kKinds) {
    if (k.resource != resource) continue;
    int64_t most = most_of(w.s, project_id, k);
    if (most >= 0 && w.s.count(k.count, {project_id}) + 1 > most) {
      return neutron_error_of(ErrorCode::conflict, "OverQuota",
                              "Quota exceeded for resources: ['" + std::string(resource) + "'].");
    }
  }
  return {};
}

Status set_quotas(db::Session& s, const std::string& project_id, const Json& body) {
  if (!body.is_object()) return bad_request("quota must be an object.", "quota");
  for (const auto& [name, value] : body.as_object()) {
    bool known = false;
    for (const Kind& k : kKinds) known = known || name == k.resource;
    if (!known)
      return bad_request("'" + name.substr(0, 80) + "' is not a resource with a quota.",
                         name.substr(0, 80));
    FieldRules rules{.name = name, .type = "integer", .min = -1, .max = INT32_MAX};
    TRYV(check_field(rules, value));
    int64_t most = value.is_string() ? std::stoll(value.as_string()) : value.as_int();
    s.exec(
        "INSERT INTO quotas (project_id, resource, most) VALUES (?1, ?2, ?3) ON CONFLICT "
        "(project_id, resource) "
        "DO UPDATE SET most = ?3",
        {project_id, name, most});
  }
  return {};
}

}  // namespace nuri::network
