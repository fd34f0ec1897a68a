#pragma once

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

// The resource as far as the caller may see it; else the API's not-found error.
Result<Network> find_network(Work& w, const std::string& id);
Result<Subnet> find_subnet(Work& w, const std::string& id);
Result<Port> find_port(Work& w, const std::string& id);
Result<VirtualRouter> find_router(Work& w, const std::string& id);
Result<FloatingIp> find_floating_ip(Work& w, const std::string& id);
Result<SecurityGroup> find_group(Work& w, const std::string& id);
Result<Rule> find_rule(Work& w, const std::string& id);
Result<SubnetPool> find_subnet_pool(Work& w, const std::string& id);
// Only its owner (or an admin) may change what others merely see.
Status must_own(Work& w, const Common& row, std::string_view what);

std::vector<Network> visible_networks(Work& w);
std::vector<Subnet> visible_subnets(Work& w);
std::vector<Port> visible_ports(Work& w);
std::vector<VirtualRouter> visible_routers(Work& w);
std::vector<FloatingIp> visible_floating_ips(Work& w);
std::vector<SecurityGroup> visible_groups(Work& w);
std::vector<Rule> visible_rules(Work& w);
std::vector<SubnetPool> visible_subnet_pools(Work& w);

Result<Network> create_network(Work& w, const Json& body);
Result<Network> update_network(Work& w, Network row, const Json& body);
Status delete_network(Work& w, const Network& row);

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
Status bind_port(Work& w, Port row, const std::string& host, const std::string& device,
                 const std::string& owner);
// Addresses as asked for (a "fixed_ips" list, or nothing) on the port's network.
Result<std::vector<FixedIp>> choose_addresses(Work& w, const Port& port, const Json& asked);
// Makes, changes or removes the network's metadata port to fit its subnets.
Status keep_metadata_port(Work& w, const std::string& network_id);

Result<VirtualRouter> create_router(Work& w, const Json& body);
Result<VirtualRouter> update_router(Work& w, VirtualRouter row, const Json& body);
Status delete_router(Work& w, const VirtualRouter& row);
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

// Quotas, by Neutron's resource names; -1 means no limit.
struct QuotaLine {
  std::string resource;
  int64_t most = -1, used = 0;
};
std::vector<QuotaLine> quota_lines(db::Session& s, const std::string& project_id);
Status check_quota(Work& w, const std::string& project_id, std::string_view resource);
Status set_quotas(db::Session& s, const std::string& project_id, const Json& body);
int64_t default_quota(std::string_view resource);

}  // namespace nuri::network
