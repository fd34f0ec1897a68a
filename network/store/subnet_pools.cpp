#include <algorithm>

#include "network/api/fields.h"
#include "network/domain/addresses.h"
#include "network/store/policy.h"

namespace nuri::network {

namespace {

constexpr size_t kMostPrefixes = 100;

// Without those that lie within others, in order.
std::vector<std::string> compact(std::vector<Cidr> given) {
  std::sort(given.begin(), given.end(), [](const Cidr& a, const Cidr& b) {
    return a.prefix != b.prefix ? a.prefix < b.prefix : a.base < b.base;
  });
  std::vector<Cidr> kept;
  for (const Cidr& c : given) {
    bool inside =
        std::any_of(kept.begin(), kept.end(), [&](const Cidr& k) { return k.contains(c.base); });
    if (!inside) kept.push_back(c);
  }
  std::sort(kept.begin(), kept.end(), [](const Cidr& a, const Cidr& b) { return a.base < b.base; });
  std::vector<std::string> out;
  for (const Cidr& c : kept) out.push_back(c.str());
  return out;
}

// Prefixes canonical and of one version; lengths filled with Neutron's defaults and in order.
Status complete(SubnetPool& p) {
  bool v4 = Cidr::parse(p.prefixes.front())->base.v4;
  std::vector<Cidr> given;
  for (const std::string& text : p.prefixes) {
    Cidr cidr = *Cidr::parse(text);
    if (cidr.base.v4 != v4)
      return bad_request("the prefixes of a pool must be all IPv4 or all IPv6.", "prefixes");
    given.push_back(Cidr{cidr.network(), cidr.prefix});
  }
  p.prefixes = compact(std::move(given));
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

Status check_default(Work& w, const SubnetPool& p) {
  if (!p.is_default ||
      w.s.count("SELECT COUNT(*) FROM subnet_pools WHERE is_default = 1 AND ip_version = ?1 AND "
                "id <> ?2",
                {p.ip_version, p.id}) == 0)
    return {};
  return neutron_error_of(ErrorCode::bad_request, "InvalidInput",
                          "Invalid input for operation: A default subnetpool for this IP family "
                          "has already been set. Only one default may exist per IP family.",
                          "is_default");
}

std::vector<std::string> subnets_of(Work& w, const SubnetPool& p) {
  return w.s.all("SELECT cidr FROM subnets WHERE subnetpool_id = ?1", {p.id},
                 [](const db::Row& r) { return r.text(0); });
}

bool within(const std::vector<std::string>& prefixes, const Cidr& cidr) {
  return std::any_of(prefixes.begin(), prefixes.end(), [&](const std::string& text) {
    Cidr c = *Cidr::parse(text);
    return c.prefix <= cidr.prefix && c.contains(cidr.network());
  });
}

Result<SubnetPool> store(Work& w, SubnetPool row) {
  touch(w, row);
  subnet_pools().update(w.s, row);
  return row;
}

}  // namespace

Result<SubnetPool> create_subnet_pool(Work& w, const Json& body) {
  SubnetPool p = TRY(kSubnetPoolCreate.read(body));
  TRYV(begin(w, p, body));
  TRYV(may_set(w.caller, "subnetpool", "shared", p.shared));
  TRYV(may_set(w.caller, "subnetpool", "is_default", p.is_default));
  TRYV(complete(p));
  TRYV(check_default(w, p));
  TRYV(check_quota(w, p.project_id, "subnetpool"));
  subnet_pools().insert(w.s, p);
  if (p.shared) share_with_all(w, p, "subnetpool", kShared);
  return p;
}

Result<SubnetPool> update_subnet_pool(Work& w, SubnetPool row, const Json& body) {
  TRYV(must_own(w, row, "update_subnetpool"));
  SubnetPool next = row;
  TRYV(kSubnetPoolUpdate.update(next, body));
  TRYV(may_set(w.caller, "subnetpool", "is_default", next.is_default != row.is_default));
  TRYV(complete(next));
  TRYV(check_default(w, next));
  if (next.ip_version != row.ip_version)
    return bad_request("the IP version of a pool's prefixes cannot change.", "prefixes");
  for (const std::string& old : row.prefixes) {
    Cidr before = *Cidr::parse(old);
    bool kept = within(next.prefixes, before);
    if (!kept) {
      return neutron_error_of(
          ErrorCode::bad_request, "IllegalSubnetPoolPrefixUpdate",
          "Illegal update to prefixes: existing prefixes must be a subset of the new prefixes; " +
              old + " is missing.",
          "prefixes");
    }
  }
  return store(w, next);
}

Status delete_subnet_pool(Work& w, const SubnetPool& row) {
  TRYV(must_own(w, row, "delete_subnetpool"));
  if (w.s.count("SELECT COUNT(*) FROM subnets WHERE subnetpool_id = ?1", {row.id}) > 0) {
    return neutron_error_of(ErrorCode::conflict, "SubnetPoolDeleteError",
                            "Unable to delete subnet pool: Subnet pool has existing allocations.");
  }
  drop_policies(w, row.id);
  subnet_pools().erase(w.s, row.id);
  return {};
}

Result<SubnetPool> add_prefixes(Work& w, SubnetPool row, const Json& body) {
  TRYV(must_own(w, row, "add_prefixes"));
  SubnetPool more = TRY(kPrefixes.read(body));
  SubnetPool next = row;
  next.prefixes.insert(next.prefixes.end(), more.prefixes.begin(), more.prefixes.end());
  TRYV(complete(next));
  if (next.prefixes.size() > kMostPrefixes)
    return bad_request("a subnet pool holds at most 100 prefixes.", "prefixes");
  return store(w, next);
}

Result<SubnetPool> remove_prefixes(Work& w, SubnetPool row, const Json& body) {
  TRYV(must_own(w, row, "remove_prefixes"));
  SubnetPool less = TRY(kPrefixes.read(body));
  for (const std::string& text : less.prefixes) {
    std::string plain = Cidr::parse(text)->str();
    if (std::erase(row.prefixes, plain) == 0) {
      return neutron_error_of(ErrorCode::bad_request, "IllegalSubnetPoolPrefixUpdate",
                              "Illegal update to prefixes: " + plain + " is no prefix of the pool.",
                              "prefixes");
    }
  }
  for (const std::string& used : subnets_of(w, row)) {
    if (within(row.prefixes, *Cidr::parse(used))) continue;
    return neutron_error_of(ErrorCode::bad_request, "IllegalSubnetPoolPrefixUpdate",
                            "Illegal update to prefixes: the subnet " + used + " lies in them.",
                            "prefixes");
  }
  if (row.prefixes.empty())
    return bad_request("a subnet pool keeps at least one prefix.", "prefixes");
  return store(w, row);
}

}  // namespace nuri::network
