#include "network/domain/addresses.h"
#include "network/store/work.h"

namespace nuri::network {

namespace {

Error missing(const char* type, const char* what, const std::string& id) {
  return neutron_error_of(ErrorCode::not_found, type,
                          std::string(what) + " " + id.substr(0, 80) + " could not be found.");
}

}  // namespace

Result<Caller> Caller::from(const Claims& c) {
  Caller out;
  out.admin = c.is_admin() || c.is_service();
  out.project_id = c.project_id;
  out.user_id = c.user_id;
  if (!out.admin && out.project_id.empty()) {
    return forbidden("Policy does not allow this with a token that is not scoped to a project.");
  }
  return out;
}

Status begin(Work& w, Common& row, const Json& body) {
  row.id = w.random.uuid();
  row.created_us = row.updated_us = w.now;
  row.project_id = w.caller.project_id;
  const char* field = body["project_id"].is_string() ? "project_id" : "tenant_id";
  const Json& asked = body[field];
  if (!asked.is_string()) return {};
  if (!w.caller.admin && asked.as_string() != w.caller.project_id) {
    return bad_request(std::string("Specifying '") + field +
                           "' other than the authenticated project in request "
                           "requires admin privileges.",
                       field);
  }
  row.project_id = asked.as_string();
  return {};
}

Status check_zones(const std::vector<std::string>& hints) {
  for (const std::string& zone : hints) {
    if (zone == "nova") continue;
    return neutron_error_of(ErrorCode::not_found, "AvailabilityZoneNotFound",
                            "AvailabilityZone " + zone.substr(0, 80) + " could not be found.");
  }
  return {};
}

void touch(Work& w, Common& row) {
  ++row.revision;
  row.updated_us = w.now;
}

Status must_own(Work& w, const Common& row, std::string_view what) {
  if (w.caller.owns(row)) return {};
  return forbidden("Policy does not allow " + std::string(what) +
                   " to be performed on another project's resource.");
}

Result<Network> find_network(Work& w, const std::string& id) {
  auto row = load_one(w.s, networks(), id);
  if (row) row->shared_with_caller = row->shared || is_shared_with(w, "network", id);
  bool seen = row && (w.caller.owns(*row) || row->shared_with_caller ||
                      is_shared_with(w, "network", id, kExternal));
  if (!seen) return missing("NetworkNotFound", "Network", id);
  return *row;
}

Result<Subnet> find_subnet(Work& w, const std::string& id) {
  auto row = subnets().find(w.s, id);
  bool seen = row.has_value() && w.caller.owns(*row);
  if (row && !seen) {
    // A shared network's subnets are shown to those it is shared with; an external network's, as
    // Neutron has it, are not.
    auto network = networks().find(w.s, row->network_id);
    seen = network && (w.caller.owns(*network) || is_shared_with(w, "network", network->id));
  }
  if (!seen) return missing("SubnetNotFound", "Subnet", id);
  return *row;
}

Result<Port> find_port(Work& w, const std::string& id) {
  auto row = load_one(w.s, ports(), id);
  bool seen = row.has_value() && w.caller.owns(*row);
  if (row && !seen) {
    auto network = networks().find(w.s, row->network_id);
    seen = network && network->project_id == w.caller.project_id;
  }
  if (!seen) return missing("PortNotFound", "Port", id);
  return *row;
}

namespace {
template <class T>
Result<T> find_own(Work& w, const Table<T>& table, const std::string& id, const char* type,
                   const char* what) {
  auto row = load_one(w.s, table, id);
  if (!row || !w.caller.owns(*row)) return missing(type, what, id);
  return *row;
}

// What its owner may share: groups, pools, address groups.
template <class T>
Result<T> find_sharable(Work& w, const Table<T>& table, const std::string& id, const char* kind,
                        const char* type, const char* what) {
  auto row = load_one(w.s, table, id);
  if (row) row->shared_with_caller = is_shared_with(w, kind, id);
  if (!row || !(w.caller.owns(*row) || row->shared_with_caller)) return missing(type, what, id);
  return *row;
}
}  // namespace

Result<VirtualRouter> find_router(Work& w, const std::string& id) {
  return find_own(w, routers(), id, "RouterNotFound", "Router");
}
Result<FloatingIp> find_floating_ip(Work& w, const std::string& id) {
  return find_own(w, floating_ips(), id, "FloatingIPNotFound", "Floating IP");
}
Result<SecurityGroup> find_group(Work& w, const std::string& id) {
  return find_sharable(w, groups(), id, "security_group", "SecurityGroupNotFound",
                       "Security group");
}
Result<Rule> find_rule(Work& w, const std::string& id) {
  return find_own(w, rules(), id, "SecurityGroupRuleNotFound", "Security group rule");
}
Result<SubnetPool> find_subnet_pool(Work& w, const std::string& id) {
  return find_sharable(w, subnet_pools(), id, "subnetpool", "SubnetPoolNotFound", "Subnet pool");
}
Result<AddressGroup> find_address_group(Work& w, const std::string& id) {
  return find_sharable(w, address_groups(), id, "address_group", "AddressGroupNotFound",
                       "Address group");
}
Result<RbacPolicy> find_rbac_policy(Work& w, const std::string& id) {
  return find_own(w, rbac_policies(), id, "RbacPolicyNotFound", "RBAC policy of type");
}

}  // namespace nuri::network
