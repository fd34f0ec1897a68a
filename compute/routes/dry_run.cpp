#include "compute/routes/dry_run.h"

#include <algorithm>

namespace nuri::compute {

namespace {

constexpr int kDecimals = 12;  // of metering's rates

// "0.0125" as a whole number of 10^-12; 0 where it is none.
__int128 pico(const std::string& text) {
  __int128 value = 0;
  int decimals = -1;
  for (char c : text) {
    if (c == '.' && decimals < 0) {
      decimals = 0;
    } else if (c >= '0' && c <= '9' && decimals < kDecimals) {
      value = value * 10 + (c - '0');
      if (decimals >= 0) ++decimals;
    } else {
      return 0;
    }
  }
  for (int i = std::max(decimals, 0); i < kDecimals; ++i) value *= 10;
  return value;
}

std::string decimal(__int128 value) {
  std::string digits;
  for (; value > 0 || digits.size() <= kDecimals; value /= 10)
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(value % 10)));
  digits.insert(digits.size() - kDecimals, ".");
  while (digits.back() == '0') digits.pop_back();
  if (digits.back() == '.') digits.pop_back();
  return digits;
}

__int128 rate_of(const Json& prices, const std::string& meter) {
  for (const Json& p : prices["prices"].as_array()) {
    if (p["meter"].as_string() == meter) return pico(p["rate_per_hour"].as_string());
  }
  return 0;
}

// As metering rates a running server; null where metering does not answer.
Json price(App& app, const Context& c, const Server& server, int64_t count) {
  if (!app.metering) return Json();
  auto got = app.metering->call("GET", "/v1/prices", {}, c.token);
  if (!got) return Json();
  const Json& prices = *got;
  __int128 each = -1;
  for (const Json& p : prices["flavor_prices"].as_array()) {
    if (p["flavor"].as_string() == server.flavor_name) each = pico(p["rate_per_hour"].as_string());
  }
  if (each < 0) {
    each = rate_of(prices, "server") + rate_of(prices, "vcpu") * server.vcpus +
           rate_of(prices, "ram_mib") * server.ram_mib +
           rate_of(prices, "disk_gib") * server.disk_gib;
  }
  return Json::object({{"currency", prices["currency"]},
                       {"per_hour", decimal(each * count)},
                       {"per_hour_each", decimal(each)}});
}

Json quota_json(db::Session& s, const Server& server, int64_t count, std::string& refused) {
  Json out = Json::object();
  for (auto [name, wanted] :
       {std::pair{"instances", count}, std::pair{"cores", count * server.vcpus},
        std::pair{"ram", count * server.ram_mib}}) {
    int64_t limit = quota().limit(s, server.project_id, name);
    int64_t used = quota().used(s, server.project_id, name);
    Json left = limit < 0 ? Json() : Json(std::max<int64_t>(0, limit - used - wanted));
    out.set(name,
            Json::object(
                {{"limit", limit}, {"used", used}, {"requested", wanted}, {"left_after", left}}));
  }
  auto fits = quota().fits(
      s, server.project_id,
      {{"instances", count}, {"cores", count * server.vcpus}, {"ram", count * server.ram_mib}});
  if (!fits) refused = fits.error().message;
  return out;
}

// Each server takes its room before the next is placed, as in earnest.
Plan place_all(db::Session& s, TimeUs now, const Server& server, const Hints& hints, int64_t count,
               int64_t& placed) {
  auto hosts = capacities(s, now);
  PlaceRequest request = placement_request(s, server, hints);
  Plan plan;
  for (placed = 0; placed < count; ++placed) {
    plan = place(hosts, request);
    if (plan.host.empty()) return plan;
    ++request.group.hosts[plan.host];
    for (HostCapacity& h : hosts) {
      if (h.name != plan.host) continue;
      h.vcpus_used += request.vcpus;
      h.memory_used_mib += request.memory_mib;
      h.disk_used_gib += request.disk_gib;
    }
  }
  return plan;
}

}  // namespace

Result<Response> dry_run(App& app, const Context& c, const Server& first, const Hints& hints,
                         int64_t count) {
  Json cost = price(app, c, first, count);
  return app.db.read([&](db::Session& s) -> Result<Response> {
    std::string refused;
    Json left = quota_json(s, first, count, refused);
    int64_t placed = 0;
    Plan plan = place_all(s, app.clock.now_us(), first, hints, count, placed);
    if (refused.empty() && plan.host.empty()) refused = plan.text();
    Json placement = plan.json();
    if (!c.claims.is_admin()) placement.erase("host");
    placement.set("servers_placed", placed);
    return Response::json(
        200, Json::object(
                 {{"dry_run", Json::object({{"feasible", refused.empty()},
                                            {"reason", refused.empty() ? Json() : Json(refused)},
                                            {"servers", count},
                                            {"placement", placement},
                                            {"price", cost},
                                            {"quota", left}})}}));
  });
}

}  // namespace nuri::compute
