#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "services/base/json.h"

// Pure: the hosts as they are and what is asked for in, a host or the reasons out.
namespace nuri::compute {

struct HostCapacity {
  std::string name, zone;
  bool up = true, enabled = true;
  int64_t vcpus = 0, memory_mib = 0, disk_gib = 0;                 // what the host has
  int64_t vcpus_used = 0, memory_used_mib = 0, disk_used_gib = 0;  // promised to servers
  // The metadata of the aggregates it is in: a key may have several values.
  std::vector<std::pair<std::string, std::string>> properties;
};

// Where servers of one group may go. A hard policy rules hosts out, a soft one only prefers.
struct GroupRule {
  std::string policy;  // "", "affinity", "anti-affinity", "soft-affinity", "soft-anti-affinity"
  int64_t max_per_host = 1;              // of anti-affinity
  std::map<std::string, int64_t> hosts;  // host -> members of the group on it
};

struct PlaceRequest {
  int64_t vcpus = 0, memory_mib = 0, disk_gib = 0;
  std::string zone, host;  // "" means any
  std::string project_id;  // for hosts kept for some projects
  std::string not_host;    // a server that is to leave it
  GroupRule group;
  std::vector<std::string> same_host_as, different_host_from;  // host names
  bool wants_same_host = false;  // same_host_as counts, though empty: they have no host
  std::vector<std::pair<std::string, std::string>> properties;  // a host must have them all
};

// How far a host's means are promised beyond what it has; Nova's defaults for CPU and disk.
struct Overcommit {
  double vcpus = 16.0, memory = 1.0, disk = 1.0;
  int64_t reserved_memory_mib = 512;  // for the host itself
};

struct Refusal {
  std::string
      constraint;       // "service", "host", "zone", "tenancy", "properties", "group", "memory"...
  int hosts = 0;        // ruled out by it
  std::string nearest;  // the nearest miss
};

struct Plan {
  std::string host, zone;  // empty host: none
  int considered = 0;
  std::vector<Refusal> refusals;
  // "No valid host was found: 1 host: memory: needs ..., the roomiest has ..."
  std::string text() const;
  Json json() const;
};

Plan place(const std::vector<HostCapacity>& hosts, const PlaceRequest& request,
           const Overcommit& over = {});

}  // namespace nuri::compute
