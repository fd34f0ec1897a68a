#include "network/api/field_makers.h"

namespace nuri::network {

namespace {
using P = Make<Port>;

Json vif_details(const Port& p) {
  if (p.host_id.empty()) return Json::object();
  return Json::object({{"port_filter", true}, {"connectivity", "l2"}, {"bridge_name", "br-int"}});
}

std::string ip_or_cidr(const Json& j);

Field<Port> owner_field() {
  return P::text("device_owner", &Port::device_owner).length(0, 255).nullable_();
}
Field<Port> pairs_field() {
  return P::objects("allowed_address_pairs", &Port::address_pairs, kAddressPair)
      .length(0, 10)
      .nullable_();
}
Field<Port> options_field() {
  return P::objects("extra_dhcp_opts", &Port::dhcp_options, kDhcpOption).length(0, 50).nullable_();
}
Field<Port> vnic_field() {
  return P::text("binding:vnic_type", &Port::vnic_type).one_of({"normal"}).nullable_();
}

std::string ip_or_cidr(const Json& j) {
  FieldRules address{.name = "ip_address", .type = "string", .format = "ip"};
  FieldRules cidr{.name = "ip_address", .type = "string", .format = "cidr"};
  bool fine = check_field(address, j).ok() || check_field(cidr, j).ok();
  return fine ? "" : "It must be an IP address or a network in CIDR notation.";
}
}  // namespace

const Fields<FixedIp> kFixedIp = {
    text("subnet_id", &FixedIp::subnet_id).format_("uuid").nullable_(),
    text("ip_address", &FixedIp::ip_address).format_("ip").nullable_(),
};
const Fields<AddressPair> kAddressPair = {
    text("ip_address", &AddressPair::ip_address).required_().checked(ip_or_cidr),
    text("mac_address", &AddressPair::mac_address).format_("mac").nullable_(),
};
const Fields<DhcpOption> kDhcpOption = {
    text("opt_name", &DhcpOption::opt_name).length(1, 64).required_(),
    text("opt_value", &DhcpOption::opt_value).length(0, 255).nullable_(),
    number("ip_version", &DhcpOption::ip_version).range(4, 6).nullable_(),
};

const Fields<Port> kPortCreate = {
    P::name(),
    P::description(),
    P::project(),
    P::tenant(),
    P::text("network_id", &Port::network_id).format_("uuid").required_(),
    P::flag("admin_state_up", &Port::admin_state_up).nullable_(),
    P::text("mac_address", &Port::mac_address).format_("mac").nullable_(),
    P::text("device_id", &Port::device_id).length(0, 255).nullable_(),
    owner_field(),
    P::raw("fixed_ips", "array").length(0, 20),
    P::raw("security_groups", "strings").length(0, 50),
    P::raw("port_security_enabled", "boolean"),
    pairs_field(),
    options_field(),
    P::text("binding:host_id", &Port::host_id).length(0, 255).nullable_(),
    vnic_field(),
    P::raw("binding:profile", "object"),
};
const Fields<Port> kPortUpdate = {
    P::name(),
    P::description(),
    P::flag("admin_state_up", &Port::admin_state_up).nullable_(),
    P::text("mac_address", &Port::mac_address).format_("mac").nullable_(),
    P::text("device_id", &Port::device_id).length(0, 255).nullable_(),
    owner_field(),
    P::raw("fixed_ips", "array").length(0, 20),
    P::raw("security_groups", "strings").length(0, 50),
    P::flag("port_security_enabled", &Port::port_security).nullable_(),
    pairs_field(),
    options_field(),
    P::text("binding:host_id", &Port::host_id).length(0, 255).nullable_(),
    vnic_field(),
    P::raw("binding:profile", "object"),
};
const Fields<Port> kPortView = {
    P::id(),
    P::text("name", &Port::name),
    P::text("network_id", &Port::network_id),
    P::tenant_out(),
    P::project_out(),
    P::text("mac_address", &Port::mac_address),
    P::flag("admin_state_up", &Port::admin_state_up),
    P::text("status", &Port::status),
    P::text("device_id", &Port::device_id),
    P::text("device_owner", &Port::device_owner),
    P::objects("fixed_ips", &Port::fixed_ips, kFixedIp),
    P::objects("allowed_address_pairs", &Port::address_pairs, kAddressPair),
    P::objects("extra_dhcp_opts", &Port::dhcp_options, kDhcpOption),
    P::list("security_groups", &Port::security_groups),
    P::text("description", &Port::description),
    P::text("binding:vnic_type", &Port::vnic_type),
    P::flag("port_security_enabled", &Port::port_security),
    P::tags(),
    P::created(),
    P::updated(),
    P::revision(),
};
const Fields<Port> kPortAdmin = {
    P::text("binding:host_id", &Port::host_id),
    P::out("binding:vif_type", [](const Port& p) { return p.host_id.empty() ? "unbound" : "ovs"; }),
    P::out("binding:vif_details", vif_details),
    P::out("binding:profile", [](const Port& p) { return p.profile; }),
};

}  // namespace nuri::network
