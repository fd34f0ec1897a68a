#include <set>

#include "compute/routes/hosts_common.h"
#include "compute/routes/server_query.h"
#include "services/base/fields.h"

// Word from other services about servers, and the moves of servers as administrators list them.
namespace nuri::compute {

namespace {

constexpr size_t kMaxEvents = 1000;

struct EventIn {
  std::string name, server_uuid, status, tag;
};

const Fields<EventIn>& event_fields() {
  using E = EventIn;
  static const Fields<E> kFields(
      "events", Fields<E>::Unknown::refuse,
      {text("name", &E::name)
           .required_()
           .one_of({"network-changed", "network-vif-plugged", "network-vif-unplugged",
                    "network-vif-deleted", "volume-extended", "power-update",
                    "accelerator-request-bound"}),
       text("server_uuid", &E::server_uuid).required_().format_("uuid"),
       text("status", &E::status).one_of({"failed", "completed", "in-progress"}),
       text("tag", &E::tag).length(0, 255)});
  return kFields;
}

// The first microversion that knows an event.
int first_of(const std::string& event) {
  if (event == "volume-extended") return 51;
  if (event == "power-update") return 76;
  return event == "accelerator-request-bound" ? 82 : 1;
}

// Reconcilers look for themselves: an event makes them look now.
Result<Response> take_events(App& app, const Request& request, Context& c) {
  Json list = TRY(body_member(request.body, "events"));
  if (!list.is_array() || list.size() == 0 || list.size() > kMaxEvents)
    return bad_request("events must be a list of 1 to 1000 events.", "events");
  std::vector<EventIn> events;
  for (const Json& item : list.as_array()) {
    EventIn e = TRY(event_fields().read(item));
    if (c.microversion < first_of(e.name))
      return bad_request("Invalid input for field/attribute name: " + e.name +
                             " begins with microversion 2." + std::to_string(first_of(e.name)) +
                             ".",
                         "name");
    if (e.status.empty()) e.status = "completed";
    events.push_back(std::move(e));
  }
  return app.db.write([&](db::Session& s) -> Result<Response> {
    Json out = Json::array();
    size_t done = 0;
    for (const EventIn& e : events) {
      auto server = find_server(s, e.server_uuid);
      bool there = server && !server->deleted;
      bool placed = there && !server->host.empty();
      if (placed) {
        app.task.signal(s, server->id);
        ++done;
      }
      Json answer = Json::object({{"name", e.name},
                                  {"server_uuid", e.server_uuid},
                                  {"status", placed ? e.status : "failed"},
                                  {"code", placed  ? 200
                                           : there ? 422
                                                   : 404}});
      if (!e.tag.empty()) answer.set("tag", e.tag);
      out.push_back(answer);
    }
    if (done == 0)
      return not_found("No instances found for any event, or none of them is on a host.");
    return Response::json(done == events.size() ? 200 : 207, Json::object({{"events", out}}));
  });
}

// A resize or migration, as the record of actions has it.
struct Move {
  InstanceAction action;
  std::string host, user_id, project_id, status, type;
};

std::string status_of(db::Session& s, const InstanceAction& a) {
  if (a.result == "Error") return "error";
  if (a.finish_us == 0) return "migrating";
  // What the owner said to it: the first word after it.
  auto word = s.one(
      "SELECT action FROM actions WHERE server_id=?1 AND start_us>?2 AND action IN "
      "('confirmResize', 'revertResize') ORDER BY start_us",
      {a.server_id, a.start_us}, [](const db::Row& r) { return r.text(0); });
  if (!word) return "finished";
  return *word == "confirmResize" ? "confirmed" : "reverted";
}

std::vector<Move> moves(db::Session& s) {
  auto out = s.all(
      "SELECT a.request_id, a.server_id, a.action, a.start_us, a.updated_us, a.finish_us, "
      "a.result, "
      "v.host, v.user_id, v.project_id FROM actions a JOIN servers v ON v.id=a.server_id WHERE "
      "a.action IN ('resize', 'migrate', 'live-migration', 'evacuate') ORDER BY a.start_us DESC",
      {}, [](const db::Row& r) {
        Move m;
        m.action.request_id = r.text(0);
        m.action.server_id = r.text(1);
        m.action.action = r.text(2);
        m.action.start_us = r.i64(3);
        m.action.updated_us = r.i64(4);
        m.action.finish_us = r.i64(5);
        m.action.result = r.text(6);
        m.host = r.text(7);
        m.user_id = r.text(8);
        m.project_id = r.text(9);
        m.type = m.action.action == "migrate"    ? "migration"
                 : m.action.action == "evacuate" ? "evacuation"
                                                 : m.action.action;
        return m;
      });
  for (Move& m : out) m.status = status_of(s, m.action);
  return out;
}

std::string uuid_of(const Move& m) {
  const std::string& id = m.action.request_id;
  return id.starts_with("req-") ? id.substr(4) : id;
}

Json move_json(const Move& m, int version) {
  Json host = null_if_empty(m.host);
  Json out = Json::object({{"id", m.action.start_us},  // no two begin in one microsecond
                           {"status", m.status},
                           {"instance_uuid", m.action.server_id},
                           {"source_node", host},
                           {"source_compute", host},
                           {"dest_node", host},
                           {"dest_compute", host},
                           {"dest_host", Json()},
                           {"old_instance_type_id", Json()},
                           {"new_instance_type_id", Json()},
                           {"created_at", iso_naive(m.action.start_us)},
                           {"updated_at", iso_naive(m.action.updated_us)}});
  if (version >= 23) out.set("migration_type", m.type);
  if (version >= 59) out.set("uuid", uuid_of(m));
  if (version >= 80) out.set("user_id", m.user_id).set("project_id", m.project_id);
  return out;
}

bool fits(const Query& q, const Move& m, int version) {
  auto same = [&](const char* name, const std::string& is, int since = 1) {
    return version < since || !q.contains(name) || q.get(name) == is;
  };
  return same("host", m.host) && same("status", m.status) &&
         same("instance_uuid", m.action.server_id) && same("source_compute", m.host) &&
         same("migration_type", m.type) && same("user_id", m.user_id, 80) &&
         same("project_id", m.project_id, 80);
}

Result<Response> list_moves(App& app, const Request& request, Context& c) {
  int v = c.microversion;
  int64_t limit = v >= 59 ? TRY(limit_of(request)) : INT32_MAX;
  std::string marker = v >= 59 ? request.query.get("marker") : "";
  auto since = v >= 59 ? TRY(time_of(request, "changes-since")) : std::nullopt;
  auto before = v >= 66 ? TRY(time_of(request, "changes-before")) : std::nullopt;
  return app.db.read([&](db::Session& s) -> Result<Response> {
    Json out = Json::array();
    bool on = marker.empty(), more = false;
    std::string last;
    for (const Move& m : moves(s)) {
      bool in_time =
          (!since || m.action.updated_us >= *since) && (!before || m.action.updated_us <= *before);
      if (on && in_time && fits(request.query, m, v)) {
        more = static_cast<int64_t>(out.size()) >= limit;
        if (more) break;
        out.push_back(move_json(m, v));
        last = uuid_of(m);
      }
      on = on || uuid_of(m) == marker;
    }
    if (!on)
      return bad_request("Marker " + marker.substr(0, 80) + " could not be found.", "marker");
    Json body = Json::object({{"migrations", out}});
    if (more) body.set("migrations_links", next_links(request, c, last));
    return Response::json(200, body);
  });
}

}  // namespace

void add_event_routes(Router& router, App& app) {
  router.add("POST", "/v2.1/os-server-external-events", Access::admin,
             [&app](const Request& q, Context& c) { return take_events(app, q, c); });
  router.add("GET", "/v2.1/os-migrations", Access::admin,
             [&app](const Request& q, Context& c) { return list_moves(app, q, c); });
  // Live migrations under way: this cloud has none.
  router.add("GET", "/v2.1/servers/{id}/migrations", Access::admin,
             [&app](const Request&, Context& c) -> Result<Response> {
               TRYV(only_in(c, 23, INT_MAX));
               TRYV(app.load(c, c.param("id")));
               return Response::json(200, Json::object({{"migrations", Json::array()}}));
             });
}

}  // namespace nuri::compute
