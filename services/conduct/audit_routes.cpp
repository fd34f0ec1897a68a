#include <set>

#include "services/base/schema_like.h"
#include "services/conduct/audit.h"

// The list of a service's audit log.
namespace nuri::conduct {

namespace {

constexpr int64_t kPage = 1'000;

struct Filter {
  std::string where = " WHERE number<?1";
  db::Args args;
  void equal(const std::string& column, const std::string& value) {
    args.push_back(value);
    where += " AND " + column + "=?" + std::to_string(args.size());
  }
  void time(const char* sign, TimeUs value) {
    args.push_back(value);
    where += std::string(" AND at_us") + sign + "?" + std::to_string(args.size());
  }
};

Result<int64_t> number_of(const Request& request, const char* name, int64_t fallback, int64_t low,
                          int64_t high) {
  const std::string* text = request.query.find(name);
  if (!text) return fallback;
  bool digits = !text->empty() && text->size() <= 18 &&
                text->find_first_not_of("0123456789") == std::string::npos;
  int64_t n = digits ? std::stoll(*text) : -1;
  if (n < low || n > high)
    return bad_request(std::string(name) + " must be a number from " + std::to_string(low) +
                           " to " + std::to_string(high) + ".",
                       name);
  return n;
}

Result<Filter> filter_of(const Request& request, const Context& c) {
  Filter f;
  f.args.push_back(TRY(number_of(request, "marker", INT64_MAX, 1, INT64_MAX)));
  std::set<std::string> seen;  // of the names that are allowed
  for (const auto& [key, value] : request.query.items()) {
    if (!seen.insert(key).second) return bad_request(key + " must be given once.", key);
    if (key == "marker" || key == "limit") continue;
    bool column = key == "project_id" || key == "user_id" || key == "resource_type" ||
                  key == "resource_id" || key == "action" || key == "request_id" || key == "method";
    if (column) {
      f.equal(key, value);
    } else if (key == "outcome") {
      if (value != "success" && value != "failure")
        return bad_request("outcome must be success or failure.", key);
      f.where += value == "success" ? " AND status BETWEEN 1 AND 399" : " AND status>=400";
    } else if (key == "status") {
      f.where += " AND status=" + std::to_string(TRY(number_of(request, "status", 0, 0, 599)));
    } else if (key == "since" || key == "until") {
      auto at = parse_iso(value);
      if (!at) return bad_request(key + " must be an ISO 8601 time.", key);
      f.time(key == "since" ? ">=" : "<", *at);
    } else {
      return bad_request("'" + key.substr(0, 64) +
                             "' is not a filter. Allowed: project_id, user_id, resource_type, "
                             "resource_id, action, method, request_id, outcome, status, since, "
                             "until, marker, limit.",
                         key.substr(0, 64));
    }
  }
  if (c.claims.is_admin() || c.claims.is_service()) return f;
  if (c.claims.project_id.empty())
    return forbidden("The audit log is shown to a project's users and to administrators.");
  f.equal("project_id", c.claims.project_id);
  return f;
}

Result<Response> list_events(db::Database& database, AuditLog& log, const Request& request,
                             const Context& c) {
  Filter f = TRY(filter_of(request, c));
  int64_t limit = TRY(number_of(request, "limit", 100, 1, kPage));
  f.args.push_back(limit + 1);
  log.flush();  // what was answered before is shown
  auto found = TRY(database.read([&](db::Session& s) {
    return s.all("SELECT " + event_columns() + " FROM audit_events" + f.where +
                     " ORDER BY number DESC LIMIT ?" + std::to_string(f.args.size()),
                 f.args, event_from);
  }));
  Json events = Json::array(), links = Json::array();
  bool more = static_cast<int64_t>(found.size()) > limit;
  if (more) found.pop_back();
  for (const Event& e : found) events.push_back(kEvent.write(e));
  if (more) {
    Query next = request.query;
    next.set("marker", std::to_string(found.back().number));
    links.push_back(Json::object(
        {{"rel", "next"}, {"href", c.base_url + "/audit/v1/events?" + next.encode()}}));
  }
  return Response::json(200,
                        Json::object({{"events", std::move(events)}, {"links", std::move(links)}}));
}

}  // namespace

void add_audit_routes(Router& router, db::Database& database, AuditLog& log) {
  Route& list =
      router.add("GET", "/audit/v1/events", Access::reader,
                 [&](const Request& q, Context& c) { return list_events(database, log, q, c); });
  list.says("Lists what was changed and what was refused, newest first").lists("events", kEvent);
  for (const char* name :
       {"project_id", "user_id", "resource_type", "resource_id", "action", "method", "request_id"})
    list.query(name, "string", "Only events with this value");
  list.query("outcome", "string", "success or failure")
      .query("status", "integer", "The answer's HTTP status");
  list.query("since", "string", "ISO 8601, inclusive")
      .query("until", "string", "ISO 8601, exclusive");
  list.query("marker", "integer", "Events older than this number")
      .query("limit", "integer", "1 to 1000, 100 if not given");
  router
      .add("GET", "/audit/v1/check", Access::admin,
           [&log](const Request&, Context&) -> Result<Response> {
             log.flush();
             auto v = TRY(log.check());
             return Response::json(
                 200, Json::object({{"events", v.events},
                                    {"sound", v.broken_at == 0},
                                    {"broken_at", v.broken_at ? Json(v.broken_at) : Json()}}));
           })
      .says("Checks that no event was altered or removed")
      .answers(schema_like(R"({"events": 1, "sound": true, "broken_at": null})"));
}

}  // namespace nuri::conduct
