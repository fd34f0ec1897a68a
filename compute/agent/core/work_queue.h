#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace nuri::compute::agent {

// Work by key on a bounded pool: one run at a time for a key, a wake during a run means once more.
class WorkQueue {
 public:
  using Millis = std::chrono::milliseconds;
  using Work = std::function<void(const std::string& key)>;
  WorkQueue(unsigned threads, Work work) : threads_(threads), work_(std::move(work)) {}
  ~WorkQueue() { stop(); }

  void start();
  void stop();  // waits for the runs under way
  // Due after `delay`, or earlier where an earlier time is set already.
  void wake(const std::string& key, Millis delay = Millis(0));
  bool idle() const;  // nothing due now, nothing running (later wakes do not count)

 private:
  using Time = std::chrono::steady_clock::time_point;
  void loop();
  void schedule(const std::string& key, Time at);  // mutex_ held

  unsigned threads_;
  Work work_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::map<std::string, Time> due_;
  std::set<std::pair<Time, std::string>> order_;
  std::set<std::string> running_;
  std::map<std::string, Time> again_;  // woken while running
  bool stopping_ = false;
  std::vector<std::thread> pool_;
};

}  // namespace nuri::compute::agent
