#include "network/domain/addresses.h"

#include <algorithm>

#include "network/api/fields.h"

namespace nuri::network {

Error neutron_error_of(ErrorCode code, std::string type, std::string message, std::string field) {
  return Error(code, std::move(message), std::move(field)).with_type(std::move(type));
}

namespace {

Error invalid(std::string message, std::string field) {
  return neutron_error_of(ErrorCode::bad_request, "InvalidInput",
                          "Invalid input for operation: " + std::move(message), std::move(field));
}

int bits(const Cidr& cidr) { return cidr.base.v4 ? 32 : 128; }

IpAddress minus_one(const IpAddress& a) { return a.plus(UINT64_MAX); }

IpAddress before(const IpAddress& a) {
  // plus() wraps within 64 bits of carry only for IPv4; step down by hand for IPv6.
  if (a.v4) return minus_one(a);
  IpAddress out = a;
  for (int i = 15; i >= 0; --i) {
    if (out.bytes[static_cast<size_t>(i)]-- != 0) break;
  }
  return out;
}

}  // namespace

std::string default_gateway(const Cidr& cidr) {
  bool single = cidr.prefix >= bits(cidr) - 1;
  return single ? cidr.network().str() : cidr.network().plus(1).str();
}

std::vector<Pool> default_pools(const Cidr& cidr, const std::optional<std::string>& gateway) {
  IpAddress first = cidr.network(), last = cidr.last();
  if (cidr.prefix < bits(cidr) - 1) {
    first = first.plus(1);
    if (cidr.base.v4) last = before(last);
  }
  auto hole = gateway ? IpAddress::parse(*gateway) : std::nullopt;
  if (!hole || *hole < first || *hole > last) return {{first.str(), last.str()}};
  std::vector<Pool> out;
  if (first < *hole) out.push_back({first.str(), before(*hole).str()});
  if (*hole < last) out.push_back({hole->plus(1).str(), last.str()});
  return out;
}

Result<std::vector<Pool>> checked_pools(const Json& raw, const Cidr& cidr,
                                        const std::optional<std::string>& gateway) {
  struct Range {
    IpAddress first, last;
  };
  std::vector<Range> ranges;
  for (const Json& item : raw.as_array()) {
    Pool pool = TRY(kPool.read(item));
    auto first = IpAddress::parse(pool.start), last = IpAddress::parse(pool.end);
    if (first->v4 != cidr.base.v4 || last->v4 != cidr.base.v4 || *last < *first) {
      return neutron_error_of(
          ErrorCode::bad_request, "InvalidAllocationPool",
          "The allocation pool " + pool.start + "-" + pool.end + " is not valid.",
          "allocation_pools");
    }
    if (!usable(cidr, *first) || !usable(cidr, *last)) {
      return neutron_error_of(ErrorCode::bad_request, "OutOfBoundsAllocationPool",
                              "The allocation pool " + pool.start + "-" + pool.end +
                                  " spans beyond the subnet cidr " + cidr.str() + ".",
                              "allocation_pools");
    }
    ranges.push_back({*first, *last});
  }
  std::sort(ranges.begin(), ranges.end(),
            [](const Range& a, const Range& b) { return a.first < b.first; });
  auto gate = gateway ? IpAddress::parse(*gateway) : std::nullopt;
  std::vector<Pool> out;
  for (size_t i = 0; i < ranges.size(); ++i) {
    if (i > 0 && ranges[i].first <= ranges[i - 1].last) {
      return neutron_error_of(ErrorCode::conflict, "OverlappingAllocationPools",
                              "Found overlapping allocation pools for subnet " + cidr.str() + ".");
    }
    if (gate && ranges[i].first <= *gate && *gate <= ranges[i].last) {
      return neutron_error_of(ErrorCode::conflict, "GatewayConflictWithAllocationPools",
                              "Gateway ip " + *gateway + " conflicts with allocation pool " +
                                  ranges[i].first.str() + "-" + ranges[i].last.str() + ".");
    }
    out.push_back({ranges[i].first.str(), ranges[i].last.str()});
  }
  return out;
}

Result<Cidr> checked_cidr(const std::string& text, int64_t ip_version) {
  auto cidr = Cidr::parse(text);
  if (!cidr) return invalid("'" + text + "' is not a valid IP subnet.", "cidr");
  if (cidr->base.v4 != (ip_version == 4)) {
    return invalid(
        "cidr " + text + " does not match the ip_version " + std::to_string(ip_version) + ".",
        "cidr");
  }
  if (cidr->prefix == 0) return invalid("cidr " + text + " has a prefix length of 0.", "cidr");
  Cidr out{cidr->network(), cidr->prefix};
  uint8_t top = out.base.bytes[0];
  bool loopback = cidr->base.v4 ? top == 127 : out.base == *IpAddress::parse("::1");
  bool multicast = cidr->base.v4 ? top >= 224 : top == 0xff;
  if (loopback || multicast)
    return invalid("cidr " + text + " is a loopback or multicast network.", "cidr");
  return out;
}

bool usable(const Cidr& cidr, const IpAddress& address) {
  if (!cidr.contains(address)) return false;
  if (cidr.prefix >= bits(cidr) - 1) return true;
  if (address == cidr.network()) return false;
  return !(cidr.base.v4 && address == cidr.last());
}

std::optional<std::string> next_free(const std::vector<Pool>& pools,
                                     const std::function<bool(const std::string&)>& taken) {
  for (const Pool& pool : pools) {
    auto at = IpAddress::parse(pool.start), last = IpAddress::parse(pool.end);
    if (!at || !last) continue;
    for (; *at <= *last; at = at->plus(1)) {
      std::string text = at->str();
      if (!taken(text)) return text;
      if (*at == *last) break;
    }
  }
  return std::nullopt;
}

std::string eui64_address(const Cidr& prefix, const std::string& mac) {
  IpAddress out = prefix.network();
  unsigned m[6] = {};
  std::sscanf(mac.c_str(), "%x:%x:%x:%x:%x:%x", &m[0], &m[1], &m[2], &m[3], &m[4], &m[5]);
  const unsigned id[8] = {m[0] ^ 2, m[1], m[2], 0xff, 0xfe, m[3], m[4], m[5]};
  for (size_t i = 0; i < 8; ++i) out.bytes[8 + i] = static_cast<uint8_t>(id[i]);
  return out.str();
}

std::optional<Cidr> next_block(const std::vector<Cidr>& pools, int prefix,
                               const std::vector<Cidr>& used) {
  constexpr int kMostBlocks = 65'536;
  for (const Cidr& pool : pools) {
    if (prefix < pool.prefix) continue;
    Cidr block{pool.network(), prefix};
    for (int i = 0; i < kMostBlocks && pool.contains(block.base); ++i) {
      auto hit =
          std::find_if(used.begin(), used.end(), [&](const Cidr& u) { return u.overlaps(block); });
      if (hit == used.end()) return block;
      IpAddress next = (hit->prefix < prefix ? hit->last() : block.last()).plus(1);
      if (next <= block.base) break;  // wrapped
      block.base = Cidr{next, prefix}.network();
      if (block.base < next) break;
    }
  }
  return std::nullopt;
}

}  // namespace nuri::network
