#include <climits>

#include "network/domain/addresses.h"
#include "network/store/work.h"

namespace nuri::network {

namespace {

struct Kind {
  const char *resource, *table;
  int64_t most;
};

// In the order in which answers show them.
const Kind kKinds[] = {
    {"network", "networks", 100},
    {"subnet", "subnets", 100},
    {"subnetpool", "subnet_pools", -1},
    {"port", "ports", 500},
    {"router", "routers", 10},
    {"floatingip", "floating_ips", 50},
    {"security_group", "security_groups", 10},
    {"security_group_rule", "rules", 100},
    {"rbac_policy", "rbac_policies", 10},
    {"address_group", "address_groups", 100},
};

std::string truth() {
  std::string out;
  for (const Kind& k : kKinds) {
    out += std::string(out.empty() ? "" : " UNION ALL ") + "SELECT id, project_id, '" + k.resource +
           "', 1 FROM " + k.table + " WHERE project_id <> ''";
  }
  return out;
}

Error over_quota(const ledger::Overrun& o) {
  return neutron_error_of(ErrorCode::over_quota, "OverQuota",
                          "Quota exceeded for resources: ['" + o.resource + "'].");
}

}  // namespace

const ledger::Ledger& quota() {
  static const ledger::Ledger kLedger = [] {
    std::map<std::string, int64_t> defaults;
    for (const Kind& k : kKinds) defaults[k.resource] = k.most;
    return ledger::Ledger("project", defaults, over_quota);
  }();
  return kLedger;
}

std::vector<ledger::Audited> audited() { return {{&quota(), truth(), ""}}; }

void adopt_quotas(db::Session& s) {
  s.each("SELECT project_id, resource, most FROM quotas", {},
         [&](const db::Row& r) { quota().set_limit(s, r.text(0), r.text(1), r.i64(2)); });
  s.exec("DELETE FROM quotas");
  ledger::adopt_if_empty(s, quota(), truth());
}

std::vector<QuotaLine> quota_lines(db::Session& s, const std::string& project_id) {
  std::vector<QuotaLine> out;
  for (const Kind& k : kKinds) {
    out.push_back({k.resource, quota().limit(s, project_id, k.resource),
                   quota().used(s, project_id, k.resource)});
  }
  return out;
}

Status check_quota(Work& w, const std::string& project_id, std::string_view resource) {
  if (project_id.empty()) return {};
  return quota().fits(w.s, project_id, {{std::string(resource), 1}});
}

Status set_quotas(db::Session& s, const std::string& project_id, const Json& body) {
  if (!body.is_object()) return bad_request("quota must be an object.", "quota");
  for (const auto& [name, value] : body.as_object()) {
    bool known = false;
    for (const Kind& k : kKinds) known = known || name == k.resource;
    // Clients send the project along with the limits.
    if (name == "tenant_id" || name == "project_id") continue;
    if (!known)
      return bad_request("'" + name.substr(0, 80) + "' is not a resource with a quota.",
                         name.substr(0, 80));
    FieldRules rules{.name = name, .type = "integer", .min = -1, .max = INT32_MAX};
    TRYV(check_field(rules, value));
    int64_t most = value.is_string() ? std::stoll(value.as_string()) : value.as_int();
    quota().set_limit(s, project_id, name, most);
  }
  return {};
}

}  // namespace nuri::network
