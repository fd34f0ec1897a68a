#include "compute/routes/app.h"
#include "services/base/fields.h"

// Ports and addresses of a server.
namespace nuri::compute {

namespace {

struct FixedIp {
  std::string ip_address;
};
struct Attach {
  std::optional<std::string> port_id, net_id, tag;
  std::vector<FixedIp> fixed_ips;
};

Result<Attach> read_attach(const Request& request, int version) {
  using A = Attach;
  static const Fields<FixedIp> kIp(
      "fixed_ips", Fields<FixedIp>::Unknown::refuse,
      {text("ip_address", &FixedIp::ip_address).required_().format_("ip")});
  static const Fields<A> kFields(
      "interfaceAttachment", Fields<A>::Unknown::refuse,
      {text("port_id", &A::port_id).format_("uuid"), text("net_id", &A::net_id).format_("uuid"),
       objects("fixed_ips", &A::fixed_ips, kIp).length(1, 1),
       text("tag", &A::tag).length(1, 60).since_(49)});
  if (request.body.empty()) return A{};
  Json body = TRY(body_member(request.body, "interfaceAttachment"));
  A in = TRY(kFields.read(body, version));
  if (in.port_id && in.net_id)
    return bad_request("Must not input both network_id and port_id", "port_id");
  if (!in.fixed_ips.empty() && !in.net_id)
    return bad_request("Must input network_id when request IP address", "net_id");
  return in;
}

// The network to take where nothing is named: the only one the project sees.
Result<ServerPort> wanted_port(App& app, const Context& c, const Server& server, const Attach& in) {
  ServerPort p;
  p.tag = in.tag.value_or("");
  if (in.port_id) {
    auto got = app.peers.network.call("GET", "/v2.0/ports/" + *in.port_id, {}, c.token);
    if (!got && got.error().code != ErrorCode::not_found) return got.error();
    Json port = got ? (*got)["port"] : Json();
    // Another project's, though the caller may see it, is no port for this server.
    if (port["project_id"].as_string() != server.project_id)
      return not_found("Port id " + *in.port_id + " could not be found.");
    if (!port["device_id"].as_string().empty())
      return bad_request("Port " + *in.port_id + " is still in use.", "port_id");
    p.id = *in.port_id;
    p.network_id = port["network_id"].as_string();
    p.ours = false;
    return p;
  }
  p.id = app.random.uuid();
  if (!in.fixed_ips.empty())
    p.fixed_ips = Json::array({Json::object({{"ip_address", in.fixed_ips[0].ip_address}})}).dump();
  if (in.net_id) {
    auto got = app.peers.network.call("GET", "/v2.0/networks/" + *in.net_id, {}, c.token);
    if (!got && got.error().code == ErrorCode::not_found)
      return not_found("Network " + *in.net_id + " could not be found.");
    TRYV(got);
    p.network_id = *in.net_id;
    return p;
  }
  Json all = TRY(app.peers.network.call("GET", "/v2.0/networks", {}, c.token));
  for (const Json& n : all["networks"].as_array()) {
    if (n["project_id"].as_string() != c.claims.project_id || n["router:external"].as_bool())
      continue;
    if (!p.network_id.empty())
      return bad_request("Multiple possible networks found, use a Network ID to be more specific.",
                         "net_id");
    p.network_id = n["id"].as_string();
  }
  if (p.network_id.empty()) return bad_request("The project has no network; name one.", "net_id");
  return p;
}

// What a slow answer of the network service has left after the server's task gave its ports back.
Status free_late_port(App& app, const Server& server, const ServerPort& port) {
  if (!port.ours) {
    auto now = app.peers.network.call("GET", "/internal/v1/ports/" + port.id);
    if (!now && now.error().code == ErrorCode::not_found) return {};
    TRYV(now);
    if ((*now)["port"]["device_id"].as_string() != server.id) return {};
  }
  return app.task.free_port(port);
}

// The row first, then the port: if we die between, the task finishes the job.
Result<Response> attach(App& app, const Request& request, Context& c) {
  Attach in = TRY(read_attach(request, c.microversion));
  Server server =
      TRY(app.db.read([&](db::Session& s) { return app.load_unlocked(s, c, c.param("id")); }));
  TRYV(allow(Action::attach_interface, server));
  ServerPort port = TRY(wanted_port(app, c, server, in));
  port.server_id = server.id;
  TRYV(app.db.write([&](db::Session& s) -> Status {
    Server now = TRY(app.load_unlocked(s, c, server.id));
    TRYV(allow(Action::attach_interface, now));
    if (find_port(s, port.id))
      return bad_request("Port " + port.id + " is still in use.", "port_id");
    port.position = static_cast<int64_t>(s.count(
        "SELECT coalesce(max(position), 0) + 1 FROM server_ports WHERE server_id=?1", {server.id}));
    insert_port(s, port);
    app.begin_action(s, c, now, "attach_interface", "compute_attach_interface");
    return {};
  }));
  auto bound = app.task.bind_port(server, port);
  bool later = !bound && !permanent(bound.error());  // the task goes on trying
  bool there = TRY(app.db.write([&](db::Session& s) -> Result<bool> {
    auto row = find_port(s, port.id);
    auto now = find_server(s, server.id);
    if (!row || !now) return false;
    if (later) return true;
    if (!bound) {
      // The task may have come through where we have not; then it stays.
      if (row->state == "wanted") erase_port(s, port.id);
      finish_actions(s, server.id, app.clock.now_us(), "Error", bound.error().message);
    } else if (row->state == "wanted") {
      save_port(s, port);
      finish_actions(s, server.id, app.clock.now_us(), "Success");
    }
    refresh_shown(s, *now);
    save_server(s, *now);
    app.task.signal(s, server.id);
    return true;
  }));
  if (!there) {
    // The server was deleted, or the port given up, while the network service made or bound it.
    TRYV(free_late_port(app, server, port));
    return not_found("Instance " + server.id + " or its port was removed meanwhile.");
  }
  if (later) return bound.error();
  if (!bound)
    return bad_request("Failed to attach the interface: " + bound.error().message,
                       "interfaceAttachment");
  return Response::json(
      200, Json::object({{"interfaceAttachment", interface_json(port, app.viewer(c))}}));
}

Result<Response> detach(App& app, Context& c) {
  return change(app, c, c.param("id"), [&](db::Session& s, Server& server) -> Result<Response> {
    auto port = find_port(s, c.param("port_id"));
    if (!port || port->server_id != server.id)
      return not_found("Port " + c.param("port_id").substr(0, 255) + " could not be found.");
    TRYV(allow(Action::detach_interface, server));
    if (port->state == "removing" || port->state == "unplugging") return Response::empty(202);
    port->state = "removing";
    save_port(s, *port);
    refresh_shown(s, server);
    save_server(s, server);
    app.begin_action(s, c, server, "detach_interface", "compute_detach_interface");
    app.task.signal(s, server.id);
    return Response::empty(202);
  });
}

// Where the guest has the interface, the port is up.
ServerPort with_status(App& app, db::Session& s, const Server& server, ServerPort p) {
  auto state =
      server.host.empty() ? std::nullopt : app.feed.observed(s, server.host, "server", server.id);
  p.status = "DOWN";
  if (state && (*state)["power"].as_string() == "running") {
    for (const Json& plugged : (*state)["ports"].as_array()) {
      if (plugged.as_string() == p.id) p.status = "ACTIVE";
    }
  }
  return p;
}

Result<Response> list(App& app, Context& c) {
  return app.db.read([&](db::Session& s) -> Result<Response> {
    Server server = TRY(app.load(s, c, c.param("id")));
    Json out = Json::array();
    for (const auto& p : ports_of(s, server.id)) {
      if (p.state != "wanted")
        out.push_back(interface_json(with_status(app, s, server, p), app.viewer(c)));
    }
    return Response::json(200, Json::object({{"interfaceAttachments", out}}));
  });
}

Result<Response> show(App& app, Context& c) {
  return app.db.read([&](db::Session& s) -> Result<Response> {
    Server server = TRY(app.load(s, c, c.param("id")));
    auto port = find_port(s, c.param("port_id"));
    if (!port || port->server_id != server.id)
      return not_found("Port " + c.param("port_id").substr(0, 255) + " could not be found.");
    return Response::json(
        200, Json::object({{"interfaceAttachment",
                            interface_json(with_status(app, s, server, *port), app.viewer(c))}}));
  });
}

}  // namespace

void add_interface_routes(Router& router, App& app) {
  const std::string all = "/v2.1/servers/{id}/os-interface", one = all + "/{port_id}";
  router.add("GET", all, Access::reader,
             [&app](const Request&, Context& c) { return list(app, c); });
  router.add("POST", all, Access::member,
             [&app](const Request& q, Context& c) { return attach(app, q, c); });
  router.add("GET", one, Access::reader,
             [&app](const Request&, Context& c) { return show(app, c); });
  router.add("DELETE", one, Access::member,
             [&app](const Request&, Context& c) { return detach(app, c); });
  router.add("GET", "/v2.1/servers/{id}/ips", Access::reader,
             [&app](const Request&, Context& c) -> Result<Response> {
               Server server = TRY(app.load(c, c.param("id")));
               return Response::json(
                   200, Json::object({{"addresses", short_addresses(server.addresses)}}));
             });
  router.add(
      "GET", "/v2.1/servers/{id}/ips/{network}", Access::reader,
      [&app](const Request&, Context& c) -> Result<Response> {
        Server server = TRY(app.load(c, c.param("id")));
        Json addresses = short_addresses(server.addresses);
        const Json* list_ = addresses.find(c.param("network"));
        if (!list_)
          return not_found("Network name is not found: " + c.param("network").substr(0, 255));
        return Response::json(200, Json::object({{c.param("network"), *list_}}));
      });
  router.add(
      "GET", "/v2.1/servers/{id}/os-security-groups", Access::reader,
      [&app](const Request&, Context& c) -> Result<Response> {
        Server server = TRY(app.load(c, c.param("id")));
        Json groups = TRY(app.peers.network.call("GET", "/v2.0/security-groups", {}, c.token));
        Json out = Json::array();
        for (const Json& name : stored_list(server.security_groups)) {
          for (const Json& g : groups["security_groups"].as_array()) {
            if (g["name"] != name["name"] || g["project_id"].as_string() != server.project_id)
              continue;
            out.push_back(Json::object({{"id", g["id"]},
                                        {"name", g["name"]},
                                        {"tenant_id", g["project_id"]},
                                        {"description", g["description"].as_string()},
                                        {"rules", Json::array()}}));
          }
        }
        return Response::json(200, Json::object({{"security_groups", out}}));
      });
}

}  // namespace nuri::compute
