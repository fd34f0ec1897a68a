#include <gtest/gtest.h>

#include <set>
#include <stdexcept>

#include "services/tasks/runner.h"
#include "tests/support/temp_dir.h"

// A model resource, a "box": made in an outside world by idempotent calls, and removed from it. The
// tests kill its runner at each point of each step and look at the world.
namespace nuri::tasks {
namespace {

struct Crash {};

struct World {
  std::set<std::string> boxes;
  bool broken = false;
  int calls = 0;
};

class BoxTest : public testing::Test {
 protected:
  BoxTest() {
    db = std::move(db::Database::open({dir.file("t.db"), 2})).value();
    EXPECT_TRUE(db->migrate("tasks", kMigrations));
    EXPECT_TRUE(db->migrate("box", {{1, "CREATE TABLE boxes (id TEXT PRIMARY KEY, state TEXT NOT NULL)"}}));
  }

  Kind kind() {
    auto set_state = [](std::string id, std::string state) {
      return [=](db::Session& s) -> Status {
        s.exec("UPDATE boxes SET state=?2 WHERE id=?1", {id, state});
        return {};
      };
    };
    Kind k;
    k.name = "box";
    k.steps["make"] = [this, set_state](const Task& t) -> Result<Outcome> {
      ++world.calls;
      if (world.broken) return unavailable("the world is broken");
      world.boxes.insert(t.id);
      return Outcome::next("watch", set_state(t.id, "ready"));
    };
    k.steps["watch"] = [](const Task&) -> Result<Outcome> { return Outcome::wait(3600 * kSecondUs); };
    k.steps["failed"] = k.steps["watch"];
    k.steps["unmake"] = [this](const Task& t) -> Result<Outcome> {
      world.boxes.erase(t.id);
      return Outcome::next("forget");
    };
    k.steps["forget"] = [](const Task& t) -> Result<Outcome> {
      return Outcome::done([id = t.id](db::Session& s) -> Status {
        s.exec("DELETE FROM boxes WHERE id=?1", {id});
        return {};
      });
    };
    k.delete_step = "unmake";
    k.teardown = {"unmake", "forget"};
    k.failed_step = "failed";
    k.on_deadline = [set_state](db::Session& s, const Task& t, const std::string&) { return set_state(t.id, "error")(s); };
    return k;
  }

  void make(TimeUs deadline = 0) {
    ASSERT_TRUE(db->write([&](db::Session& s) {
      s.exec("INSERT INTO boxes VALUES ('b', 'new')");
      create(s, "box", "b", "make", clock.now_us(), deadline);
    }));
  }
  void remove() { ASSERT_TRUE(db->write([&](db::Session& s) { return request_delete(s, "b", clock.now_us()); })); }
  std::string state() {
    return db->read([](db::Session& s) { return s.one("SELECT state FROM boxes", {}, [](const db::Row& r) { return r.text(0); }); })->value_or("gone");
  }
  // Runs with a fresh runner (a process started anew) until nothing is due; crashes at the n-th point.
  // Returns false when it crashed.
  bool run(int crash_at = -1) {
    int points = 0;
    Runner::Options options;
    options.at_point = [&](const Task&, CrashPoint) {
      if (points++ == crash_at) throw Crash();
    };
    Runner runner(*db, clock, random, {kind()}, options);
    try {
      for (int i = 0; i < 50 && runner.run_due() > 0; ++i) clock.advance(2 * kSecondUs);
    } catch (const Crash&) {
      return false;
    }
    return true;
  }

