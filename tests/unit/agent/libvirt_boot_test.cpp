// A server's whole life through the agent's core on the real libvirt, from specs written here.
#include <gtest/gtest.h>

#include <unistd.h>

#include <thread>

#include "compute/agent/core/console_log.h"
#include "compute/agent/core/image_header.h"
#include "storage/agent/file/file_volumes.h"
#include "tests/unit/agent/libvirt_support.h"
#include "tests/unit/agent/support.h"

namespace nuri::compute::agent::testing {
namespace {

struct Host {
  explicit Host(Driver& d) : driver(d) {
    store = std::move(DesiredStore::open(dir / "desired").value());
    ServerKeeper::Options options;
    options.instances = dir / "instances";
    options.tick_ms = 1'000;
    keeper = std::make_unique<ServerKeeper>(
        driver, images, *store, clock, options,
        ServerKeeper::Hooks{[this](const std::string& k, const std::string& i, Json s) { feed.observe(k, i, std::move(s)); },
                            [](const Json&) { return std::vector<DriveFile>{{"openstack/latest/meta_data.json", "{}"}}; },
                            [this](const std::string&, const std::string& path) -> Status {
                              std::error_code ec;
                              std::filesystem::copy_file(path, dir / "uploaded.qcow2", ec);
                              return ec ? Status(internal(ec.message())) : Status();
                            }});
    keeper->start();
  }
  ~Host() {  // also where a test failed midway: nothing is left running
    keeper->stop();
    for (const auto& item : store->all("server")) {
      if (!driver.destroy(item.id)) ADD_FAILURE() << "left running: " << item.id;
    }
  }
  void want(const std::string& id, Json spec) {
    store->apply("compute", {{"", "server", id, ++revision, std::move(spec)}}, false);
    keeper->wake(id);
  }
  Json ready(const std::string& id, int ms = 20'000) {
    return feed.wait("server", id, [this](const Json& s) { return s["revision"].as_int() == revision && s["phase"].as_string() == "ready"; }, ms);
  }
  TempDir dir;
  SystemClock clock;
  Driver& driver;
  FakeFeed feed;
  ImageCache images{dir / "cache", [](const std::string&, const std::string& path) -> Status {
                      std::error_code ec;
                      std::filesystem::copy_file(tiny_image(), path, ec);
                      return ec ? Status(internal(ec.message())) : Status();
                    }, clock};
  std::unique_ptr<DesiredStore> store;
  std::unique_ptr<ServerKeeper> keeper;
  int64_t revision = 0;
};

bool console_says(Host& host, const std::string& id, const std::string& word, int seconds) {
  for (int i = 0; i < seconds * 5; ++i) {
    auto text = read_console_log(host.keeper->files_of(id).console(), -1);
    if (text && text->find(word) != std::string::npos) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  return false;
}

TEST(LibvirtBoot, WholeLife) {
  std::string why;
  auto driver = real_driver(why);
  if (!driver) GTEST_SKIP() << why;
  if (access(tiny_image().c_str(), R_OK) != 0) GTEST_SKIP() << "no guest image at " << tiny_image();
  SystemRandom random;
  Host host(*driver);
  std::string id = random.uuid(), image = random.uuid(), volume = random.uuid(), attachment = random.uuid();
  Json spec = server_spec(id, image);
  spec.set("config_drive", true);
  host.want(id, spec);
  Json state = host.ready(id);
  ASSERT_EQ(state["power"].as_string(), "running") << host.feed.last("server", id).dump();
  std::cout << "trace " << state["trace"].dump() << "\n";
  EXPECT_TRUE(console_says(host, id, "login:", 150)) << read_console_log(host.keeper->files_of(id).console(), 40).value_or("");

  nuri::storage::agent::FileVolumes volumes("volume", host.dir / "volumes", {});
  auto made = volumes.ensure(volume, Json::object({{"size_gib", 1}, {"format", "qcow2"}, {"image", nullptr}}));
  ASSERT_TRUE(made) << made.error().message;
  spec["volumes"].push_back(volume_spec(attachment, volume, volumes.path_of(volume)));
  host.want(id, spec);
  state = host.ready(id);
  ASSERT_EQ(state["volumes"].at(0).as_string(), attachment) << host.feed.last("server", id).dump();
  auto seen = driver->inspect(id);
  ASSERT_TRUE(seen && *seen && (*seen)->volumes.contains(attachment));

  spec.set("volumes", Json::array());
  host.want(id, spec);
  state = host.feed.wait("server", id, [&](const Json& s) { return s["revision"].as_int() == host.revision && s["volumes"].size() == 0; }, 60'000);
  EXPECT_FALSE(state.is_null()) << host.feed.last("server", id).dump();
  ASSERT_TRUE(volumes.remove(volume));

  spec.set("power", "stopped");
  host.want(id, spec);
  state = host.feed.wait("server", id, [&](const Json& s) { return s["revision"].as_int() == host.revision && s["power"].as_string() == "stopped"; }, 90'000);
  EXPECT_FALSE(state.is_null()) << host.feed.last("server", id).dump();
  spec.set("power", "running");
  host.want(id, spec);
  EXPECT_EQ(host.ready(id)["power"].as_string(), "running");

  host.want(id, Json());
  state = host.feed.wait("server", id, [](const Json& s) { return s["absent"].as_bool(); });
  EXPECT_FALSE(state.is_null());
  EXPECT_FALSE(std::filesystem::exists(host.keeper->files_of(id).directory));
  auto gone = driver->inspect(id);
  EXPECT_TRUE(gone && !*gone);
  EXPECT_FALSE(host.store->get("server", id));
}

// How often the guest has come up.
int logins(Host& host, const std::string& id) {
  std::string text = read_console_log(host.keeper->files_of(id).console(), -1).value_or("");
  int n = 0;
  for (size_t at = 0; (at = text.find("login:", at)) != std::string::npos; ++at) ++n;
  return n;
}

bool comes_up(Host& host, const std::string& id, int times) {
  for (int i = 0; i < 150 * 5; ++i) {
    if (logins(host, id) >= times) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  return false;
}

// One guest that is paused, suspended, copied, rescued, resized and rebuilt.
TEST(LibvirtBoot, DiskAndMemory) {
  std::string why;
  auto driver = real_driver(why);
  if (!driver) GTEST_SKIP() << why;
  if (access(tiny_image().c_str(), R_OK) != 0) GTEST_SKIP() << "no guest image at " << tiny_image();
  SystemRandom random;
  Host host(*driver);
  std::string id = random.uuid(), image = random.uuid();
  Json spec = server_spec(id, image);
  auto want = [&](const std::string& power, int ms = 30'000) {
    spec.set("power", power);
    host.want(id, spec);
    Json state = host.feed.wait("server", id, [&](const Json& s) {
      return s["revision"].as_int() == host.revision && s["phase"].as_string() == "ready" && s["power"].as_string() == power &&
             s["disk"]["number"] == spec["disk"]["number"];
    }, ms);
    EXPECT_FALSE(state.is_null()) << power << host.feed.last("server", id).dump();
    return !state.is_null();
  };
  spec.set("disk", Json::object({{"number", 0}, {"keep", 0}}));
  ASSERT_TRUE(want("running"));
  ASSERT_TRUE(comes_up(host, id, 1));
  ASSERT_TRUE(want("paused") && want("running"));
  ASSERT_TRUE(want("suspended", 60'000));
  EXPECT_FALSE(driver->inspect(id).value());
  ASSERT_TRUE(want("running", 60'000));
  EXPECT_EQ(logins(host, id), 1) << "it went on, it did not boot";

  spec.set("snapshot", Json::object({{"number", 1}, {"image_id", random.uuid()}}));
  ASSERT_TRUE(want("running"));
  Json done = host.feed.wait("server", id, [](const Json& s) { return s["snapshot"]["status"].as_string() == "done"; }, 120'000);
  EXPECT_FALSE(done.is_null()) << host.feed.last("server", id).dump();
  EXPECT_TRUE(check_image_file(host.dir / "uploaded.qcow2", "qcow2"));
  EXPECT_EQ(driver->inspect(id).value()->power, Power::running);

  spec.set("disk", Json::object({{"number", 0}, {"keep", 1}}));
  ASSERT_TRUE(want("stopped", 90'000));
  spec["flavor"].set("disk_gib", 2).set("ram_mib", 192);
  ASSERT_TRUE(want("running"));
  EXPECT_TRUE(comes_up(host, id, 2));
  spec.set("disk", Json::object({{"number", 0}, {"keep", -1}}));
  ASSERT_TRUE(want("stopped", 90'000));
  spec["flavor"].set("disk_gib", 1).set("ram_mib", 128);
  spec.set("disk", Json::object({{"number", 1}, {"keep", 0}}));
  ASSERT_TRUE(want("running"));
  EXPECT_TRUE(comes_up(host, id, 3)) << "rebuilt";

  spec.set("rescue", spec["image"]).set("reboot", Json::object({{"count", 1}, {"type", "hard"}}));
  ASSERT_TRUE(want("running"));
  EXPECT_TRUE(comes_up(host, id, 4));
  host.want(id, Json());
  EXPECT_FALSE(host.feed.wait("server", id, [](const Json& s) { return s["absent"].as_bool(); }).is_null());
  EXPECT_FALSE(std::filesystem::exists(host.keeper->files_of(id).directory));
}

}  // namespace
}  // namespace nuri::compute::agent::testing
