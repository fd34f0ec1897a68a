#include "compute/agent/core/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/agent/support.h"

namespace nuri::compute::agent::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Plan : ::testing::Test {
  Plan() {
    spec = parse_server(id, server_spec(id, "11111111-1111-4111-8111-111111111111")).value();
    actual.prepared = true;
  }
  void up(Power power = Power::running) {
    actual.domain.emplace();
    actual.domain->id = id;
    actual.domain->power = power;
  }
  std::vector<Step> steps() { return plan(&spec, actual); }
  std::string id = "22222222-2222-4222-8222-222222222222";
  ServerSpec spec;
  Actual actual;
};

TEST_F(Plan, NewServerIsPreparedThenStarted) {
  actual.prepared = false;
  EXPECT_THAT(steps(), ElementsAre(Step{Action::prepare, ""}, Step{Action::start, ""}));
  spec.power = "stopped";
  EXPECT_THAT(steps(), ElementsAre(Step{Action::prepare, ""}));
}

TEST_F(Plan, WhatIsAsWantedNeedsNothing) {
  up();
  EXPECT_THAT(steps(), IsEmpty());
  spec.power = "stopped";
  actual.domain.reset();
  EXPECT_THAT(steps(), IsEmpty());
}

TEST_F(Plan, StopAsksThenWaitsThenPulls) {
  up();
  spec.power = "stopped";
  EXPECT_THAT(steps(), ElementsAre(Step{Action::shutdown, ""}));
  actual.shutdown_asked = true;
  EXPECT_THAT(steps(), IsEmpty());
  actual.shutdown_overdue = true;
  EXPECT_THAT(steps(), ElementsAre(Step{Action::destroy, ""}));
}

TEST_F(Plan, GuestThatWentDownItselfStaysDownUntilARebootIsAsked) {
  actual.guest_off = true;
  EXPECT_THAT(steps(), IsEmpty());
  EXPECT_EQ(reported_power(spec, actual), Power::stopped);
  spec.reboot.count = 1;
  EXPECT_THAT(steps(), ElementsAre(Step{Action::start, ""}));
}

TEST_F(Plan, DomainThatVanishedOtherwiseIsStartedAgain) { EXPECT_THAT(steps(), ElementsAre(Step{Action::start, ""})); }

TEST_F(Plan, Reboots) {
  up();
  spec.reboot = {1, "soft"};
  EXPECT_THAT(steps(), ElementsAre(Step{Action::shutdown, ""}));
  spec.reboot.type = "hard";
  EXPECT_THAT(steps(), ElementsAre(Step{Action::destroy, ""}, Step{Action::start, ""}));
  actual.reboots_done = 1;
  EXPECT_THAT(steps(), IsEmpty());
}

TEST_F(Plan, CrashedIsReplacedAndPausedResumed) {
  up(Power::crashed);
  EXPECT_THAT(steps(), ElementsAre(Step{Action::destroy, ""}, Step{Action::start, ""}));
  up(Power::paused);
  EXPECT_THAT(steps(), ElementsAre(Step{Action::resume, ""}));
}

TEST_F(Plan, PausesAndSuspends) {
  up();
  spec.power = "paused";
  EXPECT_THAT(steps(), ElementsAre(Step{Action::pause, ""}));
  up(Power::paused);
  EXPECT_THAT(steps(), IsEmpty());
  spec.power = "suspended";
  EXPECT_THAT(steps(), ElementsAre(Step{Action::suspend, ""}));
  actual.domain.reset();
  actual.suspended = true;
  EXPECT_THAT(steps(), IsEmpty());
  EXPECT_EQ(reported_power(spec, actual), Power::suspended);
  spec.power = "running";
  spec.flavor.disk_gib = 100;
  actual.disk_gib = 1;
  EXPECT_THAT(steps(), ElementsAre(Step{Action::start, ""})) << "its disk must not change under its memory";
  spec.power = "stopped";
  EXPECT_THAT(steps(), ElementsAre(Step{Action::drop_memory, ""}));
}

TEST_F(Plan, PausedGuestIsWokenToShutDown) {
  up(Power::paused);
  spec.power = "stopped";
  EXPECT_THAT(steps(), ElementsAre(Step{Action::resume, ""}, Step{Action::shutdown, ""}));
}

TEST_F(Plan, RebuildThrowsTheDiskAwayFirst) {
  up();
  spec.disk.number = 1;
  EXPECT_THAT(steps(), ElementsAre(Step{Action::destroy, ""}, Step{Action::discard, ""}, Step{Action::prepare, ""},
                                   Step{Action::start, ""}));
  actual.domain.reset();
  actual.guest_off = true;
  spec.power = "stopped";
  EXPECT_THAT(steps(), ElementsAre(Step{Action::discard, ""}, Step{Action::prepare, ""}));
}

