#include <algorithm>
#include <map>

#include "compute/routes/app.h"

// os-simple-tenant-usage: hours of servers between two times, from the servers' own rows.
namespace nuri::compute {

namespace {

constexpr TimeUs kDefaultSpanUs = 28 * 24 * 3600 * kSecondUs;

struct Span {
  TimeUs begin, end;
};

Result<Span> span_of(const Request& request, TimeUs now) {
  Span span{now - kDefaultSpanUs, now};
  for (auto [name, to] : {std::pair{"start", &span.begin}, std::pair{"end", &span.end}}) {
    const std::string* text = request.query.find(name);
    if (!text) continue;
    auto t = parse_iso(*text);
    if (!t)
      return bad_request(std::string("Invalid ") + name + ": '" + text->substr(0, 80) +
                             "' is not an ISO 8601 time.",
                         name);
    *to = *t;
  }
  if (span.begin > span.end)
    return bad_request("Invalid start time. The start time cannot occur after the end time.",
                       "start");
  return span;
}

struct Sum {
  double hours = 0, vcpus = 0, memory = 0, disk = 0;
  Json servers = Json::array();
};

void add(Sum& sum, const Server& s, const Span& span, TimeUs now) {
  TimeUs ended = s.terminated_us ? s.terminated_us : now;
  TimeUs from = std::max(span.begin, s.launched_us), to = std::min(span.end, ended);
  if (s.launched_us == 0 || to <= from) return;
  double hours = static_cast<double>(to - from) / 3.6e9;
  sum.hours += hours;
  sum.vcpus += hours * static_cast<double>(s.vcpus);
  sum.memory += hours * static_cast<double>(s.ram_mib);
  sum.disk += hours * static_cast<double>(s.disk_gib);
  sum.servers.push_back(
      Json::object({{"instance_id", s.id},
                    {"name", s.name},
                    {"hours", hours},
                    {"flavor", s.flavor_name},
                    {"tenant_id", s.project_id},
                    {"vcpus", s.vcpus},
                    {"memory_mb", s.ram_mib},
                    {"local_gb", s.disk_gib},
                    {"started_at", iso_naive(s.launched_us)},
                    {"ended_at", s.terminated_us ? Json(iso_naive(s.terminated_us)) : Json()},
                    {"state", s.deleted ? "terminated" : std::string(name_of(s.vm_state))},
                    {"uptime", (ended - s.launched_us) / kSecondUs}}));
}

Json sum_json(const Sum& sum, const std::string& project, const Span& span, bool detailed) {
  Json out = Json::object({{"tenant_id", project},
                           {"start", iso_naive(span.begin)},
                           {"stop", iso_naive(span.end)},
                           {"total_hours", sum.hours},
                           {"total_vcpus_usage", sum.vcpus},
                           {"total_memory_mb_usage", sum.memory},
                           {"total_local_gb_usage", sum.disk}});
  if (detailed) out.set("server_usages", sum.servers);
  return out;
}

Result<std::map<std::string, Sum>> sums(App& app, const Span& span, const std::string& project) {
  return app.db.read([&](db::Session& s) -> Result<std::map<std::string, Sum>> {
    ServerFilter f;
    f.project_id = project;
    f.both = true;
    f.limit = INT32_MAX;
    std::map<std::string, Sum> out;
    for (const Server& server : TRY(list_servers(s, f)))
      add(out[server.project_id], server, span, app.clock.now_us());
    return out;
  });
}

Result<Response> list(App& app, const Request& request, Context& c) {
  Span span = TRY(span_of(request, app.clock.now_us()));
  bool detailed = request.query.get("detailed") == "1";
  Json out = Json::array();
  for (const auto& [project, sum] : TRY(sums(app, span, ""))) {
    if (sum.servers.size() > 0) out.push_back(sum_json(sum, project, span, detailed));
  }
  (void)c;
  return Response::json(200, Json::object({{"tenant_usages", out}}));
}

Result<Response> show(App& app, const Request& request, Context& c) {
  const std::string& project = c.param("project");
  if (project != c.claims.project_id && !c.claims.is_admin())
    return forbidden(
        "Policy doesn't allow os_compute_api:os-simple-tenant-usage:show to be performed for "
        "another project.");
  Span span = TRY(span_of(request, app.clock.now_us()));
  auto all = TRY(sums(app, span, project));
  Json out = Json::object();
  if (auto found = all.find(project); found != all.end() && found->second.servers.size() > 0)
    out = sum_json(found->second, project, span, true);
  return Response::json(200, Json::object({{"tenant_usage", out}}));
}

}  // namespace

void add_usage_routes(Router& router, App& app) {
  router.add("GET", "/v2.1/os-simple-tenant-usage", Access::admin,
             [&app](const Request& q, Context& c) { return list(app, q, c); });
  router.add("GET", "/v2.1/os-simple-tenant-usage/{project}", Access::reader,
             [&app](const Request& q, Context& c) { return show(app, q, c); });
}

}  // namespace nuri::compute
