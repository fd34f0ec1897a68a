#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "compute/agent/core/config_drive.h"
#include "compute/agent/core/desired_store.h"
#include "compute/agent/core/driver.h"
#include "compute/agent/core/image_cache.h"
#include "compute/agent/core/plan.h"
#include "compute/agent/core/server_record.h"
#include "compute/agent/core/work_queue.h"
#include "services/base/clock.h"

namespace nuri::compute::agent {

// Makes the host's servers what compute wants them to be. Level-triggered: woken by a change, by the
// driver's events and by a timer, it looks at what is, plans (plan.h), acts and reports.
class ServerKeeper {
 public:
  struct Options {
    std::string instances;                 // folder of the servers' folders
    unsigned workers = 4;
    unsigned tick_ms = 5'000;
    unsigned shutdown_timeout_ms = 60'000; // then the plug is pulled
    unsigned unplug_retry_ms = 5'000;
    TimeUs orphan_grace_us = 600 * kSecondUs;
    unsigned retry_min_ms = 500, retry_max_ms = 30'000;
  };
  struct Hooks {
    std::function<void(const std::string& kind, const std::string& id, Json state)> observe;
    std::function<std::vector<DriveFile>(const Json& spec)> config_files;
    // Sends a file as an image's data. not_found: there is no such image any more; conflict: it has
    // its data already.
    std::function<Status(const std::string& image_id, const std::string& path)> upload = {};
  };
  ServerKeeper(Driver& driver, ImageCache& images, DesiredStore& store, Clock& clock, Options options, Hooks hooks);
  ~ServerKeeper() { stop(); }

  void start();
  void stop();  // guests run on
  void wake(const std::string& id) { queue_.wake(id); }
  void sweep();  // what the timer does: look at everything once
  bool idle() const { return queue_.idle(); }
  int running() const { return running_; }  // as of the last sweep
  std::set<std::string> cached_images_in_use() const;
  // Runs f while the server's guest stands still, on the worker that has it, so that nobody wakes the
  // guest meanwhile. Blocks. One that does not run is no hindrance.
  Status quiet(const std::string& id, const std::function<Status()>& f);
  // "console_log", "diagnostics".
  Result<Json> call(const std::string& method, const Json& params);
  ServerFiles files_of(const std::string& id) const { return {options_.instances + "/" + id}; }

 private:
  // Touched by the one worker that has the server, but for what `mutex_` is said to guard.
  struct Local {
    bool loaded = false;
    ServerRecord record;
    std::set<std::string> config_made;
    std::atomic<unsigned> failures = 0;  // > 0: its next try is set already
    int64_t hopeless_revision = -1;  // this revision of the spec can never work
    TimeUs shutdown_asked_us = 0;    // guarded by mutex_
    bool had_domain = false;         // guarded by mutex_
    TimeUs vanished_us = 0;          // guarded by mutex_
    TimeUs shutdown_repeated_us = 0; // guarded by mutex_
    bool guest_off_seen = false;     // guarded by mutex_
    bool off_as_asked = false;       // guarded by mutex_; its event may be under way yet
    Json last_observed;              // guarded by mutex_
    int64_t upload_done = 0;         // guarded by mutex_: this snapshot's end, told by its own thread
    std::string upload_error;        // guarded by mutex_
    unsigned upload_failures = 0;    // the upload thread's
  };
  struct Run;  // one pass over one server

  struct Quiet {
    const std::function<Status()>& f;
    Status result;
    bool done = false;
  };
  void serve_quiet(const std::string& id);
  Status stand_still(const std::string& id, const std::function<Status()>& f);
  void end_quiet();
  void work(const std::string& id);
  void tear_down(const Desired& item, Local& local);
  void tear_down_orphan(const std::string& id);
  Status converge(Run& run);
  void ask_again(Run& run);
  bool vanished(const ServerSpec& spec, Local& local, const Actual& actual) const;
  Result<bool> carry_out(Run& run, const Step& step);
  Status prepare(Run& run);
  Result<bool> change_disk(Run& run, const Step& step);
  Status copy_disk(Run& run);
  void take_upload(Run& run);
  static void take_record(Run& run);
  void upload(const std::string& id);
  Status start_domain(Run& run);
  Result<std::optional<BaseImage>> cached(const std::optional<ImageRef>& image);
  Result<Actual> look(const ServerSpec& spec, Local& local);
  template <class F>
  auto traced(Run& run, const char* stage, F f) -> decltype(f());
  void report(Run& run, const char* phase, const std::string& error);
  Json state_of(Run& run, const char* phase, const std::string& error) const;
  void observe(Local& local, const std::string& id, Json state);
  void on_event(const DriverEvent& event);
  void sweep_orphans(const std::set<std::string>& on_host);
  bool settled(const Desired& item, const std::map<std::string, Domain>& domains);
  std::shared_ptr<Local> local_of(const std::string& id);
  void tick_loop();

  Driver& driver_;
  ImageCache& images_;
  DesiredStore& store_;
  Clock& clock_;
  Options options_;
  Hooks hooks_;
  WorkQueue queue_, uploads_;
  mutable std::mutex mutex_;
  std::condition_variable tick_;
  std::map<std::string, std::shared_ptr<Local>> locals_;
  std::map<std::string, TimeUs> orphans_;  // id -> first seen
  std::set<std::string> condemned_;        // orphans whose time is up
  std::map<std::string, std::deque<Quiet*>> quiet_;  // who waits for a server to stand still
  std::condition_variable quiet_done_;
  std::atomic<int> running_ = 0;
  bool stopping_ = false;
  std::thread ticker_;
};

}  // namespace nuri::compute::agent
