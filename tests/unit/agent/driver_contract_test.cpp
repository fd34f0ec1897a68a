// What every driver must do alike. Runs on sim always, on libvirt where a libvirtd answers.
#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "compute/agent/core/image_header.h"
#include "compute/agent/sim/sim_driver.h"
#include "services/base/process.h"
#include "storage/agent/file/file_volumes.h"
#include "tests/unit/agent/libvirt_support.h"
#include "tests/unit/agent/support.h"

namespace nuri::compute::agent::testing {
namespace {

struct Contract : ::testing::TestWithParam<std::string> {
  void SetUp() override {
    if (GetParam() == "sim") {
      sim::SimOptions options;
      options.state_file = dir / "domains.json";
      driver = std::make_unique<sim::SimDriver>(options);
    } else {
      std::string why;
      driver = real_driver(why);
      if (!driver) GTEST_SKIP() << why;
      // An empty disk boots nothing, which is all that this test needs of a guest.
      ASSERT_TRUE(run_checked({"qemu-img", "create", "-q", "-f", "qcow2", dir / "base.qcow2", "16M"}));
      base = BaseImage{dir / "base.qcow2", "qcow2", 16 << 20};
    }
    driver->on_event([this](const DriverEvent& e) {
      std::lock_guard lock(mutex);
      events.push_back(e);
      came.notify_all();
    });
    Json j = server_spec(id, random.uuid());
    j["volumes"].push_back(volume_spec(first, random.uuid(), make_volume("first"), "/dev/vdb"));
    spec = parse_server(id, j).value();
    files.directory = dir / ("instances/" + id);
    std::filesystem::create_directories(files.directory);
  }
  void TearDown() override {
    if (!driver) return;
    EXPECT_TRUE(driver->destroy(id));
    driver->on_event(nullptr);
  }
  std::string make_volume(const std::string& name) {
    std::string path = dir / name;
    EXPECT_TRUE(run_checked({"qemu-img", "create", "-q", "-f", "qcow2", path, "8M"}));
    return path;
  }
  std::optional<Domain> look() {
    auto d = driver->inspect(id);
    EXPECT_TRUE(d) << d.error().message;
    return d ? *d : std::nullopt;
  }
  bool listed() {
    auto all = driver->list();
    EXPECT_TRUE(all);
    return all && std::any_of(all->begin(), all->end(), [&](const Domain& d) { return d.id == id; });
  }
  bool event_for(const std::string& server) {
    std::unique_lock lock(mutex);
    return came.wait_for(lock, std::chrono::seconds(5), [&] {
      return std::any_of(events.begin(), events.end(), [&](const auto& e) { return e.id == server; });
    });
  }
  void up() {
    ASSERT_TRUE(driver->prepare(spec, files, base));
    if (base) {
      EXPECT_EQ(std::filesystem::status(files.disk()).permissions(), std::filesystem::perms(0600)) << "no stranger reads it";
    }
    auto started = driver->start(spec, files, base, std::nullopt);
    ASSERT_TRUE(started) << started.error().message;
  }
  TempDir dir;
  SystemRandom random;
  std::unique_ptr<Driver> driver;
  std::optional<BaseImage> base;
  std::string id = random.uuid(), first = random.uuid();
  ServerSpec spec;
  ServerFiles files;
  std::mutex mutex;
  std::condition_variable came;
  std::vector<DriverEvent> events;
};

TEST_P(Contract, NothingIsThereAtFirst) {
  EXPECT_FALSE(driver->prepared(spec, files));
  EXPECT_FALSE(look());
  EXPECT_FALSE(listed());
  EXPECT_TRUE(driver->destroy(id));
  EXPECT_TRUE(driver->shutdown(id));
  EXPECT_TRUE(driver->unplug_volume(id, first));
  EXPECT_TRUE(driver->unplug_port(id, first));
  EXPECT_TRUE(driver->remove(id, files));
  EXPECT_TRUE(driver->remove(id, files));
  EXPECT_FALSE(driver->diagnostics(id));
  EXPECT_FALSE(driver->plug_volume(id, spec.volumes[0]));
}

TEST_P(Contract, HostTellsItsSize) {
  auto host = driver->host();
  ASSERT_TRUE(host);
  EXPECT_GT(host->vcpus, 0);
  EXPECT_GT(host->memory_mib, 0);
  EXPECT_TRUE(host->hypervisor_type == "QEMU" || host->hypervisor_type == "KVM");
}

TEST_P(Contract, EverythingTwiceIsTheSameAsOnce) {
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(driver->prepare(spec, files, base));
  EXPECT_TRUE(driver->prepared(spec, files));
  for (int i = 0; i < 2; ++i) {
    auto started = driver->start(spec, files, base, std::nullopt);
    EXPECT_TRUE(started) << started.error().message;
  }
  auto domain = look();
  ASSERT_TRUE(domain);
  EXPECT_EQ(domain->power, Power::running);
  EXPECT_EQ(domain->volumes, std::set<std::string>{first});
  EXPECT_TRUE(listed());
  EXPECT_TRUE(event_for(id));
  EXPECT_FALSE(driver->remove(id, files)) << "a running server must not lose its files";
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(driver->destroy(id));
  EXPECT_FALSE(look());
  EXPECT_FALSE(listed());
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(driver->remove(id, files));
  EXPECT_FALSE(std::filesystem::exists(files.directory));
}

TEST_P(Contract, VolumesComeAtRunTime) {
  up();
  VolumeSpec second = spec.volumes[0];
  second.attachment_id = random.uuid();
  second.volume_id = second.serial = random.uuid();
  second.path = make_volume("second");
  second.device = "/dev/vdc";
  for (int i = 0; i < 2; ++i) {
    auto plugged = driver->plug_volume(id, second);
    EXPECT_TRUE(plugged) << plugged.error().message;
  }
  EXPECT_EQ(look()->volumes, (std::set<std::string>{first, second.attachment_id}));
  EXPECT_TRUE(driver->unplug_volume(id, second.attachment_id));  // the guest may be deaf: gone or asked
  EXPECT_TRUE(driver->unplug_volume(id, second.attachment_id));
  ASSERT_TRUE(look());
  EXPECT_TRUE(look()->volumes.contains(first));
}

TEST_P(Contract, StoppedAndStartedAgainItHasWhatTheSpecSays) {
  up();
  EXPECT_TRUE(driver->destroy(id));
  spec.volumes.clear();
  auto started = driver->start(spec, files, base, std::nullopt);
  EXPECT_TRUE(started) << started.error().message;
  ASSERT_TRUE(look());
  EXPECT_TRUE(look()->volumes.empty());
}

TEST_P(Contract, DiagnosticsOfARunningServer) {
  up();
  auto d = driver->diagnostics(id);
  ASSERT_TRUE(d) << d.error().message;
  EXPECT_EQ((*d)["driver"].as_string(), driver->name());
  EXPECT_EQ((*d)["stats"]["state.state"].as_int(), 1);
}

TEST_P(Contract, PausedAndResumed) {
  EXPECT_FALSE(driver->pause(id)) << "there is none";
  up();
  for (int i = 0; i < 2; ++i) {
    auto paused = driver->pause(id);
    EXPECT_TRUE(paused) << paused.error().message;
    EXPECT_EQ(look()->power, Power::paused);
  }
  for (int i = 0; i < 2; ++i) {
    auto resumed = driver->resume(id);
    EXPECT_TRUE(resumed) << resumed.error().message;
    EXPECT_EQ(look()->power, Power::running);
  }
}

TEST_P(Contract, SuspendedAndBackAgain) {
  EXPECT_TRUE(driver->suspend(id, files)) << "there is none to suspend";
  EXPECT_FALSE(driver->suspended(files));
  up();
  for (int i = 0; i < 2; ++i) {
    auto suspended = driver->suspend(id, files);
    ASSERT_TRUE(suspended) << suspended.error().message;
    EXPECT_FALSE(look());
    EXPECT_TRUE(driver->suspended(files));
  }
  auto back = driver->start(spec, files, base, std::nullopt);
  ASSERT_TRUE(back) << back.error().message;
  ASSERT_TRUE(look());
  EXPECT_EQ(look()->power, Power::running);
  EXPECT_EQ(look()->volumes, std::set<std::string>{first});
  EXPECT_FALSE(std::filesystem::exists(files.memory())) << "old memory must not meet a newer disk";
}

TEST_P(Contract, RescuedItHasADiskMore) {
  up();
  EXPECT_TRUE(driver->destroy(id));
  spec.rescue = ImageRef{random.uuid(), "qcow2", "", 0};
  std::optional<BaseImage> rescue;
  if (base) {
    ASSERT_TRUE(run_checked({"qemu-img", "create", "-q", "-f", "qcow2", dir / "rescue.qcow2", "16M"}));
    rescue = BaseImage{dir / "rescue.qcow2", "qcow2", 16 << 20};
  }
  for (int i = 0; i < 2; ++i) {
    auto started = driver->start(spec, files, base, rescue);
    ASSERT_TRUE(started) << started.error().message;
    EXPECT_EQ(look()->volumes, std::set<std::string>{first});
    EXPECT_TRUE(driver->destroy(id));
  }
  spec.rescue.reset();
  auto started = driver->start(spec, files, base, std::nullopt);
  EXPECT_TRUE(started) << started.error().message;
}

TEST_P(Contract, DisksGrowAndNeverShrink) {
  up();
  EXPECT_TRUE(driver->destroy(id));
  for (int64_t gib : {2, 2, 1}) {
    spec.flavor.disk_gib = gib;
    auto grown = driver->grow(spec, files);
    EXPECT_TRUE(grown) << grown.error().message;
  }
  if (base) {
    auto info = run_checked({"qemu-img", "info", "--output=json", files.disk()});
    ASSERT_TRUE(info);
    EXPECT_EQ(parse_json(*info).value()["virtual-size"].as_int(), 2ll << 30);
  }
  auto started = driver->start(spec, files, base, std::nullopt);
  EXPECT_TRUE(started) << started.error().message;
}

TEST_P(Contract, FlatCopyStandsAlone) {
  up();
  EXPECT_FALSE(driver->flatten(files.copy(), files.flat()));
  ASSERT_TRUE(driver->pause(id));
  std::filesystem::copy_file(files.disk(), files.copy());
  ASSERT_TRUE(driver->resume(id));
  auto made = driver->flatten(files.copy(), files.flat());
  ASSERT_TRUE(made) << made.error().message;
  auto header = check_image_file(files.flat(), "qcow2");  // refuses one with a backing file
  ASSERT_TRUE(header) << header.error().message;
  EXPECT_GT(header->virtual_size, 0);
}

INSTANTIATE_TEST_SUITE_P(Drivers, Contract, ::testing::Values("sim", "libvirt"), [](const auto& p) { return p.param; });

}  // namespace
}  // namespace nuri::compute::agent::testing
