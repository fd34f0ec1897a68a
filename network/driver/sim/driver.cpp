#include "network/driver/sim/driver.h"

#include "network/store/rows.h"
#include "network/store/snapshot.h"
#include "services/base/log.h"

namespace nuri::network {

namespace {
constexpr auto kCoalesce = std::chrono::milliseconds(10);
}

void SimDriver::start() {
  thread_ = std::thread([this] { loop(); });
}

void SimDriver::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void SimDriver::wake() {
  {
    std::lock_guard lock(mutex_);
    woken_ = true;
  }
  changed_.notify_all();
}

void SimDriver::loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    changed_.wait_for(lock, std::chrono::seconds(5), [&] { return woken_ || stopping_; });
    lock.unlock();
    // A burst of commits is one change.
    std::this_thread::sleep_for(kCoalesce);
    lock.lock();
    woken_ = false;
    lock.unlock();
    Status done = run_once();
    if (!done) log::error("ports cannot be brought up", {{"why", done.error().message}});
    lock.lock();
  }
}

Status SimDriver::run_once() {
  // Like OVN: a port that nobody plugs anywhere stays down. Only what differs is read.
  std::vector<PortStatus> changed = TRY(db_.read([](db::Session& s) {
    return s.all(
        "SELECT id, wanted FROM (SELECT id, status, CASE WHEN admin_state_up = 1 AND "
        "(device_owner LIKE 'network:%' OR host_id <> '') THEN 'ACTIVE' ELSE 'DOWN' END AS wanted "
        "FROM ports WHERE device_owner <> 'network:floatingip') AS p WHERE status <> wanted",
        {}, [](const db::Row& r) { return PortStatus{r.text(0), r.text(1)}; });
  }));
  TRY(store_statuses(db_, changed));
  return {};
}

bool SimDriver::realized(const std::string& port_id) {
  auto there = db_.read([&](db::Session& s) { return ports().find(s, port_id).has_value(); });
  return there && *there;
}

}  // namespace nuri::network
