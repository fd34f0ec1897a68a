#include "compute/routes/app.h"
#include "compute/routes/server_query.h"

// What was done to a server, why it is where it is, what its start was spent on.
namespace nuri::compute {

namespace {

constexpr int kFirstOfDeleted = 21;  // actions of a server that is gone
constexpr int kFirstPaged = 58;

// The server, from 2.21 on also one that is gone.
Result<Server> load_for_actions(App& app, db::Session& s, const Context& c) {
  auto server = find_server(s, c.param("id"));
  bool mine = server && (c.claims.is_admin() || server->project_id == c.claims.project_id);
  if (mine && server->deleted && c.microversion >= kFirstOfDeleted) return std::move(*server);
  return app.load(s, c, c.param("id"));
}

Json action_json(const InstanceAction& a, int version) {
  Json out = Json::object({{"action", a.action},
                           {"instance_uuid", a.server_id},
                           {"request_id", a.request_id},
                           {"user_id", a.user_id},
                           {"project_id", a.project_id},
                           {"start_time", iso_naive(a.start_us)},
                           {"message", a.result == "Error" ? Json("Error") : Json()}});
  if (version >= kFirstPaged) out.set("updated_at", iso_naive(a.updated_us));
  return out;
}

struct Page {
  int64_t limit = 1000;
  std::string marker;
  std::optional<TimeUs> since, before;
};

Result<Page> read_page(const Request& request, int version) {
  Page p;
  if (version < kFirstPaged) return p;
  p.limit = TRY(limit_of(request));
  p.marker = request.query.get("marker");
  p.since = TRY(time_of(request, "changes-since"));
  if (version >= 66) p.before = TRY(time_of(request, "changes-before"));
  if (p.since && p.before && *p.since > *p.before)
    return bad_request("The value of changes-since must be less than or equal to changes-before.",
                       "changes-since");
  return p;
}

Result<Response> list_actions(App& app, const Request& request, Context& c) {
  Page page = TRY(read_page(request, c.microversion));
  return app.db.read([&](db::Session& s) -> Result<Response> {
    Server server = TRY(load_for_actions(app, s, c));
    Json list = Json::array();
    bool on = page.marker.empty(), more = false;
    std::string last;
    for (const auto& a : actions_of(s, server.id)) {
      bool fits = (!page.since || a.updated_us >= *page.since) &&
                  (!page.before || a.updated_us <= *page.before);
      if (on && fits) {
        more = static_cast<int64_t>(list.size()) >= page.limit;
        if (more) break;
        list.push_back(action_json(a, c.microversion));
        last = a.request_id;
      }
      on = on || a.request_id == page.marker;
    }
    if (!on)
      return bad_request("Marker " + page.marker.substr(0, 80) + " could not be found.", "marker");
    Json body = Json::object({{"instanceActions", list}});
    if (more) body.set("links", next_links(request, c, last));
    return Response::json(200, body);
  });
}

Json event_json(const InstanceAction& a, const Server& server, const Context& c) {
  int v = c.microversion;
  bool admin = c.claims.is_admin();
  Json event = Json::object({{"event", a.event},
                             {"start_time", iso_naive(a.start_us)},
                             {"finish_time", a.finish_us ? Json(iso_naive(a.finish_us)) : Json()},
                             {"result", a.result.empty() ? Json() : Json(a.result)}});
  if (admin || v < 51) event.set("traceback", Json());
  if (v >= 62) {
    event.set("hostId", server.host.empty() ? "" : sha224_hex(server.project_id + server.host));
    if (admin) event.set("host", server.host);
  }
  if (v >= 84) event.set("details", a.message.empty() ? Json() : Json(a.message));
  return event;
}

// Events are an administrator's to see before 2.51.
Result<Response> show_action(App& app, Context& c) {
  return app.db.read([&](db::Session& s) -> Result<Response> {
    Server server = TRY(load_for_actions(app, s, c));
    Json out, events = Json::array();
    for (const auto& a : actions_of(s, server.id)) {
      if (a.request_id != c.param("request_id")) continue;
      if (out.is_null()) out = action_json(a, c.microversion);
      events.push_back(event_json(a, server, c));
    }
    if (out.is_null())
      return not_found("Action for request_id " + c.param("request_id").substr(0, 255) +
                       " on instance " + server.id + " not found");
    if (c.claims.is_admin() || c.microversion >= 51) out.set("events", events);
    return Response::json(200, Json::object({{"instanceAction", out}}));
  });
}

// Why the server is where it is. Hosts have names for administrators only.
Result<Response> placement(App& app, Context& c) {
  Server server = TRY(app.load(c, c.param("id")));
  Json p = parse_json(server.placement).value_or(Json());
  if (!c.claims.is_admin() && p.is_object()) p.erase("host");
  return Response::json(200, Json::object({{"placement", p}}));
}

// Stages of the control plane and, within its last, of the host: each with begin, end and length.
Json stages_json(const std::string& text) {
  Json out = Json::array();
  for (const Json& stage : stored_list(text)) {
    Json one = stage;
    TimeUs took = stage["end_us"].as_int() - stage["begin_us"].as_int();
    one.set("duration_ms", static_cast<double>(took) / 1000.0);
    out.push_back(one);
  }
  return out;
}

Result<Response> trace(App& app, Context& c) {
  Server server = TRY(app.load(c, c.param("id")));
  Json control = stages_json(server.stages);
  TimeUs end = control.size() ? control.at(control.size() - 1)["end_us"].as_int() : 0;
  Json out = Json::object({{"control", control}, {"host", stages_json(server.trace)}});
  out.set("total_ms", end ? Json(static_cast<double>(end - server.created_us) / 1000.0) : Json());
  return Response::json(200, Json::object({{"trace", out}}));
}

// 2.78. This cloud pins nothing: a guest floats over its host's one set of processors.
Result<Response> topology(App& app, Context& c) {
  if (c.microversion < 78) return not_found("The resource could not be found.");
  Server server = TRY(app.load(c, c.param("id")));
  Json set = Json::array();
  for (int64_t i = 0; i < server.vcpus; ++i) set.push_back(i);
  Json node =
      Json::object({{"memory_mb", server.ram_mib}, {"vcpu_set", set}, {"siblings", Json::array()}});
  if (c.claims.is_admin()) node.set("host_node", Json()).set("cpu_pinning", Json::object());
  return Response::json(200,
                        Json::object({{"nodes", Json::array({node})}, {"pagesize_kb", Json()}}));
}

}  // namespace

void add_history_routes(Router& router, App& app) {
  const std::string server = "/v2.1/servers/{id}";
  router.add("GET", server + "/os-instance-actions", Access::reader,
             [&app](const Request& q, Context& c) { return list_actions(app, q, c); });
  router.add("GET", server + "/os-instance-actions/{request_id}", Access::reader,
             [&app](const Request&, Context& c) { return show_action(app, c); });
  router.add("GET", server + "/placement", Access::reader,
             [&app](const Request&, Context& c) { return placement(app, c); });
  router.add("GET", server + "/trace", Access::reader,
             [&app](const Request&, Context& c) { return trace(app, c); });
  router.add("GET", server + "/topology", Access::reader,
             [&app](const Request&, Context& c) { return topology(app, c); });
}

}  // namespace nuri::compute
