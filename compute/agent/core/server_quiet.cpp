#include "compute/agent/core/server_keeper.h"
#include "services/base/log.h"

// A guest stands still while somebody else needs its disks as they are at one moment.
namespace nuri::compute::agent {

Status ServerKeeper::quiet(const std::string& id, const std::function<Status()>& f) {
  Quiet wish{f, {}, false};
  std::unique_lock lock(mutex_);
  if (stopping_) return unavailable("The agent is stopping.");
  quiet_[id].push_back(&wish);
  queue_.wake(id);
  quiet_done_.wait(lock, [&] { return wish.done; });
  return wish.result;
}

void ServerKeeper::serve_quiet(const std::string& id) {
  for (;;) {
    std::unique_lock lock(mutex_);
    auto waiting = quiet_.find(id);
    if (waiting == quiet_.end()) return;
    Quiet* wish = waiting->second.front();
    waiting->second.pop_front();
    if (waiting->second.empty()) quiet_.erase(waiting);
    lock.unlock();
    Status result = stand_still(id, wish->f);
    lock.lock();
    wish->result = std::move(result);
    wish->done = true;
    quiet_done_.notify_all();
  }
}

// Where the agent dies or the guest is not resumed, the next pass sees a guest that is not to be
// paused.
Status ServerKeeper::stand_still(const std::string& id, const std::function<Status()>& f) {
  auto domain = TRY(driver_.inspect(id));
  bool runs = domain && domain->power == Power::running;
  if (runs) TRYV(driver_.pause(id));
  Status result = f();
  Status resumed = runs ? driver_.resume(id) : Status();
  if (!resumed) log::warning("a guest is not resumed yet", {{"server_id", id}, {"why", resumed.error().message}});
  return result;
}

// The workers are gone: whoever still waits is told so.
void ServerKeeper::end_quiet() {
  std::lock_guard lock(mutex_);
  for (auto& [id, waiting] : quiet_) {
    for (Quiet* wish : waiting) {
      wish->result = unavailable("The agent is stopping.");
      wish->done = true;
    }
  }
  quiet_.clear();
  quiet_done_.notify_all();
}

}  // namespace nuri::compute::agent
