#include <algorithm>

#include "network/api/fields.h"
#include "network/domain/addresses.h"
#include "network/store/router_parts.h"

// Extra routes.
namespace nuri::network {

namespace {

constexpr size_t kMostRoutes = 30;

bool same(const HostRoute& a, const HostRoute& b) {
  return a.destination == b.destination && a.nexthop == b.nexthop;
}

// The subnets a router stands in, but for those of the interface that is going.
std::vector<Cidr> reach_of(Work& w, const VirtualRouter& r, const std::string& without = {}) {
  std::vector<Cidr> out;
  auto add = [&](const std::vector<FixedIp>& ips) {
    for (const FixedIp& f : ips) {
      if (auto s = subnets().find(w.s, f.subnet_id)) out.push_back(*Cidr::parse(s->cidr));
    }
  };
  for (const Port& p : interfaces(w, r.id)) {
    if (p.id != without) add(p.fixed_ips);
  }
  add(r.gateway_ips);
  return out;
}

bool reaches(const std::vector<Cidr>& reach, const HostRoute& route) {
  IpAddress hop = *IpAddress::parse(route.nexthop);
  return std::any_of(reach.begin(), reach.end(), [&](const Cidr& c) { return c.contains(hop); });
}

// {"router": {"routes": [...]}}, the envelope of extraroute-atomic.
Result<Json> routes_named(const Json& body) {
  const Json* inner = body.find("router");
  if (inner && inner->is_object() && inner->size() == 1 && inner->contains("routes"))
    return (*inner)["routes"];
  return bad_request("The body must be {\"router\": {\"routes\": [...]}}.", "routes");
}

}  // namespace

Result<std::vector<HostRoute>> read_routes(const Json& asked) {
  if (!asked.is_array() || asked.size() > kMostRoutes)
    return bad_request("routes must be a list of at most 30 routes.", "routes");
  std::vector<HostRoute> out;
  for (const Json& item : asked.as_array()) {
    HostRoute route = TRY(kHostRoute.read(item));
    if (Cidr::parse(route.destination)->base.v4 != IpAddress::parse(route.nexthop)->v4) {
      return refuse(ErrorCode::bad_request, "InvalidRoutes",
                    "Invalid format for routes: destination " + route.destination +
                        " and nexthop " + route.nexthop + " are of different IP versions.",
                    "routes");
    }
    bool twice = std::any_of(out.begin(), out.end(),
                             [&](const HostRoute& other) { return same(other, route); });
    if (twice) {
      return refuse(ErrorCode::bad_request, "InvalidInput",
                    "Invalid input for operation: Duplicate route " + route.destination + " via " +
                        route.nexthop + ".",
                    "routes");
    }
    out.push_back(route);
  }
  return out;
}

Status set_routes(Work& w, VirtualRouter& r, std::vector<HostRoute> routes) {
  if (routes.size() > kMostRoutes) {
    return refuse(
        ErrorCode::bad_request, "RoutesExhausted",
        "Unable to complete operation for router " + r.id + ": it has at most 30 extra routes.",
        "routes");
  }
  std::vector<Cidr> reach = reach_of(w, r);
  for (const HostRoute& route : routes) {
    if (!reaches(reach, route)) {
      return refuse(ErrorCode::bad_request, "InvalidRoutes",
                    "Invalid format for routes: the nexthop " + route.nexthop +
                        " is not connected with router.",
                    "routes");
    }
  }
  r.routes = std::move(routes);
  return {};
}

// A route by way of the interface keeps it.
Status check_routes_without(Work& w, const VirtualRouter& r, const Port& going) {
  std::vector<Cidr> left = reach_of(w, r, going.id);
  for (const HostRoute& route : r.routes) {
    if (reaches(left, route)) continue;
    return refuse(ErrorCode::conflict, "RouterInterfaceInUseByRoute",
                  "Router interface for subnet " +
                      (going.fixed_ips.empty() ? "" : going.fixed_ips.front().subnet_id) +
                      " on router " + r.id +
                      " cannot be deleted, as it is required by one or more routes.");
  }
  return {};
}

Result<VirtualRouter> add_routes_to(Work& w, VirtualRouter row, const Json& body) {
  std::vector<HostRoute> all = row.routes;
  for (const HostRoute& route : TRY(read_routes(TRY(routes_named(body))))) {
    bool there = std::any_of(all.begin(), all.end(),
                             [&](const HostRoute& have) { return same(have, route); });
    if (!there) all.push_back(route);
  }
  TRYV(set_routes(w, row, std::move(all)));
  touch(w, row);
  routers().update(w.s, row);
  return row;
}

Result<VirtualRouter> remove_routes_from(Work& w, VirtualRouter row, const Json& body) {
  // What is not there is as good as removed: the same again is the same.
  for (const HostRoute& route : TRY(read_routes(TRY(routes_named(body)))))
    std::erase_if(row.routes, [&](const HostRoute& have) { return same(have, route); });
  touch(w, row);
  routers().update(w.s, row);
  return row;
}

}  // namespace nuri::network
