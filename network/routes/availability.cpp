#include <map>

#include "network/domain/listing.h"
#include "network/routes/routes.h"
#include "services/base/net.h"

// How many addresses each network has to give, and how many are given.
namespace nuri::network {

namespace {

// Saturated: an IPv6 subnet holds more than a number can say.
int64_t size_of(const Subnet& s) {
  uint64_t total = 0;
  for (const Pool& p : s.pools) {
    auto first = IpAddress::parse(p.start), last = IpAddress::parse(p.end);
    if (!first || !last) continue;
    uint64_t span = last->minus(*first);
    if (span >= INT64_MAX - total) return INT64_MAX;
    total += span + 1;
  }
  return static_cast<int64_t>(total);
}

Json availability(const Network& n, const std::vector<Subnet>& subnets,
                  std::map<std::string, int64_t>& used, const std::string& version) {
  Json parts = Json::array();
  int64_t total = 0, taken = 0;
  for (const Subnet& s : subnets) {
    if (s.network_id != n.id || (!version.empty() && version != std::to_string(s.ip_version)))
      continue;
    int64_t size = size_of(s);
    total = size > INT64_MAX - total ? INT64_MAX : total + size;
    taken += used[s.id];
    parts.push_back(Json::object({{"subnet_id", s.id},
                                  {"subnet_name", s.name},
                                  {"cidr", s.cidr},
                                  {"ip_version", s.ip_version},
                                  {"total_ips", size},
                                  {"used_ips", used[s.id]}}));
  }
  return Json::object({{"id", n.id},
                       {"network_id", n.id},
                       {"network_name", n.name},
                       {"project_id", n.project_id},
                       {"tenant_id", n.project_id},
                       {"total_ips", total},
                       {"used_ips", taken},
                       {"subnet_ip_availability", parts}});
}

Result<std::vector<Json>> all(Service& service, Context& x, const std::string& version) {
  Caller caller = TRY(Caller::from(x.claims));
  return service.read(caller, [&](Work& w) {
    std::map<std::string, int64_t> used;
    w.s.each("SELECT subnet_id, COUNT(*) FROM allocations GROUP BY subnet_id", {},
             [&](const db::Row& r) { used[r.text(0)] = r.i64(1); });
    std::vector<Subnet> subnets = visible_subnets(w);
    std::vector<Json> out;
    for (const Network& n : visible_networks(w)) {
      Json one = availability(n, subnets, used, version);
      if (version.empty() || one["subnet_ip_availability"].size() > 0)
        out.push_back(std::move(one));
    }
    return out;
  });
}

Json without_id(Json item) {
  item.erase("id");
  return item;
}

Result<Response> list(Service& service, const Request& r, Context& x) {
  Query query;
  std::string version;
  for (const auto& [key, value] : r.query.items()) {
    if (key == "ip_version")
      version = value;
    else
      query.set(key, value);
  }
  auto rows = TRY(all(service, x, version));
  Page page = TRY(
      list_page(std::move(rows), query, {"network_id", "network_name", "project_id", "tenant_id"}));
  Json out = Json::array();
  for (Json& item : page.items) out.push_back(without_id(with_fields(std::move(item), query)));
  return Response::json(200, Json::object({{"network_ip_availabilities", std::move(out)}}));
}

Result<Response> show(Service& service, const Request&, Context& x) {
  auto rows = TRY(all(service, x, ""));
  for (Json& item : rows) {
    if (item["network_id"].as_string() == x.param("id")) {
      return Response::json(
          200, Json::object({{"network_ip_availability", without_id(std::move(item))}}));
    }
  }
  return Error(ErrorCode::not_found,
               "Network " + x.param("id").substr(0, 80) + " could not be found.")
      .with_type("NetworkNotFound");
}

}  // namespace

void add_availability_routes(Router& router, std::shared_ptr<Service> service) {
  std::string path = "/v2.0/network-ip-availabilities";
  add_route(router, "GET", path,
            [service](const Request& r, Context& x) { return list(*service, r, x); });
  add_route(router, "GET", path + "/{id}",
            [service](const Request& r, Context& x) { return show(*service, r, x); });
}

}  // namespace nuri::network
