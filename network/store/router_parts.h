#pragma once

#include "network/domain/addresses.h"
#include "network/store/work.h"

// What the files of routers share.
namespace nuri::network {

inline Error refuse(ErrorCode code, const char* type, std::string message, std::string field = {}) {
  return neutron_error_of(code, type, std::move(message), std::move(field));
}
// The same transaction, with the cloud's own rights.
Work as_cloud(Work& w);
std::vector<Port> interfaces(Work& w, const std::string& router_id);

// Extra routes: at most 30, each of one IP version, none twice.
Result<std::vector<HostRoute>> read_routes(const Json& asked);
// Each must lead to a next hop in a subnet the router stands in.
Status set_routes(Work& w, VirtualRouter& r, std::vector<HostRoute> routes);
Status check_routes_without(Work& w, const VirtualRouter& r, const Port& going);

}  // namespace nuri::network
