#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "compute/agent/core/desired_store.h"
#include "compute/agent/core/work_queue.h"
#include "services/base/clock.h"

namespace nuri::compute::agent {

// Keeps simple things (volumes) as wanted: make it, or remove it, until it worked.
class ItemKeeper {
 public:
  struct Work {
    std::function<Result<Json>(const std::string& id, const Json& spec)> ensure;  // the state to report
    std::function<Status(const std::string& id)> remove;
    std::function<void(const std::string& kind, const std::string& id, Json state)> observe;
    // For sweep(): what there is on the host, and whether something else still needs it.
    std::function<std::vector<std::string>()> list = {};
    std::function<bool(const std::string& id)> in_use = {};
  };
  ItemKeeper(std::string kind, DesiredStore& store, Work work, unsigned threads = 2);
  ~ItemKeeper() { stop(); }
  void start();  // everything once: what an earlier run did is reported anew
  void stop() { queue_.stop(); }
  void wake(const std::string& id) { queue_.wake(id); }
  // What is on the host and wanted by nobody is told of as "orphan" and removed `grace_us` later. To
  // be called now and then, once the full list of what is wanted has come.
  void sweep(TimeUs now, TimeUs grace_us);

 private:
  void run(const std::string& id);
  void again(const std::string& id);
  void settled(const std::string& id);
  void remove_orphan(const std::string& id);

  std::string kind_;
  DesiredStore& store_;
  Work work_;
  std::mutex mutex_;
  std::map<std::string, unsigned> failures_;
  std::map<std::string, TimeUs> orphans_;  // id -> first seen
  std::set<std::string> condemned_;        // orphans whose time is up
  WorkQueue queue_;
};

}  // namespace nuri::compute::agent
