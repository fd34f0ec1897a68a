#include <algorithm>
#include <map>

#include "compute/routes/app.h"
#include "services/base/fields.h"

// What an administrator sees of hosts: hypervisors, services; and everybody's availability zones.
namespace nuri::compute {

namespace {

constexpr int64_t kReservedMemoryMib = 512;  // as Overcommit

std::string number_of(const Host& h) {
  return std::to_string(std::stoll(h.id.substr(0, 7), nullptr, 16) + 1);
}
Json id_of(const Host& h, int version) {
  return version >= 53 ? Json(h.id) : Json(std::stoll(number_of(h)));
}
bool named(const Host& h, const std::string& id) { return h.id == id || number_of(h) == id; }

Json brief(const Host& h, int version, TimeUs now) {
  return Json::object({{"id", id_of(h, version)},
                       {"hypervisor_hostname", h.name},
                       {"state", host_up(h, now) ? "up" : "down"},
                       {"status", h.enabled ? "enabled" : "disabled"}});
}

Json servers_on(db::Session& s, const std::string& host) {
  ServerFilter f;
  f.host = host;
  Json out = Json::array();
  for (const Server& server : list_servers(s, f).value_or({}))
    out.push_back(Json::object({{"uuid", server.id}, {"name", server.name}}));
  return out;
}

Json detail(db::Session& s, const Host& h, const Context& c, TimeUs now, bool with_servers) {
  int v = c.microversion;
  Used used = used_on_host(s, h.name);
  Json out = brief(h, v, now);
  out.set("hypervisor_type", h.hypervisor_type)
      .set("hypervisor_version", h.hypervisor_version)
      .set("host_ip", h.address.empty() ? Json() : Json(h.address));
  out.set("service",
          Json::object(
              {{"id", id_of(h, v)},
               {"host", h.name},
               {"disabled_reason", h.disabled_reason.empty() ? Json() : Json(h.disabled_reason)}}));
  if (v >= 88) {
    out.set("uptime", Json());
  } else {
    Json cpu = Json::object(
        {{"arch", h.arch},
         {"topology", Json::object({{"cores", h.vcpus}, {"sockets", 1}, {"threads", 1}})}});
    out.set("cpu_info", v >= 28 ? cpu : Json(cpu.dump()));
    out.set("vcpus", h.vcpus)
        .set("vcpus_used", used.vcpus)
        .set("memory_mb", h.memory_mib)
        .set("memory_mb_used", used.ram_mib + kReservedMemoryMib);
    out.set("free_ram_mb", h.memory_mib - used.ram_mib - kReservedMemoryMib)
        .set("local_gb", h.disk_gib)
        .set("local_gb_used", used.disk_gib);
    out.set("free_disk_gb", h.disk_gib - used.disk_gib)
        .set("disk_available_least", h.disk_gib - h.disk_used_gib);
    out.set("running_vms", used.instances).set("current_workload", 0);
  }
  if (v >= 53 && with_servers && used.instances > 0) out.set("servers", servers_on(s, h.name));
  return out;
}

Result<Response> list_hypervisors(App& app, const Request& request, Context& c, bool full) {
  std::string pattern =
      c.microversion >= 53 ? request.query.get("hypervisor_hostname_pattern") : "";
  bool with_servers = c.microversion >= 53 && TRY(flag_of(request, "with_servers", false));
  return app.db.read([&](db::Session& s) -> Result<Response> {
    Json out = Json::array();
    TimeUs now = app.clock.now_us();
    for (const Host& h : list_hosts(s)) {
      if (!pattern.empty() && h.name.find(pattern) == std::string::npos) continue;
      Json item = full ? detail(s, h, c, now, with_servers) : brief(h, c.microversion, now);
      if (!full && with_servers) item.set("servers", servers_on(s, h.name));
      out.push_back(item);
    }
    if (!pattern.empty() && out.size() == 0)
      return not_found("No hypervisor matching '" + pattern.substr(0, 255) + "' could be found.");
    return Response::json(200, Json::object({{"hypervisors", out}}));
  });
}

Result<Host> find_hypervisor(db::Session& s, const std::string& id) {
  for (Host& h : list_hosts(s)) {
    if (named(h, id)) return std::move(h);
  }
  return not_found("Hypervisor with ID '" + id.substr(0, 255) + "' could not be found.");
}

Result<Response> statistics(App& app, Context& c) {
  if (c.microversion >= 88) return not_found("The resource could not be found.");
  return app.db.read([&](db::Session& s) -> Result<Response> {
    std::map<std::string, int64_t> sum;
    Json out = Json::object();
    for (const char* name : {"count", "vcpus", "vcpus_used", "memory_mb", "memory_mb_used",
                             "free_ram_mb", "local_gb", "local_gb_used", "free_disk_gb",
                             "disk_available_least", "running_vms", "current_workload"}) {
      out.set(name, 0);
    }
    Context old = c;
    old.microversion = 1;
    for (const Host& h : list_hosts(s)) {
      Json d = detail(s, h, old, app.clock.now_us(), false);
      for (auto& [name, value] : out.object_ref())
        value = name == "count" ? value.as_int() + 1 : value.as_int() + d[name].as_int();
    }
    return Response::json(200, Json::object({{"hypervisor_statistics", out}}));
  });
}

// Before 2.53 a hypervisor's servers and a search had paths of their own.
Result<Response> old_search(App& app, Context& c, bool servers) {
  if (c.microversion >= 53) return not_found("The resource could not be found.");
  return app.db.read([&](db::Session& s) -> Result<Response> {
    Json out = Json::array();
    for (const Host& h : list_hosts(s)) {
      if (h.name.find(c.param("id")) == std::string::npos) continue;
      Json item = brief(h, c.microversion, app.clock.now_us());
      if (servers) item.set("servers", servers_on(s, h.name));
      out.push_back(item);
    }
    if (out.size() == 0)
      return not_found("No hypervisor matching '" + c.param("id").substr(0, 255) +
                       "' could be found.");
    return Response::json(200, Json::object({{"hypervisors", out}}));
  });
}

Json service_json(const Host& h, const Context& c, TimeUs now) {
  Json out = Json::object(
      {{"id", id_of(h, c.microversion)},
       {"binary", "nova-compute"},
       {"host", h.name},
       {"zone", h.zone},
       {"status", h.enabled ? "enabled" : "disabled"},
       {"state", host_up(h, now) ? "up" : "down"},
       {"updated_at", iso_naive(h.seen_us)},
       {"disabled_reason", h.disabled_reason.empty() ? Json() : Json(h.disabled_reason)}});
  if (c.microversion >= 11) out.set("forced_down", h.forced_down);
  return out;
}

Result<Response> list_services(App& app, const Request& request, Context& c) {
  std::string host = request.query.get("host"), binary = request.query.get("binary");
  return app.db.read([&](db::Session& s) -> Result<Response> {
    Json out = Json::array();
    for (const Host& h : list_hosts(s)) {
      if ((host.empty() || host == h.name) && (binary.empty() || binary == "nova-compute"))
        out.push_back(service_json(h, c, app.clock.now_us()));
    }
    return Response::json(200, Json::object({{"services", out}}));
  });
}

// From 2.53: PUT /os-services/{id} {"status", "disabled_reason", "forced_down"}; before, one path
// an action.
Result<Response> update_service(App& app, const Request& request, Context& c) {
  const Json body = TRY(parse_json(request.body));
  if (!body.is_object()) return bad_request("The body must be a JSON object.");
  const std::string& what = c.param("id");
  bool old = c.microversion < 53;
  for (const auto& [key, value] : body.as_object()) {
    bool known = key == "disabled_reason" || key == "forced_down" ||
                 (old ? key == "host" || key == "binary" : key == "status");
    if (!known)
      return bad_request(
          "Additional properties are not allowed ('" + key.substr(0, 255) + "' was unexpected).",
          key.substr(0, 255));
    FieldRules rules;
    rules.name = key;
    rules.type = key == "forced_down" ? "boolean" : "string";
    TRYV(check_field(rules, value));
  }
  if (old && what != "enable" && what != "disable" && what != "disable-log-reason" &&
      what != "force-down")
    return not_found("The resource could not be found.");
  const Json& status = body["status"];
  if (!status.is_null() && status.as_string() != "enabled" && status.as_string() != "disabled")
    return bad_request(
        "Invalid input for field/attribute status. It must be one of: enabled, disabled.",
        "status");
  if (body.size() == 0)
    return bad_request("Nothing to change: give status, disabled_reason or forced_down.");
  return app.db.write([&](db::Session& s) -> Result<Response> {
    Host h;
    if (old) {
      auto found = find_host(s, body["host"].as_string());
      if (!found)
        return not_found("Compute host " + body["host"].as_string().substr(0, 255) +
                         " could not be found.");
      h = *found;
    } else {
      h = TRY(find_hypervisor(s, what));
    }
    bool touches = old ? what != "force-down" : !status.is_null();
    if (touches) h.enabled = old ? what == "enable" : status.as_string() == "enabled";
    if (touches)
      h.disabled_reason = h.enabled ? "" : body["disabled_reason"].as_string().substr(0, 255);
    if (body.contains("forced_down")) h.forced_down = loose_bool(body["forced_down"]);
    save_host(s, h);
    if (!old)
      return Response::json(200,
                            Json::object({{"service", service_json(h, c, app.clock.now_us())}}));
    Json out = Json::object({{"host", h.name}, {"binary", "nova-compute"}});
    if (what == "force-down")
      out.set("forced_down", h.forced_down);
    else
      out.set("status", h.enabled ? "enabled" : "disabled");
    if (what == "disable-log-reason") out.set("disabled_reason", h.disabled_reason);
    return Response::json(200, Json::object({{"service", out}}));
  });
}

Result<Response> zones(App& app, Context&, bool full) {
  return app.db.read([&](db::Session& s) -> Result<Response> {
    TimeUs now = app.clock.now_us();
    std::map<std::string, Json> hosts;
    std::map<std::string, bool> available;
    for (const Host& h : list_hosts(s)) {
      available[h.zone] = available[h.zone] || (host_up(h, now) && h.enabled);
      Json state = Json::object({{"available", host_up(h, now)},
                                 {"active", h.enabled},
                                 {"updated_at", iso_naive(h.seen_us)}});
      hosts[h.zone].set(h.name, Json::object({{"nova-compute", state}}));
    }
    Json out = Json::array();
    for (const auto& [zone, up] : available) {
      out.push_back(Json::object({{"zoneName", zone},
                                  {"zoneState", Json::object({{"available", up}})},
                                  {"hosts", full ? hosts[zone] : Json()}}));
    }
    return Response::json(200, Json::object({{"availabilityZoneInfo", out}}));
  });
}

}  // namespace

void add_host_routes(Router& router, App& app) {
  const std::string base = "/v2.1/os-hypervisors";
  router.add("GET", base, Access::admin,
             [&app](const Request& q, Context& c) { return list_hypervisors(app, q, c, false); });
  router.add("GET", base + "/detail", Access::admin,
             [&app](const Request& q, Context& c) { return list_hypervisors(app, q, c, true); });
  router.add("GET", base + "/statistics", Access::admin,
             [&app](const Request&, Context& c) { return statistics(app, c); });
  router.add("GET", base + "/{id}", Access::admin,
             [&app](const Request& q, Context& c) -> Result<Response> {
               bool with_servers = c.microversion >= 53 && TRY(flag_of(q, "with_servers", false));
               return app.db.read([&](db::Session& s) -> Result<Response> {
                 Host h = TRY(find_hypervisor(s, c.param("id")));
                 return Response::json(
                     200, Json::object(
                              {{"hypervisor", detail(s, h, c, app.clock.now_us(), with_servers)}}));
               });
             });
  router.add("GET", base + "/{id}/servers", Access::admin,
             [&app](const Request&, Context& c) { return old_search(app, c, true); });
  router.add("GET", base + "/{id}/search", Access::admin,
             [&app](const Request&, Context& c) { return old_search(app, c, false); });
  router.add("GET", "/v2.1/os-services", Access::admin,
             [&app](const Request& q, Context& c) { return list_services(app, q, c); });
  router.add("PUT", "/v2.1/os-services/{id}", Access::admin,
             [&app](const Request& q, Context& c) { return update_service(app, q, c); });
  router.add("GET", "/v2.1/os-availability-zone", Access::reader,
             [&app](const Request&, Context& c) { return zones(app, c, false); });
  router.add("GET", "/v2.1/os-availability-zone/detail", Access::admin,
             [&app](const Request&, Context& c) { return zones(app, c, true); });
}

}  // namespace nuri::compute
