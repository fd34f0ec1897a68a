#pragma once

#include "network/store/work.h"
#include "services/base/net.h"

// Blocks of subnet pools.
namespace nuri::network {

// The default pool of an IP version.
Result<std::string> default_pool(Work& w, int64_t version);
// The block that a subnet's request takes from the pool, within what the project may have of it.
Result<Cidr> from_pool(Work& w, const SubnetPool& pool, const std::string& project_id,
                       const Json& body);

}  // namespace nuri::network
