#include <gtest/gtest.h>

#include <fstream>

#include "compute/agent/core/console_log.h"
#include "compute/agent/core/item_keeper.h"
#include "compute/agent/core/private_files.h"
#include "services/base/process.h"
#include "storage/agent/file/file_volumes.h"
#include "tests/unit/agent/support.h"

namespace nuri::compute::agent::testing {
namespace {

const std::string kId = "22222222-2222-4222-8222-222222222222", kOther = "11111111-1111-4111-8111-111111111111";

TEST(DesiredStore, KeepsAcrossRestartsAndForgetsTombstones) {
  TempDir dir;
  Json spec = Json::object({{"a", 1}});
  {
    auto store = DesiredStore::open(dir.path()).value();
    EXPECT_EQ(store->apply("compute", {{"", "server", kId, 1, spec}, {"", "server", "../evil", 1, spec}}, false).size(), 1u);
    EXPECT_TRUE(store->apply("compute", {{"", "server", kId, 1, spec}}, false).empty()) << "the same again is no change";
    store->save();
    EXPECT_FALSE(store->complete("compute"));
  }
  std::ofstream(dir / "server-broken.json") << "{\"kind\":";
  auto store = DesiredStore::open(dir.path()).value();
  ASSERT_TRUE(store->get("server", kId));
  EXPECT_EQ(store->get("server", kId)->spec, spec);
  EXPECT_EQ(store->all("server").size(), 1u);
  store->apply("compute", {{"", "server", kId, 2, Json()}}, false);
  store->forget("server", kId, 1);
  EXPECT_TRUE(store->get("server", kId)) << "a newer word came meanwhile";
  store->forget("server", kId, 2);
  EXPECT_FALSE(store->get("server", kId));
  EXPECT_TRUE(DesiredStore::open(dir.path()).value()->all("server").empty());
}

TEST(DesiredStore, FullListDropsOnlyItsOwnSource) {
  TempDir dir;
  auto store = DesiredStore::open(dir.path()).value();
  store->apply("compute", {{"", "server", kId, 1, Json::object()}}, false);
  store->apply("storage", {{"", "volume", kOther, 1, Json::object()}}, false);
  EXPECT_EQ(store->apply("compute", {}, true).size(), 1u);
  EXPECT_FALSE(store->get("server", kId));
  EXPECT_TRUE(store->get("volume", kOther));
  EXPECT_TRUE(store->complete("compute"));
  EXPECT_FALSE(store->complete("storage"));
}

TEST(FileVolumes, MadeOnceFromNothingOrAnImageAndRemoved) {
  TempDir dir;
  ASSERT_TRUE(run_checked({"qemu-img", "create", "-q", "-f", "raw", dir / "image", "2G"}));
  nuri::storage::agent::FileVolumes volumes("volume", dir / "volumes", {[&](const Json&) -> Result<nuri::storage::agent::FileVolumes::Source> {
    return nuri::storage::agent::FileVolumes::Source{dir / "image", "raw", 2ll << 30};
  }});
  Json spec = Json::object({{"size_gib", 3}, {"format", "qcow2"}, {"image", Json::object({{"id", kOther}})}});
  for (int i = 0; i < 2; ++i) {
    auto state = volumes.ensure(kId, spec);
    ASSERT_TRUE(state) << state.error().message;
    EXPECT_EQ((*state)["path"].as_string(), volumes.path_of(kId));
  }
  auto info = run_checked({"qemu-img", "info", "--output=json", volumes.path_of(kId)});
  ASSERT_TRUE(info);
  EXPECT_EQ((*parse_json(*info))["virtual-size"].as_int(), 3ll << 30);
  EXPECT_FALSE((*parse_json(*info)).contains("backing-filename"));
  EXPECT_EQ(volumes.list(), std::vector<std::string>{kId});
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(volumes.remove(kId));
  EXPECT_TRUE(volumes.list().empty());
}

int64_t real_size(const std::string& path) {
  auto info = run_checked({"qemu-img", "info", "--output=json", path});
  return info ? (*parse_json(*info))["virtual-size"].as_int() : -1;
}

std::filesystem::perms mode_of(const std::string& path) { return std::filesystem::status(path).permissions(); }

TEST(FileVolumes, GrowsAndNeverShrinks) {
  TempDir dir;
  nuri::storage::agent::FileVolumes volumes("volume", dir / "volumes", {});
  for (auto [wanted, real] : {std::pair(1, 1), {3, 3}, {2, 3}, {4, 4}}) {
    auto state = volumes.ensure(kId, Json::object({{"size_gib", wanted}}));
    ASSERT_TRUE(state) << state.error().message;
    EXPECT_EQ((*state)["status"].as_string(), "available");
    EXPECT_EQ(real_size(volumes.path_of(kId)), int64_t(real) << 30);
  }
  std::ofstream(volumes.path_of(kId), std::ios::trunc) << "not a disk";
  EXPECT_FALSE(volumes.ensure(kId, Json::object({{"size_gib", 4}})));
}

TEST(FileVolumes, AreNobodyElsesToRead) {
  TempDir dir;
  nuri::storage::agent::FileVolumes volumes("volume", dir / "volumes", {});
  ASSERT_TRUE(volumes.ensure(kId, Json::object({{"size_gib", 1}})));
  EXPECT_EQ(mode_of(volumes.path_of(kId)), std::filesystem::perms(0600));
}

TEST(FileVolumes, ListsHalfMadeOnesToo) {
  TempDir dir;
  nuri::storage::agent::FileVolumes volumes("volume", dir.path(), {});
  for (const auto& name : {volumes.path_of(kId), volumes.path_of(kId) + ".part", volumes.path_of(kOther) + ".part", dir / "else"})
    std::ofstream(name) << "x";
  EXPECT_EQ(volumes.list(), (std::vector<std::string>{std::min(kId, kOther), std::max(kId, kOther)}));
}

TEST(PrivateFiles, OlderOnesAreClosed) {
  using std::filesystem::perms;
  TempDir dir;
  std::filesystem::create_directories(dir / "a/b");
  for (const char* name : {"one", "a/two", "a/b/three"}) {
    std::ofstream(dir / name) << "x";
    std::filesystem::permissions(dir / name, perms(0644));
  }
  std::filesystem::permissions(dir / "a", perms(0711));
  std::filesystem::permissions(dir / "a/two", perms(0600));
  std::filesystem::create_symlink("/etc/passwd", dir / "link");
  ASSERT_TRUE(close_to_others(dir.path()));
  EXPECT_EQ(mode_of(dir / "one"), perms(0640));
  EXPECT_EQ(mode_of(dir / "a/two"), perms(0600));
  EXPECT_EQ(mode_of(dir / "a/b/three"), perms(0640));
  EXPECT_EQ(mode_of(dir / "a"), perms(0711));
  EXPECT_EQ(mode_of("/etc/passwd"), perms(0644));
  EXPECT_TRUE(close_to_others(dir / "nothing"));
}

TEST(ItemKeeper, RemovesOrphansAfterTheirGrace) {
  TempDir dir;
  auto store = DesiredStore::open(dir.path()).value();
  FakeFeed feed;
  const std::string used = "33333333-3333-4333-8333-333333333333";
  std::mutex mutex;
  std::set<std::string> there{kId, kOther, used};
  ItemKeeper keeper("volume", *store,
                    {[](const std::string&, const Json&) -> Result<Json> { return Json::object({{"status", "available"}}); },
                     [&](const std::string& id) -> Status {
                       std::lock_guard lock(mutex);
                       there.erase(id);
                       return {};
                     },
                     [&](const std::string& k, const std::string& i, Json s) { feed.observe(k, i, std::move(s)); },
                     [&] {
                       std::lock_guard lock(mutex);
                       return std::vector<std::string>(there.begin(), there.end());
                     },
                     [&](const std::string& id) { return id == used; }});
  keeper.start();
  store->apply("storage", {{"", "volume", kOther, 1, Json::object()}}, true);
  keeper.sweep(1'000, 500);
  EXPECT_EQ(feed.last("orphan", kId)["removal_us"].as_int(), 1'500);
  keeper.sweep(1'499, 500);
  EXPECT_EQ(feed.history("orphan", kId).size(), 1u);
  EXPECT_EQ(there.size(), 3u);
  keeper.sweep(1'500, 500);
  EXPECT_FALSE(feed.wait("orphan", kId, [](const Json& s) { return s["absent"].as_bool(); }).is_null());
  EXPECT_TRUE(feed.history("orphan", kOther).empty()) << "it is wanted";
  EXPECT_TRUE(feed.history("orphan", used).empty()) << "a server has it";
  keeper.stop();
  EXPECT_EQ(there, (std::set<std::string>{kOther, used}));
}

TEST(FileVolumes, RefusesWhatCannotBe) {
  TempDir dir;
  nuri::storage::agent::FileVolumes volumes("volume", dir / "volumes", {[](const Json&) -> Result<nuri::storage::agent::FileVolumes::Source> {
    return nuri::storage::agent::FileVolumes::Source{"/nowhere", "raw", 5ll << 30};
  }});
  auto code = [&](const std::string& id, Json spec) { return volumes.ensure(id, spec).error().code; };
  EXPECT_EQ(code("../x", Json::object({{"size_gib", 1}})), ErrorCode::unprocessable);
  EXPECT_EQ(code(kId, Json::object({{"size_gib", 0}})), ErrorCode::unprocessable);
  EXPECT_EQ(code(kId, Json::object({{"size_gib", 1}, {"format", "vmdk"}})), ErrorCode::unprocessable);
  EXPECT_EQ(code(kId, Json::object({{"size_gib", 1}, {"image", Json::object({{"id", kOther}})}})), ErrorCode::unprocessable);
  EXPECT_TRUE(volumes.list().empty());
}

TEST(ItemKeeper, TriesUntilItWorksAndReports) {
  TempDir dir;
  auto store = DesiredStore::open(dir.path()).value();
  FakeFeed feed;
  std::atomic<int> tries = 0;
  ItemKeeper keeper("volume", *store,
                    {[&](const std::string&, const Json&) -> Result<Json> {
                       if (++tries < 2) return unavailable("not yet");
                       return Json::object({{"status", "available"}});
                     },
                     [](const std::string&) -> Status { return {}; },
                     [&](const std::string& k, const std::string& i, Json s) { feed.observe(k, i, std::move(s)); }});
  keeper.start();
  store->apply("storage", {{"", "volume", kId, 7, Json::object()}}, false);
  keeper.wake(kId);
  EXPECT_FALSE(feed.wait("volume", kId, [](const Json& s) { return s["status"].as_string() == "available" && s["revision"].as_int() == 7; }).is_null());
  store->apply("storage", {{"", "volume", kId, 8, Json()}}, false);
  keeper.wake(kId);
  EXPECT_FALSE(feed.wait("volume", kId, [](const Json& s) { return s["absent"].as_bool(); }).is_null());
  EXPECT_FALSE(store->get("volume", kId));
}

TEST(ConsoleLog, LastLinesAndTheRotatedPart) {
  TempDir dir;
  std::string path = dir / "console.log";
  EXPECT_EQ(read_console_log(path, -1).value(), "");
  std::ofstream(path) << "three\nfour\n";
  std::ofstream(path + ".0") << "one\ntwo\n";
  EXPECT_EQ(read_console_log(path, -1).value(), "one\ntwo\nthree\nfour\n");
  EXPECT_EQ(read_console_log(path, 1).value(), "four\n");
  EXPECT_EQ(read_console_log(path, 3).value(), "two\nthree\nfour\n");
  EXPECT_EQ(read_console_log(path, 99).value(), "one\ntwo\nthree\nfour\n");
  EXPECT_EQ(read_console_log(path, 0).value(), "");
}

}  // namespace
}  // namespace nuri::compute::agent::testing
