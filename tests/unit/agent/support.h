#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "compute/agent/core/desired_store.h"
#include "compute/agent/core/server_keeper.h"
#include "services/base/random.h"

namespace nuri::compute::agent::testing {

// A folder that is gone after the test. World-searchable: QEMU runs as another user.
class TempDir {
 public:
  TempDir() {
    SystemRandom random;
    path_ = "/var/tmp/nuri-agent-test-" + random.hex(6);
    std::filesystem::create_directories(path_);
    std::filesystem::permissions(path_, std::filesystem::perms(0755));
  }
  ~TempDir() {
    std::error_code ec;
    std::filesystem::remove_all(path_, ec);
  }
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// The service's end of a feed: takes observations and lets a test wait for one.
class FakeFeed {
 public:
  void observe(const std::string& kind, const std::string& id, Json state) {
    std::lock_guard lock(mutex_);
    history_[{kind, id}].push_back(state);
    states_[{kind, id}] = std::move(state);
    changed_.notify_all();
  }
  // Null where it did not come in time.
  Json wait(const std::string& kind, const std::string& id, const std::function<bool(const Json&)>& good, int ms = 10'000) {
    std::unique_lock lock(mutex_);
    bool came = changed_.wait_for(lock, std::chrono::milliseconds(ms), [&] {
      auto it = states_.find({kind, id});
      return it != states_.end() && good(it->second);
    });
    if (came) return states_[{kind, id}];
    return Json();
  }
  Json last(const std::string& kind, const std::string& id) {
    std::lock_guard lock(mutex_);
    return states_[{kind, id}];
  }
  std::vector<Json> history(const std::string& kind, const std::string& id) {
    std::lock_guard lock(mutex_);
    return history_[{kind, id}];
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::pair<std::string, std::string>, Json> states_;
  std::map<std::pair<std::string, std::string>, std::vector<Json>> history_;
};

inline Json server_spec(const std::string& id, const std::string& image_id) {
  return Json::object(
      {{"id", id}, {"name", "test <&'\"> server"}, {"project_id", "p1"}, {"user_id", "u1"}, {"power", "running"},
       {"reboot", Json::object({{"count", 0}, {"type", "soft"}})},
       {"flavor", Json::object({{"name", "tiny"}, {"vcpus", 1}, {"ram_mib", 128}, {"disk_gib", 1}})},
       {"image", Json::object({{"id", image_id}, {"disk_format", "qcow2"}, {"size", 0}, {"sha512", ""}})},
       {"ports", Json::array()}, {"volumes", Json::array()},
       {"metadata", Json::object({{"hostname", "test"}, {"keys", Json::array()}, {"meta", Json::object()},
                                  {"user_data", nullptr}, {"availability_zone", "nova"}, {"launch_index", 0}})},
       {"config_drive", false}});
}

inline Json port_spec(const std::string& id, const std::string& network_id, const std::string& mac = "fa:16:3e:00:00:01") {
  return Json::object({{"id", id}, {"mac", mac}, {"network_id", network_id}, {"mtu", 1442}, {"addresses", Json::array()},
                       {"metadata_port", nullptr}});
}

inline Json volume_spec(const std::string& attachment_id, const std::string& volume_id, const std::string& path,
                        const std::string& device = "/dev/vdb") {
  return Json::object({{"attachment_id", attachment_id}, {"volume_id", volume_id}, {"path", path}, {"format", "qcow2"},
                       {"device", device}, {"serial", volume_id}});
}

}  // namespace nuri::compute::agent::testing
