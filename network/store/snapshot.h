#pragma once

#include "network/api/types.h"
#include "services/db/database.h"

namespace nuri::network {

// All that the virtual network is made of, at one moment.
struct Snapshot {
  std::vector<Network> networks;
  std::vector<Subnet> subnets;
  std::vector<Port> ports;
  std::vector<VirtualRouter> routers;
  std::vector<FloatingIp> floating_ips;
  std::vector<SecurityGroup> groups;
  std::vector<AddressGroup> address_groups;
};

Result<Snapshot> take_snapshot(db::Database& database);
// What the driver saw of the ports; written only where it differs. Returns how many changed.
struct PortStatus {
  std::string id, status;
};
Result<int64_t> store_statuses(db::Database& database, const std::vector<PortStatus>& statuses);

}  // namespace nuri::network
