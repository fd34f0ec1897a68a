#include <gtest/gtest.h>

#include <condition_variable>
#include <functional>

#include "services/auth/revocation_poller.h"
#include "services/base/config.h"
#include "tests/support/temp_dir.h"

namespace nuri::auth {
namespace {

// Identity by a script: each call is answered by the next step, then by empty lists.
class Scripted final : public http::Client {
 public:
  using Step = std::function<Result<Response>(const std::string& target)>;
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<Step> steps;
    std::vector<std::string> targets;
    void wait_for_calls(size_t n) {
      std::unique_lock lock(mutex);
      ASSERT_TRUE(changed.wait_for(lock, std::chrono::seconds(30), [&] { return targets.size() >= n; }));
    }
  };
  explicit Scripted(State& state) : state_(state) {}
  Result<Response> send(const http::ClientRequest& request) override {
    std::unique_lock lock(state_.mutex);
    state_.targets.push_back(request.target);
    state_.changed.notify_all();
    size_t n = state_.targets.size() - 1;
    if (n < state_.steps.size()) return state_.steps[n](request.target);
    return Response::json(200, Json::object({{"revocations", Json::array()}, {"last", 1000}}));
  }
  void cancel() override {}

 private:
  State& state_;
};

Json row(int64_t number, const std::string& user, TimeUs before) {
  return Json::object({{"number", number}, {"what", "user"}, {"id", user}, {"before_us", before}, {"expires_us", before * 2}});
}
Scripted::Step page(Json rows, int64_t last) {
  return [rows, last](const std::string&) -> Result<Response> {
    return Response::json(200, Json::object({{"revocations", rows}, {"last", last}}));
  };
}
Scripted::Step no_answer() {
  return [](const std::string&) -> Result<Response> { return unavailable("nobody there"); };
}

class PollerTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(write_file(dir.file("service.key"), std::string(64, 'a') + "\n", 0600));
    signer = std::move(TokenSigner::open(dir.file("k.pem"), dir.file("k.pub"))).value();
    self = std::move(ServiceIdentity::open(dir.file("service.key"), "compute", clock)).value();
    verifier = std::make_unique<TokenVerifier>(dir.file("k.pub"), dir.file("service.key"), clock);
  }
  std::string token(const std::string& user) {
    Claims c;
    c.user_id = user;
    c.issued_us = clock.now_us();
    c.expires_us = clock.now_us() + 3600 * kSecondUs;
    c.audit_ids = {"of " + user};
    return *signer->sign(c);
  }
  std::optional<ErrorCode> verdict(const std::string& text) {
    auto c = verifier->check(text);
    return c ? std::nullopt : std::optional(c.error().code);
  }
  void poll_with(std::vector<Scripted::Step> steps) {
    state.steps = std::move(steps);
    poller = std::make_unique<RevocationPoller>(std::make_unique<Scripted>(state), *self, *verifier);
  }
  test::TempDir dir;
  FakeClock clock;
  Scripted::State state;
  std::unique_ptr<TokenSigner> signer;
  std::unique_ptr<ServiceIdentity> self;
  std::unique_ptr<TokenVerifier> verifier;
  std::unique_ptr<RevocationPoller> poller;
};

TEST_F(PollerTest, NoUserIsLetInBeforeRevocationsAreKnown) {
  EXPECT_EQ(verdict(token("ann")), ErrorCode::unavailable);
  EXPECT_EQ(verdict(self->token()), std::nullopt) << "services talk to each other";
  EXPECT_EQ(verdict("n1.forged.token"), ErrorCode::unauthorized);
}

TEST_F(PollerTest, TheFirstPullIsDoneWhenItIsMade) {
  std::string taken_back = token("eve");
  poll_with({page(Json::array({row(1, "eve", clock.now_us() + 1)}), 1)});
  EXPECT_EQ(verdict(taken_back), ErrorCode::unauthorized);
  EXPECT_EQ(verdict(token("ann")), std::nullopt);
}

TEST_F(PollerTest, AllPagesArePulledBeforeUsersAreLetIn) {
  TimeUs later = clock.now_us() + 1;
  std::string eve = token("eve"), bob = token("bob");
  poll_with({page(Json::array({row(1, "eve", later)}), 2),
             [&](const std::string& target) -> Result<Response> {
               EXPECT_EQ(target, "/internal/v1/revocations?after=1");
               EXPECT_EQ(verdict(token("ann")), ErrorCode::unavailable) << "half of them are known";
               return page(Json::array({row(2, "bob", later)}), 2)(target);
             }});
  EXPECT_EQ(verdict(eve), ErrorCode::unauthorized);
  EXPECT_EQ(verdict(bob), ErrorCode::unauthorized);
  EXPECT_EQ(verdict(token("ann")), std::nullopt);
}

TEST_F(PollerTest, ItTriesAgainUntilIdentityAnswers) {
  poll_with({no_answer(), [&](const std::string& target) -> Result<Response> {
               EXPECT_EQ(verdict(token("ann")), ErrorCode::unavailable);
               return page(Json::array(), 0)(target);
             }});
  state.wait_for_calls(3);  // the second was answered, and what it said is known
  EXPECT_EQ(verdict(token("ann")), std::nullopt);
}

TEST_F(PollerTest, AnIdentityPutBackToAnOlderStateIsReadFromTheStart) {
  std::string eve = token("eve");
  poll_with({page(Json::array({row(9, "bob", 1)}), 9), page(Json::array(), 9), page(Json::array(), 1),
             page(Json::array({row(1, "eve", clock.now_us() + 1)}), 1)});
  state.wait_for_calls(5);
  EXPECT_EQ(state.targets[3], "/internal/v1/revocations?after=0");
  EXPECT_EQ(verdict(eve), ErrorCode::unauthorized);
}

}  // namespace
}  // namespace nuri::auth
