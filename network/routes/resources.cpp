#include "network/api/fields.h"
#include "network/routes/routes.h"
#include "services/feed/outbox.h"

namespace nuri::network {

namespace {

template <class T>
std::set<std::string> names_of(const Fields<T>& fields, const Fields<T>* more = nullptr) {
  std::set<std::string> out;
  for (const auto& f : fields.list()) out.insert(f.name);
  if (more) {
    for (const auto& f : more->list()) out.insert(f.name);
  }
  return out;
}

// A collection from a resource's functions; `view` dresses one row for the caller.
template <class T, class View>
Collection collection(std::string path, std::string singular, const Table<T>& table, View view,
                      std::vector<T> (*visible)(Work&),
                      Result<T> (*find)(Work&, const std::string&)) {
  Collection c;
  c.plural = singular + "s";
  c.singular = std::move(singular);
  c.path = std::move(path);
  c.list = [=](Work& w) {
    std::vector<Json> out;
    for (const T& row : visible(w)) out.push_back(view(row, w.caller.admin));
    return out;
  };
  c.show = [=](Work& w, const std::string& id) -> Result<Json> {
    return view(TRY(find(w, id)), w.caller.admin);
  };
  c.tags = [=](Work& w, const std::string& id) -> Result<std::vector<std::string>> {
    return TRY(find(w, id)).tags;
  };
  c.set_tags = [=, &table](Work& w, const std::string& id,
                           const std::vector<std::string>& tags) -> Status {
    T row = TRY(find(w, id));
    TRYV(must_own(w, row, "update_tags"));
    row.tags = tags;
    touch(w, row);
    table.update(w.s, row);
    return {};
  };
  return c;
}

template <class T, class View>
void changing(Collection& c, View view, Result<T> (*find)(Work&, const std::string&),
              Result<T> (*create)(Work&, const Json&), Result<T> (*update)(Work&, T, const Json&),
              Status (*remove)(Work&, const T&)) {
  c.create = [=](Work& w, const Json& body) -> Result<Json> {
    return view(TRY(create(w, body)), w.caller.admin);
  };
  if (update) {
    c.update = [=](Work& w, const std::string& id, const Json& body) -> Result<Json> {
      return view(TRY(update(w, TRY(find(w, id)), body)), w.caller.admin);
    };
  }
  c.remove = [=](Work& w, const std::string& id) -> Status { return remove(w, TRY(find(w, id))); };
}

template <class T>
auto plain_view(const Fields<T>& fields) {
  return [&fields](const T& t, bool) { return fields.write(t); };
}

Json network_json(const Network& n, bool admin) {
  Json out = kNetworkView.write(n);
  if (admin) kNetworkAdmin.write_into(out, n);
  return out;
}

Result<Port> create_user_port(Work& w, const Json& body) { return create_port(w, body); }

void add_interface_routes(Router& router, std::shared_ptr<Service> service) {
  for (auto [verb, act] :
       {std::pair{"add", &add_interface}, std::pair{"remove", &remove_interface}}) {
    router.add("PUT", std::string("/v2.0/routers/{id}/") + verb + "_router_interface",
               Access::member, [service, act](const Request& r, Context& x) -> Result<Response> {
                 Caller caller = TRY(Caller::from(x.claims));
                 Json body = TRY(parse_json(r.body));
                 if (!body.is_object())
                   return bad_request("The body must be an object with subnet_id or port_id.");
                 Json done = TRY(service->write(caller, [&](Work& w) -> Result<Json> {
                   return act(w, TRY(find_router(w, x.param("id"))), body);
                 }));
                 return Response::json(200, done);
               });
  }
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
  add(std::move(net));

  auto subnet_view = plain_view(kSubnetView);
  Collection sub =
      collection<Subnet>("subnets", "subnet", subnets(), subnet_view, visible_subnets, find_subnet);
  sub.attributes = names_of(kSubnetView);
  changing<Subnet>(sub, subnet_view, find_subnet, create_subnet, update_subnet, delete_subnet);
  add(std::move(sub));

  Collection port = collection<Port>("ports", "port", ports(), port_json, visible_ports, find_port);
  port.attributes = names_of(kPortView, &kPortAdmin);
  changing<Port>(port, port_json, find_port, create_user_port, update_port, delete_port);
  add(std::move(port));

  auto router_view = plain_view(kRouterView);
  Collection rout = collection<VirtualRouter>("routers", "router", routers(), router_view,
                                              visible_routers, find_router);
  rout.attributes = names_of(kRouterView);
  changing<VirtualRouter>(rout, router_view, find_router, create_router, update_router,
                          delete_router);
  add(std::move(rout));
  add_interface_routes(router, service);

  auto fip_view = plain_view(kFloatingIpView);
  Collection fip = collection<FloatingIp>("floatingips", "floatingip", floating_ips(), fip_view,
                                          visible_floating_ips, find_floating_ip);
  fip.attributes = names_of(kFloatingIpView);
  changing<FloatingIp>(fip, fip_view, find_floating_ip, create_floating_ip, update_floating_ip,
                       delete_floating_ip);
  add(std::move(fip));

  auto group_view = plain_view(kGroupView);
  Collection group = collection<SecurityGroup>("security-groups", "security_group", groups(),
                                               group_view, visible_groups, find_group);
  group.attributes = names_of(kGroupView);
  group.wants_default_group = true;
  changing<SecurityGroup>(group, group_view, find_group, create_group, update_group, delete_group);
  add(std::move(group));

  auto rule_view = plain_view(kRuleView);
  Collection rule = collection<Rule>("security-group-rules", "security_group_rule", rules(),
                                     rule_view, visible_rules, find_rule);
  rule.attributes = names_of(kRuleView);
  rule.wants_default_group = true;
  changing<Rule>(rule, rule_view, find_rule, create_rule, nullptr, delete_rule);
  add(std::move(rule));

  auto pool_view = plain_view(kSubnetPoolView);
  Collection pool = collection<SubnetPool>("subnetpools", "subnetpool", subnet_pools(), pool_view,
                                           visible_subnet_pools, find_subnet_pool);
  pool.attributes = names_of(kSubnetPoolView);
  changing<SubnetPool>(pool, pool_view, find_subnet_pool, create_subnet_pool, update_subnet_pool,
                       delete_subnet_pool);
  add(std::move(pool));
}

void add_routes(Router& router, std::shared_ptr<Service> service) {
  add_discovery_routes(router, service);
  add_internal_routes(router, service);
  add_quota_routes(router, service);
  add_resource_routes(router, service);
  feed::add_outbox_routes(router, service->db);
}

}  // namespace nuri::network
