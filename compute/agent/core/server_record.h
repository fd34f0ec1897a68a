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
  int64_t disk_number = -1;  // -1: as reboots_done
  int64_t disk_gib = -1;     // the flavor's when the disk was made or grown; -1: not known
  int64_t kept = 0;          // the number of the disk's copy put aside
  int64_t snapshot = 0;      // of the newest copy taken for an image, and how far it is
  std::string snapshot_status, snapshot_error;  // "uploading", "done", "failed"
  std::vector<TraceStage> trace;
};

ServerRecord load_record(const ServerFiles& files);  // where there is none: a new one
Status save_record(const ServerFiles& files, const ServerRecord& record);

}  // namespace nuri::compute::agent
