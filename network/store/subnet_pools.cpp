#include <algorithm>

#include "network/api/fields.h"
#include "network/domain/addresses.h"
#include "network/store/work.h"

namespace nuri::network {

namespace {

// Prefixes canonical and of one version; lengths filled with Neutron's defaults and in order.
Status complete(SubnetPool& p) {
  bool v4 = Cidr::parse(p.prefixes.front())->base.v4;
  std::vector<Cidr> seen;
  for (std::string& text : p.prefixes) {
    Cidr cidr = *Cidr::parse(text);
    if (cidr.base.v4 != v4)
      return bad_request("the prefixes of a pool must be all IPv4 or all IPv6.", "prefixes");
    for (const Cidr& other : seen) {
      if (other.overlaps(cidr))
        return bad_request("the prefixes " + other.str() + " and " + cidr.str() + " overlap.",
                           "prefixes");
    }
    seen.push_back(cidr);
    text = cidr.str();
  }
  p.ip_version = v4 ? 4 : 6;
  int64_t most = v4 ? 32 : 128;
  if (p.min_prefix == 0) p.min_prefix = v4 ? 8 : 64;
  if (p.max_prefix == 0) p.max_prefix = most;
  if (p.default_prefix == 0) p.default_prefix = std::max<int64_t>(p.min_prefix, v4 ? 8 : 64);
  if (p.max_prefix > most)
    return bad_request("max_prefixlen is at most " + std::to_string(most) + ".", "max_prefixlen");
  if (p.min_prefix > p.max_prefix)
    return bad_request("min_prefixlen must not be larger than max_prefixlen.", "min_prefixlen");
  if (p.default_prefix < p.min_prefix || p.default_prefix > p.max_prefix) {
    return bad_request("default_prefixlen must lie between min_prefixlen and max_prefixlen.",
                       "default_prefixlen");
  }
  return {};
}

Status admin_for(Work& w, bool wanted, const char* field) {
  if (!wanted || w.caller.admin) return {};
  return forbidden(std::string("Policy does not allow the attribute ") + field +
                   " to be set by other than an administrator.");
}

}  // namespace

Result<SubnetPool> create_subnet_pool(Work& w, const Json& body) {
  SubnetPool p = TRY(kSubnetPoolCreate.read(body));
  TRYV(begin(w, p, body));
  TRYV(admin_for(w, p.shared, "shared"));
  TRYV(admin_for(w, p.is_default, "is_default"));
  TRYV(complete(p));
  TRYV(check_quota(w, p.project_id, "subnetpool"));
  subnet_pools().insert(w.s, p);
  return p;
}

Result<SubnetPool> update_subnet_pool(Work& w, SubnetPool row, const Json& body) {
  TRYV(must_own(w, row, "update_subnetpool"));
  SubnetPool next = row;
  TRYV(kSubnetPoolUpdate.update(next, body));
  TRYV(admin_for(w, next.is_default != row.is_default, "is_default"));
  TRYV(complete(next));
  if (next.ip_version != row.ip_version)
    return bad_request("the IP version of a pool's prefixes cannot change.", "prefixes");
  for (const std::string& old : row.prefixes) {
    Cidr before = *Cidr::parse(old);
    bool kept =
        std::any_of(next.prefixes.begin(), next.prefixes.end(), [&](const std::string& text) {
          Cidr c = *Cidr::parse(text);
          return c.prefix <= before.prefix && c.contains(before.network());
        });
    if (!kept) {
      return neutron_error_of(
          ErrorCode::bad_request, "IllegalSubnetPoolPrefixUpdate",
          "Illegal update to prefixes: existing prefixes must be a subset of the new prefixes; " +
              old + " is missing.",
          "prefixes");
    }
  }
  touch(w, next);
  subnet_pools().update(w.s, next);
  return next;
}

Status delete_subnet_pool(Work& w, const SubnetPool& row) {
  TRYV(must_own(w, row, "delete_subnetpool"));
  if (w.s.count("SELECT COUNT(*) FROM subnets WHERE subnetpool_id = ?1", {row.id}) > 0) {
    return neutron_error_of(ErrorCode::conflict, "SubnetPoolDeleteError",
                            "Unable to delete subnet pool: Subnet pool has existing allocations.");
  }
  subnet_pools().erase(w.s, row.id);
  return {};
}

}  // namespace nuri::network
