#pragma once

#include <string>
#include <vector>

#include "compute/agent/core/driver.h"
#include "services/base/clock.h"

namespace nuri::compute::agent {

struct TraceStage {
  std::string stage;  // "image", "disk", "define", "start"
  TimeUs begin_us = 0, end_us = 0;
};
Json trace_json(const std::vector<TraceStage>& trace);

// What the agent remembers of a server beyond what the driver can tell; in the server's folder.
struct ServerRecord {
  int64_t reboots_done = -1;  // -1: new here, whatever the spec says counts as done
  bool guest_off = false;
  std::vector<TraceStage> trace;
};

ServerRecord load_record(const ServerFiles& files);  // where there is none: a new one
Status save_record(const ServerFiles& files, const ServerRecord& record);

}  // namespace nuri::compute::agent
