#pragma once

#include "network/api/types.h"
#include "services/base/result.h"

// Security group rules: reading them with Neutron's checks, and telling two alike. Pure.
namespace nuri::network {

// Fills ethertype, protocol, ports and remote_ip_prefix of `rule` from the request.
Status read_rule(Rule& rule, const Json& body);
// The same traffic in the same group.
bool same_rule(const Rule& a, const Rule& b);
// IP protocol number of a name or a number's text; nullopt if unknown. -1 for "any".
std::optional<int> protocol_number(const std::string& name);

}  // namespace nuri::network
