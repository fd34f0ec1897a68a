#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/base/clock.h"
#include "services/base/result.h"

// On which host a new volume's file goes. Pure: hosts in, a name or the reasons out.
namespace nuri::storage {

inline constexpr TimeUs kHostSilentUs = 60 * kSecondUs;  // a host tells of itself every 5 s

struct Host {
  std::string name, zone;
  int64_t disk_gib = 0, disk_used_gib = 0;
  int64_t allocated_gib = 0;  // sum of the volumes placed there
  TimeUs seen_us = 0;
  bool disabled = false;
  std::optional<std::string> disabled_reason = {};
};

struct PlacementRequest {
  int64_t size_gib = 0;
  std::string zone;  // "": any
  std::string host;  // "": any; else only this one (a server that waits for it runs there)
  int64_t overcommit =
      10;  // files grow as they are written: allocated may be so many times the disk
  TimeUs now_us = 0;
};

// Error: unavailable, saying how many hosts each constraint ruled out.
Result<std::string> place(const PlacementRequest& request, const std::vector<Host>& hosts);

}  // namespace nuri::storage