TEST_F(Plan, DiskIsKeptOnlyWhileOff) {
  up();
  spec.disk.keep = 1;
  EXPECT_THAT(steps(), IsEmpty());
  spec.power = "stopped";
  EXPECT_THAT(steps(), ElementsAre(Step{Action::shutdown, ""}));
  actual.domain.reset();
  EXPECT_THAT(steps(), ElementsAre(Step{Action::put_aside, ""}));
  actual.kept = 1;
  EXPECT_THAT(steps(), IsEmpty());
  spec.disk.keep = -1;
  EXPECT_THAT(steps(), ElementsAre(Step{Action::take_back, ""}));
  spec.disk.keep = 0;
  EXPECT_THAT(steps(), ElementsAre(Step{Action::drop_aside, ""}));
}

TEST_F(Plan, SnapshotComesLast) {
  up();
  spec.snapshot = SnapshotSpec{1, id};
  spec.volumes = {{"new-volume", "", "", "", "", ""}};
  EXPECT_THAT(steps(), ElementsAre(Step{Action::plug_volume, "new-volume"}, Step{Action::copy_disk, ""}));
  actual.snapshot = 1;
  EXPECT_THAT(steps(), ElementsAre(Step{Action::plug_volume, "new-volume"}));
}

TEST_F(Plan, DevicesLeaveBeforeOthersCome) {
  up();
  actual.domain->ports = {"old-port"};
  actual.domain->volumes = {"old-volume", "kept"};
  spec.ports = {{"new-port", "", "", 1442}};
  spec.volumes = {{"kept", "", "", "", "", ""}, {"new-volume", "", "", "", "", ""}};
  EXPECT_THAT(steps(), ElementsAre(Step{Action::unplug_volume, "old-volume"}, Step{Action::unplug_port, "old-port"},
                                   Step{Action::plug_port, "new-port"}, Step{Action::plug_volume, "new-volume"}));
}

TEST_F(Plan, UnwantedIsTakenDownWhateverItsState) {
  EXPECT_THAT(plan(nullptr, actual), ElementsAre(Step{Action::remove, ""}));
  up();
  actual.shutdown_asked = true;
  EXPECT_THAT(plan(nullptr, actual), ElementsAre(Step{Action::destroy, ""}, Step{Action::remove, ""}));
}

TEST_F(Plan, StartTakenBackWhileGoingDownStillEndsRunning) {
  up();
  actual.shutdown_asked = true;
  EXPECT_THAT(steps(), IsEmpty());
  actual.domain.reset();
  actual.shutdown_asked = false;
  EXPECT_THAT(steps(), ElementsAre(Step{Action::start, ""}));
}

TEST(Spec, RefusesWhatCanNeverWork) {
  const std::string id = "22222222-2222-4222-8222-222222222222", other = "11111111-1111-4111-8111-111111111111";
  auto refused = [&](const char* field, Json value) {
    Json spec = server_spec(id, other);
    spec.set(field, std::move(value));
    auto parsed = parse_server(id, spec);
    return !parsed && parsed.error().code == ErrorCode::unprocessable;
  };
  EXPECT_TRUE(refused("power", "dancing"));
  EXPECT_TRUE(refused("disk", Json::object({{"number", -1}})));
  EXPECT_TRUE(refused("snapshot", Json::object({{"number", 1}, {"image_id", "../../x"}})));
  EXPECT_TRUE(refused("rescue", Json::object({{"id", "x"}, {"disk_format", "qcow2"}})));
  EXPECT_TRUE(refused("flavor", Json()));
  EXPECT_TRUE(refused("image", Json()));  // and no volume to boot from
  EXPECT_TRUE(refused("image", Json::object({{"id", "../../etc/passwd"}, {"disk_format", "qcow2"}})));
  EXPECT_TRUE(refused("volumes", Json::array({volume_spec(other, other, "relative/path")})));
  EXPECT_TRUE(refused("volumes", Json::array({volume_spec(other, other, "/a/../../etc/shadow")})));
  EXPECT_TRUE(refused("volumes", Json::array({volume_spec(other, other, "/v", "/dev/sda; rm")})));
  EXPECT_TRUE(refused("ports", Json::array({port_spec(other, other, "not a mac")})));
  EXPECT_FALSE(parse_server("../x", server_spec(id, other)));
  EXPECT_TRUE(parse_server(id, server_spec(id, other)));
}

}  // namespace
}  // namespace nuri::compute::agent::testing
