#include "tests/unit/agent/keeper_support.h"

// A guest stands still while its volume is copied, and nobody wakes it meanwhile.
namespace nuri::compute::agent::testing {
namespace {

const std::string kId = "22222222-2222-4222-8222-222222222222", kImage = "11111111-1111-4111-8111-111111111111";

TEST(Quiet, TheGuestStandsStillAndGoesOn) {
  SimHost host;
  host.want(kId, server_spec(kId, kImage));
  ASSERT_FALSE(host.ready(kId, "running").is_null());
  int runs = 0;
  auto power = [&] { return host.driver->inspect(kId).value()->power; };
  Status done = host.keeper->quiet(kId, [&]() -> Status {
    ++runs;
    // The keeper's own timer comes by many times and would resume a guest that is not to be paused.
    host.keeper->wake(kId);
    std::atomic<bool> swept = false;
    std::thread other([&] {
      host.keeper->sweep();
      swept = true;
    });
    other.join();
    EXPECT_TRUE(swept);
    EXPECT_EQ(power(), Power::paused);
    return {};
  });
  EXPECT_TRUE(done);
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(power(), Power::running);
  Status failed = host.keeper->quiet(kId, []() -> Status { return internal("disk full"); });
  EXPECT_FALSE(failed);
  EXPECT_EQ(power(), Power::running);
}

TEST(Quiet, AGuestThatIsOffIsNoHindranceAndAStoppedAgentSaysSo) {
  SimHost host;
  EXPECT_TRUE(host.keeper->quiet(kId, []() -> Status { return {}; }));
  host.keeper->stop();
  Status refused = host.keeper->quiet(kId, []() -> Status { return {}; });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace nuri::compute::agent::testing
