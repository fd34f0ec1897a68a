#pragma once

#include <string>

#include "services/base/json.h"

namespace nuri::network {

// Makes the network what the database says. A commit wakes it; it also looks by itself from time to
// time, so that drift on either side is repaired.
class Driver {
 public:
  virtual ~Driver() = default;
  virtual void start() = 0;
  virtual void stop() = 0;
  virtual void wake() = 0;                                // from any thread; returns at once
  virtual bool realized(const std::string& port_id) = 0;  // the engine has the port
  virtual Json agents() = 0;                              // its hosts, as Neutron lists agents
};

}  // namespace nuri::network
