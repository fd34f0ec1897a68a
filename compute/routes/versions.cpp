#include "compute/routes/app.h"

// The version documents every client asks for first, without a token.
namespace nuri::compute {

namespace {

constexpr const char* kUpdated20 = "2011-01-21T11:33:21Z";
constexpr const char* kUpdated21 = "2013-07-23T11:33:21Z";

Json version(const std::string& base, const char* path, const char* id, bool current) {
  return Json::object(
      {{"id", id},
       {"status", current ? "CURRENT" : "SUPPORTED"},
       {"version", current ? "2.93" : ""},
       {"min_version", current ? "2.1" : ""},
       {"updated", current ? kUpdated21 : kUpdated20},
       {"links", Json::array({Json::object({{"rel", "self"}, {"href", base + path}})})}});
}

Json one(const std::string& base, const char* path, const char* id, bool current) {
  Json v = version(base, path, id, current);
  v["links"].push_back(Json::object(
      {{"rel", "describedby"}, {"type", "text/html"}, {"href", "http://docs.openstack.org/"}}));
  v.set("media-types",
        Json::array(
            {Json::object({{"base", "application/json"},
                           {"type", std::string("application/vnd.openstack.compute+json;version=") +
                                        (current ? "2.1" : "2")}})}));
  return Json::object({{"version", v}});
}

// Only what /extensions is asked for by name.
Json::Array extensions() {
  static const std::vector<std::pair<const char*, const char*>> kAliases = {
      {"os-availability-zone", "AvailabilityZone"},
      {"os-extended-availability-zone", "ExtendedAvailabilityZone"},
      {"os-extended-server-attributes", "ExtendedServerAttributes"},
      {"os-extended-status", "ExtendedStatus"},
      {"os-extended-volumes", "ExtendedVolumes"},
      {"os-flavor-access", "FlavorAccess"},
      {"os-flavor-extra-specs", "FlavorExtraSpecs"},
      {"os-flavor-manage", "FlavorManage"},
      {"os-hypervisors", "Hypervisors"},
      {"os-instance-actions", "InstanceActions"},
      {"os-attach-interfaces", "AttachInterfaces"},
      {"os-keypairs", "Keypairs"},
      {"os-console-output", "ConsoleOutput"},
      {"os-quota-sets", "Quotas"},
      {"os-security-groups", "SecurityGroups"},
      {"os-server-password", "ServerPassword"},
      {"os-server-usage", "ServerUsage"},
      {"os-services", "Services"},
      {"os-simple-tenant-usage", "SimpleTenantUsage"},
      {"os-user-data", "UserData"},
      {"os-used-limits", "UsedLimits"},
      {"os-networks", "Networks"},
      {"os-floating-ips", "FloatingIps"},
      {"os-volumes", "Volumes"},
      {"os-consoles", "Consoles"},
      {"os-remote-consoles", "RemoteConsoles"},
      {"os-aggregates", "Aggregates"},
      {"os-server-groups", "ServerGroups"},
      {"os-quota-class-sets", "QuotaClasses"},
      {"os-migrations", "Migrations"},
      {"os-hosts", "Hosts"},
      {"os-tenant-networks", "OSTenantNetworks"},
      {"os-instance-usage-audit-log", "OSInstanceUsageAuditLog"},
      {"os-server-external-events", "ServerExternalEvents"},
      {"os-server-diagnostics", "ServerDiagnostics"},
      {"os-admin-actions", "AdminActions"},
      {"os-lock-server", "LockServer"},
      {"os-pause-server", "PauseServer"},
      {"os-suspend-server", "SuspendServer"},
      {"os-shelve", "Shelve"},
      {"os-rescue", "Rescue"},
  };
  Json::Array list;
  for (const auto& [alias, name] : kAliases) {
    list.push_back(Json::object({{"alias", alias},
                                 {"name", name},
                                 {"description", std::string(name) + "."},
                                 {"links", Json::array()},
                                 {"namespace", "http://docs.openstack.org/compute/ext/fake_xml"},
                                 {"updated", "2014-12-03T00:00:00Z"}}));
  }
  return list;
}

}  // namespace

void add_version_routes(Router& router) {
  router.add("GET", "/", Access::open, [](const Request&, Context& c) -> Result<Response> {
    return Response::json(
        200,
        Json::object({{"versions", Json::array({version(c.base_url, "/v2/", "v2.0", false),
                                                version(c.base_url, "/v2.1/", "v2.1", true)})}}));
  });
  router.add("GET", "/v2", Access::open, [](const Request&, Context& c) -> Result<Response> {
    return Response::json(200, one(c.base_url, "/v2/", "v2.0", false));
  });
  router.add("GET", "/v2.1", Access::open, [](const Request&, Context& c) -> Result<Response> {
    return Response::json(200, one(c.base_url, "/v2.1/", "v2.1", true));
  });
  router.add("GET", "/v2.1/extensions", Access::reader,
             [](const Request&, Context&) -> Result<Response> {
               return Response::json(200, Json::object({{"extensions", extensions()}}));
             });
  router.add("GET", "/v2.1/extensions/{alias}", Access::reader,
             [](const Request&, Context& c) -> Result<Response> {
               for (const Json& e : extensions()) {
                 if (e["alias"].as_string() == c.param("alias"))
                   return Response::json(200, Json::object({{"extension", e}}));
               }
               return not_found("There is no extension '" + c.param("alias").substr(0, 255) + "'.");
             });
}

}  // namespace nuri::compute
