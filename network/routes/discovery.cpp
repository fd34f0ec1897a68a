#include "network/routes/routes.h"

// Versions, resources, extensions and the small read-only collections around them.
namespace nuri::network {

namespace {

struct Extension {
  const char* alias;
  const char* name;
  const char* description;
};

// Only what is served.
constexpr Extension kExtensions[] = {
    {"agent", "agent", "The agent management extension."},
    {"allowed-address-pairs", "Allowed Address Pairs", "Provides allowed address pairs"},
    {"availability_zone", "Availability Zone", "The availability zone extension."},
    {"binding", "Port Binding", "Expose port bindings of a virtual port to external application"},
    {"empty-string-filtering", "Empty String Filtering Extension",
     "Allow filtering by attributes with empty string value"},
    {"ext-gw-mode", "Neutron L3 Configurable external gateway mode",
     "Extension of the router abstraction for specifying whether SNAT should occur on the external "
     "gateway"},
    {"external-net", "Neutron external network",
     "Adds external network attribute to network resource."},
    {"extra_dhcp_opt", "Neutron Extra DHCP options",
     "Extra options configuration for DHCP. For example PXE boot options to DHCP clients can be "
     "specified (e.g. tftp-server, server-ip-address, bootfile-name)"},
    {"extraroute", "Neutron Extra Route", "Extra routes configuration for L3 router"},
    {"filter-validation", "Filter parameters validation",
     "Provides validation on filter parameters."},
    {"ip-substring-filtering", "IP address substring filtering",
     "Provides IP address substring filtering when listing ports"},
    {"net-mtu", "Network MTU", "Provides MTU attribute for a network resource."},
    {"net-mtu-writable", "Network MTU (writable)",
     "Provides a writable MTU attribute for a network resource."},
    {"network_availability_zone", "Network Availability Zone",
     "Availability zone support for network."},
    {"pagination", "Pagination support", "Extension that indicates that pagination is enabled."},
    {"port-security", "Port Security", "Provides port security"},
    {"project-id", "project_id field enabled",
     "Extension that indicates that project_id field is enabled."},
    {"provider", "Provider Network", "Expose mapping of virtual networks to physical networks"},
    {"quota_details", "Quota details management support",
     "Expose functions for quotas usage statistics per project"},
    {"quotas", "Quota management support", "Expose functions for quotas management per project"},
    {"router", "Neutron L3 Router",
     "Router abstraction for basic L3 forwarding between L2 Neutron networks and access to "
     "external networks via a NAT gateway."},
    {"router_availability_zone", "Router Availability Zone",
     "Availability zone support for router."},
    {"security-group", "security-group", "The security groups extension."},
    {"sorting", "Sorting support", "Extension that indicates that sorting is enabled."},
    {"standard-attr-description", "standard-attr-description",
     "Extension to add descriptions to standard attributes"},
    {"standard-attr-revisions", "Resource revision numbers",
     "This extension will display the revision number of neutron resources."},
    {"standard-attr-tag",
     "Tag support for resources with standard attribute: network, subnet, port, router, "
     "floatingip, security_group, subnetpool",
     "Enables to set tag on resources with standard attribute."},
    {"standard-attr-timestamp", "Resource timestamps",
     "Adds created_at and updated_at fields to all Neutron resources that have Neutron standard "
     "attributes."},
    {"stateful-security-group", "Stateful security group",
     "Indicates if the security group is stateful or not"},
    {"subnet_allocation", "Subnet Allocation", "Enables allocation of subnets from a subnet pool"},
};

Json extension_json(const Extension& e) {
  return Json::object({{"alias", e.alias},
                       {"name", e.name},
                       {"description", e.description},
                       {"updated", "2013-01-01T00:00:00-00:00"},
                       {"links", Json::array()}});
}

constexpr std::pair<const char*, const char*> kResources[] = {
    {"subnet", "subnets"},
    {"subnetpool", "subnetpools"},
    {"network", "networks"},
    {"port", "ports"},
    {"router", "routers"},
    {"floatingip", "floatingips"},
    {"security_group", "security-groups"},
    {"security_group_rule", "security-group-rules"},
    {"quota", "quotas"},
    {"agent", "agents"},
    {"availability_zone", "availability_zones"},
    {"extension", "extensions"}};

Result<Response> versions(const Request&, Context& x) {
  Json link = Json::object({{"rel", "self"}, {"href", x.base_url + "/v2.0/"}});
  Json v2 = Json::object({{"id", "v2.0"}, {"status", "CURRENT"}, {"links", Json::array({link})}});
  return Response::json(200, Json::object({{"versions", Json::array({v2})}}));
}

Result<Response> resources(const Request&, Context& x) {
  Json out = Json::array();
  for (auto [name, collection] : kResources) {
    Json link = Json::object({{"rel", "self"}, {"href", x.base_url + "/v2.0/" + collection}});
    out.push_back(
        Json::object({{"name", name}, {"collection", collection}, {"links", Json::array({link})}}));
  }
  return Response::json(200, Json::object({{"resources", out}}));
}

Result<Response> extensions(const Request&, Context&) {
  Json out = Json::array();
  for (const Extension& e : kExtensions) out.push_back(extension_json(e));
  return Response::json(200, Json::object({{"extensions", out}}));
}

Result<Response> extension(const Request&, Context& x) {
  for (const Extension& e : kExtensions) {
    if (x.param("alias") == e.alias)
      return Response::json(200, Json::object({{"extension", extension_json(e)}}));
  }
  return Error(ErrorCode::not_found,
               "Extension with alias " + x.param("alias").substr(0, 80) + " does not exist.")
      .with_type("ExtensionNotFound");
}

Result<Response> zones(const Request&, Context&) {
  Json out = Json::array();
  for (const char* resource : {"network", "router"}) {
    out.push_back(Json::object({{"name", "nova"}, {"resource", resource}, {"state", "available"}}));
  }
  return Response::json(200, Json::object({{"availability_zones", out}}));
}

}  // namespace

void add_discovery_routes(Router& router, std::shared_ptr<Service> service) {
  router.add("GET", "/", Access::open, versions);
  router.add("GET", "/v2.0", Access::open, resources);
  router.add("GET", "/v2.0/extensions", Access::token, extensions);
  router.add("GET", "/v2.0/extensions/{alias}", Access::token, extension);
  router.add("GET", "/v2.0/availability_zones", Access::reader, zones);
  router.add("GET", "/v2.0/agents", Access::admin,
             [service](const Request&, Context&) -> Result<Response> {
               return Response::json(200, Json::object({{"agents", service->agents()}}));
             });
  router.add("GET", "/v2.0/agents/{id}", Access::admin,
             [service](const Request&, Context& x) -> Result<Response> {
               Json agents = service->agents();
               for (const Json& a : agents.as_array()) {
                 if (a["id"].as_string() == x.param("id"))
                   return Response::json(200, Json::object({{"agent", a}}));
               }
               return Error(ErrorCode::not_found,
                            "Agent " + x.param("id").substr(0, 80) + " could not be found.")
                   .with_type("AgentNotFound");
             });
}

}  // namespace nuri::network
