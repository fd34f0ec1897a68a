#pragma once

#include "metering/domain/prices.h"

// What the costs look like to a client. Pure.
namespace nuri::metering {

struct Rated {
  Interval interval;
  std::vector<Line> lines;
};

Json resource_cost_json(const std::string& id, const std::string& currency,
                        const std::vector<Rated>& rated, TimeUs as_of);
Json project_cost_json(const std::string& id, const std::string& currency,
                       const std::vector<Rated>& rated, TimeUs from_us, TimeUs as_of);

}  // namespace nuri::metering
