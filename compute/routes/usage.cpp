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

// From 2.40 on a page at a time: `limit` servers after the one that `marker` names.
struct Page {
  bool paged = false;
  int64_t limit = INT32_MAX;
  std::string marker;
};

Result<Page> page_of(const Request& request, int version) {
  Page p;
  p.paged = version >= 40;
  if (!p.paged) return p;
  p.limit = TRY(limit_of(request));
  p.marker = request.query.get("marker");
  return p;
}

struct Sums {
  std::map<std::string, Sum> of;
  std::string next;  // the marker of the next page, if there is one
};

Result<Sums> sums(App& app, const Span& span, const std::string& project, const Page& page) {
  return app.db.read([&](db::Session& s) -> Result<Sums> {
    Sums out;
    bool on = page.marker.empty();
    int64_t count = 0;
    std::string last;
    for (const Server& server : servers_used(s, project, span.begin, span.end)) {
      if (on && count == page.limit) {
        out.next = last;
        break;
      }
      if (on) {
        add(out.of[server.project_id], server, span, app.clock.now_us());
        last = server.id;
        ++count;
      }
      on = on || server.id == page.marker;
    }
    if (!on) return bad_request("marker [" + page.marker.substr(0, 80) + "] not found", "marker");
    return out;
  });
}

Result<Response> list(App& app, const Request& request, Context& c) {
  TRYV(no_empty_id(request));
  Span span = TRY(span_of(request, app.clock.now_us()));
  Page page = TRY(page_of(request, c.microversion));
  bool detailed = request.query.get("detailed") == "1";
  Sums found = TRY(sums(app, span, "", page));
  Json out = Json::array();
  for (const auto& [project, sum] : found.of) {
    if (sum.servers.size() > 0) out.push_back(sum_json(sum, project, span, detailed));
  }
  Json body = Json::object({{"tenant_usages", out}});
  if (!found.next.empty()) body.set("tenant_usages_links", next_links(request, c, found.next));
  return Response::json(200, body);
}

Result<Response> show(App& app, const Request& request, Context& c) {
  const std::string& project = c.param("project");
  if (project != c.claims.project_id && !c.claims.is_admin())
    return forbidden(
        "Policy doesn't allow os_compute_api:os-simple-tenant-usage:show to be performed for "
        "another project.");
  Span span = TRY(span_of(request, app.clock.now_us()));
  Page page = TRY(page_of(request, c.microversion));
  Sums found = TRY(sums(app, span, project, page));
  Json out = Json::object();
  if (auto sum = found.of.find(project); sum != found.of.end() && sum->second.servers.size() > 0)
    out = sum_json(sum->second, project, span, true);
  Json body = Json::object({{"tenant_usage", out}});
  if (!found.next.empty()) body.set("tenant_usage_links", next_links(request, c, found.next));
  return Response::json(200, body);
}

}  // namespace

void add_usage_routes(Router& router, App& app) {
  router.add("GET", "/v2.1/os-simple-tenant-usage", Access::admin,
             [&app](const Request& q, Context& c) { return list(app, q, c); });
  router.add("GET", "/v2.1/os-simple-tenant-usage/{project}", Access::reader,
             [&app](const Request& q, Context& c) { return show(app, q, c); });
}

}  // namespace nuri::compute
