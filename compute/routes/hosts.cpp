#include "compute/routes/hosts_common.h"

#include <map>

#include "services/base/fields.h"
#include "services/base/random.h"

// Hypervisors, as administrators see hosts.
namespace nuri::compute {

namespace {

constexpr int64_t kReservedMemoryMib = 512;  // as Overcommit
constexpr int kFirstPaged = 33, kFirstUuid = 53, kFirstBrief = 88;

Json brief(const Host& h, int version, TimeUs now) {
  return Json::object({{"id", host_id(h, version)},
                       {"hypervisor_hostname", h.name},
                       {"state", host_up(h, now) ? "up" : "down"},
                       {"status", h.enabled ? "enabled" : "disabled"}});
}

Json servers_json(db::Session& s, const std::string& host) {
  Json out = Json::array();
  for (const Server& server : servers_on(s, host))
    out.push_back(Json::object({{"uuid", server.id}, {"name", server.name}}));
  return out;
}

// What placement tells from 2.88 on instead.
void set_means(db::Session& s, const Host& h, int version, Json& out) {
  Used used = used_on_host(s, h.name);
  Json cpu = Json::object(
      {{"arch", h.arch},
       {"topology", Json::object({{"cores", h.vcpus}, {"sockets", 1}, {"threads", 1}})}});
  out.set("cpu_info", version >= 28 ? cpu : Json(cpu.dump()))
      .set("vcpus", h.vcpus)
      .set("vcpus_used", used.vcpus)
      .set("memory_mb", h.memory_mib)
      .set("memory_mb_used", used.ram_mib + kReservedMemoryMib)
      .set("free_ram_mb", h.memory_mib - used.ram_mib - kReservedMemoryMib)
      .set("local_gb", h.disk_gib)
      .set("local_gb_used", used.disk_gib)
      .set("free_disk_gb", h.disk_gib - used.disk_gib)
      .set("disk_available_least", h.disk_gib - h.disk_used_gib)
      .set("running_vms", used.instances)
      .set("current_workload", 0);
}

// " 12:00:07 up 3 days, 4:05", as clients that parse it expect.
std::string uptime_text(const Host& h, TimeUs now) {
  int64_t seconds = h.uptime_s + (now - h.seen_us) / kSecondUs;
  int64_t days = seconds / 86400, hours = seconds / 3600 % 24, minutes = seconds / 60 % 60;
  std::string out = " " + iso_seconds(now).substr(11, 8) + " up ";
  if (days > 0) out += std::to_string(days) + (days == 1 ? " day, " : " days, ");
  return out + std::to_string(hours) + (minutes < 10 ? ":0" : ":") + std::to_string(minutes);
}

Json detail(db::Session& s, const Host& h, int v, TimeUs now, bool with_servers) {
  Json out = brief(h, v, now);
  out.set("hypervisor_type", h.hypervisor_type)
      .set("hypervisor_version", h.hypervisor_version)
      .set("host_ip", null_if_empty(h.address));
  out.set("service", Json::object({{"id", host_id(h, v)},
                                   {"host", h.name},
                                   {"disabled_reason", null_if_empty(h.disabled_reason)}}));
  if (v >= kFirstBrief)
    out.set("uptime", host_up(h, now) ? Json(uptime_text(h, now)) : Json());
  else
    set_means(s, h, v, out);
  if (v >= kFirstUuid && with_servers) {
    Json servers = servers_json(s, h.name);
    if (servers.size() > 0) out.set("servers", servers);
  }
  return out;
}

Result<Response> list(App& app, const Request& request, Context& c, bool full) {
  int v = c.microversion;
  std::string pattern = v >= kFirstUuid ? request.query.get("hypervisor_hostname_pattern") : "";
  bool with_servers = v >= kFirstUuid && TRY(flag_of(request, "with_servers", false));
  bool paged = v >= kFirstPaged;
  int64_t limit = paged ? TRY(limit_of(request)) : INT32_MAX;
  std::string marker = paged ? request.query.get("marker") : "";
  return app.db.read([&](db::Session& s) -> Result<Response> {
    Json out = Json::array();
    TimeUs now = app.clock.now_us();
    bool on = marker.empty(), more = false;
    Json last;
    for (const Host& h : list_hosts(s)) {
      bool fits = pattern.empty() || h.name.find(pattern) != std::string::npos;
      if (on && fits) {
        more = static_cast<int64_t>(out.size()) >= limit;
        if (more) break;
        Json item = full ? detail(s, h, v, now, with_servers) : brief(h, v, now);
        if (!full && with_servers) item.set("servers", servers_json(s, h.name));
        out.push_back(item);
        last = host_id(h, v);
      }
      on = on || host_has_id(h, marker);
    }
    if (!on) return bad_request("marker [" + marker.substr(0, 80) + "] not found", "marker");
    if (!pattern.empty() && out.size() == 0)
      return not_found("No hypervisor matching '" + pattern.substr(0, 255) + "' could be found.");
    Json body = Json::object({{"hypervisors", out}});
    if (more)
      body.set("hypervisors_links",
               next_links(request, c, last.is_string() ? last.as_string() : last.dump()));
    return Response::json(200, body);
  });
}

Result<Host> find_hypervisor(db::Session& s, const Context& c) {
  const std::string& id = c.param("id");
  if (c.microversion >= kFirstUuid && !is_uuid_like(id))
    return bad_request("Invalid uuid " + id.substr(0, 255), "id");
  for (Host& h : list_hosts(s)) {
    if (host_has_id(h, id)) return std::move(h);
  }
  return not_found("Hypervisor with ID '" + id.substr(0, 255) + "' could not be found.");
}

Result<Response> show(App& app, const Request& q, Context& c) {
  bool with_servers = c.microversion >= kFirstUuid && TRY(flag_of(q, "with_servers", false));
  return app.db.read([&](db::Session& s) -> Result<Response> {
    Host h = TRY(find_hypervisor(s, c));
    Json out = detail(s, h, c.microversion, app.clock.now_us(), with_servers);
    return Response::json(200, Json::object({{"hypervisor", out}}));
  });
}

Result<Response> statistics(App& app, Context& c) {
  TRYV(only_in(c, 1, kFirstBrief - 1));
  return app.db.read([&](db::Session& s) -> Result<Response> {
    Json out = Json::object();
    for (const char* name : {"count", "vcpus", "vcpus_used", "memory_mb", "memory_mb_used",
                             "free_ram_mb", "local_gb", "local_gb_used", "free_disk_gb",
                             "disk_available_least", "running_vms", "current_workload"}) {
      out.set(name, 0);
    }
    for (const Host& h : list_hosts(s)) {
      Json d = detail(s, h, 1, app.clock.now_us(), false);
      for (auto& [name, value] : out.object_ref())
        value = name == "count" ? value.as_int() + 1 : value.as_int() + d[name].as_int();
    }
    return Response::json(200, Json::object({{"hypervisor_statistics", out}}));
  });
}

// From 2.88 on a part of the hypervisor itself.
Result<Response> uptime(App& app, Context& c) {
  TRYV(only_in(c, 1, kFirstBrief - 1));
  return app.db.read([&](db::Session& s) -> Result<Response> {
    Host h = TRY(find_hypervisor(s, c));
    TimeUs now = app.clock.now_us();
    if (!host_up(h, now))
      return bad_request("Service for host " + h.name + " is down: its uptime is not known.");
    Json out = brief(h, c.microversion, now);
    out.set("uptime", uptime_text(h, now));
    return Response::json(200, Json::object({{"hypervisor", out}}));
  });
}

// Before 2.53 a hypervisor's servers and a search had paths of their own.
Result<Response> old_search(App& app, Context& c, bool servers) {
  TRYV(only_in(c, 1, kFirstUuid - 1));
  return app.db.read([&](db::Session& s) -> Result<Response> {
    Json out = Json::array();
    for (const Host& h : list_hosts(s)) {
      if (h.name.find(c.param("id")) == std::string::npos) continue;
      Json item = brief(h, c.microversion, app.clock.now_us());
      if (servers) item.set("servers", servers_json(s, h.name));
      out.push_back(item);
    }
    if (out.size() == 0)
      return not_found("No hypervisor matching '" + c.param("id").substr(0, 255) +
                       "' could be found.");
    return Response::json(200, Json::object({{"hypervisors", out}}));
  });
}

std::string number_of(const Host& h) {
  return std::to_string(std::stoll(h.id.substr(0, 7), nullptr, 16) + 1);
}

}  // namespace

Json host_id(const Host& h, int version) {
  return version >= kFirstUuid ? Json(h.id) : Json(std::stoll(number_of(h)));
}
bool host_has_id(const Host& h, const std::string& id) { return h.id == id || number_of(h) == id; }

void add_host_routes(Router& router, App& app) {
  const std::string base = "/v2.1/os-hypervisors";
  router.add("GET", base, Access::admin,
             [&app](const Request& q, Context& c) { return list(app, q, c, false); });
  router.add("GET", base + "/detail", Access::admin,
             [&app](const Request& q, Context& c) { return list(app, q, c, true); });
  router.add("GET", base + "/statistics", Access::admin,
             [&app](const Request&, Context& c) { return statistics(app, c); });
  router.add("GET", base + "/{id}", Access::admin,
             [&app](const Request& q, Context& c) { return show(app, q, c); });
  router.add("GET", base + "/{id}/uptime", Access::admin,
             [&app](const Request&, Context& c) { return uptime(app, c); });
  router.add("GET", base + "/{id}/servers", Access::admin,
             [&app](const Request&, Context& c) { return old_search(app, c, true); });
  router.add("GET", base + "/{id}/search", Access::admin,
             [&app](const Request&, Context& c) { return old_search(app, c, false); });
}

}  // namespace nuri::compute
