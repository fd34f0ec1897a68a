#include "network/driver/sim/driver.h"

#include "network/store/rows.h"
#include "network/store/snapshot.h"
#include "services/base/log.h"

namespace nuri::network {

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
    woken_ = false;
    lock.unlock();
    Status done = run_once();
    if (!done) log::error("ports cannot be brought up", {{"why", done.error().message}});
    lock.lock();
  }
}

Status SimDriver::run_once() {
  Snapshot snapshot = TRY(take_snapshot(db_));
  std::vector<PortStatus> changed;
  for (const Port& p : snapshot.ports) {
    // Like OVN: a port that nobody plugs anywhere stays down.
    bool plugged = p.of_network() || !p.host_id.empty();
    std::string status = p.admin_state_up && plugged ? "ACTIVE" : "DOWN";
    if (p.device_owner != kOwnerFloatingIp && p.status != status) changed.push_back({p.id, status});
  }
  TRY(store_statuses(db_, changed));
  return {};
}

bool SimDriver::realized(const std::string& port_id) {
  auto there = db_.read([&](db::Session& s) { return ports().find(s, port_id).has_value(); });
  return there && *there;
}

}  // namespace nuri::network
