#include "network/api/field_makers.h"

namespace nuri::network {

namespace {
using R = Make<VirtualRouter>;
using F = Make<FloatingIp>;

Json gateway_json(const VirtualRouter& r) {
  if (r.gateway_network_id.empty()) return Json();
  return kGatewayInfo.write(Gateway{r.gateway_network_id, r.enable_snat, r.gateway_ips});
}
}  // namespace

const Fields<Gateway> kGatewayInfo = {
    text("network_id", &Gateway::network_id).format_("uuid").required_(),
    objects("external_fixed_ips", &Gateway::fixed_ips, kFixedIp).length(0, 5).nullable_(),
    boolean("enable_snat", &Gateway::enable_snat).nullable_(),
};

const Fields<VirtualRouter> kRouterCreate = {
    R::name(),
    R::description(),
    R::project(),
    R::tenant(),
    R::flag("admin_state_up", &VirtualRouter::admin_state_up).nullable_(),
    R::raw("external_gateway_info", "object"),
    R::zone_hints(),
};
const Fields<VirtualRouter> kRouterUpdate = {
    R::name(),
    R::description(),
    R::flag("admin_state_up", &VirtualRouter::admin_state_up).nullable_(),
    R::raw("external_gateway_info", "object"),
    R::raw("routes", "array").length(0, 30),
};
const Fields<VirtualRouter> kRouterView = {
    R::id(),
    R::text("name", &VirtualRouter::name),
    R::tenant_out(),
    R::project_out(),
    R::flag("admin_state_up", &VirtualRouter::admin_state_up),
    R::text("status", &VirtualRouter::status),
    R::out("external_gateway_info", gateway_json),
    R::objects("routes", &VirtualRouter::routes, kHostRoute),
    R::list("availability_zone_hints", &VirtualRouter::zone_hints),
    R::out("availability_zones", [](const VirtualRouter&) { return Json::array({"nova"}); }),
    R::text("description", &VirtualRouter::description),
    R::tags(),
    R::created(),
    R::updated(),
    R::revision(),
};

const Fields<FloatingIp> kFloatingIpCreate = {
    F::description(),
    F::project(),
    F::tenant(),
    F::text("floating_network_id", &FloatingIp::network_id).format_("uuid").required_(),
    F::raw("floating_ip_address", "string").format_("ip"),
    F::raw("subnet_id", "string").format_("uuid"),
    F::raw("port_id", "string").format_("uuid"),
    F::raw("fixed_ip_address", "string").format_("ip"),
};
const Fields<FloatingIp> kFloatingIpUpdate = {
    F::description(),
    F::raw("port_id", "string").format_("uuid"),
    F::raw("fixed_ip_address", "string").format_("ip"),
};
const Fields<FloatingIp> kFloatingIpView = {
    F::id(),
    F::tenant_out(),
    F::project_out(),
    F::text("floating_ip_address", &FloatingIp::address),
    F::text("floating_network_id", &FloatingIp::network_id),
    F::text("router_id", &FloatingIp::router_id),
    F::text("port_id", &FloatingIp::port_id),
    F::text("fixed_ip_address", &FloatingIp::fixed_ip_address),
    F::text("status", &FloatingIp::status),
    F::text("description", &FloatingIp::description),
    F::tags(),
    F::created(),
    F::updated(),
    F::revision(),
};

}  // namespace nuri::network
