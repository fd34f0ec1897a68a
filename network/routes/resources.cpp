#include "network/routes/port_texts.h"
#include "network/routes/resource_parts.h"
#include "services/feed/outbox.h"

namespace nuri::network {

namespace {

Json network_json(const Network& n, bool admin) {
  Json out = kNetworkView.write(n);
  if (admin) kNetworkAdmin.write_into(out, n);
  return out;
}

Result<Port> create_user_port(Work& w, const Json& body) { return create_port(w, body); }

// What a router does besides: its interfaces, and its routes one by one.
void router_actions(Collection& c) {
  Schema one_of = schema_of(*parse_json(R"({"type": "object", "properties":
      {"subnet_id": {"type": "string"}, "port_id": {"type": "string"}}})"));
  Schema done = schema_of(*parse_json(R"({"type": "object", "properties":
      {"id": {"type": "string"}, "port_id": {"type": "string"}, "subnet_id": {"type": "string"},
       "network_id": {"type": "string"}, "subnet_ids": {"type": "array"}}})"));
  for (auto [name, act] : {std::pair{"add_router_interface", &add_interface},
                           std::pair{"remove_router_interface", &remove_interface}}) {
    auto run = [act](Work& w, const std::string& id, const Json& b) -> Result<Json> {
      return act(w, TRY(find_router(w, id)), b);
    };
    c.actions.push_back({name, run, one_of, done});
  }
  Schema routes = wrapped("router", listed("routes", schema_of(kHostRoute)));
  auto view = plain_view(kRouterView);
  acting<VirtualRouter>(c, "add_extraroutes", routes, view, find_router, add_routes_to);
  acting<VirtualRouter>(c, "remove_extraroutes", routes, view, find_router, remove_routes_from);
}

}  // namespace

Json port_json(const Port& p, bool admin) {
  Json out = kPortView.write(p);
  if (admin) kPortAdmin.write_into(out, p);
  return out;
}

void add_resource_routes(Router& router, std::shared_ptr<Service> service) {
  auto add = [&](Collection c) { add_collection(router, service, std::move(c)); };

  Collection net = collection<Network>("networks", "network", networks(), network_json,
                                       visible_networks, find_network);
  net.attributes = names_of(kNetworkView, &kNetworkAdmin);
  changing<Network>(net, network_json, find_network, create_network, update_network,
                    delete_network);
  described(net, kNetworkCreate, &kNetworkUpdate, kNetworkView);
  add(std::move(net));

  auto subnet_view = plain_view(kSubnetView);
  Collection sub =
      collection<Subnet>("subnets", "subnet", subnets(), subnet_view, visible_subnets, find_subnet);
  sub.attributes = names_of(kSubnetView);
  changing<Subnet>(sub, subnet_view, find_subnet, create_subnet, update_subnet, delete_subnet);
  sub.columns["network_id"] = "network_id";
  described(sub, kSubnetCreate, &kSubnetUpdate, kSubnetView);
  add(std::move(sub));

  Collection port = collection<Port>("ports", "port", ports(), port_json, visible_ports, find_port);
  port.attributes = names_of(kPortView, &kPortAdmin);
  port.shown = [texts = std::make_shared<PortTexts>()](Work& w, const Narrow& n) {
    return texts->list(w, n);
  };
  changing<Port>(port, port_json, find_port, create_user_port, update_port, delete_port);
  for (const char* same : {"network_id", "device_id", "mac_address"}) port.columns[same] = same;
  described(port, kPortCreate, &kPortUpdate, kPortView);
  add(std::move(port));

  auto router_view = plain_view(kRouterView);
  Collection rout = collection<VirtualRouter>("routers", "router", routers(), router_view,
                                              visible_routers, find_router);
  rout.attributes = names_of(kRouterView);
  changing<VirtualRouter>(rout, router_view, find_router, create_router, update_router,
                          delete_router);
  described(rout, kRouterCreate, &kRouterUpdate, kRouterView);
  router_actions(rout);
  add(std::move(rout));

  auto fip_view = plain_view(kFloatingIpView);
  Collection fip = collection<FloatingIp>("floatingips", "floatingip", floating_ips(), fip_view,
                                          visible_floating_ips, find_floating_ip);
  fip.attributes = names_of(kFloatingIpView);
  changing<FloatingIp>(fip, fip_view, find_floating_ip, create_floating_ip, update_floating_ip,
                       delete_floating_ip);
  fip.columns.erase("name");
  fip.columns["floating_ip_address"] = "address";
  described(fip, kFloatingIpCreate, &kFloatingIpUpdate, kFloatingIpView);
  add(std::move(fip));
}

void add_routes(Router& router, std::shared_ptr<Service> service) {
  add_discovery_routes(router, service);
  add_internal_routes(router, service);
  add_quota_routes(router, service);
  add_availability_routes(router, service);
  add_resource_routes(router, service);
  add_group_routes(router, service);
  feed::add_outbox_routes(router, service->db);
  ledger::add_check_route(router, service->db, audited());
}

}  // namespace nuri::network
