#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "services/base/random.h"
#include "services/tasks/task.h"

namespace nuri::tasks {

// Where a process may die; the crash tests kill it at each (see tests/unit/tasks).
enum class CrashPoint { before_effect, after_effect, after_commit };

class Runner {
 public:
  struct Options {
    unsigned workers = 4;
    TimeUs poll_us = 500'000;  // looks for due tasks at least this often
    // Called at each point of each step; a test throws from it to act out a crash.
    std::function<void(const Task&, CrashPoint)> at_point;
  };
  Runner(db::Database& database, Clock& clock, Random& random, std::vector<Kind> kinds)
      : Runner(database, clock, random, std::move(kinds), Options()) {}
  Runner(db::Database& database, Clock& clock, Random& random, std::vector<Kind> kinds, Options options);
  ~Runner();

  void start();
  void stop();   // steps in flight end first
  void wake();   // something is due now (after_commit of create, signal, request_delete)
  // Runs each due task once on this thread; returns how many it ran. For tests and simulation.
  int run_due();

 private:
  void loop();
  std::optional<Task> claim();
  void release(const std::string& id);
  bool run_one(const Task& task);  // false: nothing could be written, not even that it is put off
  Result<Outcome> decide(const Kind& kind, const Task& task);
  bool commit(const Kind& kind, const Task& task, Result<Outcome> outcome);
  Status write_outcome(const Task& task, const Outcome& outcome);
  Status apply(db::Session& s, const Task& task, const Outcome& o);
  bool missed_deadline(const Kind& kind, const Task& task, const std::string& why);
  bool retry_later(const Task& task, const Error& e);
  void point(const Task& task, CrashPoint p) const;
  const Kind* kind_of(const Task& task) const;

  db::Database& db_;
  Clock& clock_;
  Random& random_;
  std::vector<Kind> kinds_;
  Options options_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::set<std::string> running_;
  uint64_t wakes_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace nuri::tasks
