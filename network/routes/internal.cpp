#include <algorithm>

#include "network/api/fields.h"
#include "network/domain/addresses.h"
#include "network/routes/routes.h"
#include "services/base/fields.h"
#include "services/base/net.h"

// What the compute service asks for: docs/internal-protocols.md.
namespace nuri::network {

namespace {

struct BindWish {
  std::string host_id, device_id, device_owner, project_id;
};

// Compute names the project it works for: another's port is as good as none.
Result<Port> port_of(Work& w, const std::string& id, const std::string& project) {
  Port p = TRY(find_port(w, id));
  if (project.empty() || p.project_id == project) return p;
  return neutron_error_of(ErrorCode::not_found, "PortNotFound",
                          "Port " + id + " could not be found.");
}

Json raw_wish(const Json& port) {
  // The wish is Neutron's port body but for what null means: the default.
  Json out = Json::object();
  for (const auto& [key, value] : port.as_object()) {
    if (!value.is_null()) out.set(key, value);
  }
  return out;
}

const Fields<BindWish> kBindWish(
    "binding", Fields<BindWish>::Unknown::ignore,
    {
        text("host_id", &BindWish::host_id).length(1, 255).required_(),
        text("device_id", &BindWish::device_id).length(1, 255).required_(),
        text("device_owner", &BindWish::device_owner).length(0, 255),
        text("project_id", &BindWish::project_id).length(0, 255).nullable_(),
    });

Json addresses_json(Work& w, const Port& p) {
  Json out = Json::array();
  for (const FixedIp& f : p.fixed_ips) {
    auto subnet = subnets().find(w.s, f.subnet_id);
    if (!subnet) continue;
    const auto& own = subnet->dns_nameservers;
    Json dns = Json::array();
    for (const std::string& d : own.empty() ? w.settings.dns : own) {
      auto a = IpAddress::parse(d);
      if (a && a->v4 == (subnet->ip_version == 4)) dns.push_back(d);
    }
    out.push_back(
        Json::object({{"ip", f.ip_address},
                      {"prefix", Cidr::parse(subnet->cidr)->prefix},
                      {"version", subnet->ip_version},
                      {"subnet_id", subnet->id},
                      {"gateway", subnet->gateway_ip ? Json(*subnet->gateway_ip) : Json()},
                      {"dns", dns}}));
  }
  return out;
}

Json metadata_json(Work& w, const std::string& network_id) {
  auto found =
      load(w.s, ports(), "network_id = ?1 AND device_owner = ?2", {network_id, kOwnerMetadata});
  if (found.empty()) return Json();
  Json addresses = Json::array();
  for (const FixedIp& f : found.front().fixed_ips) {
    if (auto s = subnets().find(w.s, f.subnet_id)) {
      addresses.push_back(f.ip_address + "/" + std::to_string(Cidr::parse(s->cidr)->prefix));
    }
  }
  return Json::object(
      {{"name", "md-" + network_id}, {"mac", found.front().mac_address}, {"addresses", addresses}});
}

Result<Json> whole_port(Service& service, Work& w, const std::string& id) {
  Port p = TRY(find_port(w, id));
  auto n = networks().find(w.s, p.network_id);
  return Json::object(
      {{"port", port_json(p, true)},
       {"network", Json::object({{"id", n->id}, {"name", n->name}, {"mtu", n->mtu}})},
       {"addresses", addresses_json(w, p)},
       {"metadata_port", metadata_json(w, p.network_id)},
       {"realized", service.realized(p.id)}});
}

Result<Response> put_port(Service& service, const Request& r, Context& x) {
  Json wish = raw_wish(TRY(body_member(r.body, "port")));
  std::string id = x.param("id"), project = wish["project_id"].as_string();
  if (!is_uuid(id)) return bad_request("The port's id must be a UUID.", "id");
  if (project.empty()) return bad_request("'project_id' is a required property.", "project_id");
  // Networks and groups are looked up as the server's owner sees them.
  Caller owner{false, project, ""};
  Caller cloud{true, "", ""};
  Json body = wish;
  std::string host = wish["binding:host_id"].as_string();
  body.erase("binding:host_id");
  auto ask = [&](Work& w) -> Result<Json> {
    Work all{w.s, w.settings, w.random, w.now, cloud};
    if (load_one(w.s, ports(), id)) {
      TRYV(port_of(all, id, project));
      return whole_port(service, all, id);
    }
    if (buried(w, id) || device_buried(w, body["device_id"].as_string())) {
      return Error(ErrorCode::gone, "Port " + id + " has been deleted; its id is not used again.")
          .with_type("PortGone");
    }
    Port p = TRY(create_port(w, body, PortOrder{.id = id, .from_compute = true}));
    p.host_id = host;
    ports().update(w.s, p);
    return whole_port(service, all, id);
  };
  return Response::json(200, TRY(service.write(owner, ask)));
}

Result<Response> get_port(Service& service, const Request&, Context& x) {
  Caller caller = TRY(Caller::from(x.claims));
  return Response::json(
      200,
      TRY(service.read(caller, [&](Work& w) { return whole_port(service, w, x.param("id")); })));
}

Result<Response> delete_port_of_server(Service& service, const Request&, Context& x) {
  Caller caller = TRY(Caller::from(x.claims));
  TRYV(service.write(caller, [&](Work& w) -> Status {
    // Also where there is none yet: the order for it may still be on its way.
    bury_port(w, x.param("id"));
    auto p = load_one(w.s, ports(), x.param("id"));
    if (!p) return {};
    return delete_port(w, *p);
  }));
  return Response::empty(204);
}

// The server is gone: what it had, and what is still on its way to it.
Result<Response> delete_ports_of_server(Service& service, const Request& r, Context& x) {
  Caller caller = TRY(Caller::from(x.claims));
  std::string device = r.query.get("device_id");
  if (!is_uuid(device)) return bad_request("device_id must be a UUID.", "device_id");
  TRYV(service.write(caller, [&](Work& w) { return bury_device(w, device); }));
  return Response::empty(204);
}

Result<Response> put_binding(Service& service, const Request& r, Context& x) {
  Caller caller = TRY(Caller::from(x.claims));
  BindWish wish = TRY(kBindWish.read(TRY(parse_json(r.body))));
  Json out = TRY(service.write(caller, [&](Work& w) -> Result<Json> {
    if (device_buried(w, wish.device_id)) {
      return Error(ErrorCode::gone, "Server " + wish.device_id + " has been deleted.")
          .with_type("PortGone");
    }
    TRYV(bind_port(w, TRY(port_of(w, x.param("id"), wish.project_id)), wish.host_id, wish.device_id,
                   wish.device_owner));
    return whole_port(service, w, x.param("id"));
  }));
  return Response::json(200, out);
}

Result<Response> delete_binding(Service& service, const Request&, Context& x) {
  Caller caller = TRY(Caller::from(x.claims));
  TRYV(service.write(caller, [&](Work& w) -> Status {
    auto p = load_one(w.s, ports(), x.param("id"));
    if (!p || p->of_network()) return {};
    return bind_port(w, *p, "", "", "");
  }));
  return Response::empty(204);
}

Result<Response> list_ports(Service& service, const Request& r, Context& x) {
  Caller caller = TRY(Caller::from(x.claims));
  std::string device = r.query.get("device_id");
  if (device.empty()) return bad_request("device_id is required.", "device_id");
  Json out = TRY(service.read(caller, [&](Work& w) {
    Json list = Json::array();
    for (const Port& p : load(w.s, ports(), "device_id = ?1", {device}))
      list.push_back(port_json(p, true));
    return list;
  }));
  return Response::json(200, Json::object({{"ports", out}}));
}

Result<Response> list_floating(Service& service, const Request& r, Context& x) {
  Caller caller = TRY(Caller::from(x.claims));
  std::string device = r.query.get("device_id");
  if (device.empty()) return bad_request("device_id is required.", "device_id");
  Json out = TRY(service.read(caller, [&](Work& w) {
    Json list = Json::array();
    auto found = floating_ips().where(w.s, "port_id IN (SELECT id FROM ports WHERE device_id = ?1)",
                                      {device});
    for (const FloatingIp& f : found) {
      list.push_back(Json::object({{"id", f.id},
                                   {"floating_ip_address", f.address},
                                   {"fixed_ip_address", f.fixed_ip_address.value_or("")},
                                   {"port_id", f.port_id.value_or("")}}));
    }
    return list;
  }));
  return Response::json(200, Json::object({{"floatingips", out}}));
}

}  // namespace

void add_internal_routes(Router& router, std::shared_ptr<Service> service) {
  auto handler = [&](auto f) {
    return [service, f](const Request& r, Context& x) { return f(*service, r, x); };
  };
  std::string one = "/internal/v1/ports/{id}";
  add_route(router, "GET", "/internal/v1/ports", handler(list_ports));
  add_route(router, "DELETE", "/internal/v1/ports", handler(delete_ports_of_server));
  add_route(router, "PUT", one, handler(put_port));
  add_route(router, "GET", one, handler(get_port));
  add_route(router, "DELETE", one, handler(delete_port_of_server));
  add_route(router, "PUT", one + "/binding", handler(put_binding));
  add_route(router, "DELETE", one + "/binding", handler(delete_binding));
  add_route(router, "GET", "/internal/v1/floatingips", handler(list_floating));
}

}  // namespace nuri::network
