#pragma once

#include <list>
#include <mutex>
#include <thread>

#include "compute/agent/console/console_relay.h"

namespace nuri::compute::agent {

// What simulated guests show: a serial line that gives back what it is given, and an RFB 3.8
// server with a small screen that never changes.
class SimConsoles final : public ConsoleSource {
 public:
  ~SimConsoles() override;
  Result<int> open(const std::string& server_id, const std::string& kind) override;

 private:
  std::mutex mutex_;
  std::list<std::thread> guests_;
};

}  // namespace nuri::compute::agent
