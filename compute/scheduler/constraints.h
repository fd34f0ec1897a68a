#pragma once

#include <functional>
#include <string>
#include <vector>

#include "compute/scheduler/plan.h"

namespace nuri::compute {

// What a host has left to promise.
struct Means {
  int64_t vcpus, memory, disk;
};
Means free_of(const HostCapacity& host, const Overcommit& over);

struct Constraint {
  const char* name;
  std::function<bool(const HostCapacity&)> passes;
  // Of the hosts it ruled out: how near the nearest came.
  std::function<std::string(const std::vector<const HostCapacity*>&)> nearest;
};

// In the order they are asked: a host counts against the first constraint it fails.
std::vector<Constraint> constraints(const PlaceRequest& request, const Overcommit& over);

}  // namespace nuri::compute
