#include "compute/routes/app.h"

// GET /servers/{id}/diagnostics: what the host's hypervisor counts of a guest.
namespace nuri::compute {

namespace {

constexpr unsigned kTimeoutMs = 10'000;
constexpr int kFirstStandard = 48;

std::string_view state_word(int64_t power) {
  switch (power) {
    case kPowerRunning:
      return "running";
    case kPowerPaused:
      return "paused";
    case kPowerShutdown:
      return "shutdown";
    case kPowerCrashed:
      return "crashed";
    case 7:
      return "suspended";
    default:
      return "pending";
  }
}

// Names of libvirt's statistics: "vcpu.0.time", "net.0.rx.bytes", "block.0.rd.reqs".
struct Stats {
  const Json& all;
  Json number(const std::string& name) const {
    const Json& value = all[name];
    return value.is_int() ? value : Json();
  }
};

Json nic_json(const Stats& stats, const std::string& mac, size_t i) {
  Json out = Json::object({{"mac_address", mac}});
  for (const char* way : {"rx", "tx"}) {
    std::string name = "net." + std::to_string(i) + "." + way + ".",
                prefix = std::string(way) + "_";
    out.set(prefix + "octets", stats.number(name + "bytes"))
        .set(prefix + "errors", stats.number(name + "errs"))
        .set(prefix + "drop", stats.number(name + "drop"))
        .set(prefix + "packets", stats.number(name + "pkts"))
        .set(prefix + "rate", Json());
  }
  return out;
}

Json disk_json(const Stats& stats, size_t i) {
  std::string name = "block." + std::to_string(i) + ".";
  return Json::object({{"read_bytes", stats.number(name + "rd.bytes")},
                       {"read_requests", stats.number(name + "rd.reqs")},
                       {"write_bytes", stats.number(name + "wr.bytes")},
                       {"write_requests", stats.number(name + "wr.reqs")},
                       {"errors_count", stats.number(name + "errors")}});
}

// In the shape of 2.48: what is not known is null.
Json standard(db::Session& s, const Server& server, const Json& told) {
  Stats stats{told};
  Json cpus = Json::array(), nics = Json::array(), disks = Json::array();
  for (int64_t i = 0; i < server.vcpus; ++i) {
    cpus.push_back(Json::object({{"id", i},
                                 {"time", stats.number("vcpu." + std::to_string(i) + ".time")},
                                 {"utilisation", Json()}}));
  }
  for (const ServerPort& p : ports_of(s, server.id))
    nics.push_back(nic_json(stats, p.mac, nics.size()));
  size_t count = 1 + volumes_of(s, server.id).size();
  for (size_t i = 0; i < count; ++i) disks.push_back(disk_json(stats, i));
  Json rss = stats.number("balloon.rss");
  Json used = rss.is_int() ? Json(rss.as_int() / 1024) : Json();
  auto host = find_host(s, server.host);
  Json type = host && host->hypervisor_type == "KVM" ? "kvm" : "qemu";
  return Json::object(
      {{"state", state_word(server.power_state)},
       {"driver", "libvirt"},
       {"hypervisor", type},
       {"hypervisor_os", "linux"},
       {"uptime", Json()},
       {"config_drive", server.config_drive},
       {"num_cpus", cpus.size()},
       {"num_nics", nics.size()},
       {"num_disks", disks.size()},
       {"memory_details", Json::object({{"maximum", server.ram_mib}, {"used", used}})},
       {"cpu_details", cpus},
       {"nic_details", nics},
       {"disk_details", disks}});
}

Result<Response> diagnostics(App& app, Context& c) {
  Server server = TRY(app.load(c, c.param("id")));
  if (server.host.empty() || server.vm_state != VmState::active)
    return conflict("Cannot 'get_diagnostics' instance " + server.id + " while it is in vm_state " +
                    std::string(name_of(server.vm_state)));
  Json told = TRY(app.feed.call(server.host, "diagnostics",
                                Json::object({{"server_id", server.id}}), kTimeoutMs));
  Json stats = told["stats"].is_object() ? told["stats"] : Json::object();
  if (c.microversion < kFirstStandard) return Response::json(200, stats);
  return app.db.read([&](db::Session& s) -> Result<Response> {
    Json out = standard(s, server, stats);
    out.set("uptime", (app.clock.now_us() - server.launched_us) / kSecondUs);
    return Response::json(200, out);
  });
}

}  // namespace

void add_diagnostics_route(Router& router, App& app) {
  router.add("GET", "/v2.1/servers/{id}/diagnostics", Access::admin,
             [&app](const Request&, Context& c) { return diagnostics(app, c); });
}

}  // namespace nuri::compute
