#include "network/api/field_makers.h"
#include "services/base/net.h"

namespace nuri::network {

namespace {
using N = Make<Network>;
using S = Make<Subnet>;

const std::vector<std::string> kModes = {"slaac", "dhcpv6-stateful", "dhcpv6-stateless"};

Field<Network> type_field() {
  return N::text("provider:network_type", &Network::network_type)
      .one_of({"geneve", "flat", "vlan"})
      .nullable_();
}
Field<Network> mtu_field() {
  return N::number("mtu", &Network::mtu).nullable_().checked([](const Json& j) -> std::string {
    int64_t v = j.is_string() ? std::stoll(j.as_string()) : j.as_int();
    return v == 0 || (v >= 68 && v <= 65535) ? ""
                                             : "It must be 0 (the cloud's) or from 68 to 65535.";
  });
}
}  // namespace

const Fields<Pool> kPool = {
    text("start", &Pool::start).format_("ip").required_(),
    text("end", &Pool::end).format_("ip").required_(),
};
const Fields<HostRoute> kHostRoute = {
    text("destination", &HostRoute::destination).format_("cidr").required_(),
    text("nexthop", &HostRoute::nexthop).format_("ip").required_(),
};

const Fields<Network> kNetworkCreate = {
    N::name(),
    N::description(),
    N::project(),
    N::tenant(),
    N::flag("admin_state_up", &Network::admin_state_up).nullable_(),
    N::flag("shared", &Network::shared).nullable_(),
    N::flag("router:external", &Network::external).nullable_(),
    N::flag("is_default", &Network::is_default).nullable_(),
    N::flag("port_security_enabled", &Network::port_security).nullable_(),
    mtu_field(),
    type_field(),
    N::text("provider:physical_network", &Network::physical_network).length(1, 64).nullable_(),
    N::number("provider:segmentation_id", &Network::segmentation_id).range(1, 4094).nullable_(),
    N::zone_hints(),
};
const Fields<Network> kNetworkUpdate = {
    N::name(),
    N::description(),
    N::flag("admin_state_up", &Network::admin_state_up).nullable_(),
    N::flag("shared", &Network::shared).nullable_(),
    N::flag("router:external", &Network::external).nullable_(),
    N::flag("is_default", &Network::is_default).nullable_(),
    N::flag("port_security_enabled", &Network::port_security).nullable_(),
    mtu_field(),
};
const Fields<Network> kNetworkView = {
    N::id(),
    N::text("name", &Network::name),
    N::tenant_out(),
    N::project_out(),
    N::flag("admin_state_up", &Network::admin_state_up),
    N::number("mtu", &Network::mtu),
    N::text("status", &Network::status),
    N::list("subnets", &Network::subnets),
    N::out("shared", [](const Network& n) { return n.shared || n.shared_with_caller; }),
    N::flag("router:external", &Network::external),
    N::flag("is_default", &Network::is_default),
    N::list("availability_zone_hints", &Network::zone_hints),
    N::out("availability_zones", [](const Network&) { return Json::array({"nova"}); }),
    N::out("ipv4_address_scope", [](const Network&) { return Json(); }),
    N::out("ipv6_address_scope", [](const Network&) { return Json(); }),
    N::text("description", &Network::description),
    N::flag("port_security_enabled", &Network::port_security),
    N::tags(),
    N::created(),
    N::updated(),
    N::revision(),
};
const Fields<Network> kNetworkAdmin = {
    N::text("provider:network_type", &Network::network_type),
    N::out("provider:physical_network",
           [](const Network& n) {
             return n.physical_network.empty() ? Json() : Json(n.physical_network);
           }),
    N::number("provider:segmentation_id", &Network::segmentation_id),
};

const Fields<Subnet> kSubnetCreate = {
    S::name(),
    S::description(),
    S::project(),
    S::tenant(),
    S::text("network_id", &Subnet::network_id).format_("uuid").required_(),
    S::raw("cidr", "string").format_("cidr"),
    S::raw("subnetpool_id", "string").length(1, 255),
    S::raw("use_default_subnetpool", "boolean"),
    S::raw("prefixlen", "integer").range(0, 128),
    S::number("ip_version", &Subnet::ip_version).checked([](const Json& j) -> std::string {
      int64_t v = j.is_string() ? std::stoll(j.as_string()) : j.as_int();
      return v == 4 || v == 6 ? "" : "It must be 4 or 6.";
    }),
    S::raw("gateway_ip", "string").format_("ip"),
    S::raw("allocation_pools", "array").length(0, 100),
    S::objects("host_routes", &Subnet::host_routes, kHostRoute).length(0, 20).nullable_(),
    S::list("dns_nameservers", &Subnet::dns_nameservers).format_("ip").length(0, 5).nullable_(),
    S::flag("enable_dhcp", &Subnet::enable_dhcp).nullable_(),
    S::text("ipv6_ra_mode", &Subnet::ipv6_ra_mode).one_of(kModes).nullable_(),
    S::text("ipv6_address_mode", &Subnet::ipv6_address_mode).one_of(kModes).nullable_(),
};
const Fields<Subnet> kSubnetUpdate = {
    S::name(),
    S::description(),
    S::raw("gateway_ip", "string").format_("ip"),
    S::raw("allocation_pools", "array").length(0, 100),
    S::objects("host_routes", &Subnet::host_routes, kHostRoute).length(0, 20).nullable_(),
    S::list("dns_nameservers", &Subnet::dns_nameservers).format_("ip").length(0, 5).nullable_(),
    S::flag("enable_dhcp", &Subnet::enable_dhcp).nullable_(),
};
const Fields<Subnet> kSubnetView = {
    S::id(),
    S::text("name", &Subnet::name),
    S::tenant_out(),
    S::project_out(),
    S::text("network_id", &Subnet::network_id),
    S::number("ip_version", &Subnet::ip_version),
    S::text("cidr", &Subnet::cidr),
    S::text("subnetpool_id", &Subnet::subnetpool_id),
    S::text("gateway_ip", &Subnet::gateway_ip),
    S::flag("enable_dhcp", &Subnet::enable_dhcp),
    S::objects("allocation_pools", &Subnet::pools, kPool),
    S::objects("host_routes", &Subnet::host_routes, kHostRoute),
    S::list("dns_nameservers", &Subnet::dns_nameservers),
    S::text("ipv6_ra_mode", &Subnet::ipv6_ra_mode),
    S::text("ipv6_address_mode", &Subnet::ipv6_address_mode),
    S::out("service_types", [](const Subnet&) { return Json::array(); }),
    S::text("description", &Subnet::description),
    S::tags(),
    S::created(),
    S::updated(),
    S::revision(),
};

}  // namespace nuri::network
