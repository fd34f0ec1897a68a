#pragma once

#include <vector>

#include "services/base/clock.h"
#include "services/base/router.h"
#include "services/db/database.h"

// Usage events, written in the transaction of the change that causes them, pulled by metering.
//   GET /internal/v1/events?after=N&limit=M   {"events": [...], "last": N}   access: service
// An event is {"number", "at_us", "type", "project_id", "user_id", "resource_type", "resource_id", "data"}.
// type: "begin" (an interval starts, with data), "change" (the interval ends and another starts), "end".
namespace nuri::feed {

struct Event {
  TimeUs at_us = 0;
  std::string type;
  std::string project_id, user_id;
  std::string resource_type;  // "server", "volume", "floating_ip", "image"
  std::string resource_id;
  Json data;  // what the price depends on: {"flavor_id", "flavor_name", "vcpus", "ram_mib", "disk_gib", "state", "name"} ...
};

extern const std::vector<db::Migration> kOutboxMigrations;  // component "outbox"
void emit(db::Session& s, const Event& event);
void add_outbox_routes(Router& router, db::Database& database);

}  // namespace nuri::feed
