#include "network/main/documents.h"

namespace nuri::network {

Documents documents() {
  Documents d;
  d.like("GET", "/", R"({"versions": [{"id": "", "status": "", "links": []}]})");
  d.like("GET", "/v2.0", R"({"resources": [{"name": "", "collection": "", "links": []}]})");
  d.like("GET", "/v2.0/extensions", R"({"extensions": [{"alias": "", "name": "",
      "description": "", "updated": "", "links": []}]})");
  d.like("GET", "/v2.0/extensions/{alias}", R"({"extension": {"alias": "", "name": "",
      "description": "", "updated": "", "links": []}})");
  d.like("GET", "/v2.0/availability_zones",
         R"({"availability_zones": [{"name": "", "resource": "", "state": ""}]})");
  d.like("GET", "/v2.0/service-providers", R"({"service_providers": []})");
  d.like("GET", "/v2.0/agents", R"({"agents": [{"id": "", "agent_type": "", "binary": "",
      "host": "", "alive": true, "admin_state_up": true}]})");
  d.like("GET", "/v2.0/agents/{id}", R"({"agent": {"id": "", "agent_type": "", "binary": "",
      "host": "", "alive": true, "admin_state_up": true}})");
  for (const char* who : {"tenant", "project"})
    d.like("GET", std::string("/v2.0/quotas/") + who, R"({"tenant": {"tenant_id": ""}})");
  constexpr const char* kAvailability = R"({"network_id": "", "network_name": "", "project_id": "",
      "tenant_id": "", "total_ips": 1, "used_ips": 1, "subnet_ip_availability": []})";
  d.add("GET", "/v2.0/network-ip-availabilities")
      .answers(listed("network_ip_availabilities", schema_like(kAvailability)));
  d.add("GET", "/v2.0/network-ip-availabilities/{id}")
      .answers(wrapped("network_ip_availability", schema_like(kAvailability)));
  d.like("GET", "/v2.0/auto-allocated-topology/{project}",
         R"({"auto_allocated_topology": {"id": "", "tenant_id": ""}})");
  return d;
}

}  // namespace nuri::network
