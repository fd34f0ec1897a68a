#include <algorithm>

#include "network/api/fields.h"
#include "network/domain/addresses.h"
#include "network/store/policy.h"
#include "network/store/router_parts.h"

namespace nuri::network {

namespace {

// Tenants may choose a gateway's network and nothing finer, as Neutron's policy has it.
Status check_gateway_rights(Work& w, const Json& info) {
  TRYV(may_set(w.caller, "router", "external_gateway_info:enable_snat",
               !info["enable_snat"].is_null()));
  return may_set(w.caller, "router", "external_gateway_info:external_fixed_ips",
                 !info["external_fixed_ips"].is_null());
}

Status drop_gateway(Work& w, VirtualRouter& r) {
  if (r.gateway_port_id.empty()) return {};
  if (w.s.count("SELECT COUNT(*) FROM floating_ips WHERE router_id = ?1", {r.id}) > 0) {
    return refuse(ErrorCode::conflict, "RouterExternalGatewayInUseByFloatingIp",
                  "Gateway cannot be updated for router " + r.id +
                      ", since a gateway to external network " + r.gateway_network_id +
                      " is required by one or more floating IPs.");
  }
  if (auto port = load_one(w.s, ports(), r.gateway_port_id)) erase_port(w, *port);
  r.gateway_port_id.clear();
  r.gateway_network_id.clear();
  r.gateway_ips.clear();
  return {};
}

// Floating IPs do not mind: they have addresses of their own.
Status readdress_gateway(Work& w, VirtualRouter& r, const Json& asked) {
  auto port = load_one(w.s, ports(), r.gateway_port_id);
  if (!port) return internal("router without its gateway port");
  port->fixed_ips = TRY(choose_addresses(w, *port, asked));
  touch(w, *port);
  ports().update(w.s, *port);
  store_addresses(w.s, *port);
  r.gateway_ips = port->fixed_ips;
  return {};
}

// The same network again keeps its port and address, unless other addresses are asked for.
Status set_gateway(Work& w, VirtualRouter& r, const Json& info) {
  if (info.is_null() || info.size() == 0 ||
      (info.contains("network_id") && info["network_id"].is_null()))
    return drop_gateway(w, r);
  Gateway asked = TRY(kGatewayInfo.read(info));
  TRYV(check_gateway_rights(w, info));
  Network network = TRY(find_network(w, asked.network_id));
  if (!network.external) {
    return refuse(ErrorCode::bad_request, "BadRequest",
                  "Bad router request: Network " + network.id + " is not an external network.",
                  "external_gateway_info");
  }
  if (!info["enable_snat"].is_null()) r.enable_snat = asked.enable_snat;
  bool readdress = !asked.fixed_ips.empty();
  if (r.gateway_network_id == network.id) {
    return readdress ? readdress_gateway(w, r, info["external_fixed_ips"]) : Status();
  }
  TRYV(drop_gateway(w, r));
  Json body = Json::object({{"network_id", network.id},
                            {"project_id", ""},
                            {"device_id", r.id},
                            {"device_owner", kOwnerRouterGateway}});
  if (readdress) body.set("fixed_ips", info["external_fixed_ips"]);
  Work cloud = as_cloud(w);
  Port port = TRY(create_port(cloud, body, PortOrder{.internal = true}));
  if (port.fixed_ips.empty()) {
    return refuse(
        ErrorCode::bad_request, "BadRequest",
        "Bad router request: No subnets defined for external network " + network.id + ".");
  }
  r.gateway_network_id = network.id;
  r.gateway_port_id = port.id;
  r.gateway_ips = port.fixed_ips;
  return {};
}

}  // namespace

Result<VirtualRouter> create_router(Work& w, const Json& body) {
  VirtualRouter r = TRY(kRouterCreate.read(body));
  TRYV(begin(w, r, body));
  TRYV(check_zones(r.zone_hints));
  TRYV(check_quota(w, r.project_id, "router"));
  TRYV(set_gateway(w, r, body["external_gateway_info"]));
  routers().insert(w.s, r);
  return r;
}

Result<VirtualRouter> update_router(Work& w, VirtualRouter row, const Json& body) {
  VirtualRouter next = row;
  TRYV(kRouterUpdate.update(next, body));
  if (const Json* info = body.find("external_gateway_info")) TRYV(set_gateway(w, next, *info));
  const Json* asked = body.find("routes");
  if (asked && asked->is_null()) next.routes.clear();
  if (asked && !asked->is_null()) TRYV(set_routes(w, next, TRY(read_routes(*asked))));
  touch(w, next);
  routers().update(w.s, next);
  return next;
}

Status delete_router(Work& w, const VirtualRouter& row) {
  if (!interfaces(w, row.id).empty()) {
    return refuse(ErrorCode::conflict, "RouterInUse", "Router " + row.id + " still has ports.");
  }
  VirtualRouter going = row;
  TRYV(drop_gateway(w, going));
  routers().erase(w.s, row.id);
  return {};
}

}  // namespace nuri::network
