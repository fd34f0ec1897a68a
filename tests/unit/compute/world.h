#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "compute/routes/app.h"
#include "services/base/random.h"
#include "services/tasks/runner.h"

// Compute with everything around it acted: the other services and a host. They outlive a crash of
// compute, which is rebuilt from its database file.
namespace nuri::compute::test {

inline const std::string kProject = "11111111111111111111111111111111";
inline const std::string kOtherProject = "22222222222222222222222222222222";
inline const std::string kNetwork = "aaaaaaaa-0000-4000-8000-000000000001";
inline const std::string kImage = "bbbbbbbb-0000-4000-8000-000000000001";
inline const std::string kVolume = "cccccccc-0000-4000-8000-000000000001";

// Tokens are words: admin, member, reader, foreign (member of another project), system-reader (of
// no project), agent, service.
class FakeTokens final : public TokenChecker {
 public:
  Result<std::shared_ptr<const Claims>> check(std::string_view token) override;
};

class FakeNetwork final : public Peer {
 public:
  Result<Json> call(std::string_view method, const std::string& target, const Json& body,
                    const std::string& user_token) override;
  std::map<std::string, Json> ports;  // made by compute or by a user
  std::set<std::string> user_ports;
  std::vector<Json> floating;
  Json groups = Json::array();
  std::string refuse_ports;  // if set: PUT answers 409 with it
  bool away = false;
  std::function<void()> at_put;  // called once before a port is made or bound: a slow answer

 private:
  Json described(const std::string& id) const;
  int next_address_ = 10;
};

class FakeStorage final : public Peer {
 public:
  Result<Json> call(std::string_view method, const std::string& target, const Json& body,
                    const std::string& user_token) override;
  std::map<std::string, Json> volumes;      // id -> volume, as Cinder shows it
  std::map<std::string, Json> snapshots;    // id -> snapshot
  std::string refuse_volumes;               // if set: making one answers 413 with it
  bool slow = false;                        // volumes are not made yet

 private:
  Result<Json> internal_volume(std::string_view method, const std::string& id, const Json& body);

 public:
  std::map<std::string, Json> attachments;  // volume id -> wish
};

class FakeImage final : public Peer {
 public:
  Result<Json> call(std::string_view method, const std::string& target, const Json& body,
                    const std::string& user_token) override;
  std::map<std::string, Json> images;
  std::set<std::string> dropped;  // deleted by us
  std::string refuse;             // if set: PUT answers 413 with it
};

struct Control;  // compute itself

class FakeAgent {
 public:
  // Takes what is wanted, does it, says so. `control` is compute as it is now.
  void step(Control& control);
  void say_host(Control& control);
  std::map<std::string, Json> servers;  // id -> state
  std::string fail_with;                // if set: servers fail so
  bool dead = false;
  bool takes_volumes = true, lets_go = true;  // what its guests do about devices
  FakeImage* image = nullptr;                 // where it uploads snapshots to
  std::string snapshot_fails;                 // if set: with this error
  void say_password(Control& control, const std::string& id, const std::string& password);
  int64_t memory_mib = 16384;

 private:
  void post(Control& control, const Json& items);
  int64_t after_ = 0, seq_ = 0;
  std::string epoch_;
};

struct World {
  World();
  ~World();
  std::filesystem::path dir;
  FakeClock clock;
  SeededRandom random{7};
  FakeTokens tokens;
  FakeNetwork network;
  FakeStorage storage;
  FakeImage image;
  FakeAgent agent;
  std::unique_ptr<Control> control;
  std::function<void(const tasks::Task&, tasks::CrashPoint)> at_point;

  void restart();  // compute dies and comes back
  Response send(const std::string& method, const std::string& path, const std::string& token,
                const Json& body = {}, int version = 1);
  Response send_raw(const std::string& method, const std::string& path, const std::string& token,
                    const std::string& body, int version = 1);
  // Steps and the agent take turns until `over` holds; false if it never does.
  bool run_until(const std::function<bool()>& over, int rounds = 300);
  std::string create_server(const Json& more = Json::object());  // answers its id
  std::string status(const std::string& id);                     // "gone" where there is none
  Json show(const std::string& id, int version = 1, const std::string& token = "member");
  int64_t count(const std::string& sql);
  void add_flavor(const std::string& id, int64_t ram = 512, int64_t vcpus = 1, int64_t disk = 1);
  void expect_nothing_left();
};

struct Control {
  explicit Control(World& w);
  std::unique_ptr<db::Database> database;
  feed::Feed feed;
  ServerTask task;
  tasks::Runner runner;
  App app;
  Router router;
};

Json body_of(const Response& r);

}  // namespace nuri::compute::test
