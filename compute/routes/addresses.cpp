#include <algorithm>

#include "compute/routes/server_query.h"
#include "services/base/net.h"

// Fixed and floating addresses through the network service, with the user's own rights. The rows
// compute shows them from are refreshed before the answer.
namespace nuri::compute {

namespace {

// What the network service says of a port now, into its row and the server's addresses.
Status refresh_port(App& app, const std::string& server_id, const std::string& port_id) {
  Json got = TRY(app.peers.network.call("GET", "/internal/v1/ports/" + port_id));
  Json floating = TRY(app.peers.network.call(
      "GET", "/internal/v1/floatingips?device_id=" + server_id))["floatingips"];
  return app.db.write([&](db::Session& s) -> Status {
    auto port = find_port(s, port_id);
    auto server = find_server(s, server_id);
    if (!port || !server) return {};
    port->addresses = got["addresses"].dump();
    Json mine = Json::array();
    for (const Json& f : floating.as_array()) {
      if (f["port_id"].as_string() == port_id) mine.push_back(floating_kept(f));
    }
    port->floating = mine.dump();
    save_port(s, *port);
    refresh_shown(s, *server);
    server->updated_us = app.clock.now_us();
    save_server(s, *server);
    app.task.signal(s, server_id);
    return {};
  });
}

Result<std::vector<ServerPort>> ports_for_change(App& app, const Context& c,
                                                 const std::string& id,
                                                 Action action = Action::attach_interface) {
  return app.db.read([&](db::Session& s) -> Result<std::vector<ServerPort>> {
    Server server = TRY(app.load_unlocked(s, c, id));
    TRYV(allow(action, server));
    std::vector<ServerPort> ports = ports_of(s, id);
    std::erase_if(ports, [](const ServerPort& p) { return p.state != "bound"; });
    return ports;
  });
}

Status note(App& app, const Context& c, const std::string& id, const char* action) {
  return app.db.write([&](db::Session& s) -> Status {
    Server server = TRY(app.load(s, c, id));
    app.note_action(s, c, server, action);
    return {};
  });
}

// {"network": {"port": ...}} of `port` with its list of fixed addresses put in place of the old
// one.
Status set_fixed_ips(App& app, const Context& c, const std::string& port_id, const Json& ips) {
  TRYV(app.peers.network.call("PUT", "/v2.0/ports/" + port_id,
                              Json::object({{"port", Json::object({{"fixed_ips", ips}})}}),
                              c.token));
  return {};
}

}  // namespace

Result<Response> add_fixed_ip(App& app, Context& c, const std::string& id, const Json& argument) {
  if (c.microversion >= 44)
    return bad_request("The action addFixedIp exists up to microversion 2.43; use os-interface.",
                       "addFixedIp");
  const std::string& network = argument["networkId"].as_string();
  if (network.empty()) return bad_request("'networkId' is a required property.", "networkId");
  for (const ServerPort& p : TRY(ports_for_change(app, c, id))) {
    if (p.network_id != network) continue;
    Json ips =
        TRY(app.peers.network.call("GET", "/v2.0/ports/" + p.id, {}, c.token))["port"]["fixed_ips"];
    if (ips.size() == 0) continue;
    ips.push_back(Json::object({{"subnet_id", ips.at(0)["subnet_id"]}}));
    TRYV(set_fixed_ips(app, c, p.id, ips));
    TRYV(refresh_port(app, id, p.id));
    TRYV(note(app, c, id, "addFixedIp"));
    return Response::empty(202);
  }
  return bad_request("Network " + network.substr(0, 80) + " has no port of instance " + id + ".",
                     "networkId");
}

Result<Response> remove_fixed_ip(App& app, Context& c, const std::string& id,
                                 const Json& argument) {
  if (c.microversion >= 44)
    return bad_request("The action removeFixedIp exists up to microversion 2.43; use os-interface.",
                       "removeFixedIp");
  const std::string& address = argument["address"].as_string();
  if (!IpAddress::parse(address)) return bad_request("address must be an IP address.", "address");
  for (const ServerPort& p : TRY(ports_for_change(app, c, id))) {
    Json ips =
        TRY(app.peers.network.call("GET", "/v2.0/ports/" + p.id, {}, c.token))["port"]["fixed_ips"];
    Json kept = Json::array();
    for (const Json& ip : ips.as_array()) {
      if (ip["ip_address"].as_string() != address) kept.push_back(ip);
    }
    if (kept.size() == ips.size()) continue;
    TRYV(set_fixed_ips(app, c, p.id, kept));
    TRYV(refresh_port(app, id, p.id));
    TRYV(note(app, c, id, "removeFixedIp"));
    return Response::empty(202);
  }
  return bad_request("Instance " + id + " has no address " + address + ".", "address");
}

namespace {

Result<Json> floating_by_address(App& app, const Context& c, const std::string& address) {
  if (!IpAddress::parse(address)) return bad_request("address must be an IP address.", "address");
  Json got = TRY(app.peers.network.call(
      "GET", "/v2.0/floatingips?floating_ip_address=" + percent_encode(address), {}, c.token));
  if (got["floatingips"].size() == 0) return not_found("floating IP not found");
  return got["floatingips"].at(0);
}

Status set_floating_port(App& app, const Context& c, const Json& floating, const Json& port,
                         const Json& fixed) {
  Json body = Json::object({{"port_id", port}});
  if (!fixed.is_null()) body.set("fixed_ip_address", fixed);
  TRYV(app.peers.network.call("PUT", "/v2.0/floatingips/" + floating["id"].as_string(),
                              Json::object({{"floatingip", body}}), c.token));
  return {};
}

}  // namespace

Result<Response> add_floating_ip(App& app, Context& c, const std::string& id,
                                 const Json& argument) {
  if (c.microversion >= 44)
    return bad_request(
        "The action addFloatingIp exists up to microversion 2.43; use the network service.",
        "addFloatingIp");
  Json floating = TRY(floating_by_address(app, c, argument["address"].as_string()));
  const Json& fixed = argument["fixed_address"];
  for (const ServerPort& p : TRY(ports_for_change(app, c, id, Action::floating_address))) {
    for (const Json& a : stored_list(p.addresses)) {
      if (a["version"].as_int(4) != 4 || (!fixed.is_null() && a["ip"] != fixed)) continue;
      auto set = set_floating_port(app, c, floating, p.id, a["ip"]);  // a port may have several
      // An address that has one already: Nova says 400 where Neutron says 409.
      if (!set && set.error().code == ErrorCode::conflict) return bad_request(set.error().message);
      TRYV(std::move(set));
      TRYV(refresh_port(app, id, p.id));
      TRYV(note(app, c, id, "addFloatingIp"));
      return Response::empty(202);
    }
  }
  return bad_request(fixed.is_null() ? "No fixed IPs associated to instance"
                                     : "Specified fixed address not assigned to instance",
                     "address");
}

Result<Response> remove_floating_ip(App& app, Context& c, const std::string& id,
                                    const Json& argument) {
  if (c.microversion >= 44)
    return bad_request(
        "The action removeFloatingIp exists up to microversion 2.43; use the network service.",
        "removeFloatingIp");
  Json floating = TRY(floating_by_address(app, c, argument["address"].as_string()));
  for (const ServerPort& p : TRY(ports_for_change(app, c, id, Action::floating_address))) {
    if (floating["port_id"].as_string() != p.id) continue;
    TRYV(set_floating_port(app, c, floating, Json(), Json()));
    TRYV(refresh_port(app, id, p.id));
    TRYV(note(app, c, id, "removeFloatingIp"));
    return Response::empty(202);
  }
  return conflict("Floating IP " + argument["address"].as_string() +
                  " is not associated with instance " + id + ".");
}

}  // namespace nuri::compute
