#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "services/base/json.h"

// Pure: the hosts as they are and what is asked for in, a host or the reasons out.
namespace nuri::compute {

struct HostCapacity {
  std::string name, zone;
  bool up = true, enabled = true;
  int64_t vcpus = 0, memory_mib = 0, disk_gib = 0;                 // what the host has
  int64_t vcpus_used = 0, memory_used_mib = 0, disk_used_gib = 0;  // promised to servers
};

struct PlaceRequest {
  int64_t vcpus = 0, memory_mib = 0, disk_gib = 0;
  std::string zone, host;  // "" means any
};

// How far a host's means are promised beyond what it has; Nova's defaults for CPU and disk.
struct Overcommit {
  double vcpus = 16.0, memory = 1.0, disk = 1.0;
  int64_t reserved_memory_mib = 512;  // for the host itself
};

struct Refusal {
  std::string constraint;  // "service", "zone", "host", "vcpus", "memory", "disk"
  int hosts = 0;           // ruled out by it
  std::string nearest;     // the nearest miss
};

struct Plan {
  std::string host, zone;  // empty host: none
  int considered = 0;
  std::vector<Refusal> refusals;
  std::string text()
      const;  // "No valid host was found: 1 host: memory: needs ..., the roomiest has ..."
  Json json() const;
};

Plan place(const std::vector<HostCapacity>& hosts, const PlaceRequest& request,
           const Overcommit& over = {});

}  // namespace nuri::compute
