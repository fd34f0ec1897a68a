#include "compute/api/server_create.h"
#include "compute/routes/app.h"
#include "compute/routes/server_query.h"

// Lists, show, update, delete.
namespace nuri::compute {

namespace {

Result<Response> list(App& app, const Request& request, Context& c, bool detail) {
  ServerFilter filter = TRY(read_server_filter(request, c));
  auto found = TRY(app.db.read([&](db::Session& s) { return list_servers(s, filter); }));
  Viewer viewer = app.viewer(c);
  Json servers = Json::array();
  servers.array_ref().reserve(found.size());
  for (const Server& s : found)
    servers.push_back(detail ? server_detail(s, viewer) : brief_server(s, viewer));
  Json body = Json::object({{"servers", std::move(servers)}});
  bool more = !found.empty() && static_cast<int64_t>(found.size()) == filter.limit;
  if (more) {
    body.set("servers_links",
             Json::array({Json::object(
                 {{"rel", "next"}, {"href", next_link(request, c, found.back().id)}})}));
  }
  return Response::json(200, body);
}

Result<Response> show(App& app, Context& c) {
  return app.db.read([&](db::Session& s) -> Result<Response> {
    Server server = TRY(app.load(s, c, c.param("id")));
    Viewer viewer = app.viewer(c);
    auto host = find_host(s, server.host);
    viewer.host_up = host && host_up(*host, app.clock.now_us());
    return Response::json(200, Json::object({{"server", server_shown(server, viewer)}}));
  });
}

Result<Response> update(App& app, const Request& request, Context& c) {
  Json body = TRY(body_member(request.body, "server"));
  ServerUpdate in = TRY(read_server_update(body, c.microversion));
  return change(app, c, c.param("id"), [&](db::Session& s, Server& server) -> Result<Response> {
    if (in.name) server.name = *in.name;
    if (in.hostname) server.hostname = *in.hostname;
    if (in.has_description) server.description = in.description;
    if (in.access_ipv4) server.access_ipv4 = *in.access_ipv4;
    if (in.access_ipv6) server.access_ipv6 = *in.access_ipv6;
    if (in.disk_config) server.disk_config = *in.disk_config;
    server.updated_us = app.clock.now_us();
    save_server(s, server);
    app.task.signal(s, server.id);
    return Response::json(200, Json::object({{"server", server_updated(server, app.viewer(c))}}));
  });
}

}  // namespace

Result<Response> delete_server(App& app, Context& c) {
  return change(app, c, c.param("id"), [&](db::Session& s, Server& server) -> Result<Response> {
    if (!app.task.request_delete(s, server.id))
      return internal("a server without a task: " + server.id);
    if (server.task_state != TaskState::deleting)
      app.begin_action(s, c, server, "delete", "compute_terminate_instance");
    server.task_state = TaskState::deleting;
    server.updated_us = app.clock.now_us();
    save_server(s, server);
    return Response::empty(204);
  });
}

namespace {

Json action_json(const InstanceAction& a, bool updated) {
  Json out = Json::object({{"action", a.action},
                           {"instance_uuid", a.server_id},
                           {"request_id", a.request_id},
                           {"user_id", a.user_id},
                           {"project_id", a.project_id},
                           {"start_time", iso_naive(a.start_us)},
                           {"message", a.message.empty() ? Json() : Json(a.message)}});
  if (updated) out.set("updated_at", iso_naive(a.updated_us));
  return out;
}

Result<Response> list_actions(App& app, Context& c) {
  return app.db.read([&](db::Session& s) -> Result<Response> {
    Server server = TRY(app.load(s, c, c.param("id")));
    Json list = Json::array();
    for (const auto& a : actions_of(s, server.id))
      list.push_back(action_json(a, c.microversion >= 58));
    return Response::json(200, Json::object({{"instanceActions", list}}));
  });
}

Result<Response> show_action(App& app, Context& c) {
  return app.db.read([&](db::Session& s) -> Result<Response> {
    Server server = TRY(app.load(s, c, c.param("id")));
    for (const auto& a : actions_of(s, server.id)) {
      if (a.request_id != c.param("request_id")) continue;
      Json out = action_json(a, c.microversion >= 58);
      Json event =
          Json::object({{"event", a.event},
                        {"start_time", iso_naive(a.start_us)},
                        {"finish_time", a.finish_us ? Json(iso_naive(a.finish_us)) : Json()},
                        {"result", a.result.empty() ? Json() : Json(a.result)}});
      if (c.claims.is_admin()) event.set("traceback", Json());
      if (c.microversion >= 62)
        event.set("hostId", server.host.empty() ? "" : sha224_hex(server.project_id + server.host));
      if (c.microversion >= 62 && c.claims.is_admin()) event.set("host", server.host);
      if (c.microversion >= 84) event.set("details", a.message.empty() ? Json() : Json(a.message));
      if (c.claims.is_admin() || c.microversion >= 51) out.set("events", Json::array({event}));
      return Response::json(200, Json::object({{"instanceAction", out}}));
    }
    return not_found("Action for request_id " + c.param("request_id").substr(0, 255) +
                     " on instance " + server.id + " not found");
  });
}

// Beside OpenStack: why the server is where it is, and what its start was spent on.
Result<Response> placement(App& app, Context& c) {
  Server server = TRY(app.load(c, c.param("id")));
  Json p = parse_json(server.placement).value_or(Json());
  if (!c.claims.is_admin() && p.is_object()) p.erase("host");
  return Response::json(200, Json::object({{"placement", p}}));
}

Result<Response> trace(App& app, Context& c) {
  Server server = TRY(app.load(c, c.param("id")));
  return Response::json(
      200, Json::object(
               {{"trace", Json::object({{"control", parse_json(server.stages).value_or(Json())},
                                        {"host", parse_json(server.trace).value_or(Json())}})}}));
}

}  // namespace

void add_server_routes(Router& router, App& app) {
  router.add("GET", "/v2.1/servers", Access::reader,
             [&app](const Request& q, Context& c) { return list(app, q, c, false); });
  router.add("GET", "/v2.1/servers/detail", Access::reader,
             [&app](const Request& q, Context& c) { return list(app, q, c, true); });
  router.add("GET", "/v2.1/servers/{id}", Access::reader,
             [&app](const Request&, Context& c) { return show(app, c); });
  router.add("PUT", "/v2.1/servers/{id}", Access::member,
             [&app](const Request& q, Context& c) { return update(app, q, c); });
  router.add("DELETE", "/v2.1/servers/{id}", Access::member,
             [&app](const Request&, Context& c) { return delete_server(app, c); });
  router.add("GET", "/v2.1/servers/{id}/os-instance-actions", Access::reader,
             [&app](const Request&, Context& c) { return list_actions(app, c); });
  router.add("GET", "/v2.1/servers/{id}/os-instance-actions/{request_id}", Access::reader,
             [&app](const Request&, Context& c) { return show_action(app, c); });
  router.add("GET", "/v2.1/servers/{id}/placement", Access::reader,
             [&app](const Request&, Context& c) { return placement(app, c); });
  router.add("GET", "/v2.1/servers/{id}/trace", Access::reader,
             [&app](const Request&, Context& c) { return trace(app, c); });
}

}  // namespace nuri::compute
