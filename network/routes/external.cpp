#include "network/api/fields.h"
#include "network/routes/routes.h"
#include "services/base/log.h"

namespace nuri::network {

Status ensure_external_network(Service& service, const ExternalPlan& plan) {
  Caller cloud{true, "", ""};
  return service.write(cloud, [&](Work& w) -> Status {
    if (w.s.count("SELECT COUNT(*) FROM networks WHERE physical_network = ?1",
                  {plan.physical_network}) > 0)
      return {};
    Json network = Json::object({{"name", plan.name},
                                 {"router:external", true},
                                 {"project_id", ""},
                                 {"is_default", true},
                                 {"provider:network_type", "flat"},
                                 {"provider:physical_network", plan.physical_network}});
    Network made = TRY(create_network(w, network));
    size_t dash = plan.pool.find('-');
    if (dash == std::string::npos)
      return bad_request("external.pool must be FIRST-LAST.", "external.pool");
    Json pool =
        Json::object({{"start", plan.pool.substr(0, dash)}, {"end", plan.pool.substr(dash + 1)}});
    Json subnet = Json::object({{"name", plan.name + "-subnet"},
                                {"network_id", made.id},
                                {"cidr", plan.cidr},
                                {"ip_version", 4},
                                {"gateway_ip", plan.gateway},
                                {"enable_dhcp", false},
                                {"allocation_pools", Json::array({pool})}});
    TRYV(create_subnet(w, subnet));
    log::info("made the external network", {{"network", made.id}, {"cidr", plan.cidr}});
    return {};
  });
}

}  // namespace nuri::network
