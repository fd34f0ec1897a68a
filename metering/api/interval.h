#pragma once

#include <optional>
#include <string>

#include "services/base/clock.h"
#include "services/base/json.h"

namespace nuri::metering {

// A resource used in one way for a time. Intervals of a resource do not overlap.
struct Interval {
  int64_t opened_by = 0;  // the ledger entry that opened it
  std::string resource_type, resource_id, project_id, user_id;
  TimeUs begin_us = 0;
  std::optional<TimeUs> end_us;  // none: still open
  Json data;                     // what the price depends on, from the event
};

}  // namespace nuri::metering
