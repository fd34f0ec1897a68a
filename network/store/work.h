#pragma once

#include <set>

#include "network/api/types.h"
#include "network/store/rows.h"
#include "services/base/claims.h"
#include "services/base/random.h"

// What changes a resource: rules and rows together, inside the caller's transaction.
namespace nuri::network {

struct Settings {
  int64_t mtu = 1442;  // of tenants' networks
  int64_t external_mtu = 1500;
  std::vector<std::string> dns;  // for subnets that name none
};

// Who asks, for whose eyes.
struct Caller {
  bool admin = false;  // cloud administrators and services of the cloud see and change everything
  std::string project_id, user_id;

  static Result<Caller> from(const Claims& claims);
  bool owns(const Common& c) const { return admin || c.project_id == project_id; }
};

struct Work {
  db::Session& s;
  const Settings& settings;
  Random& random;
  TimeUs now = 0;
  Caller caller;
};

// Ids, times, the owner (project_id or tenant_id of the body, which only admins may choose).
Status begin(Work& w, Common& row, const Json& body);
void touch(Work& w, Common& row);
Status check_zones(const std::vector<std::string>& hints);  // there is one zone: nova

// The resource as far as the caller may see it; else the API's not-found error.
Result<Network> find_network(Work& w, const std::string& id);
Result<Subnet> find_subnet(Work& w, const std::string& id);
Result<Port> find_port(Work& w, const std::string& id);
Result<VirtualRouter> find_router(Work& w, const std::string& id);
Result<FloatingIp> find_floating_ip(Work& w, const std::string& id);
Result<SecurityGroup> find_group(Work& w, const std::string& id);
Result<Rule> find_rule(Work& w, const std::string& id);
Result<SubnetPool> find_subnet_pool(Work& w, const std::string& id);
Result<AddressGroup> find_address_group(Work& w, const std::string& id);
Result<RbacPolicy> find_rbac_policy(Work& w, const std::string& id);
// Only its owner (or an admin) may change what others merely see.
Status must_own(Work& w, const Common& row, std::string_view what);

// Conditions on columns that a list's filters allow, beside what the caller sees: never less rows
// than the filters let through. `also` begins with " AND " and has its parameters from ?2 on.
struct Narrow {
  std::string also;
  db::Args args;
  // A page: at most `limit` rows (0: all) after the one with the id `marker`, in the order of
  // creation or (with what lies before the marker) the other way.
  int64_t limit = 0;
  std::string marker;
  bool reverse = false;
};
std::vector<Network> visible_networks(Work& w, const Narrow& narrow = {});
std::vector<Subnet> visible_subnets(Work& w, const Narrow& narrow = {});
std::vector<Port> visible_ports(Work& w, const Narrow& narrow = {});
// What a port's view follows, beside its id: it looks the same while these do. Each change of a port
// gives it another revision, but for the driver's (status) and a subnet's end (addresses).
struct PortMark {
  std::string id, status;
  int64_t revision = 0, created_us = 0, updated_us = 0, addresses = 0;
  bool operator==(const PortMark&) const = default;
};
// Of visible_ports' rows, in the same order.
std::vector<PortMark> visible_port_marks(Work& w, const Narrow& narrow = {});
std::vector<VirtualRouter> visible_routers(Work& w, const Narrow& narrow = {});
std::vector<FloatingIp> visible_floating_ips(Work& w, const Narrow& narrow = {});
std::vector<SecurityGroup> visible_groups(Work& w, const Narrow& narrow = {});
std::vector<Rule> visible_rules(Work& w, const Narrow& narrow = {});
std::vector<SubnetPool> visible_subnet_pools(Work& w, const Narrow& narrow = {});
std::vector<AddressGroup> visible_address_groups(Work& w, const Narrow& narrow = {});
std::vector<RbacPolicy> visible_rbac_policies(Work& w, const Narrow& narrow = {});

Result<Network> create_network(Work& w, const Json& body);
Result<Network> update_network(Work& w, Network row, const Json& body);
Status delete_network(Work& w, const Network& row);

inline constexpr std::string_view kShared = "access_as_shared", kExternal = "access_as_external";

// Sharing: policies of rbac_policies say who else may use an object.
// Ids of the objects of a type that others let the caller use.
std::set<std::string> shared_with(Work& w, std::string_view type,
                                  std::string_view action = kShared);
bool is_shared_with(Work& w, std::string_view type, const std::string& id,
                    std::string_view action = kShared);
// Adds or drops the policy that names all projects: what "shared" and "router:external" set.
void share_with_all(Work& w, const Common& owner, std::string_view type, std::string_view action);
void unshare_with_all(Work& w, const std::string& id, std::string_view action);
// Would a project that is no owner and is named by no other policy lose what it uses?
bool used_by_others(Work& w, const RbacPolicy& going);
void drop_policies(Work& w, const std::string& object_id);  // with their object
Result<RbacPolicy> create_rbac_policy(Work& w, const Json& body);
Result<RbacPolicy> update_rbac_policy(Work& w, RbacPolicy row, const Json& body);
Status delete_rbac_policy(Work& w, const RbacPolicy& row);

Result<Subnet> create_subnet(Work& w, const Json& body);
Result<Subnet> update_subnet(Work& w, Subnet row, const Json& body);
Status delete_subnet(Work& w, const Subnet& row);

struct PortOrder {
  std::string id;  // minted here where empty
  bool from_compute = false;
  bool internal = false;  // the cloud's own port: no owner, no quota, no group
};
Result<Port> create_port(Work& w, const Json& body, const PortOrder& order = {});
Result<Port> update_port(Work& w, Port row, const Json& body);
Status delete_port(Work& w, const Port& row);  // as its user may
void erase_port(Work& w, const Port& row);     // whatever it is; floating IPs let go of it
// A port that was deleted by id stays deleted: a late order for the same id makes nothing.
void bury_port(Work& w, const std::string& id);
bool buried(Work& w, const std::string& id);
// A server that is gone: its own ports go, its user's are let go of, late orders for it make
// nothing.
Status bury_device(Work& w, const std::string& device);
bool device_buried(Work& w, const std::string& device);
Status bind_port(Work& w, Port row, const std::string& host, const std::string& device,
                 const std::string& owner);
// Addresses as asked for (a "fixed_ips" list, or nothing) on the port's network.
Result<std::vector<FixedIp>> choose_addresses(Work& w, const Port& port, const Json& asked);
// Gives ports that are there already the address they form in a new subnet.
void add_automatic_addresses(Work& w, const Subnet& subnet);
// Makes, changes or removes the network's metadata port to fit its subnets.
Status keep_metadata_port(Work& w, const std::string& network_id);

Result<VirtualRouter> create_router(Work& w, const Json& body);
Result<VirtualRouter> update_router(Work& w, VirtualRouter row, const Json& body);
Status delete_router(Work& w, const VirtualRouter& row);
// {"routes": [...]} on top of those it has, or taken from them, in one step.
Result<VirtualRouter> add_routes_to(Work& w, VirtualRouter row, const Json& body);
Result<VirtualRouter> remove_routes_from(Work& w, VirtualRouter row, const Json& body);
Result<Json> add_interface(Work& w, const VirtualRouter& row, const Json& body);
Result<Json> remove_interface(Work& w, const VirtualRouter& row, const Json& body);

Result<FloatingIp> create_floating_ip(Work& w, const Json& body);
Result<FloatingIp> update_floating_ip(Work& w, FloatingIp row, const Json& body);
Status delete_floating_ip(Work& w, const FloatingIp& row);

Result<SecurityGroup> default_group(Work& w, const std::string& project_id);
Result<SecurityGroup> create_group(Work& w, const Json& body);
Result<SecurityGroup> update_group(Work& w, SecurityGroup row, const Json& body);
Status delete_group(Work& w, const SecurityGroup& row);
Result<Rule> create_rule(Work& w, const Json& body);
Status delete_rule(Work& w, const Rule& row);

Result<SubnetPool> create_subnet_pool(Work& w, const Json& body);
Result<SubnetPool> update_subnet_pool(Work& w, SubnetPool row, const Json& body);
Status delete_subnet_pool(Work& w, const SubnetPool& row);
Result<SubnetPool> add_prefixes(Work& w, SubnetPool row, const Json& body);
Result<SubnetPool> remove_prefixes(Work& w, SubnetPool row, const Json& body);

Result<AddressGroup> create_address_group(Work& w, const Json& body);
Result<AddressGroup> update_address_group(Work& w, AddressGroup row, const Json& body);
Status delete_address_group(Work& w, const AddressGroup& row);
Result<AddressGroup> add_addresses(Work& w, AddressGroup row, const Json& body);
Result<AddressGroup> remove_addresses(Work& w, AddressGroup row, const Json& body);

// Quotas, by Neutron's resource names; -1 means no limit.
struct QuotaLine {
  std::string resource;
  int64_t most = -1, used = 0;
};
std::vector<QuotaLine> quota_lines(db::Session& s, const std::string& project_id);
Status check_quota(Work& w, const std::string& project_id, std::string_view resource);
Status set_quotas(db::Session& s, const std::string& project_id, const Json& body);

}  // namespace nuri::network
