#include "tests/unit/agent/keeper_support.h"

namespace nuri::compute::agent::testing {
namespace {

const std::string kId = "22222222-2222-4222-8222-222222222222", kImage = "11111111-1111-4111-8111-111111111111";
const std::string kAttachment = "33333333-2222-4222-8222-222222222222", kVolume = "44444444-2222-4222-8222-222222222222";

struct Keeper : ::testing::Test {
  Json spec = server_spec(kId, kImage);
  SimHost host;
  Json with_volume() {
    Json s = spec;
    s["volumes"].push_back(volume_spec(kAttachment, kVolume, "/v"));
    return s;
  }
};

TEST_F(Keeper, WholeLife) {
  host.want(kId, spec);
  Json state = host.ready(kId, "running");
  ASSERT_FALSE(state.is_null());
  EXPECT_EQ(host.feed.history("server", kId).front()["phase"].as_string(), "preparing");
  EXPECT_EQ(state["trace"].at(state["trace"].size() - 1)["stage"].as_string(), "start");

  host.want(kId, with_volume());
  state = host.ready(kId, "running");
  EXPECT_EQ(state["volumes"].at(0).as_string(), kAttachment);
  host.want(kId, spec);
  EXPECT_EQ(host.ready(kId, "running")["volumes"].size(), 0u);

  spec.set("power", "stopped");
  host.want(kId, spec);
  EXPECT_FALSE(host.ready(kId, "stopped").is_null());
  host.want(kId, Json());
  EXPECT_TRUE(host.gone(kId));
  EXPECT_FALSE(host.store->get("server", kId));
}

TEST_F(Keeper, FaultsAreReportedAndTriedAgain) {
  host.driver->fail_next("prepare", 2, internal("disk full"));
  host.driver->fail_next("start", 2, unavailable("no tap"));
  host.driver->fail_next("inspect", 1, unavailable("libvirtd is away"));
  host.want(kId, spec);
  EXPECT_FALSE(host.ready(kId, "running").is_null());
  bool told = false;
  for (const auto& s : host.feed.history("server", kId)) told = told || s["error"].as_string() == "no tap";
  EXPECT_TRUE(told);
  EXPECT_TRUE(host.feed.last("server", kId)["error"].is_null());
}

TEST_F(Keeper, ImpossibleSpecFailsAndCanStillBeDeletedOrMended) {
  Json broken = spec;
  broken.set("power", "dancing");
  host.want(kId, broken);
  Json state = host.feed.wait("server", kId, [](const Json& s) { return s["phase"].as_string() == "failed"; });
  EXPECT_NE(state["error"].as_string().find("power"), std::string::npos) << state.dump();
  host.want(kId, spec);
  EXPECT_FALSE(host.ready(kId, "running").is_null());
  host.driver->fail_next("plug_volume", 1, Error(ErrorCode::unprocessable, "never"));
  host.want(kId, with_volume());
  EXPECT_FALSE(host.feed.wait("server", kId, [](const Json& s) { return s["phase"].as_string() == "failed"; }).is_null());
  host.want(kId, Json());
  EXPECT_TRUE(host.gone(kId));
}

TEST_F(Keeper, AgentKilledAtEachStepGoesOn) {
  for (const char* step : {"inspect", "prepare", "start"}) {
    host.driver->fail_next(step, 1'000'000, unavailable("stuck"));
    host.want(kId, spec);
    host.feed.wait("server", kId, [&](const Json& s) { return !s["error"].is_null(); }, 300);
    host.restart();
    EXPECT_FALSE(host.ready(kId, "running").is_null()) << step;
    host.driver->fail_next("remove", 1'000'000, unavailable("stuck"));
    host.want(kId, Json());
    host.feed.wait("server", kId, [](const Json& s) { return s["absent"].as_bool(); }, 200);
    host.restart();
    EXPECT_TRUE(host.gone(kId)) << step;
  }
}

TEST_F(Keeper, GuestsRunOnWhileTheAgentIsAwayAndComputeToo) {
  host.want(kId, spec);
  ASSERT_FALSE(host.ready(kId, "running").is_null());
  host.restart();  // no feed says anything: what is wanted comes from disk
  EXPECT_TRUE(host.on_host(kId));
  host.driver->crash(kId);
  EXPECT_FALSE(host.feed.wait("server", kId, [&](const Json&) { return host.on_host(kId); }, 5'000).is_null());
}

TEST_F(Keeper, GuestThatPowersItselfOffStaysOffAlsoOverARestart) {
  host.want(kId, spec);
  ASSERT_FALSE(host.ready(kId, "running").is_null());
  host.driver->guest_powers_off(kId);
  ASSERT_FALSE(host.ready(kId, "stopped").is_null());
  host.restart();
  host.keeper->sweep();
  EXPECT_FALSE(host.ready(kId, "stopped").is_null());
  EXPECT_FALSE(host.on_host(kId));
  spec.set("power", "stopped");
  host.want(kId, spec);
  EXPECT_FALSE(host.ready(kId, "stopped").is_null());
  spec.set("power", "running");
  host.want(kId, spec);
  EXPECT_FALSE(host.ready(kId, "running").is_null());
}

TEST_F(Keeper, TheLateEventOfAStopThatWasAskedForDoesNotKeepItOff) {
  host.want(kId, spec);
  ASSERT_FALSE(host.ready(kId, "running").is_null());
  spec.set("power", "stopped");
  host.want(kId, spec);
  ASSERT_FALSE(host.ready(kId, "stopped").is_null());
  spec.set("power", "running");
  host.store->apply("compute", {{"", "server", kId, ++host.revision, spec}}, false);
  host.driver->tell_late_power_off(kId);  // before the keeper knows of the new wish
  host.keeper->wake(kId);
  EXPECT_FALSE(host.ready(kId, "running").is_null());
  // And what the guest does on its own afterwards is still its own will.
  while (!host.keeper->idle()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  host.driver->guest_powers_off(kId);
  EXPECT_FALSE(host.ready(kId, "stopped").is_null());
}

TEST_F(Keeper, RebootsCountAndHappenOnce) {
  host.want(kId, spec);
  ASSERT_FALSE(host.ready(kId, "running").is_null());
  for (const char* type : {"soft", "hard"}) {
    spec.set("reboot", Json::object({{"count", host.revision}, {"type", type}}));
    host.want(kId, spec);
    Json state = host.feed.wait("server", kId, [&](const Json& s) {
      return s["revision"].as_int() == host.revision && s["reboot_count"].as_int() == host.revision - 1 && s["power"].as_string() == "running";
    }, 5'000);
    EXPECT_FALSE(state.is_null()) << type << host.feed.last("server", kId).dump();
  }
  auto text = host.keeper->call("console_log", Json::object({{"server_id", kId}, {"lines", nullptr}}));
  ASSERT_TRUE(text);
  const std::string& log = (*text)["output"].as_string();
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 3);  // one line a start
}

TEST_F(Keeper, StubbornGuestLosesItsPlugInTheEnd) {
  host.sim_options.stubborn_guests = true;
  host.shutdown_timeout_ms = 100;
  host.restart();
  host.want(kId, spec);
  ASSERT_FALSE(host.ready(kId, "running").is_null());
  spec.set("power", "stopped");
  host.want(kId, spec);
  EXPECT_FALSE(host.ready(kId, "stopped").is_null());
  EXPECT_FALSE(host.on_host(kId));
}

TEST_F(Keeper, OrphansAreReportedThenRemovedAfterTheirGrace) {
  host.orphan_grace_us = 300'000;
  host.restart();
  host.want(kId, spec);
  ASSERT_FALSE(host.ready(kId, "running").is_null());
  std::filesystem::remove_all(host.dir / "desired");
  host.restart();
  std::this_thread::sleep_for(std::chrono::milliseconds(400));
  EXPECT_TRUE(host.on_host(kId)) << "nobody has said yet what is wanted";
  host.full({});
  EXPECT_FALSE(host.feed.wait("orphan", kId, [](const Json& s) { return s["removal_us"].as_int() > 0; }).is_null());
  EXPECT_TRUE(host.on_host(kId));
  EXPECT_FALSE(host.feed.wait("orphan", kId, [](const Json& s) { return s["absent"].as_bool(); }).is_null());
  EXPECT_FALSE(host.on_host(kId));
  EXPECT_FALSE(std::filesystem::exists(host.keeper->files_of(kId).directory));
}

TEST_F(Keeper, OrphanThatIsWantedAfterAllIsKept) {
  host.want(kId, spec);
  ASSERT_FALSE(host.ready(kId, "running").is_null());
  host.full({});
  EXPECT_FALSE(host.feed.wait("orphan", kId, [](const Json& s) { return s["removal_us"].as_int() > 0; }).is_null());
  host.full({{"", "server", kId, ++host.revision, spec}});
  EXPECT_FALSE(host.ready(kId, "running").is_null());
  EXPECT_TRUE(host.on_host(kId));
}

TEST_F(Keeper, TombstoneOfWhatWasNeverHereIsConfirmed) {
  host.want(kId, Json());
  EXPECT_TRUE(host.gone(kId));
  host.want(kId, Json());  // the service missed it: told again
  EXPECT_TRUE(host.gone(kId));
}

TEST_F(Keeper, ManyAtOnce) {
  host.sim_options.start_ms = 5;
  host.restart();
  SeededRandom random(1);
  std::vector<std::string> ids;
  for (int i = 0; i < 100; ++i) ids.push_back(random.uuid());
  std::vector<Desired> items;
  for (const auto& id : ids) items.push_back({"", "server", id, ++host.revision, server_spec(id, kImage)});
  host.full(items);
  for (const auto& id : ids) {
    EXPECT_FALSE(host.feed.wait("server", id, [](const Json& s) { return s["power"].as_string() == "running"; }).is_null());
  }
  for (auto& item : items) item.revision += 1000, item.spec = Json();
  host.full(items);
  for (const auto& id : ids) {
    EXPECT_FALSE(host.feed.wait("server", id, [](const Json& s) { return s["absent"].as_bool(); }).is_null());
  }
  EXPECT_TRUE(host.driver->list()->empty());
}

TEST_F(Keeper, CallsAreChecked) {
  EXPECT_EQ(host.keeper->call("console_log", Json::object({{"server_id", "../../etc"}})).error().code, ErrorCode::bad_request);
  EXPECT_EQ(host.keeper->call("diagnostics", Json::object({{"server_id", kId}})).error().code, ErrorCode::not_found);
  host.want(kId, spec);
  ASSERT_FALSE(host.ready(kId, "running").is_null());
  EXPECT_EQ(host.keeper->call("format_disk", Json::object({{"server_id", kId}})).error().code, ErrorCode::bad_request);
  EXPECT_TRUE(host.keeper->call("diagnostics", Json::object({{"server_id", kId}})));
}

}  // namespace
}  // namespace nuri::compute::agent::testing
