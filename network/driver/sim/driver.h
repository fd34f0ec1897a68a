#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "network/driver/driver.h"
#include "services/db/database.h"

namespace nuri::network {

// A network without an engine: every port that is meant to be up is up at the next look.
class SimDriver final : public Driver {
 public:
  explicit SimDriver(db::Database& database) : db_(database) {}
  ~SimDriver() override { stop(); }
  void start() override;
  void stop() override;
  void wake() override;
  bool realized(const std::string& port_id) override;
  Json agents() override { return Json::array(); }
  Status run_once();  // for tests

 private:
  void loop();
  db::Database& db_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = true, stopping_ = false;
  std::thread thread_;
};

}  // namespace nuri::network
