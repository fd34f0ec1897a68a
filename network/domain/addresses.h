#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "network/api/types.h"
#include "services/base/net.h"

// Which addresses a subnet has and which one is next. Pure.
namespace nuri::network {

Error neutron_error_of(ErrorCode code, std::string type, std::string message,
                       std::string field = {});

// The first address after the network's own.
std::string default_gateway(const Cidr& cidr);
// All of the subnet but its network address, the gateway and (IPv4) the broadcast address.
std::vector<Pool> default_pools(const Cidr& cidr, const std::optional<std::string>& gateway);
// Each inside the subnet, in order, not overlapping, without the gateway. Sorted, canonical texts.
Result<std::vector<Pool>> checked_pools(const Json& raw, const Cidr& cidr,
                                        const std::optional<std::string>& gateway);
// The cidr as given with host bits cleared, of the ip_version, and big enough to hold a host.
Result<Cidr> checked_cidr(const std::string& text, int64_t ip_version);
// May a host use it: inside the subnet and neither its network nor (IPv4) its broadcast address.
bool usable(const Cidr& cidr, const IpAddress& address);
// The lowest address of the pools that is not taken.
std::optional<std::string> next_free(const std::vector<Pool>& pools,
                                     const std::function<bool(const std::string&)>& taken);
// RFC 4291, appendix A: the prefix and the MAC as a modified EUI-64.
std::string eui64_address(const Cidr& prefix, const std::string& mac);
// The first block of `prefix` bits of the pools that overlaps none of `used`.
std::optional<Cidr> next_block(const std::vector<Cidr>& pools, int prefix,
                               const std::vector<Cidr>& used);

}  // namespace nuri::network
