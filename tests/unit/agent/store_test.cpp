#include <gtest/gtest.h>

#include <fstream>

#include "compute/agent/core/console_log.h"
#include "compute/agent/core/item_keeper.h"
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
  nuri::storage::agent::FileVolumes volumes(dir / "volumes", [&](const Json&) -> Result<nuri::storage::agent::FileVolumes::Source> {
    return nuri::storage::agent::FileVolumes::Source{dir / "image", "raw", 2ll << 30};
  });
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

TEST(FileVolumes, RefusesWhatCannotBe) {
  TempDir dir;
  nuri::storage::agent::FileVolumes volumes(dir / "volumes", [](const Json&) -> Result<nuri::storage::agent::FileVolumes::Source> {
    return nuri::storage::agent::FileVolumes::Source{"/nowhere", "raw", 5ll << 30};
  });
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
