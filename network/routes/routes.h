#pragma once

#include "network/routes/collection.h"

namespace nuri::network {

Json port_json(const Port& p, bool admin);

void add_resource_routes(Router& router, std::shared_ptr<Service> service);
void add_group_routes(Router& router, std::shared_ptr<Service> service);
void add_discovery_routes(Router& router, std::shared_ptr<Service> service);
void add_quota_routes(Router& router, std::shared_ptr<Service> service);
void add_availability_routes(Router& router, std::shared_ptr<Service> service);
void add_internal_routes(Router& router, std::shared_ptr<Service> service);
// All of them, and the outbox's.
void add_routes(Router& router, std::shared_ptr<Service> service);

// nuri.toml's [external].
struct ExternalPlan {
  std::string name = "public", physical_network = "physnet1", cidr = "172.24.4.0/24";
  std::string gateway = "172.24.4.1", pool = "172.24.4.10-172.24.4.250";
};
// Makes it where no external network is on that physical network yet.
Status ensure_external_network(Service& service, const ExternalPlan& plan);

}  // namespace nuri::network
