#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include "network/driver/driver.h"
#include "network/driver/ovn/client.h"
#include "network/driver/ovn/plan.h"
#include "network/driver/ovn/replica.h"
#include "services/db/database.h"

namespace nuri::network::ovn {

struct OvnOptions {
  std::string northbound = "unix:/run/nuri/ovn/nb.sock", southbound = "unix:/run/nuri/ovn/sb.sock";
  std::vector<std::string> dns;
  std::string owner = "nuri";         // marks our rows
  TimeUs period_us = 30 * kSecondUs;  // looks at least this often, drift or not
};

// Hosts beat by following a number that we raise each period; one that has not for this long is
// dead.
inline constexpr TimeUs kAgentDownUs = 75 * kSecondUs;

// The southbound database's hosts, by name.
std::vector<Chassis> chassis_of(const Replica& southbound);
// A host as Neutron lists agents.
Json agent_json(const Chassis& host, TimeUs now);

// One thread: it keeps replicas of what it follows, and after each wake or change compares what the
// database wants with what is, and sends the difference as one transaction.
class OvnDriver final : public Driver {
 public:
  OvnDriver(db::Database& database, OvnOptions options);
  ~OvnDriver() override;
  void start() override;
  void stop() override;
  void wake() override;
  bool realized(const std::string& port_id) override;
  Json agents() override;
  // One look, on the caller's thread, instead of start(): for tests. Returns the operations sent.
  Result<size_t> run_once();

 private:
  void loop();
  Status connect();
  Status follow_northbound();
  Status follow_southbound();
  Status pump();
  Result<size_t> reconcile();
  Status transact(std::vector<Json> operations);
  Status write_statuses(const Snapshot& snapshot);
  Status beat();
  void publish();
  void wait(TimeUs at_most_us);

  db::Database& db_;
  OvnOptions options_;
  Replica nb_, sb_;
  Client northbound_, southbound_;
  bool seen_change_ = false;  // in a replica since the last look
  TimeUs last_beat_us_ = 0;
  int wake_fd_ = -1;
  std::atomic<bool> stopping_{false}, woken_{true};
  std::mutex mutex_;  // of what others read:
  std::set<std::string> realized_;
  std::vector<Chassis> chassis_;
  std::thread thread_;
};

}  // namespace nuri::network::ovn
