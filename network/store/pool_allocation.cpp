#include <algorithm>

#include "network/api/fields.h"
#include "network/domain/addresses.h"
#include "network/store/pool_allocation.h"

namespace nuri::network {

namespace {

Status check_prefix(const SubnetPool& pool, int64_t prefix) {
  if (prefix >= pool.min_prefix && prefix <= pool.max_prefix) return {};
  return neutron_error_of(ErrorCode::bad_request,
                          prefix < pool.min_prefix ? "MinPrefixSubnetAllocationError"
                                                   : "MaxPrefixSubnetAllocationError",
                          "Unable to allocate subnet with prefix length " + std::to_string(prefix) +
                              ": allowed are " + std::to_string(pool.min_prefix) + " to " +
                              std::to_string(pool.max_prefix) + ".",
                          "prefixlen");
}

// What a subnet takes of its pool's quota: addresses of IPv4, networks of 64 bits of IPv6.
int64_t weight(const Cidr& cidr) {
  int64_t whole = cidr.base.v4 ? 32 : 64;
  return cidr.prefix >= whole ? 1 : int64_t{1} << std::min<int64_t>(whole - cidr.prefix, 62);
}

Status check_pool_quota(Work& w, const SubnetPool& pool, const std::string& project_id,
                        const Cidr& fresh) {
  if (!pool.default_quota) return {};
  int64_t left = *pool.default_quota - weight(fresh);
  for (const Subnet& s :
       subnets().where(w.s, "subnetpool_id = ?1 AND project_id = ?2", {pool.id, project_id}))
    left -= weight(*Cidr::parse(s.cidr));
  if (left >= 0) return {};
  return neutron_error_of(ErrorCode::conflict, "SubnetPoolQuotaExceeded",
                          "Per-project subnet pool prefix quota exceeded.");
}

}  // namespace

// The pool that a request without one takes: the default of the version, where it asks for it.
Result<std::string> default_pool(Work& w, int64_t version) {
  auto found = w.s.one("SELECT id FROM subnet_pools WHERE is_default = 1 AND ip_version = ?1",
                       {version}, [](const db::Row& r) { return r.text(0); });
  if (found) return *found;
  return neutron_error_of(
      ErrorCode::bad_request, "BadRequest",
      "Bad subnets request: No default subnetpool found for IPv" + std::to_string(version) + ".",
      "use_default_subnetpool");
}

// subnetpool_id + prefixlen: the pool's first free block; a cidr given too must lie in the pool.
Result<Cidr> from_pool(Work& w, const SubnetPool& pool, const std::string& project_id,
                       const Json& body) {
  std::vector<Cidr> blocks, used;
  for (const std::string& p : pool.prefixes) blocks.push_back(*Cidr::parse(p));
  for (const Subnet& s : subnets().where(w.s, "subnetpool_id = ?1", {pool.id}))
    used.push_back(*Cidr::parse(s.cidr));
  if (body["cidr"].is_string()) {
    Cidr wanted = TRY(checked_cidr(body["cidr"].as_string(), pool.ip_version));
    bool inside = std::any_of(blocks.begin(), blocks.end(), [&](const Cidr& b) {
      return b.prefix <= wanted.prefix && b.contains(wanted.base);
    });
    bool taken =
        std::any_of(used.begin(), used.end(), [&](const Cidr& u) { return u.overlaps(wanted); });
    if (inside && !taken) {
      TRYV(check_prefix(pool, wanted.prefix));
      TRYV(check_pool_quota(w, pool, project_id, wanted));
      return wanted;
    }
    return neutron_error_of(ErrorCode::conflict, "SubnetAllocationError",
                            "Failed to allocate subnet: Cannot allocate requested subnet from the "
                            "available set of prefixes.");
  }
  const Json& length = body["prefixlen"];
  int64_t prefix = length.is_null()     ? pool.default_prefix
                   : length.is_string() ? std::stoll(length.as_string())
                                        : length.as_int();
  TRYV(check_prefix(pool, prefix));
  auto block = next_block(blocks, static_cast<int>(prefix), used);
  if (block) TRYV(check_pool_quota(w, pool, project_id, *block));
  if (!block) {
    return neutron_error_of(
        ErrorCode::conflict, "SubnetAllocationError",
        "Failed to allocate subnet: Insufficient prefix space to allocate subnet size /" +
            std::to_string(prefix) + ".");
  }
  return *block;
}

}  // namespace nuri::network