  test::TempDir dir;
  std::unique_ptr<db::Database> db;
  FakeClock clock;
  SeededRandom random{1};
  World world;
};

TEST_F(BoxTest, LivesAndGoes) {
  make();
  run();
  EXPECT_EQ(state(), "ready");
  remove();
  run();
  EXPECT_EQ(state(), "gone");
  EXPECT_TRUE(world.boxes.empty());
}

TEST_F(BoxTest, ConvergesAfterACrashAtEveryPoint) {
  int crashes = 0;
  for (int deleted_at_once = 0; deleted_at_once < 2; ++deleted_at_once) {
    for (int point = 0;; ++point) {
      make();
      if (deleted_at_once) remove();
      bool whole = run(point);
      run();
      if (!deleted_at_once) {
        ASSERT_EQ(state(), "ready") << point;
        ASSERT_EQ(world.boxes.size(), 1u);
        remove();
        for (int p = 0; !run(p % 7); ++p) ++crashes;
      }
      run();
      ASSERT_EQ(state(), "gone") << point;
      ASSERT_TRUE(world.boxes.empty());
      ASSERT_EQ(*db->read([](db::Session& s) { return s.count("SELECT count(*) FROM tasks"); }), 0);
      if (whole) break;
      ++crashes;
    }
  }
  EXPECT_GE(crashes, 12);
}

TEST_F(BoxTest, FailuresWaitAndTryAgain) {
  world.broken = true;
  make();
  run();
  int tried = world.calls;
  EXPECT_GT(tried, 1);
  EXPECT_EQ(state(), "new");
  world.broken = false;
  clock.advance(61 * kSecondUs);
  run();
  EXPECT_EQ(state(), "ready");
}

TEST_F(BoxTest, AnExceptionInAStepOrItsCommitIsAFailureLikeAnother) {
  Kind k = kind();
  int thrown = 0;
  auto make_box = k.steps["make"];
  k.steps["make"] = [&](const Task& t) -> Result<Outcome> {
    if (thrown++ == 0) throw std::out_of_range("step");
    if (thrown++ == 2) return Outcome::next("watch", [](db::Session&) -> Status { throw std::length_error("commit"); });
    return make_box(t);
  };
  make();
  Runner runner(*db, clock, random, {k});
  for (int i = 0; i < 10 && state() != "ready"; ++i) {
    runner.run_due();
    clock.advance(5 * kSecondUs);
  }
  EXPECT_EQ(state(), "ready");
}

TEST_F(BoxTest, AMissedDeadlineOpensAnIncidentAndTheThingCanBeDeleted) {
  world.broken = true;
  make(clock.now_us() + 10 * kSecondUs);
  run();
  clock.advance(20 * kSecondUs);
  run();
  EXPECT_EQ(state(), "error");
  auto open = db->read([](db::Session& s) { return incidents(s, true); });
  ASSERT_EQ(open->size(), 1u);
  EXPECT_EQ((*open)[0].why, "the world is broken");
  remove();
  run();
  EXPECT_EQ(state(), "gone");
  EXPECT_TRUE(db->read([](db::Session& s) { return incidents(s, true); })->empty());
}

TEST_F(BoxTest, ASignalBetweenTheLookAndTheWaitIsNotLost) {
  make();
  run();
  bool signalled = false;
  Runner::Options options;
  int watched = 0;
  options.at_point = [&](const Task& t, CrashPoint p) {
    if (t.step == "watch" && p == CrashPoint::before_effect) ++watched;
    if (t.step != "watch" || p != CrashPoint::after_effect || signalled) return;
    signalled = true;
    ASSERT_TRUE(db->write([&](db::Session& s) { return signal(s, "b", clock.now_us()); }));
  };
  ASSERT_TRUE(db->write([&](db::Session& s) { return signal(s, "b", clock.now_us()); }));
  Runner runner(*db, clock, random, {kind()}, options);
  while (runner.run_due() > 0) {
  }
  EXPECT_EQ(watched, 2);
}

TEST_F(BoxTest, ThreadsRunItToo) {
  make();
  Runner runner(*db, clock, random, {kind()});
  runner.start();
  for (int i = 0; i < 500 && state() != "ready"; ++i) std::this_thread::yield(), runner.wake();
  remove();
  runner.wake();
  for (int i = 0; i < 100'000 && state() != "gone"; ++i) runner.wake();
  runner.stop();
  EXPECT_EQ(state(), "gone");
}

}  // namespace
}  // namespace nuri::tasks
