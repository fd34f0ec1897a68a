#include "compute/agent/core/server_record.h"

#include "services/base/config.h"

namespace nuri::compute::agent {

Json trace_json(const std::vector<TraceStage>& trace) {
  Json out = Json::array();
  for (const auto& t : trace) {
    out.push_back(Json::object({{"stage", t.stage}, {"begin_us", t.begin_us}, {"end_us", t.end_us}}));
  }
  return out;
}

ServerRecord load_record(const ServerFiles& files) {
  ServerRecord record;
  auto text = read_file(files.record());
  auto json = text ? parse_json(*text) : Result<Json>(text.error());
  if (!json) return record;
  record.reboots_done = (*json)["reboots_done"].as_int(-1);
  record.guest_off = (*json)["guest_off"].as_bool();
  record.disk_number = (*json)["disk_number"].as_int(0);  // one written before there were numbers
  record.disk_gib = (*json)["disk_gib"].as_int(-1);
  record.kept = (*json)["kept"].as_int(0);
  record.snapshot = (*json)["snapshot"].as_int(0);
  record.snapshot_status = (*json)["snapshot_status"].as_string();
  record.snapshot_error = (*json)["snapshot_error"].as_string();
  for (const auto& t : (*json)["trace"].as_array()) {
    record.trace.push_back({t["stage"].as_string(), t["begin_us"].as_int(), t["end_us"].as_int()});
  }
  return record;
}

Status save_record(const ServerFiles& files, const ServerRecord& record) {
  Json j = Json::object({{"reboots_done", record.reboots_done}, {"guest_off", record.guest_off},
                         {"disk_number", record.disk_number}, {"disk_gib", record.disk_gib}, {"kept", record.kept},
                         {"snapshot", record.snapshot}, {"snapshot_status", record.snapshot_status},
                         {"snapshot_error", record.snapshot_error},
                         {"trace", trace_json(record.trace)}});
  return write_file(files.record(), j.dump(), 0600);
}

}  // namespace nuri::compute::agent
