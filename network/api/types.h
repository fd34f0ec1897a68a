#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/base/clock.h"
#include "services/base/json.h"

// Neutron's resources as this cloud keeps them. Optional members are Neutron's nulls.
namespace nuri::network {

inline constexpr std::string_view kOwnerRouterInterface = "network:router_interface";
inline constexpr std::string_view kOwnerRouterGateway = "network:router_gateway";
inline constexpr std::string_view kOwnerFloatingIp = "network:floatingip";
// The metadata service's port of a network: one address in each subnet with DHCP, on every host.
inline constexpr std::string_view kOwnerMetadata = "network:distributed";

struct Common {
  std::string id, project_id, name, description;
  std::vector<std::string> tags;
  int64_t revision = 1;
  TimeUs created_us = 0, updated_us = 0;
};

struct Network : Common {
  bool admin_state_up = true, shared = false, external = false, is_default = false;
  bool port_security = true;
  std::string status = "ACTIVE";
  bool shared_with_caller = false;  // by a policy that names the caller's project; never stored
  int64_t mtu = 0;                                        // 0 in a request: the cloud's
  std::string network_type = "geneve", physical_network;  // geneve, flat or vlan
  std::optional<int64_t> segmentation_id;
  std::vector<std::string> zone_hints;
  std::vector<std::string> subnets;  // from the subnets' rows
};

struct Pool {
  std::string start, end;
};

struct HostRoute {
  std::string destination, nexthop;
};

struct Subnet : Common {
  std::string network_id, cidr;
  std::optional<std::string> subnetpool_id, gateway_ip, ipv6_ra_mode, ipv6_address_mode;
  int64_t ip_version = 4;
  bool enable_dhcp = true;
  std::vector<Pool> pools;
  std::vector<HostRoute> host_routes;
  std::vector<std::string> dns_nameservers;

  // Hosts form their own addresses from the prefix and their MAC.
  bool auto_address() const { return ipv6_address_mode && *ipv6_address_mode != "dhcpv6-stateful"; }
};

struct FixedIp {
  std::string subnet_id, ip_address;
};

struct AddressPair {
  std::string ip_address;
  std::optional<std::string> mac_address;
};

struct DhcpOption {
  std::string opt_name;
  std::optional<std::string> opt_value;
  int64_t ip_version = 4;
};

struct Port : Common {
  std::string network_id, mac_address, device_id, device_owner, host_id;
  bool admin_state_up = true, port_security = true;
  std::string status = "DOWN", vnic_type = "normal";
  std::vector<FixedIp> fixed_ips;  // from the allocations' rows
  std::vector<std::string> security_groups;
  std::vector<AddressPair> address_pairs;
  std::vector<DhcpOption> dhcp_options;
  Json profile = Json::object();
  bool from_compute = false;  // made through the internal API: goes when its server goes

  bool of_network() const { return device_owner.starts_with("network:"); }
};

struct Gateway {
  std::string network_id;
  bool enable_snat = true;
  std::vector<FixedIp> fixed_ips;
};

struct VirtualRouter : Common {
  bool admin_state_up = true, enable_snat = true;
  std::string status = "ACTIVE";
  std::string gateway_network_id, gateway_port_id;  // "" without a gateway
  std::vector<HostRoute> routes;
  std::vector<std::string> zone_hints;
  std::vector<FixedIp> gateway_ips;  // from the gateway port
};

struct FloatingIp : Common {
  std::string network_id, address, own_port_id;  // own_port_id holds the address on the network
  std::optional<std::string> port_id, fixed_ip_address, router_id;
  std::string status = "DOWN", user_id;
};

struct Rule : Common {
  std::string group_id, direction, ethertype = "IPv4";
  std::optional<std::string> protocol, remote_group_id, remote_ip_prefix, remote_address_group_id;
  std::optional<int64_t> port_min, port_max;
};

struct SecurityGroup : Common {
  bool stateful = true, is_default = false;
  bool shared_with_caller = false;  // never stored
  std::vector<Rule> rules;          // from the rules' rows
};

// Networks in CIDR notation that rules may name together.
struct AddressGroup : Common {
  std::vector<std::string> addresses;
  bool shared_with_caller = false;  // never stored
};

struct SubnetPool : Common {
  std::vector<std::string> prefixes;
  int64_t ip_version = 4, default_prefix = 0, min_prefix = 0, max_prefix = 0;  // lengths
  std::optional<int64_t> default_quota;
  bool shared = false, is_default = false;
  bool shared_with_caller = false;  // never stored
};

// Lets `target` (a project, or * for all) use an object of the policy's owner.
struct RbacPolicy : Common {
  std::string object_type, object_id, action, target;
};

}  // namespace nuri::network
