#include <gtest/gtest.h>
#include <sys/wait.h>

#include <thread>

#include "tests/unit/conduct/world.h"

namespace nuri::conduct {
namespace {

class IdempotencyTest : public testing::Test {
 protected:
  // A process of its own that is killed -9 in its handler, right after its write's commit.
  void killed_in(const std::string& path, const std::string& body, const std::string& key) {
    pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      World w(dir.path());
      w.die_after_write = true;
      w.send("POST", path, body, key);
      _exit(0);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  }
  test::TempDir dir;
};

TEST_F(IdempotencyTest, TheSameRequestAgainGetsTheFirstAnswer) {
  World w(dir.path());
  Response first = w.send("POST", "/v1/things", "{}", "k");
  Response again = w.send("POST", "/v1/things", "{}", "k");
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.headers.get("Location"), first.headers.get("Location"));
  EXPECT_EQ(again.headers.get("Content-Type"), "application/json");
  EXPECT_EQ(first.headers.get("Idempotency-Replayed"), "");
  EXPECT_EQ(again.headers.get("Idempotency-Replayed"), "true");
  EXPECT_EQ(w.count("things"), 1);
  EXPECT_EQ(w.send("POST", "/v1/others", "{}", "k").body,
            w.send("POST", "/v1/others", "{}", "k").body);
  EXPECT_EQ(w.count("things"), 2);
}

TEST_F(IdempotencyTest, AnotherBodyQueryOrCallerIsAnotherRequest) {
  World w(dir.path());
  w.send("POST", "/v1/things", "{}", "k");
  for (const char* path : {"/v1/things", "/v1/things?dry_run=true"}) {
    Response other = w.send("POST", path, path[10] ? "{}" : "{\"a\":1}", "k");
    EXPECT_EQ(other.status, 422) << path;
    EXPECT_NE(other.body.find("Idempotency-Key"), std::string::npos);
  }
  EXPECT_EQ(w.count("things"), 1);
  EXPECT_EQ(
      w.send("POST", "/v1/things", "{}", "k", "member@another").headers.get("Idempotency-Replayed"),
      "");
  EXPECT_EQ(w.send("POST", "/v1/things", "{}", "k2").headers.get("Idempotency-Replayed"), "");
  w.send("POST", "/v1/things", "{}");
  w.send("POST", "/v1/things", "{}");
  EXPECT_EQ(w.count("things"), 5);
}

TEST_F(IdempotencyTest, KeysAreOneTo255PrintableCharacters) {
  World w(dir.path());
  for (const std::string& bad : {std::string(256, 'a'), std::string("a\x01"),
                                 std::string("\xc3\xa9"), std::string("a\nb")}) {
    Response r = w.send("POST", "/v1/things", "{}", bad);
    EXPECT_EQ(r.status, 400);
    EXPECT_NE(r.body.find("1 to 255"), std::string::npos);
  }
  Request empty;
  empty.method = "POST";
  empty.path = "/v1/things";
  empty.headers.set("X-Auth-Token", "member@p");
  empty.headers.set("Idempotency-Key", "");
  EXPECT_EQ(w.router.dispatch(empty).status, 400);
  EXPECT_EQ(w.count("things"), 0);
  EXPECT_EQ(w.send("POST", "/v1/things", "{}", std::string(255, '~')).status, 201);
}

TEST_F(IdempotencyTest, OneUnderWayIsToldToComeBack) {
  World w(dir.path());
  Response twin;
  w.meanwhile = [&] {
    w.meanwhile = nullptr;
    std::thread([&] { twin = w.send("POST", "/v1/things", "{}", "k"); }).join();
  };
  EXPECT_EQ(w.send("POST", "/v1/things", "{}", "k").status, 201);
  EXPECT_EQ(twin.status, 409);
  EXPECT_EQ(twin.headers.get("Retry-After"), "1");
  EXPECT_EQ(w.count("things"), 1);
  EXPECT_EQ(w.send("POST", "/v1/things", "{}", "k").status, 201);
}

TEST_F(IdempotencyTest, RefusalsAndFailuresAreNotKept) {
  World w(dir.path());
  w.fail = unavailable("later");
  EXPECT_EQ(w.send("POST", "/v1/things", "{}", "k").status, 503);
  w.fail = conflict("not now");
  EXPECT_EQ(w.send("POST", "/v1/things", "{}", "k").status, 409);
  w.fail.reset();
  w.fail_after_write = unavailable("after its write");
  EXPECT_EQ(w.send("POST", "/v1/things", "{}", "k").status, 503);
  EXPECT_EQ(w.count("kept_answers"), 0);
  w.fail_after_write.reset();
  EXPECT_EQ(w.send("POST", "/v1/things", "{}", "k").status, 201);
  EXPECT_EQ(w.count("kept_answers"), 1);
}

TEST_F(IdempotencyTest, KeptForADayThenTrimmed) {
  World w(dir.path());
  w.send("POST", "/v1/things", "{}", "k");
  w.clock.advance(kKeptUs - kSecondUs);
  w.send("POST", "/v1/things", "{}", "k");
  EXPECT_EQ(w.count("things"), 1);
  w.clock.advance(2 * kSecondUs);
  w.send("POST", "/v1/things", "{\"new\":1}", "k");
  EXPECT_EQ(w.count("things"), 2);
  EXPECT_EQ(w.count("kept_answers"), 1);
  w.clock.advance(kKeptUs + 1);
  ASSERT_TRUE(w.conduct->idempotency().trim());
  EXPECT_EQ(w.count("kept_answers"), 0);
}

TEST_F(IdempotencyTest, NothingSecretLiesInTheDatabase) {
  World w(dir.path());
  w.send("POST", "/v1/things", "{\"password\":\"opensesame\"}", "my-key");
  ASSERT_NE(
      w.send("POST", "/v1/things", "{\"password\":\"opensesame\"}", "my-key").body.find("hunter2"),
      std::string::npos);
  (void)w.database->write([](db::Session& s) { s.exec("DELETE FROM things"); });
  (void)w.database->write([](db::Session& s) { s.exec("DROP TABLE things"); });
  std::string bytes = w.bytes();
  EXPECT_GT(bytes.size(), 10'000u);
  EXPECT_EQ(bytes.find("hunter2"), std::string::npos);
  EXPECT_EQ(bytes.find("my-key"), std::string::npos);
}

TEST_F(IdempotencyTest, KilledBetweenTheCommitAndTheAnswerARetryMakesNoSecond) {
  killed_in("/v1/things", "{}", "k");
  World w(dir.path());
  EXPECT_EQ(w.count("things"), 1);
  Response retry = w.send("POST", "/v1/things", "{}", "k");
  EXPECT_EQ(retry.status, 201);
  EXPECT_EQ(retry.headers.get("Idempotency-Replayed"), "true");
  auto id = w.database->read([](db::Session& s) {
    return s.one("SELECT id FROM things", {}, [](const db::Row& r) { return r.text(0); });
  });
  EXPECT_NE(retry.body.find(**id), std::string::npos);
  EXPECT_EQ(w.count("things"), 1);
}

TEST_F(IdempotencyTest, KilledWhereTheAnswerCameAfterTheWriteARetryIsToldAndMakesNoSecond) {
  killed_in("/v1/others", "{}", "k");
  World w(dir.path());
  for (int i = 0; i < 2; ++i) {
    Response retry = w.send("POST", "/v1/others", "{}", "k");
    EXPECT_EQ(retry.status, 409);
    EXPECT_NE(retry.body.find("cut off"), std::string::npos);
  }
  EXPECT_EQ(w.send("POST", "/v1/others", "{\"a\":1}", "k").status, 422);
  EXPECT_EQ(w.count("things"), 1);
}

TEST_F(IdempotencyTest, ManyAtOnceMakeOne) {
  World w(dir.path());
  std::vector<std::thread> threads;
  std::atomic<int> made{0}, told{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      int status = w.send("POST", "/v1/things", "{}", "k").status;
      if (status == 201) ++made;
      if (status == 409) ++told;
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(made + told, 8);
  EXPECT_GE(made, 1);
  EXPECT_EQ(w.count("things"), 1);
}

}  // namespace
}  // namespace nuri::conduct
