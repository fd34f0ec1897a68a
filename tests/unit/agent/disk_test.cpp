// Rebuild, resize, snapshot, pause, suspend and rescue through the keeper, on the sim driver.
#include <fstream>

#include "services/base/config.h"
#include "tests/unit/agent/keeper_support.h"

namespace nuri::compute::agent::testing {
namespace {

const std::string kId = "22222222-2222-4222-8222-222222222222", kImage = "11111111-1111-4111-8111-111111111111";

struct Disk : ::testing::Test {
  Json spec = server_spec(kId, kImage);
  SimHost host;
  ServerFiles files() { return host.keeper->files_of(kId); }
  std::string content(const std::string& path) { return read_file(path).value_or("nothing"); }
  void write(const std::string& text) { std::ofstream(files().disk()) << text; }
  void disk(int64_t number, int64_t keep) {
    spec.set("disk", Json::object({{"number", number}, {"keep", keep}}));
  }
  void snapshot(int64_t number) {
    spec.set("snapshot", Json::object({{"number", number}, {"image_id", kImage}}));
  }
  Json want(const std::string& power) {
    spec.set("power", power);
    host.want(kId, spec);
    Json state = host.ready(kId, power);
    EXPECT_FALSE(state.is_null()) << power << host.feed.last("server", kId).dump();
    return state;
  }
  int starts() {
    std::string log = content(files().console());
    return static_cast<int>(std::count(log.begin(), log.end(), '\n'));
  }
};

TEST_F(Disk, PausedAndSuspendedOverRestarts) {
  want("running");
  want("paused");
  host.restart();
  EXPECT_EQ(host.driver->inspect(kId).value()->power, Power::paused);
  want("running");
  want("suspended");
  EXPECT_FALSE(host.on_host(kId));
  host.restart();
  EXPECT_FALSE(host.ready(kId, "suspended").is_null());
  EXPECT_FALSE(host.on_host(kId));
  want("running");
  EXPECT_NE(content(files().console()).find("went on"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(files().memory()));
}

TEST_F(Disk, MemoryOfAGuestThatRunsIsThrownAway) {
  want("running");
  std::ofstream(files().memory()) << "older than the disk";
  want("stopped");
  want("running");
  EXPECT_EQ(content(files().console()).find("went on"), std::string::npos);
}

TEST_F(Disk, HardRebootOfASuspendedGuestBootsIt) {
  want("running");
  want("suspended");
  spec.set("reboot", Json::object({{"count", 1}, {"type", "hard"}}));
  want("running");
  EXPECT_EQ(content(files().console()).find("went on"), std::string::npos);
}

TEST_F(Disk, RebuiltOnceForEachNumber) {
  want("running");
  write("what the guest wrote");
  disk(1, 0);
  Json state = want("running");
  EXPECT_EQ(state["disk"]["number"].as_int(), 1);
  EXPECT_NE(content(files().disk()), "what the guest wrote");
  write("again");
  host.restart();
  want("running");
  EXPECT_EQ(content(files().disk()), "again");
  want("stopped");
  disk(2, 0);
  want("stopped");
  EXPECT_NE(content(files().disk()), "again");
  EXPECT_FALSE(host.on_host(kId));
}

TEST_F(Disk, RebuildKilledAtEachStepIsDoneOnce) {
  for (const char* step : {"destroy", "prepare", "start"}) {
    want("running");
    write("old");
    disk(spec["disk"]["number"].as_int() + 1, 0);
    host.driver->fail_next(step, 1'000'000, unavailable("stuck"));
    host.want(kId, spec);
    host.feed.wait("server", kId, [&](const Json& s) { return !s["error"].is_null(); }, 300);
    host.restart();
    EXPECT_FALSE(host.feed.wait("server", kId, [&](const Json& s) {
      return s["disk"]["number"] == spec["disk"]["number"] && s["power"].as_string() == "running" && s["error"].is_null();
    }).is_null()) << step;
    EXPECT_NE(content(files().disk()), "old") << step;
  }
}

TEST_F(Disk, KeptForAResizeAndTakenBack) {
  want("running");
  write("before");
  disk(0, 1);
  Json state = want("stopped");
  EXPECT_EQ(state["disk"]["keep"].as_int(), 1);
  EXPECT_EQ(content(files().kept(1)), "before");
  want("running");
  write("after");
  host.restart();
  want("running");
  EXPECT_EQ(content(files().kept(1)), "before");
  disk(0, -1);
  state = want("stopped");
  EXPECT_EQ(state["disk"]["keep"].as_int(), 0);
  EXPECT_EQ(content(files().disk()), "before");
  disk(0, 0);
  want("running");

  disk(0, 2);
  want("stopped");
  want("running");
  write("larger");
  disk(0, 0);
  state = want("running");
  EXPECT_EQ(state["disk"]["keep"].as_int(), 0);
  EXPECT_EQ(content(files().disk()), "larger");
  EXPECT_FALSE(std::filesystem::exists(files().kept(2)));
}

TEST_F(Disk, GrowsWithTheFlavorOnly) {
  want("running");
  want("stopped");
  host.driver->fail_next("grow", 1, unavailable("no room"));
  want("running");  // nothing to grow: the fault is still there
  want("stopped");
  spec["flavor"].set("disk_gib", 5);
  host.want(kId, [&] { spec.set("power", "running"); return spec; }());
  EXPECT_FALSE(host.feed.wait("server", kId, [](const Json& s) { return s["error"].as_string() == "no room"; }).is_null());
  EXPECT_FALSE(host.ready(kId, "running").is_null());
}

TEST_F(Disk, SnapshotIsUploadedOnceWhileTheGuestRuns) {
  want("running");
  snapshot(1);
  host.want(kId, spec);
  auto done = [&](int64_t n) {
    return !host.feed.wait("server", kId, [&](const Json& s) {
      return s["snapshot"]["number"].as_int() == n && s["snapshot"]["status"].as_string() == "done";
    }, 5'000).is_null();
  };
  EXPECT_TRUE(done(1)) << host.feed.last("server", kId).dump();
  EXPECT_EQ(host.uploads, 1);
  EXPECT_EQ(host.driver->inspect(kId).value()->power, Power::running);
  host.restart();
  EXPECT_TRUE(done(1));
  want("stopped");
  EXPECT_EQ(host.uploads, 1);
  EXPECT_FALSE(std::filesystem::exists(files().copy()));
  snapshot(2);
  want("stopped");
  EXPECT_TRUE(done(2));
  EXPECT_EQ(host.uploads, 2);
}

TEST_F(Disk, UploadIsTriedAgainAlsoByALaterAgent) {
  want("running");
  host.answer_uploads(unavailable("the image service is away"));
  snapshot(1);
  host.want(kId, spec);
  EXPECT_FALSE(host.feed.wait("server", kId, [](const Json& s) { return s["snapshot"]["status"].as_string() == "uploading"; }).is_null());
  host.restart();
  host.answer_uploads(Status());
  EXPECT_FALSE(host.feed.wait("server", kId, [](const Json& s) { return s["snapshot"]["status"].as_string() == "done"; }).is_null());
  host.answer_uploads(not_found("no such image"));
  snapshot(2);
  host.want(kId, spec);
  Json state = host.feed.wait("server", kId, [](const Json& s) { return s["snapshot"]["status"].as_string() == "failed"; });
  EXPECT_EQ(state["snapshot"]["error"].as_string(), "no such image");
}

TEST_F(Disk, GuestIsNotLeftStandingByACopyThatFails) {
  want("running");
  std::filesystem::create_directories(files().copy() + "/in the way");
  snapshot(1);
  host.want(kId, spec);
  Json state = host.feed.wait("server", kId, [](const Json& s) { return s["snapshot"]["status"].as_string() == "failed"; });
  EXPECT_NE(state["snapshot"]["error"].as_string().find("could not be copied"), std::string::npos) << state.dump();
  EXPECT_FALSE(host.ready(kId, "running").is_null());
  EXPECT_EQ(host.driver->inspect(kId).value()->power, Power::running);
  std::filesystem::remove_all(files().copy());
  snapshot(2);
  host.want(kId, spec);
  EXPECT_FALSE(host.feed.wait("server", kId, [](const Json& s) { return s["snapshot"]["status"].as_string() == "done"; }).is_null());
}

TEST_F(Disk, DeletedDuringAnUpload) {
  want("running");
  host.answer_uploads(unavailable("slow"));
  snapshot(1);
  host.want(kId, spec);
  host.feed.wait("server", kId, [](const Json& s) { return s["snapshot"]["status"].as_string() == "uploading"; });
  host.want(kId, Json());
  EXPECT_TRUE(host.gone(kId));
}

}  // namespace
}  // namespace nuri::compute::agent::testing
