#include <set>

#include "compute/routes/hosts_common.h"
#include "compute/routes/server_query.h"

// What Nova has kept for old clients: os-hosts (up to 2.42) and the usage audit log.
namespace nuri::compute {

namespace {

constexpr int kLastHosts = 42;

Result<Response> list(App& app, const Request& request, Context& c) {
  TRYV(only_in(c, 1, kLastHosts));
  std::string zone = request.query.get("zone"), service = request.query.get("service");
  return app.db.read([&](db::Session& s) -> Result<Response> {
    Json out = Json::array();
    for (const Host& h : list_hosts(s)) {
      bool fits = (zone.empty() || h.zone == zone) && (service.empty() || service == "compute");
      if (fits)
        out.push_back(
            Json::object({{"host_name", h.name}, {"service", "compute"}, {"zone", h.zone}}));
    }
    return Response::json(200, Json::object({{"hosts", out}}));
  });
}

Json resource(const std::string& host, const std::string& project, int64_t cpu, int64_t memory,
              int64_t disk) {
  return Json::object({{"resource", Json::object({{"host", host},
                                                  {"project", project},
                                                  {"cpu", cpu},
                                                  {"memory_mb", memory},
                                                  {"disk_gb", disk}})}});
}

Result<Host> load_host(db::Session& s, const Context& c) {
  auto h = find_host(s, c.param("name"));
  if (!h)
    return not_found("Compute host " + c.param("name").substr(0, 255) + " could not be found.");
  return std::move(*h);
}

// The host's means, what is used now, the most there may be, and each project's share.
Result<Response> show(App& app, Context& c) {
  TRYV(only_in(c, 1, kLastHosts));
  return app.db.read([&](db::Session& s) -> Result<Response> {
    Host h = TRY(load_host(s, c));
    Used used = used_on_host(s, h.name);
    std::map<std::string, Used> projects;
    Used most;
    for (const Server& v : servers_on(s, h.name)) {
      for (Used* u : {&projects[v.project_id], &most}) {
        u->vcpus += v.vcpus;
        u->ram_mib += v.ram_mib;
        u->disk_gib += v.disk_gib + v.ephemeral_gib;
      }
    }
    Json out =
        Json::array({resource(h.name, "(total)", h.vcpus, h.memory_mib, h.disk_gib),
                     resource(h.name, "(used_now)", used.vcpus, used.ram_mib, used.disk_gib),
                     resource(h.name, "(used_max)", most.vcpus, most.ram_mib, most.disk_gib)});
    for (const auto& [project, u] : projects)
      out.push_back(resource(h.name, project, u.vcpus, u.ram_mib, u.disk_gib));
    return Response::json(200, Json::object({{"host", out}}));
  });
}

Result<Response> update(App& app, const Request& request, Context& c) {
  TRYV(only_in(c, 1, kLastHosts));
  const Json body = TRY(parse_json(request.body));
  if (!body.is_object() || body.size() == 0)
    return bad_request("Invalid input: give status or maintenance_mode.", "status");
  for (const auto& [key, value] : body.as_object()) {
    bool known = key == "status" || key == "maintenance_mode";
    std::string word = value.as_string();
    if (!known || (word != "enable" && word != "disable"))
      return bad_request("Invalid " + key.substr(0, 80) +
                             ": status and maintenance_mode can be enable or disable.",
                         key.substr(0, 80));
  }
  return app.db.write([&](db::Session& s) -> Result<Response> {
    Host h = TRY(load_host(s, c));
    if (body.contains("maintenance_mode"))
      return Error(ErrorCode::not_implemented, "This cloud's hosts have no maintenance mode.");
    h.enabled = body["status"].as_string() == "enable";
    save_host(s, h);
    return Response::json(
        200, Json::object({{"host", h.name}, {"status", h.enabled ? "enabled" : "disabled"}}));
  });
}

// Nothing here turns a host on or off.
Result<Response> power(App& app, Context& c) {
  TRYV(only_in(c, 1, kLastHosts));
  TRYV(app.db.read([&](db::Session& s) -> Status {
    TRYV(load_host(s, c));
    return {};
  }));
  return Error(ErrorCode::not_implemented, "This cloud does not turn hosts on or off.");
}

constexpr TimeUs kMonthUs = 30 * 24 * 3600 * kSecondUs;

// Usage is told as it happens (see the outbox), so each host's audit is done at any time.
Result<Response> audit_log(App& app, Context& c, const char* member) {
  TimeUs end = app.clock.now_us();
  if (!c.param("before").empty()) {
    auto t = parse_iso(c.param("before"));
    if (!t)
      return bad_request("Invalid timestamp for date " + c.param("before").substr(0, 80), "before");
    end = *t;
  }
  return app.db.read([&](db::Session& s) -> Result<Response> {
    auto hosts = list_hosts(s);
    Json log = Json::object();
    int64_t servers = 0;
    for (const Host& h : hosts) {
      auto count = static_cast<int64_t>(servers_on(s, h.name).size());
      servers += count;
      log.set(h.name, Json::object({{"state", "DONE"},
                                    {"instances", count},
                                    {"errors", 0},
                                    {"message", "Instance usage audit ran for host " + h.name}}));
    }
    Json out = Json::object({{"period_beginning", iso_naive(end - kMonthUs)},
                             {"period_ending", iso_naive(end)},
                             {"num_hosts", hosts.size()},
                             {"num_hosts_done", hosts.size()},
                             {"num_hosts_running", 0},
                             {"num_hosts_not_run", 0},
                             {"hosts_not_run", Json::array()},
                             {"total_instances", servers},
                             {"total_errors", 0},
                             {"overall_status", "ALL hosts done. 0 errors."},
                             {"log", log}});
    return Response::json(200, Json::object({{member, out}}));
  });
}

}  // namespace

void add_old_host_routes(Router& router, App& app) {
  const std::string all = "/v2.1/os-hosts", one = all + "/{name}";
  router.add("GET", all, Access::admin,
             [&app](const Request& q, Context& c) { return list(app, q, c); });
  router.add("GET", one, Access::admin,
             [&app](const Request&, Context& c) { return show(app, c); });
  router.add("PUT", one, Access::admin,
             [&app](const Request& q, Context& c) { return update(app, q, c); });
  for (const char* what : {"/startup", "/shutdown", "/reboot"})
    router.add("GET", one + what, Access::admin,
               [&app](const Request&, Context& c) { return power(app, c); });
  const std::string audit = "/v2.1/os-instance_usage_audit_log";
  router.add("GET", audit, Access::admin, [&app](const Request&, Context& c) {
    return audit_log(app, c, "instance_usage_audit_logs");
  });
  router.add("GET", audit + "/{before}", Access::admin, [&app](const Request&, Context& c) {
    return audit_log(app, c, "instance_usage_audit_log");
  });
}

}  // namespace nuri::compute
