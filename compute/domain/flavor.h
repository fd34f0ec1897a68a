#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "services/base/clock.h"

namespace nuri::compute {

struct Flavor {
  std::string id, name;
  std::optional<std::string> description;
  int64_t vcpus = 0, ram_mib = 0, disk_gib = 0, ephemeral_gib = 0, swap_mib = 0;
  double rxtx_factor = 1.0;
  bool is_public = true;
  std::string specs = "{}";  // JSON
  TimeUs created_us = 0;
};

struct Keypair {
  std::string user_id, name, type = "ssh", public_key, fingerprint;
  int64_t number = 0;  // Nova shows one
  TimeUs created_us = 0;
};

struct Host {
  std::string name, zone = "nova", hypervisor_type, driver, arch, address, id;
  int64_t hypervisor_version = 0, vcpus = 0, memory_mib = 0, disk_gib = 0;
  int64_t memory_used_mib = 0, disk_used_gib = 0, running = 0, uptime_s = 0;
  TimeUs seen_us = 0, created_us = 0;
  bool enabled = true, forced_down = false;
  std::string disabled_reason;
};

// A host reports every 5 s; after this long without a word it counts as down.
inline constexpr TimeUs kHostSilenceUs = 30 * kSecondUs;
inline bool host_up(const Host& h, TimeUs now_us) {
  return !h.forced_down && now_us - h.seen_us <= kHostSilenceUs;
}

}  // namespace nuri::compute
