#include "metering/domain/ledger_rules.h"

#include <algorithm>

namespace nuri::metering {

Result<UsageEvent> read_event(const Json& j) {
  auto wrong = [](const std::string& field) {
    return Error(ErrorCode::bad_gateway,
                 "A source sent a usage event whose " + field + " is missing or malformed.", field);
  };
  UsageEvent e;
  e.number = j["number"].as_int();
  e.at_us = j["at_us"].as_int();
  e.type = j["type"].as_string();
  e.project_id = j["project_id"].as_string();
  e.user_id = j["user_id"].as_string();
  e.resource_type = j["resource_type"].as_string();
  e.resource_id = j["resource_id"].as_string();
  e.data = j["data"];
  if (e.number <= 0) return wrong("number");
  if (e.at_us <= 0) return wrong("at_us");
  if (e.type != "begin" && e.type != "change" && e.type != "end") return wrong("type");
  if (e.resource_type.empty()) return wrong("resource_type");
  if (e.resource_id.empty()) return wrong("resource_id");
  return e;
}

Decision decide(const Known& known, const UsageEvent& event) {
  Decision d;
  if (known.open) {
    TimeUs at = std::max(event.at_us, known.open->begin_us);
    d.close_at_us = at;
    if (event.type != "end") d.open_at_us = at;
    if (event.type == "begin") d.remark = "a begin while an interval was open: taken as a change";
    return d;
  }
  if (event.type == "end") {
    d.remark = "an end of what was not open: ignored";
    return d;
  }
  if (event.type == "change" && known.last_end_us) {
    d.remark = "a change of what has ended: ignored";
    return d;
  }
  if (event.type == "change") d.remark = "a change of what had not begun: taken as its begin";
  d.open_at_us = std::max(event.at_us, known.last_end_us.value_or(event.at_us));
  return d;
}

}  // namespace nuri::metering
