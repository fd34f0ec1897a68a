#include "metering/routes/cost_view.h"

#include <map>

namespace nuri::metering {

namespace {

Json line_json(const Line& l) {
  return Json::object({{"meter", l.meter},
                       {"resource_id", l.resource_id},
                       {"begin", iso_micros(l.begin_us)},
                       {"end", l.open ? Json() : Json(iso_micros(l.end_us))},
                       {"quantity", l.quantity.str()},
                       {"unit", unit_of(l.meter)},
                       {"rate_per_hour", l.rate.str()},
                       {"amount", l.amount.str()}});
}

// What a meter, a resource or a project comes to.
struct Sum {
  Amount amount;
  HourlyRate rate;  // of what is open
  void add(const Line& l) {
    amount += l.amount;
    if (l.open) rate.add(l.quantity, l.rate);
  }
};

struct ResourceSum {
  Sum sum;
  const Interval* last = nullptr;
};

}  // namespace

Json resource_cost_json(const std::string& id, const std::string& currency,
                        const std::vector<Rated>& rated, TimeUs as_of) {
  Sum total;
  Json intervals = Json::array();
  for (const Rated& r : rated) {
    for (const Line& l : r.lines) {
      total.add(l);
      intervals.push_back(line_json(l));
    }
  }
  return Json::object({{"cost", Json::object({{"resource_id", id},
                                              {"currency", currency},
                                              {"amount", total.amount.str()},
                                              {"rate_per_hour", total.rate.str()},
                                              {"as_of", iso_micros(as_of)},
                                              {"intervals", std::move(intervals)}})}});
}

Json project_cost_json(const std::string& id, const std::string& currency,
                       const std::vector<Rated>& rated, TimeUs from_us, TimeUs as_of) {
  Sum total;
  std::map<std::string, Sum> meters;
  std::map<std::pair<std::string, std::string>, ResourceSum> resources;
  for (const Rated& r : rated) {
    ResourceSum& resource = resources[{r.interval.resource_type, r.interval.resource_id}];
    resource.last = &r.interval;
    for (const Line& l : r.lines) {
      total.add(l);
      meters[l.meter].add(l);
      resource.sum.add(l);
    }
  }
  Json by_meter = Json::array(), items = Json::array();
  for (const auto& [meter, sum] : meters) {
    by_meter.push_back(Json::object({{"meter", meter},
                                     {"unit", unit_of(meter)},
                                     {"amount", sum.amount.str()},
                                     {"rate_per_hour", sum.rate.str()}}));
  }
  for (const auto& [key, r] : resources) {
    items.push_back(Json::object({{"resource_id", key.second},
                                  {"resource_type", key.first},
                                  {"name", r.last->data["name"].as_string()},
                                  {"amount", r.sum.amount.str()},
                                  {"rate_per_hour", r.sum.rate.str()},
                                  {"open", !r.last->end_us}}));
  }
  return Json::object(
      {{"cost", Json::object({{"project_id", id},
                              {"currency", currency},
                              {"amount", total.amount.str()},
                              {"rate_per_hour", total.rate.str()},
                              {"begin", from_us > 0 ? Json(iso_micros(from_us)) : Json()},
                              {"as_of", iso_micros(as_of)},
                              {"by_meter", std::move(by_meter)},
                              {"resources", std::move(items)}})}});
}

}  // namespace nuri::metering
