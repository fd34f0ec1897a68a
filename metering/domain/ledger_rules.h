#pragma once

#include <optional>
#include <string>
#include <vector>

#include "metering/api/interval.h"

// How usage events become entries of the ledger. Pure.
namespace nuri::metering {

struct UsageEvent {
  int64_t number = 0;
  TimeUs at_us = 0;
  std::string type;  // begin, change, end
  std::string project_id, user_id, resource_type, resource_id;
  Json data;
};
// Error: bad_gateway (field) where a source sends what is no event.
Result<UsageEvent> read_event(const Json& j);

// What the ledger says of the event's resource so far.
struct Known {
  std::optional<Interval> open;
  std::optional<TimeUs> last_end_us;  // of the newest closed interval
};

struct Decision {
  std::optional<TimeUs> close_at_us;  // the open interval ends
  std::optional<TimeUs> open_at_us;   // a new one begins
  std::string remark;                 // for the log, where the event did not fit
};
// Times never go back within a resource, whatever a host's clock does: an interval ends no earlier
// than it began, the next begins no earlier than the last ended.
Decision decide(const Known& known, const UsageEvent& event);

}  // namespace nuri::metering
