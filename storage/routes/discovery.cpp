#include <set>

#include "storage/routes/api.h"
#include "storage/store/volume_store.h"

// Versions (no token), the volume type, services, zones and extensions.
namespace nuri::storage {

namespace {

Json versions_json(const Context& context) {
  Json links = Json::array({Json::object({{"rel", "describedby"},
                                          {"type", "text/html"},
                                          {"href", "https://docs.openstack.org/"}}),
                            Json::object({{"rel", "self"}, {"href", context.base_url + "/v3/"}})});
  Json media = Json::object(
      {{"base", "application/json"}, {"type", "application/vnd.openstack.volume+json;version=3"}});
  Json v3 = Json::object({{"id", "v3.0"},
                          {"status", "CURRENT"},
                          {"version", "3." + std::to_string(kMicroversions.max)},
                          {"min_version", "3.0"},
                          {"updated", "2022-08-31T00:00:00Z"},
                          {"links", links},
                          {"media-types", Json::array({media})}});
  return Json::object({{"versions", Json::array({v3})}});
}

Json type_json() {
  return Json::object({{"id", kTypeId},
                       {"name", kTypeName},
                       {"is_public", true},
                       {"description", "A qcow2 file on the host of the server that uses it"},
                       {"os-volume-type-access:is_public", true},
                       {"extra_specs", Json::object()}});
}

Error no_type(const Context& context) {
  return not_found("Volume type " + context.param("type").substr(0, 64) + " could not be found.");
}

struct Extension {
  const char *alias, *name;
};
// Those of Cinder's extensions whose routes or fields are served.
constexpr Extension kExtensions[] = {
    {"os-admin-actions", "AdminActions"},
    {"os-availability-zone", "AvailabilityZones"},
    {"os-extended-services", "ExtendedServices"},
    {"os-quota-sets", "Quotas"},
    {"os-services", "Services"},
    {"os-used-limits", "UsedLimits"},
    {"os-vol-host-attr", "VolumeHostAttribute"},
    {"os-vol-image-meta", "VolumeImageMetadata"},
    {"os-vol-mig-status-attr", "VolumeMigStatusAttribute"},
    {"os-vol-tenant-attr", "VolumeTenantAttribute"},
    {"os-volume-actions", "VolumeActions"},
    {"os-volume-type-access", "VolumeTypeAccess"},
};

}  // namespace

void add_version_routes(Router& router) {
  router.add("GET", "/", Access::open, [](const Request&, Context& c) -> Result<Response> {
    return Response::json(300, versions_json(c));
  });
  router.add("GET", "/v3", Access::open, [](const Request&, Context& c) -> Result<Response> {
    return Response::json(200, versions_json(c));
  });
}

Result<Response> Api::types(const Request&, Context&) {
  return Response::json(200, Json::object({{"volume_types", Json::array({type_json()})}}));
}

Result<Response> Api::type(const Request&, Context& context) {
  const std::string& asked = context.param("type");
  if (asked != kTypeId && asked != "default") return no_type(context);
  return Response::json(200, Json::object({{"volume_type", type_json()}}));
}

Result<Response> Api::type_specs(const Request&, Context& context) {
  if (context.param("type") != kTypeId) return no_type(context);
  return Response::json(200, Json::object({{"extra_specs", Json::object()}}));
}

Result<Response> Api::services(const Request& request, Context& context) {
  auto hosts = TRY(db_.read([&](db::Session& s) { return store::hosts(s); }));
  Json out = Json::array();
  TimeUs now = clock_.now_us();
  auto add = [&](const std::string& binary, const std::string& host, const std::string& zone,
                 TimeUs seen) {
    std::string binary_asked = request.query.get("binary"), host_asked = request.query.get("host");
    if ((!binary_asked.empty() && binary_asked != binary) ||
        (!host_asked.empty() && host_asked != host))
      return;
    Json item = Json::object({{"binary", binary},
                              {"host", host},
                              {"zone", zone},
                              {"status", "enabled"},
                              {"state", now - seen <= kHostSilentUs ? "up" : "down"},
                              {"updated_at", iso_naive(seen)},
                              {"disabled_reason", Json()}});
    if (context.microversion >= 7) item.set("cluster", Json());
    if (context.microversion >= 49 && binary == "cinder-volume")
      item.set("backend_state", now - seen <= kHostSilentUs ? "up" : "down");
    out.push_back(std::move(item));
  };
  add("cinder-scheduler", "nuri-storage", settings_.default_zone, now);
  for (const Host& h : hosts) add("cinder-volume", h.name + "@file", h.zone, h.seen_us);
  return Response::json(200, Json::object({{"services", out}}));
}

Result<Response> Api::zones(const Request&, Context&) {
  auto hosts = TRY(db_.read([&](db::Session& s) { return store::hosts(s); }));
  std::set<std::string> names = {settings_.default_zone};
  for (const Host& h : hosts) names.insert(h.zone);
  Json out = Json::array();
  for (const auto& name : names) {
    out.push_back(
        Json::object({{"zoneName", name}, {"zoneState", Json::object({{"available", true}})}}));
  }
  return Response::json(200, Json::object({{"availabilityZoneInfo", out}}));
}

Result<Response> Api::extensions(const Request&, Context&) {
  Json out = Json::array();
  for (const Extension& e : kExtensions) {
    out.push_back(Json::object({{"alias", e.alias},
                                {"name", e.name},
                                {"description", e.name},
                                {"links", Json::array()},
                                {"updated", "2022-08-31T00:00:00+00:00"}}));
  }
  return Response::json(200, Json::object({{"extensions", out}}));
}

}  // namespace nuri::storage
