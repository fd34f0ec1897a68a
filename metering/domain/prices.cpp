#include "metering/domain/prices.h"

#include <algorithm>

namespace nuri::metering {

namespace {

struct Meter {
  const char *name, *unit, *default_rate;
};
constexpr Meter kMeters[] = {
    {"server", "server", "0"},        {"vcpu", "vCPU", "0.01"},
    {"ram_mib", "MiB", "0.000004"},   {"disk_gib", "GiB", "0.0001"},
    {"volume_gib", "GiB", "0.00015"}, {"floating_ip", "address", "0.004"},
    {"image_gib", "GiB", "0.00005"},
};

const Meter* meter_of(const std::string& name) {
  for (const Meter& m : kMeters) {
    if (name == m.name) return &m;
  }
  return nullptr;
}

// What people write: "volume" for volume_gib, "image" for image_gib.
std::string full_name(const std::string& name) {
  if (name == "volume" || name == "image") return name + "_gib";
  return name;
}

Result<Price> read_price(const Json& entry) {
  Price p;
  p.meter = full_name(entry["meter"].as_string());
  if (!meter_of(p.meter)) {
    return bad_request(
        "metering.price: meter '" + p.meter +
            "' must be one of server, vcpu, ram_mib, disk_gib, volume_gib, floating_ip, image_gib.",
        "meter");
  }
  p.flavor = entry["flavor"].as_string();
  if (!p.flavor.empty() && p.meter != "server")
    return bad_request("metering.price: only the meter server has prices by flavor.", "flavor");
  const Json& rate = entry["rate_per_hour"];
  if (rate.is_double()) {
    return bad_request("metering.price: write rate_per_hour of " + p.meter +
                           " as a text (\"0.0125\"), so that it is exact.",
                       "rate_per_hour");
  }
  p.rate = TRY(Rate::parse(rate.is_int() ? std::to_string(rate.as_int()) : rate.as_string()));
  return p;
}

const Price* find(const PriceList& list, const std::string& meter, const std::string& flavor = "") {
  for (const Price& p : list.prices) {
    if (p.meter == meter && p.flavor == flavor) return &p;
  }
  return nullptr;
}

void charge(std::vector<Charge>& out, const PriceList& list, const char* meter, Quantity quantity) {
  const Price* price = find(list, meter);
  if (price && price->rate.pico() > 0 && quantity.in_parts() > 0)
    out.push_back({meter, quantity, price->rate});
}

bool is_off(const std::string& state) {
  return state == "stopped" || state == "shutoff" || state == "shelved" ||
         state == "shelved_offloaded";
}

std::vector<Charge> server_charges(const PriceList& list, const Json& data) {
  std::vector<Charge> out;
  const std::string& state = data["state"].as_string();
  if (state == "error") return out;
  const std::string& flavor = data["flavor_name"].as_string();
  if (const Price* whole = flavor.empty() ? nullptr : find(list, "server", flavor)) {
    out.push_back({"server", Quantity::whole(1), whole->rate});
    return out;
  }
  if (!is_off(state)) {
    charge(out, list, "server", Quantity::whole(1));
    charge(out, list, "vcpu", Quantity::whole(data["vcpus"].as_int()));
    charge(out, list, "ram_mib", Quantity::whole(data["ram_mib"].as_int()));
  }
  charge(out, list, "disk_gib", Quantity::whole(data["disk_gib"].as_int()));
  return out;
}

}  // namespace

const char* unit_of(const std::string& meter) {
  const Meter* m = meter_of(meter);
  return m ? m->unit : "";
}

Result<PriceList> read_price_list(const Json& metering) {
  PriceList out;
  out.currency = metering["currency"].as_string("USD");
  for (const Json& entry : metering["price"].as_array()) {
    Price price = TRY(read_price(entry));
    if (find(out, price.meter, price.flavor))
      return bad_request(
          "metering.price: the meter " + price.meter + " " + price.flavor + " has two prices.",
          "meter");
    out.prices.push_back(std::move(price));
  }
  if (!out.prices.empty()) return out;
  for (const Meter& m : kMeters) {
    Rate rate = TRY(Rate::parse(m.default_rate));
    if (rate.pico() > 0) out.prices.push_back({m.name, "", rate});
  }
  return out;
}

Json price_list_config(const PriceList& list) {
  Json prices = Json::array();
  for (const Price& p : list.prices) {
    prices.push_back(
        Json::object({{"meter", p.meter}, {"flavor", p.flavor}, {"rate_per_hour", p.rate.str()}}));
  }
  return Json::object({{"currency", list.currency}, {"price", prices}});
}

// Prices by flavor stand apart: who adds up the others for a size must not meet them.
Json price_list_json(const PriceList& list) {
  Json prices = Json::array(), flavors = Json::array();
  for (const Price& p : list.prices) {
    Json entry = Json::object(
        {{"meter", p.meter}, {"unit", unit_of(p.meter)}, {"rate_per_hour", p.rate.str()}});
    if (!p.flavor.empty()) entry.set("flavor", p.flavor);
    (p.flavor.empty() ? prices : flavors).push_back(entry);
  }
  return Json::object(
      {{"currency", list.currency}, {"prices", prices}, {"flavor_prices", flavors}});
}

std::vector<Charge> charges(const PriceList& list, const std::string& resource_type,
                            const Json& data) {
  std::vector<Charge> out;
  if (resource_type == "server") return server_charges(list, data);
  if (resource_type == "volume")
    charge(out, list, "volume_gib", Quantity::whole(data["size_gib"].as_int()));
  if (resource_type == "floating_ip") charge(out, list, "floating_ip", Quantity::whole(1));
  if (resource_type == "image") {
    int64_t bytes = std::max<int64_t>(0, data["size_bytes"].as_int());
    constexpr int64_t kMib = 1 << 20;
    charge(out, list, "image_gib",
           Quantity::parts(bytes / kMib + (bytes % kMib != 0)));  // whole MiB, rounded up
  }
  return out;
}

std::vector<Line> rate_interval(const std::vector<DatedList>& lists, const Interval& interval,
                                TimeUs from_us, TimeUs to_us) {
  std::vector<Line> out;
  TimeUs begin = std::max(interval.begin_us, from_us);
  TimeUs end = std::min(interval.end_us.value_or(to_us), to_us);
  if (end < begin || (end == begin && interval.end_us)) return out;
  for (size_t i = 0; i < lists.size(); ++i) {
    TimeUs a = i == 0 ? begin : std::max(begin, lists[i].from_us);
    bool last = i + 1 == lists.size() || lists[i + 1].from_us >= end;
    TimeUs b = last ? end : lists[i + 1].from_us;
    if (b <= a && !(last && a == b && a == begin)) {
      if (last) break;
      continue;
    }
    for (const Charge& c : charges(lists[i].list, interval.resource_type, interval.data)) {
      out.push_back({c.meter, interval.resource_type, interval.resource_id, a, b,
                     last && !interval.end_us, c.quantity, c.rate,
                     Amount::of(c.quantity, c.rate, b - a)});
    }
    if (last) break;
  }
  return out;
}

}  // namespace nuri::metering
