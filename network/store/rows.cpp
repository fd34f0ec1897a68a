#include "network/store/rows.h"

#include <algorithm>
#include <map>

#include "network/api/fields.h"

namespace nuri::network {

namespace {

template <class T>
std::vector<Column<T>> with_common(std::vector<Column<T>> own) {
  std::vector<Column<T>> out = {column<T>("id", &T::id),
                                column<T>("project_id", &T::project_id),
                                column<T>("name", &T::name),
                                column<T>("description", &T::description),
                                column<T>("tags", &T::tags),
                                column<T>("revision", &T::revision),
                                column<T>("created_us", &T::created_us),
                                column<T>("updated_us", &T::updated_us)};
  for (auto& c : own) out.push_back(std::move(c));
  return out;
}

// Rows by the id of what they hang on, for one owner or for many.
template <class Row, class Id, class Read>
std::map<std::string, std::vector<Row>> gather(db::Session& s, const std::string& select,
                                               const char* owner_column,
                                               const std::vector<Id>& owners, const char* order,
                                               Read read) {
  std::map<std::string, std::vector<Row>> out;
  auto add = [&](const db::Row& r) { out[r.text(0)].push_back(read(r)); };
  constexpr size_t kMostNamed = 256;  // beyond, the whole table is as quick
  if (owners.size() > kMostNamed) {
    s.each(select + " ORDER BY " + order, {}, add);
  } else if (!owners.empty()) {
    // Powers of two, the last one again and again: few different statements.
    size_t marks = 1;
    while (marks < owners.size()) marks *= 2;
    std::string list;
    db::Args args;
    for (size_t i = 0; i < marks; ++i) {
      list += (i ? ", ?" : "?") + std::to_string(i + 1);
      args.emplace_back(owners[std::min(i, owners.size() - 1)]);
    }
    s.each(select + " WHERE " + owner_column + " IN (" + list + ") ORDER BY " + order, args, add);
  }
  return out;
}

template <class T>
std::vector<std::string> ids_of(const std::vector<T>& rows) {
  std::vector<std::string> out;
  for (const T& t : rows) out.push_back(t.id);
  return out;
}

std::map<std::string, std::vector<FixedIp>> addresses(db::Session& s,
                                                      const std::vector<std::string>& port_ids) {
  return gather<FixedIp>(s, "SELECT port_id, subnet_id, ip_address FROM allocations", "port_id",
                         port_ids, "port_id, position", [](const db::Row& r) {
                           return FixedIp{r.text(1), r.text(2)};
                         });
}

}  // namespace

const Table<Network>& networks() {
  using T = Network;
  static const Table<T> table(
      "networks",
      with_common<T>(
          {column<T>("admin_state_up", &T::admin_state_up), column<T>("shared", &T::shared),
           column<T>("external", &T::external), column<T>("is_default", &T::is_default),
           column<T>("port_security", &T::port_security), column<T>("status", &T::status),
           column<T>("mtu", &T::mtu), column<T>("network_type", &T::network_type),
           column<T>("physical_network", &T::physical_network),
           column<T>("segmentation_id", &T::segmentation_id),
           column<T>("zone_hints", &T::zone_hints)}),
      "network");
  return table;
}

const Table<Subnet>& subnets() {
  using T = Subnet;
  static const Table<T> table(
      "subnets",
      with_common<T>(
          {column<T>("network_id", &T::network_id), column<T>("cidr", &T::cidr),
           column<T>("subnetpool_id", &T::subnetpool_id), column<T>("gateway_ip", &T::gateway_ip),
           column<T>("ipv6_ra_mode", &T::ipv6_ra_mode),
           column<T>("ipv6_address_mode", &T::ipv6_address_mode),
           column<T>("ip_version", &T::ip_version), column<T>("enable_dhcp", &T::enable_dhcp),
           json_column("pools", &T::pools, kPool),
           json_column("host_routes", &T::host_routes, kHostRoute),
           column<T>("dns_nameservers", &T::dns_nameservers)}),
      "subnet");
  return table;
}

const Table<Port>& ports() {
  using T = Port;
  static const Table<T> table(
      "ports",
      with_common<T>(
          {column<T>("network_id", &T::network_id), column<T>("mac_address", &T::mac_address),
           column<T>("device_id", &T::device_id), column<T>("device_owner", &T::device_owner),
           column<T>("host_id", &T::host_id), column<T>("admin_state_up", &T::admin_state_up),
           column<T>("port_security", &T::port_security), column<T>("status", &T::status),
           column<T>("vnic_type", &T::vnic_type), column<T>("security_groups", &T::security_groups),
           json_column("address_pairs", &T::address_pairs, kAddressPair),
           json_column("dhcp_options", &T::dhcp_options, kDhcpOption),
           column<T>("profile", &T::profile), column<T>("from_compute", &T::from_compute)}),
      "port");
  return table;
}

const Table<VirtualRouter>& routers() {
  using T = VirtualRouter;
  static const Table<T> table(
      "routers",
      with_common<T>({column<T>("admin_state_up", &T::admin_state_up),
                      column<T>("enable_snat", &T::enable_snat), column<T>("status", &T::status),
                      column<T>("gateway_network_id", &T::gateway_network_id),
                      column<T>("gateway_port_id", &T::gateway_port_id),
                      json_column("routes", &T::routes, kHostRoute),
                      column<T>("zone_hints", &T::zone_hints)}),
      "router");
  return table;
}

const Table<FloatingIp>& floating_ips() {
  using T = FloatingIp;
  static const Table<T> table(
      "floating_ips",
      with_common<T>({column<T>("network_id", &T::network_id), column<T>("address", &T::address),
                      column<T>("own_port_id", &T::own_port_id), column<T>("port_id", &T::port_id),
                      column<T>("fixed_ip_address", &T::fixed_ip_address),
                      column<T>("router_id", &T::router_id), column<T>("status", &T::status),
                      column<T>("user_id", &T::user_id)}),
      "floatingip");
  return table;
}

const Table<SecurityGroup>& groups() {
  using T = SecurityGroup;
  static const Table<T> table("security_groups",
                              with_common<T>({column<T>("stateful", &T::stateful),
                                              column<T>("is_default", &T::is_default)}),
                              "security_group");
  return table;
}

const Table<Rule>& rules() {
  using T = Rule;
  static const Table<T> table(
      "rules",
      with_common<T>({column<T>("group_id", &T::group_id), column<T>("direction", &T::direction),
                      column<T>("ethertype", &T::ethertype), column<T>("protocol", &T::protocol),
                      column<T>("remote_group_id", &T::remote_group_id),
                      column<T>("remote_ip_prefix", &T::remote_ip_prefix),
                      column<T>("port_min", &T::port_min), column<T>("port_max", &T::port_max),
                      column<T>("remote_address_group_id", &T::remote_address_group_id)}),
      "security_group_rule");
  return table;
}

const Table<SubnetPool>& subnet_pools() {
  using T = SubnetPool;
  static const Table<T> table(
      "subnet_pools",
      with_common<T>(
          {column<T>("prefixes", &T::prefixes), column<T>("ip_version", &T::ip_version),
           column<T>("default_prefix", &T::default_prefix), column<T>("min_prefix", &T::min_prefix),
           column<T>("max_prefix", &T::max_prefix), column<T>("default_quota", &T::default_quota),
           column<T>("shared", &T::shared), column<T>("is_default", &T::is_default)}),
      "subnetpool");
  return table;
}

const Table<AddressGroup>& address_groups() {
  using T = AddressGroup;
  static const Table<T> table(
      "address_groups", with_common<T>({column<T>("addresses", &T::addresses)}), "address_group");
  return table;
}

const Table<RbacPolicy>& rbac_policies() {
  using T = RbacPolicy;
  static const Table<T> table(
      "rbac_policies",
      with_common<T>({column<T>("object_type", &T::object_type),
                      column<T>("object_id", &T::object_id), column<T>("action", &T::action),
                      column<T>("target", &T::target)}),
      "rbac_policy");
  return table;
}

void fill(db::Session& s, std::vector<Network>& rows) {
  auto found =
      gather<std::string>(s, "SELECT network_id, id FROM subnets", "network_id", ids_of(rows),
                          "created_us, id", [](const db::Row& r) { return r.text(1); });
  for (Network& n : rows) n.subnets = found[n.id];
}

void fill(db::Session& s, std::vector<Port>& rows) {
  auto found = addresses(s, ids_of(rows));
  for (Port& p : rows) p.fixed_ips = found[p.id];
}

void fill(db::Session& s, std::vector<VirtualRouter>& rows) {
  std::vector<std::string> ids;
  for (const VirtualRouter& r : rows) {
    if (!r.gateway_port_id.empty()) ids.push_back(r.gateway_port_id);
  }
  auto found = addresses(s, ids);
  for (VirtualRouter& r : rows) r.gateway_ips = found[r.gateway_port_id];
}

void fill(db::Session& s, std::vector<SecurityGroup>& rows) {
  if (rows.empty()) return;
  std::map<std::string, std::vector<Rule>> found;
  auto all = rows.size() == 1 ? rules().where(s, "group_id = ?1", {rows[0].id}) : rules().where(s);
  for (Rule& r : all) found[r.group_id].push_back(std::move(r));
  for (SecurityGroup& g : rows) g.rules = std::move(found[g.id]);
}

void store_addresses(db::Session& s, const Port& port) {
  s.exec("DELETE FROM allocations WHERE port_id = ?1", {port.id});
  int64_t position = 0;
  for (const FixedIp& f : port.fixed_ips) {
    s.exec(
        "INSERT INTO allocations (subnet_id, ip_address, port_id, position) VALUES (?1, ?2, ?3, "
        "?4)",
        {f.subnet_id, f.ip_address, port.id, position++});
  }
}

}  // namespace nuri::network
