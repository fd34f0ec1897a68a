#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "compute/store/server_store.h"
#include "compute/tasks/peers.h"

namespace nuri::compute {

// Floating addresses change in the network service, behind compute's back. Once a second the whole
// list is asked for and the servers' shown addresses follow; takes no input, so nothing can be
// missed.
class FloatingSync {
 public:
  FloatingSync(db::Database& database, Clock& clock, Peer& network)
      : db_(database), clock_(clock), network_(network) {}
  ~FloatingSync() { stop(); }
  void start();
  void stop();
  // One pass; answers how many servers changed.
  Result<int> run_once();
  // The same for fixed addresses of ports that were changed in the network service.
  Result<int> refresh_addresses();

 private:
  void loop();
  db::Database& db_;
  Clock& clock_;
  Peer& network_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
  TimeUs purged_us_ = 0, refreshed_us_ = 0;
};

}  // namespace nuri::compute
