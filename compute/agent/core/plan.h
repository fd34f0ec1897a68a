#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "compute/agent/core/driver.h"

// What to do next with one server: desired and actual in, steps out. No I/O.
namespace nuri::compute::agent {

enum class Action {
  prepare,
  start,
  pause,
  resume,
  suspend,
  drop_memory,
  shutdown,
  destroy,
  discard,
  grow,
  put_aside,
  take_back,
  drop_aside,
  copy_disk,
  remove,
  plug_port,
  unplug_port,
  plug_volume,
  unplug_volume
};
const char* action_name(Action a);

struct Step {
  Action action;
  std::string id;  // of the port or attachment
  friend bool operator==(const Step&, const Step&) = default;
};

struct Actual {
  bool prepared = false;         // the files are there
  std::optional<Domain> domain;  // as the driver sees it
  bool guest_off = false;        // the guest went down of its own will: it is not started again unasked
  int64_t reboots_done = 0;
  bool suspended = false;        // its memory lies in a file
  int64_t disk_number = 0;
  int64_t disk_gib = INT64_MAX;  // what it was made for or grown to; -1: not known
  int64_t kept = 0;              // the number of the copy put aside
  int64_t snapshot = 0;          // the number of the newest copy taken
  bool vanished = false;         // it was there and nothing has said yet why it is not
  bool shutdown_asked = false;   // and the guest has not answered yet
  bool shutdown_overdue = false;
};

// desired == nullptr: must not exist. Steps are in order; those after an unplug wait until the guest
// has let go, since a file cannot be plugged in twice.
std::vector<Step> plan(const ServerSpec* desired, const Actual& actual);

// What is reported as the server's power.
Power reported_power(const ServerSpec& desired, const Actual& actual);

}  // namespace nuri::compute::agent
