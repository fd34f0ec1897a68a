#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "compute/agent/core/image_header.h"
#include "compute/agent/sim/sim_driver.h"
#include "tests/unit/agent/support.h"

namespace nuri::compute::agent::testing {

// A host with the sim driver. restart() is an agent killed and started again: what was only in its
// memory is gone, folders and guests stay.
struct SimHost {
  SimHost() { boot(); }
  ~SimHost() { keeper->stop(); }
  void boot() {
    sim::SimOptions options = sim_options;
    options.state_file = dir / "domains.json";
    driver = std::make_unique<sim::SimDriver>(options);
    store = std::move(DesiredStore::open(dir / "desired").value());
    ServerKeeper::Options o;
    o.instances = dir / "instances";
    o.tick_ms = 50;
    o.retry_min_ms = 5;
    o.retry_max_ms = 40;
    o.shutdown_timeout_ms = shutdown_timeout_ms;
    o.orphan_grace_us = orphan_grace_us;
    keeper = std::make_unique<ServerKeeper>(
        *driver, images, *store, clock, o,
        ServerKeeper::Hooks{[this](const std::string& k, const std::string& i, Json s) { feed.observe(k, i, std::move(s)); },
                            [](const Json&) { return std::vector<DriveFile>(); },
                            [this](const std::string&, const std::string& path) { return take_upload(path); }});
    keeper->start();
  }
  Status take_upload(const std::string& path) {
    std::lock_guard lock(upload_mutex);
    auto header = check_image_file(path, "qcow2");
    if (!header) return header.error();
    if (upload_answer) ++uploads;
    return upload_answer;
  }
  void answer_uploads(Status status) {
    std::lock_guard lock(upload_mutex);
    upload_answer = std::move(status);
  }
  void restart() {
    keeper->stop();
    keeper.reset();
    driver.reset();
    store.reset();
    boot();
  }
  void want(const std::string& id, Json spec) {
    store->apply("compute", {{"", "server", id, ++revision, std::move(spec)}}, false);
    store->save();
    keeper->wake(id);
  }
  void full(std::vector<Desired> items) {
    for (const auto& d : store->apply("compute", std::move(items), true)) keeper->wake(d.id);
    store->save();
  }
  Json ready(const std::string& id, const std::string& power) {
    return feed.wait("server", id, [&](const Json& s) {
      return s["revision"].as_int() == revision && s["phase"].as_string() == "ready" && s["power"].as_string() == power;
    }, 5'000);
  }
  bool on_host(const std::string& id) {
    auto domain = driver->inspect(id);
    return domain && domain->has_value();
  }
  bool gone(const std::string& id) {
    Json s = feed.wait("server", id, [&](const Json& j) { return j["absent"].as_bool() && j["revision"].as_int() == revision; }, 5'000);
    return !s.is_null() && !std::filesystem::exists(keeper->files_of(id).directory) && !on_host(id);
  }
  TempDir dir;
  SystemClock clock;
  sim::SimOptions sim_options;
  unsigned shutdown_timeout_ms = 60'000;
  TimeUs orphan_grace_us = 600 * kSecondUs;
  FakeFeed feed;
  ImageCache images{dir / "cache", [](const std::string&, const std::string&) -> Status { return internal("no images here"); }, clock};
  std::unique_ptr<sim::SimDriver> driver;
  std::unique_ptr<DesiredStore> store;
  std::unique_ptr<ServerKeeper> keeper;
  int64_t revision = 0;
  std::mutex upload_mutex;
  Status upload_answer;
  std::atomic<int> uploads = 0;
};

}  // namespace nuri::compute::agent::testing
