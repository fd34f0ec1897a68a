#include "compute/api/server_create.h"
#include "compute/routes/app.h"
#include "compute/routes/server_query.h"

// Lists, show, update, delete.
namespace nuri::compute {

namespace {

constexpr size_t kBytesOfBrief = 400, kBytesOfDetail = 2000;  // about; saves growing the answer

// Written straight into the answer's text: a page has thousands of fields.
Result<Response> list(App& app, const Request& request, Context& c, bool detail) {
  ServerFilter filter = TRY(read_server_filter(request, c));
  Viewer viewer = app.viewer(c);
  std::string body;
  JsonText out(body);
  std::string last;
  size_t count = 0;
  TRYV(app.db.read([&](db::Session& s) -> Status {
    auto ids = TRY(app.index->page(s, filter));
    app.tell_host_states(s, viewer);
    count = ids.size();
    if (count) last = ids.back();
    body.reserve(count * (detail ? kBytesOfDetail : kBytesOfBrief) + 200);
    out.open('{').key("servers").open('[');
    bool user_data = detail && viewer.admin && viewer.version >= 3;
    for (const Server& server : listed_servers(s, ids, user_data))
      detail ? write_detail(out, server, viewer) : write_brief(out, server, viewer);
    out.close(']');
    return {};
  }));
  if (count && static_cast<int64_t>(count) == filter.limit) {
    out.key("servers_links").open('[').open('{').key("rel").text("next");
    out.key("href").text(next_link(request, c, last)).close('}').close(']');
  }
  out.close('}');
  return Response::text(200, std::move(body), "application/json");
}

Result<Response> show(App& app, Context& c) {
  return app.db.read([&](db::Session& s) -> Result<Response> {
    Server server = TRY(app.load(s, c, c.param("id")));
    Viewer viewer = app.viewer(c);
    app.tell_host_states(s, viewer);
    if (viewer.version >= 71) viewer.server_group = group_of(s, server.id);
    std::string body;
    JsonText out(body);
    out.open('{').key("server");
    write_shown(out, server, viewer);
    out.close('}');
    return Response::text(200, std::move(body), "application/json");
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
    Viewer viewer = app.viewer(c);
    app.tell_host_states(s, viewer);
    viewer.server_group = group_of(s, server.id);
    return Response::json(200, Json::object({{"server", server_updated(server, viewer)}}));
  });
}

}  // namespace

void App::tell_host_states(db::Session& s, Viewer& viewer) const {
  if (!viewer.admin || viewer.version < 16) return;
  TimeUs now = clock.now_us();
  for (const Host& h : list_hosts(s)) {
    viewer.host_states[h.name] = !h.enabled ? "MAINTENANCE" : host_up(h, now) ? "UP" : "DOWN";
  }
}

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

Schema server_answer(bool alone) {
  return [alone](int version, bool) { return server_schema(version, alone); };
}

void describe_list(Route& route, const char* says) {
  route.says(says)
      .query("limit", "integer", "At most so many, up to 1000")
      .query("marker", "string", "The id after which to go on")
      .query("sort_key", "string", "What to sort by; may be given several times")
      .query("sort_dir", "string", "asc or desc, one for each sort_key")
      .query("name", "string", "A regular expression")
      .query("status", "string", "May be given several times")
      .query("image", "string", "An image's id")
      .query("flavor", "string", "A flavor's id")
      .query("ip", "string", "A regular expression that an address begins with")
      .query("tags", "string", "Tags with commas between: all of them (2.26)")
      .query("changes-since", "string", "A time; servers that are gone are shown too")
      .query("all_tenants", "boolean", "Of all projects, for administrators");
}

}  // namespace

void add_server_routes(Router& router, App& app) {
  const std::string all = "/v2.1/servers", one = all + "/{id}";
  describe_list(router.add("GET", all, Access::reader,
                           [&app](const Request& q, Context& c) { return list(app, q, c, false); }),
                "Lists servers in short");
  Route& detail =
      router.add("GET", all + "/detail", Access::reader,
                 [&app](const Request& q, Context& c) { return list(app, q, c, true); });
  describe_list(detail, "Lists servers");
  detail.answers(listed("servers", server_answer(false)));
  router
      .add("GET", one, Access::reader, [&app](const Request&, Context& c) { return show(app, c); })
      .says("Shows a server")
      .answers(wrapped("server", server_answer(true)));
  router
      .add("PUT", one, Access::member,
           [&app](const Request& q, Context& c) { return update(app, q, c); })
      .says("Changes what a server is called and how it is shown")
      .reads("server", server_update_fields())
      .answers(wrapped("server", server_answer(true)));
  router
      .add("DELETE", one, Access::member,
           [&app](const Request&, Context& c) { return delete_server(app, c); })
      .says("Deletes a server");
}

}  // namespace nuri::compute
