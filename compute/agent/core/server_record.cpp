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
  for (const auto& t : (*json)["trace"].as_array()) {
    record.trace.push_back({t["stage"].as_string(), t["begin_us"].as_int(), t["end_us"].as_int()});
  }
  return record;
}

Status save_record(const ServerFiles& files, const ServerRecord& record) {
  Json j = Json::object({{"reboots_done", record.reboots_done}, {"guest_off", record.guest_off},
                         {"trace", trace_json(record.trace)}});
  return write_file(files.record(), j.dump(), 0600);
}

}  // namespace nuri::compute::agent
