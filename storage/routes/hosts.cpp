#include <algorithm>
#include <set>

#include "storage/routes/handlers.h"
#include "storage/store/snapshot_store.h"
#include "storage/store/volume_store.h"

// The hosts that hold volumes, as Cinder's services, hosts, pools and capabilities show them, and
// the zones they form.
namespace nuri::storage {

namespace {

constexpr const char* kScheduler = "nuri-storage";

struct Seen {
  std::string binary, host, zone;
  TimeUs at_us = 0;
  bool disabled = false;
  std::optional<std::string> reason;
};

std::vector<Seen> seen_services(Service& p, const std::vector<Host>& hosts) {
  std::vector<Seen> out = {{"cinder-scheduler", kScheduler, p.settings.default_zone,
                            p.clock.now_us(), false, std::nullopt}};
  for (const Host& h : hosts)
    out.push_back(
        {"cinder-volume", h.name + "@file", h.zone, h.seen_us, h.disabled, h.disabled_reason});
  return out;
}

Result<std::vector<Host>> all_hosts(Service& p) {
  return p.db.read([](db::Session& s) { return store::hosts(s); });
}

Json capabilities(const Service& p, const Host& h) {
  return Json::object({{"updated", iso_naive(h.seen_us)},
                       {"timestamp", iso_naive(h.seen_us)},
                       {"total_capacity_gb", h.disk_gib},
                       {"free_capacity_gb", h.disk_gib - h.disk_used_gib},
                       {"allocated_capacity_gb", h.allocated_gib},
                       {"provisioned_capacity_gb", h.allocated_gib},
                       {"max_over_subscription_ratio", std::to_string(p.settings.tasks.overcommit)},
                       {"reserved_percentage", 0},
                       {"QoS_support", false},
                       {"thin_provisioning_support", true},
                       {"volume_backend_name", "file"},
                       {"storage_protocol", "file"},
                       {"vendor_name", "Open Source"},
                       {"driver_version", "1.0.0"}});
}

struct Change {
  std::string host, binary;
  std::optional<std::string> service, reason;
};
const Fields<Change> kChange{"service",
                             Fields<Change>::Unknown::refuse,
                             {text("host", &Change::host).length(1, 255).required_(),
                              text("binary", &Change::binary).length(0, 255).nullable_(),
                              text("service", &Change::service).length(0, 255).nullable_(),
                              text("disabled_reason", &Change::reason).length(1, 255)}};

bool names(const Seen& x, const std::string& host) {
  return x.host == host || x.host.substr(0, x.host.find('@')) == host.substr(0, host.find('@'));
}

}  // namespace

Result<Response> list_services(Service& p, const Request& request, Context& context) {
  std::string binary = request.query.get("binary"), host = request.query.get("host");
  if (binary.empty()) binary = request.query.get("service");
  TimeUs now = p.clock.now_us();
  Json out = Json::array();
  for (const Seen& x : seen_services(p, TRY(all_hosts(p)))) {
    if ((!binary.empty() && binary != x.binary) || (!host.empty() && !names(x, host))) continue;
    std::string state = now - x.at_us <= kHostSilentUs ? "up" : "down";
    Json item = Json::object({{"binary", x.binary},
                              {"host", x.host},
                              {"zone", x.zone},
                              {"status", x.disabled ? "disabled" : "enabled"},
                              {"state", state},
                              {"updated_at", iso_naive(x.at_us)},
                              {"disabled_reason", x.reason ? Json(*x.reason) : Json()}});
    if (context.microversion >= 7) item.set("cluster", Json());
    if (context.microversion >= 49 && x.binary == "cinder-volume") item.set("backend_state", state);
    out.push_back(std::move(item));
  }
  return Response::json(200, Json::object({{"services", out}}));
}

Result<Response> change_service(Service& p, const Request& request, Context& context) {
  const std::string& action = context.param("target");
  Json body = TRY(parse_json(request.body));
  Change in = TRY(kChange.read(body));
  bool logged = action == "disable-log-reason";
  if (logged && !in.reason)
    return bad_request("'disabled_reason' is a required property.", "disabled_reason");
  auto found = seen_services(p, TRY(all_hosts(p)));
  if (action == "freeze" || action == "thaw") {
    bool any =
        std::any_of(found.begin(), found.end(), [&](const Seen& x) { return names(x, in.host); });
    if (!any) return bad_request("Host " + in.host + " could not be found.", "host");
    return bad_request("Hosts are not frozen and thawed here: disable and enable them.", "host");
  }
  if (action != "enable" && action != "disable" && !logged)
    return not_found("Unknown action: " + action.substr(0, 64) + ".");
  std::string binary = in.binary.empty() ? in.service.value_or("cinder-volume") : in.binary;
  auto service = std::find_if(found.begin(), found.end(), [&](const Seen& x) {
    return x.binary == binary && names(x, in.host);
  });
  if (service == found.end())
    return not_found("Service " + binary + " could not be found on host " + in.host + ".");
  if (service->binary != "cinder-volume")
    return bad_request("Only cinder-volume services can be disabled.", "binary");
  bool disable = action != "enable";
  TRYV(p.db.write([&](db::Session& s) {
    store::set_disabled(s, service->host.substr(0, service->host.find('@')), disable, in.reason);
  }));
  Json out = Json::object({{"host", in.host},
                           {"service", binary},
                           {"binary", binary},
                           {"disabled", disable},
                           {"status", disable ? "disabled" : "enabled"}});
  if (action != "disable") out.set("disabled_reason", in.reason ? Json(*in.reason) : Json());
  return Response::json(200, out);
}

Result<Response> list_hosts(Service& p, const Request& request, Context&) {
  TimeUs now = p.clock.now_us();
  std::string zone = request.query.get("zone");
  Json out = Json::array();
  for (const Seen& x : seen_services(p, TRY(all_hosts(p)))) {
    if (!zone.empty() && zone != x.zone) continue;
    bool up = now - x.at_us <= kHostSilentUs;
    out.push_back(Json::object({{"host_name", x.host},
                                {"service", x.binary},
                                {"zone", x.zone},
                                {"service-status", up ? "available" : "unavailable"},
                                {"service-state", x.disabled ? "disabled" : "enabled"},
                                {"last-update", iso_naive(x.at_us)}}));
  }
  return Response::json(200, Json::object({{"hosts", out}}));
}

// What lies on a host: in all, then by project.
Result<Response> show_host(Service& p, const Request&, Context& context) {
  const std::string& asked = context.param("target");
  std::string name = asked.substr(0, asked.find('@'));
  struct Sum {
    int64_t volumes = 0, gib = 0, snapshots = 0, snapshot_gib = 0;
  };
  std::map<std::string, Sum> sums;
  bool known = TRY(p.db.read([&](db::Session& s) {
    for (const Volume& v : store::list(s, "")) {
      if (v.host != name) continue;
      for (const auto& key : {std::string("(total)"), v.project_id}) {
        ++sums[key].volumes;
        sums[key].gib += v.size_gib;
      }
    }
    for (const Snapshot& n : store::snapshots(s, "")) {
      if (n.host != name) continue;
      for (const auto& key : {std::string("(total)"), n.project_id}) {
        ++sums[key].snapshots;
        sums[key].snapshot_gib += n.size_gib;
      }
    }
    auto hosts = store::hosts(s);
    return std::any_of(hosts.begin(), hosts.end(), [&](const Host& h) { return h.name == name; });
  }));
  if (!known) return not_found("Host " + asked.substr(0, 255) + " could not be found.");
  sums["(total)"];
  Json out = Json::array();
  for (const auto& [project, sum] : sums) {
    out.push_back(Json::object(
        {{"resource", Json::object({{"host", asked},
                                    {"project", project},
                                    {"volume_count", std::to_string(sum.volumes)},
                                    {"total_volume_gb", std::to_string(sum.gib)},
                                    {"snapshot_count", std::to_string(sum.snapshots)},
                                    {"total_snapshot_gb", std::to_string(sum.snapshot_gib)}})}}));
  }
  return Response::json(200, Json::object({{"host", out}}));
}

Result<Response> list_pools(Service& p, const Request& request, Context&) {
  bool detail = loose_bool(Json(request.query.get("detail")));
  Json out = Json::array();
  for (const Host& h : TRY(all_hosts(p))) {
    Json pool = Json::object({{"name", h.name + "@file#file"}});
    if (detail) pool.set("capabilities", capabilities(p, h));
    out.push_back(std::move(pool));
  }
  return Response::json(200, Json::object({{"pools", out}}));
}

Result<Response> show_capabilities(Service& p, const Request&, Context& context) {
  const std::string& asked = context.param("target");
  auto hosts = TRY(all_hosts(p));
  auto found = std::find_if(hosts.begin(), hosts.end(), [&](const Host& h) {
    return h.name == asked.substr(0, asked.find('@'));
  });
  if (found == hosts.end())
    return not_found("Service host " + asked.substr(0, 255) + " could not be found.");
  return Response::json(
      200, Json::object({{"namespace", "OS::Storage::Capabilities::" + found->name + "@file"},
                         {"pool_name", "file"},
                         {"volume_backend_name", "file"},
                         {"vendor_name", "Open Source"},
                         {"storage_protocol", "file"},
                         {"driver_version", "1.0.0"},
                         {"description", Json()},
                         {"display_name", Json()},
                         {"visibility", Json()},
                         {"replication_targets", Json::array()},
                         {"properties", Json::object()}}));
}

Result<Response> list_zones(Service& p, const Request&, Context&) {
  std::set<std::string> names = {p.settings.default_zone};
  for (const Host& h : TRY(all_hosts(p))) names.insert(h.zone);
  Json out = Json::array();
  for (const auto& name : names) {
    out.push_back(
        Json::object({{"zoneName", name}, {"zoneState", Json::object({{"available", true}})}}));
  }
  return Response::json(200, Json::object({{"availabilityZoneInfo", out}}));
}

}  // namespace nuri::storage
