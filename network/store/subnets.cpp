#include <algorithm>

#include "network/api/fields.h"
#include "network/domain/addresses.h"
#include "network/store/pool_allocation.h"

namespace nuri::network {

namespace {

Error invalid(std::string message, std::string field) {
  return neutron_error_of(ErrorCode::bad_request, "InvalidInput",
                          "Invalid input for operation: " + std::move(message), std::move(field));
}

Result<Cidr> cidr_of(Work& w, Subnet& n, const Json& body) {
  std::string pool_id = body["subnetpool_id"].as_string();
  const Json& by_default = body["use_default_subnetpool"];
  if (!by_default.is_null() && loose_bool(by_default)) {
    if (!pool_id.empty()) {
      return neutron_error_of(ErrorCode::bad_request, "BadRequest",
                              "Bad subnets request: subnetpool_id and use_default_subnetpool "
                              "cannot both be specified.",
                              "use_default_subnetpool");
    }
    pool_id = TRY(default_pool(w, n.ip_version));
  }
  if (!pool_id.empty()) {
    SubnetPool pool = TRY(find_subnet_pool(w, pool_id));
    if (body.contains("ip_version") && pool.ip_version != n.ip_version) {
      return invalid("Cannot allocate IPv" + std::to_string(n.ip_version) + " subnet from IPv" +
                         std::to_string(pool.ip_version) + " subnet pool",
                     "ip_version");
    }
    n.subnetpool_id = pool.id;
    n.ip_version = pool.ip_version;
    return from_pool(w, pool, n.project_id, body);
  }
  if (!body["cidr"].is_string())
    return bad_request("a subnet needs a cidr or a subnetpool_id.", "cidr");
  return checked_cidr(body["cidr"].as_string(), n.ip_version);
}

Status check_overlap(Work& w, const Subnet& n, const Cidr& cidr) {
  for (const Subnet& other : subnets().where(w.s, "network_id = ?1", {n.network_id})) {
    if (other.id == n.id || !Cidr::parse(other.cidr)->overlaps(cidr)) continue;
    return invalid("Requested subnet with cidr: " + cidr.str() + " for network: " + n.network_id +
                       " overlaps with another subnet",
                   "cidr");
  }
  return {};
}

Status check_modes(const Subnet& n, const Cidr& cidr) {
  if (!n.ipv6_ra_mode && !n.ipv6_address_mode) return {};
  const char* field = n.ipv6_ra_mode ? "ipv6_ra_mode" : "ipv6_address_mode";
  if (n.ip_version == 4)
    return invalid(std::string(field) + " is not valid when ip_version is 4", field);
  if (!n.enable_dhcp)
    return invalid(std::string(field) + " cannot be set when enable_dhcp is set to False", field);
  if (n.ipv6_ra_mode && n.ipv6_address_mode && *n.ipv6_ra_mode != *n.ipv6_address_mode) {
    return invalid("ipv6_ra_mode set to '" + *n.ipv6_ra_mode + "' with ipv6_address_mode set to '" +
                       *n.ipv6_address_mode +
                       "' is not valid. If both attributes are set, they must be the same value",
                   "ipv6_address_mode");
  }
  if (n.auto_address() && cidr.prefix != 64) {
    return invalid("Invalid CIDR " + cidr.str() +
                       " for IPv6 address mode. OpenStack uses the EUI-64 address format, "
                       "which requires the prefix to be /64",
                   "cidr");
  }
  return {};
}

Status check_gateway(const std::optional<std::string>& gateway, const Cidr& cidr) {
  if (!gateway) return {};
  auto a = IpAddress::parse(*gateway);
  if (a && a->v4 == cidr.base.v4 && (usable(cidr, *a) || (!a->v4 && cidr.contains(*a)))) return {};
  return invalid("Gateway is not valid on subnet " + cidr.str() + ".", "gateway_ip");
}

Status check_routes_and_dns(const Subnet& n) {
  for (const std::string& d : n.dns_nameservers) {
    if (IpAddress::parse(d)->v4 != (n.ip_version == 4)) {
      return invalid(
          "DNS server " + d + " does not match the ip_version " + std::to_string(n.ip_version),
          "dns_nameservers");
    }
  }
  for (const HostRoute& r : n.host_routes) {
    bool v4 = n.ip_version == 4;
    if (Cidr::parse(r.destination)->base.v4 != v4 || IpAddress::parse(r.nexthop)->v4 != v4) {
      return invalid("host route " + r.destination + " via " + r.nexthop +
                         " does not match the ip_version " + std::to_string(n.ip_version),
                     "host_routes");
    }
  }
  return {};
}

void canonical(Subnet& n) {
  if (n.gateway_ip) n.gateway_ip = IpAddress::parse(*n.gateway_ip)->str();
}

// A network's answer lists its subnets: with them it is another revision.
void touch_network(Work& w, const std::string& id) {
  if (auto n = networks().find(w.s, id)) {
    touch(w, *n);
    networks().update(w.s, *n);
  }
}

}  // namespace

Result<Subnet> create_subnet(Work& w, const Json& body) {
  Subnet n = TRY(kSubnetCreate.read(body));
  TRYV(begin(w, n, body));
  Network network = TRY(find_network(w, n.network_id));
  if (!w.caller.owns(network)) TRYV(must_own(w, network, "create_subnet"));
  if (w.caller.admin && body["project_id"].is_null() && body["tenant_id"].is_null())
    n.project_id = network.project_id;
  Cidr cidr = TRY(cidr_of(w, n, body));
  n.cidr = cidr.str();
  TRYV(check_overlap(w, n, cidr));
  TRYV(check_modes(n, cidr));
  const Json* gateway = body.find("gateway_ip");
  if (!gateway)
    n.gateway_ip = default_gateway(cidr);
  else if (gateway->is_string())
    n.gateway_ip = gateway->as_string();
  TRYV(check_gateway(n.gateway_ip, cidr));
  canonical(n);
  TRYV(check_routes_and_dns(n));
  if (body["allocation_pools"].is_array())
    n.pools = TRY(checked_pools(body["allocation_pools"], cidr, n.gateway_ip));
  else
    n.pools = default_pools(cidr, n.gateway_ip);
  TRYV(check_quota(w, n.project_id, "subnet"));
  subnets().insert(w.s, n);
  add_automatic_addresses(w, n);
  touch_network(w, n.network_id);
  TRYV(keep_metadata_port(w, n.network_id));
  return n;
}

Result<Subnet> update_subnet(Work& w, Subnet row, const Json& body) {
  TRYV(must_own(w, row, "update_subnet"));
  Subnet next = row;
  TRYV(kSubnetUpdate.update(next, body));
  Cidr cidr = *Cidr::parse(row.cidr);
  if (const Json* gateway = body.find("gateway_ip")) {
    next.gateway_ip = gateway->is_string() ? std::optional(gateway->as_string()) : std::nullopt;
    TRYV(check_gateway(next.gateway_ip, cidr));
    canonical(next);
  }
  if (next.gateway_ip != row.gateway_ip && row.gateway_ip &&
      w.s.count("SELECT COUNT(*) FROM allocations a JOIN ports p ON p.id = a.port_id WHERE "
                "a.subnet_id = ?1 AND "
                "a.ip_address = ?2 AND p.device_owner LIKE 'network:router_%'",
                {row.id, *row.gateway_ip}) > 0) {
    return neutron_error_of(ErrorCode::conflict, "GatewayIpInUse",
                            "Current gateway ip " + *row.gateway_ip +
                                " already in use by a router port. Unable to update.");
  }
  Json pools = body["allocation_pools"];
  if (pools.is_null()) {
    for (const Pool& p : next.pools) pools.push_back(kPool.write(p));
  }
  next.pools = TRY(checked_pools(pools, cidr, next.gateway_ip));
  TRYV(check_modes(next, cidr));
  TRYV(check_routes_and_dns(next));
  touch(w, next);
  subnets().update(w.s, next);
  TRYV(keep_metadata_port(w, next.network_id));
  return next;
}

Status delete_subnet(Work& w, const Subnet& row) {
  TRYV(must_own(w, row, "delete_subnet"));
  bool goes_by_itself = row.auto_address();
  int64_t in_use = w.s.count(
      "SELECT COUNT(*) FROM allocations a JOIN ports p ON p.id = a.port_id WHERE a.subnet_id = ?1 "
      "AND p.device_owner <> ?2 AND (?3 = 0 OR p.device_owner LIKE 'network:router_%')",
      {row.id, kOwnerMetadata, goes_by_itself});
  if (in_use > 0) {
    return neutron_error_of(ErrorCode::conflict, "SubnetInUse",
                            "Unable to complete operation on subnet " + row.id +
                                ": One or more ports have an IP allocation from this subnet.");
  }
  w.s.exec("DELETE FROM allocations WHERE subnet_id = ?1", {row.id});
  subnets().erase(w.s, row.id);
  touch_network(w, row.network_id);
  return keep_metadata_port(w, row.network_id);
}

}  // namespace nuri::network
