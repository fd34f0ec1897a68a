#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compute/domain/server.h"

namespace nuri::compute {

// What a list may be sorted by; Nova's names for them are in routes/server_query.cpp.
enum class SortKey {
  created,
  updated,
  launched,
  terminated,
  name,
  id,
  vm_state,
  task_state,
  power_state,
  host,
  project,
  user,
  hostname,
  key_name,
  image,
  flavor,
  zone,
  progress,
  locked,
  config_drive,
  launch_index,
  access_ipv4,
  access_ipv6,
  description,
  reservation
};
struct Sort {
  SortKey key = SortKey::created;
  bool ascending = false;
};

struct ServerFilter {
  std::string project_id;         // "": all
  bool deleted = false;           // only deleted ones; else only live ones
  bool both = false;              // with changes_since: live and deleted
  std::vector<StatePair> states;  // any of
  bool no_such_status = false;
  // Expressions (store/pattern.h).
  std::string name, description, ip, ip6;
  // Equal to; "" does not count.
  std::string image, flavor, host, zone, user, key_name, reservation, uuid, hostname;
  std::string access_ipv4, access_ipv6, vm_state, task_state;
  std::optional<bool> locked, config_drive;
  std::optional<int64_t> power_state, progress, launch_index;
  std::optional<TimeUs> changes_since, changes_before, created, launched, terminated;
  std::vector<std::string> tags, tags_any, not_tags, not_tags_any;
  std::vector<Sort> sort;  // empty: newest first
  std::string marker;      // the id after which to go on
  int64_t limit = 1000;
};

}  // namespace nuri::compute
