#include "network/domain/listing.h"
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
    {"address-group", "Address group", "Support address group"},
    {"agent", "agent", "The agent management extension."},
    {"allowed-address-pairs", "Allowed Address Pairs", "Provides allowed address pairs"},
    {"availability_zone", "Availability Zone", "The availability zone extension."},
    {"binding", "Port Binding", "Expose port bindings of a virtual port to external application"},
    {"default-subnetpools", "Default Subnetpools",
     "Provides ability to mark and use a subnetpool as the default."},
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
    {"extraroute-atomic", "Atomically add/remove extra routes",
     "Edit extra routes of a router on server side by atomically adding/removing extra routes"},
    {"filter-validation", "Filter parameters validation",
     "Provides validation on filter parameters."},
    {"ip-substring-filtering", "IP address substring filtering",
     "Provides IP address substring filtering when listing ports"},
    {"net-mtu", "Network MTU", "Provides MTU attribute for a network resource."},
    {"net-mtu-writable", "Network MTU (writable)",
     "Provides a writable MTU attribute for a network resource."},
    {"network_availability_zone", "Network Availability Zone",
     "Availability zone support for network."},
    {"network-ip-availability", "Network IP Availability",
     "Provides IP availability data for each network and subnet."},
    {"pagination", "Pagination support", "Extension that indicates that pagination is enabled."},
    {"port-security", "Port Security", "Provides port security"},
    {"project-id", "project_id field enabled",
     "Extension that indicates that project_id field is enabled."},
    {"provider", "Provider Network", "Expose mapping of virtual networks to physical networks"},
    {"quota_details", "Quota details management support",
     "Expose functions for quotas usage statistics per project"},
    {"quotas", "Quota management support", "Expose functions for quotas management per project"},
    {"rbac-address-group", "Add address_group type to RBAC", "Add address_group type to RBAC"},
    {"rbac-policies", "RBAC Policies",
     "Allows creation and modification of policies that control tenant access to resources."},
    {"rbac-security-groups", "Add security_group type to network RBAC",
     "Add security_group type to network RBAC"},
    {"rbac-subnetpool", "Add subnetpool type to RBAC", "Add subnetpool type to RBAC"},
    {"revision-if-match", "If-Match constraints based on revision_number",
     "Extension indicating that If-Match based on revision_number is supported."},
    {"router", "Neutron L3 Router",
     "Router abstraction for basic L3 forwarding between L2 Neutron networks and access to "
     "external networks via a NAT gateway."},
    {"router_availability_zone", "Router Availability Zone",
     "Availability zone support for router."},
    {"security-group", "security-group", "The security groups extension."},
    {"security-groups-normalized-cidr", "Normalized CIDR field for security group rules",
     "Add new field with normalized remote_ip_prefix cidr in SG rule"},
    {"security-groups-remote-address-group",
     "Remote address group id field for security group rules",
     "Add new field of remote address group id in SG rules"},
    {"service-type", "Neutron Service Type Management",
     "API for retrieving service providers for Neutron advanced services"},
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
    {"subnetpool-prefix-ops", "Subnet Pool Prefix Operations",
     "Provides support for adjusting the prefix list of subnet pools"},
    {"tag", "Tag support", "Enables to set tag on resources."},
    {"tag-ext", "Tag support for resources: subnet, subnetpool, port, router",
     "Extends tag support to more L2 and L3 resources."},
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
    {"address_group", "address-groups"},
    {"rbac_policy", "rbac-policies"},
    {"network_ip_availability", "network-ip-availabilities"},
    {"service_provider", "service-providers"},
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

// One implementation of routers, and no choice of it.
Result<Response> providers(const Request&, Context&) {
  Json ovn = Json::object({{"service_type", "L3_ROUTER_NAT"}, {"name", "ovn"}, {"default", true}});
  return Response::json(200, Json::object({{"service_providers", Json::array({ovn})}}));
}

// Agents are for administrators; to others, as Neutron has it, there are none.
Json agents_for(Service& service, Context& x) {
  bool allowed = x.claims.is_admin() || x.claims.is_service();
  return allowed ? service.agents() : Json::array();
}

Result<Response> list_agents(Service& service, const Request& r, Context& x) {
  Json all = agents_for(service, x);
  Page page = TRY(list_page(all.as_array(), r.query,
                            {"id", "agent_type", "binary", "host", "topic", "alive",
                             "admin_state_up", "availability_zone", "description"}));
  Json out = Json::array();
  for (Json& item : page.items) out.push_back(with_fields(std::move(item), r.query));
  return Response::json(200, Json::object({{"agents", std::move(out)}}));
}

Result<Response> show_agent(Service& service, Context& x) {
  Json all = agents_for(service, x);
  for (const Json& a : all.as_array()) {
    if (a["id"].as_string() == x.param("id"))
      return Response::json(200, Json::object({{"agent", a}}));
  }
  return Error(ErrorCode::not_found,
               "Agent " + x.param("id").substr(0, 80) + " could not be found.")
      .with_type("AgentNotFound");
}

Result<Response> no_auto_topology(const Request&, Context&) {
  return not_found(
      "The extension auto-allocated-topology is not served by this cloud: create a network, a "
      "subnet and a router instead.");
}

}  // namespace

void add_discovery_routes(Router& router, std::shared_ptr<Service> service) {
  add_route(router, "GET", "/", versions);
  add_route(router, "GET", "/v2.0", resources);
  add_route(router, "GET", "/v2.0/extensions", extensions);
  add_route(router, "GET", "/v2.0/extensions/{alias}", extension);
  add_route(router, "GET", "/v2.0/availability_zones", zones);
  add_route(router, "GET", "/v2.0/service-providers", providers);
  add_route(router, "GET", "/v2.0/agents",
            [service](const Request& r, Context& x) { return list_agents(*service, r, x); });
  add_route(router, "GET", "/v2.0/agents/{id}",
            [service](const Request&, Context& x) { return show_agent(*service, x); });
  for (const char* method : {"GET", "DELETE"})
    add_route(router, method, "/v2.0/auto-allocated-topology/{project}", no_auto_topology);
}

}  // namespace nuri::network
