#include <random>

#include "tests/support/sound_ledger.h"
#include "tests/support/temp_dir.h"

namespace nuri::ledger {
namespace {

const Ledger kQuota("project", {{"volumes", 3}, {"gigabytes", 10}});
const Ledger kHosts("host", {});
constexpr const char* kTruth =
    "SELECT id, project, 'volumes', 1 FROM volumes UNION ALL SELECT id, project, 'gigabytes', size "
    "FROM volumes";

class LedgerTest : public testing::Test {
 protected:
  void SetUp() override {
    auto made = db::Database::open({dir.file("l.db"), 2});
    ASSERT_TRUE(made);
    db = std::move(made).value();
    ASSERT_TRUE(db->migrate("ledger", kMigrations));
    ASSERT_TRUE(db->migrate(
        "test", {{1, "CREATE TABLE volumes (id TEXT PRIMARY KEY, project TEXT, size BIGINT)"}}));
  }
  // Once broken is not sound again: the test that breaks it says so.
  void TearDown() override {
    if (!broken)
      test::expect_sound(*db, {{&kQuota, kTruth, ""}, {&kHosts, "", "SELECT id FROM volumes"}});
  }
  Status create(const std::string& id, int64_t size, const std::string& project = "p") {
    return db->write([&](db::Session& s) -> Status {
      TRYV(kQuota.claim(s, project, id, {{"volumes", 1}, {"gigabytes", size}}));
      s.exec("INSERT INTO volumes VALUES (?1, ?2, ?3)", {id, project, size});
      return {};
    });
  }
  Status remove(const std::string& id) {
    return db->write([&](db::Session& s) {
      kQuota.release(s, id);
      kHosts.release(s, id);
      s.exec("DELETE FROM volumes WHERE id=?1", {id});
    });
  }
  int64_t used(const char* resource, const char* project = "p") {
    return *db->read([&](db::Session& s) { return kQuota.used(s, project, resource); });
  }
  std::vector<std::string> violations(const Audited& a) {
    return *db->read([&](db::Session& s) { return check(s, a); });
  }
  test::TempDir dir;
  std::unique_ptr<db::Database> db;
  bool broken = false;
};

TEST_F(LedgerTest, ARefusalNamesTheResourceWhatWasAskedUsedAndTheLimitAndWritesNothing) {
  ASSERT_TRUE(create("a", 4));
  auto refused = create("b", 7);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::over_quota);
  EXPECT_EQ(refused.error().field, "gigabytes");
  EXPECT_EQ(refused.error().message,
            "Quota exceeded for gigabytes: Requested 7, but already used 4 of 10 gigabytes");
  EXPECT_EQ(used("volumes"), 1);
  EXPECT_TRUE(create("b", 6));
  EXPECT_TRUE(create("c", 0));
  EXPECT_FALSE(create("d", 0));
  EXPECT_TRUE(create("d", 10, "another"));
}

TEST_F(LedgerTest, TwiceIsOnce) {
  ASSERT_TRUE(create("a", 4));
  auto resize = [&](int64_t size) {
    return db->write([&](db::Session& s) -> Status {
      TRYV(kQuota.claim(s, "p", "a", {{"gigabytes", size}}));
      s.exec("UPDATE volumes SET size=?1 WHERE id='a'", {size});
      return {};
    });
  };
  ASSERT_TRUE(resize(8));
  ASSERT_TRUE(resize(8));
  EXPECT_EQ(used("gigabytes"), 8);
  EXPECT_EQ(used("volumes"), 1);
  auto over = resize(11);
  ASSERT_FALSE(over);
  EXPECT_NE(over.error().message.find("Requested 3, but already used 8 of 10"), std::string::npos);
  ASSERT_TRUE(resize(2));
  ASSERT_TRUE(remove("a"));
  ASSERT_TRUE(remove("a"));
  EXPECT_EQ(used("gigabytes"), 0);
}

TEST_F(LedgerTest, LimitsComeFromTheHolderThenTheClassThenTheDefault) {
  (void)db->write([](db::Session& s) {
    EXPECT_EQ(kQuota.limit(s, "p", "volumes"), 3);
    kQuota.set_class_limit(s, "volumes", 5);
    EXPECT_EQ(kQuota.limit(s, "p", "volumes"), 5);
    kQuota.set_limit(s, "p", "volumes", 0);
    EXPECT_EQ(kQuota.limit(s, "p", "volumes"), 0);
    EXPECT_EQ(kQuota.limit(s, "q", "volumes"), 5);
    EXPECT_EQ(kQuota.limit(s, "p", "unheard of"), kUnlimited);
    EXPECT_EQ(kHosts.limit(s, "p", "volumes"), kUnlimited);
    EXPECT_FALSE(kQuota.fits(s, "p", {{"volumes", 1}}));
    kQuota.set_limit(s, "p", "volumes", kUnlimited);
    EXPECT_TRUE(kQuota.fits(s, "p", {{"volumes", INT64_MAX}}));
    auto lines = kQuota.lines(s, "p");
    EXPECT_EQ(lines.size(), 2u);
    EXPECT_EQ(lines.at(1).resource, "volumes");
    EXPECT_EQ(lines.at(1).limit, kUnlimited);
    kQuota.drop_limits(s, "p");
    EXPECT_EQ(kQuota.limit(s, "p", "volumes"), 5);
  });
}

TEST_F(LedgerTest, ALoweredLimitStopsGrowthButNotShrinking) {
  ASSERT_TRUE(create("a", 8));
  (void)db->write([](db::Session& s) { kQuota.set_limit(s, "p", "gigabytes", 2); });
  (void)db->write([](db::Session& s) -> Status {
    EXPECT_FALSE(kQuota.claim(s, "p", "a", {{"gigabytes", 9}}));
    EXPECT_TRUE(kQuota.claim(s, "p", "a", {{"gigabytes", 8}}));
    EXPECT_TRUE(kQuota.claim(s, "p", "a", {{"gigabytes", 5}}));
    return conflict("only a look");
  });
}

TEST_F(LedgerTest, CapacityOfHostsIsTheSameThing) {
  ASSERT_TRUE(create("a", 1));
  (void)db->write([](db::Session& s) {
    for (const char* host : {"h1", "h2"}) kHosts.set_limit(s, host, "vcpus", 4);
    EXPECT_TRUE(kHosts.claim(s, "h1", "a", {{"vcpus", 4}}));
    EXPECT_FALSE(kHosts.fits(s, "h1", {{"vcpus", 1}}));
    EXPECT_TRUE(kHosts.move(s, "a", "h1", "h2"));
    EXPECT_EQ(kHosts.used(s, "h1", "vcpus"), 0);
    EXPECT_EQ(kHosts.used(s, "h2", "vcpus"), 4);
    kHosts.set_limit(s, "h1", "vcpus", 1);
    EXPECT_FALSE(kHosts.move(s, "a", "h2", "h1"));
    EXPECT_EQ(kHosts.used(s, "h2", "vcpus"), 4);
  });
}

TEST_F(LedgerTest, HugeAndNegativeAmountsNeverWrap) {
  auto huge = create("a", INT64_MAX);
  EXPECT_FALSE(huge);
  EXPECT_FALSE(create("a", -1));
  EXPECT_EQ(used("gigabytes"), 0);
  EXPECT_EQ(used("volumes"), 0);
}

TEST_F(LedgerTest, TheCheckFindsEachKindOfDrift) {
  ASSERT_TRUE(create("a", 4));
  broken = true;
  Audited exact{&kQuota, kTruth, ""}, loose{&kQuota, "", "SELECT id FROM volumes"};
  EXPECT_TRUE(violations(exact).empty());
  auto after = [&](const char* sql, const Audited& a) {
    std::vector<std::string> found;
    (void)db->write([&](db::Session& s) -> Status {
      s.exec(sql);
      found = check(s, a);
      return conflict("undo");
    });
    return found.size();
  };
  EXPECT_EQ(after("UPDATE ledger_counters SET used=used+1 WHERE resource='volumes'", loose), 1u);
  EXPECT_EQ(after("DELETE FROM ledger_counters", loose), 2u);
  EXPECT_EQ(after("DELETE FROM volumes", loose), 2u);
  EXPECT_EQ(after("DELETE FROM volumes", exact), 2u);
  EXPECT_EQ(after("INSERT INTO volumes VALUES ('b', 'p', 1)", loose), 0u);
  EXPECT_EQ(after("INSERT INTO volumes VALUES ('b', 'p', 1)", exact), 2u);
  EXPECT_EQ(after("UPDATE volumes SET size=5", exact), 1u);
  EXPECT_EQ(after("UPDATE volumes SET project='q'", exact), 4u);
}

TEST_F(LedgerTest, AdoptionCountsOlderRows) {
  (void)db->write([](db::Session& s) {
    s.exec("INSERT INTO volumes VALUES ('old', 'p', 99)");
    adopt_if_empty(s, kQuota, kTruth);
    EXPECT_EQ(kQuota.used(s, "p", "gigabytes"), 99);
    s.exec("DELETE FROM volumes");
    adopt_if_empty(s, kQuota, kTruth);
    EXPECT_EQ(kQuota.used(s, "p", "gigabytes"), 99);
    adopt(s, kQuota, kTruth);
    EXPECT_EQ(kQuota.used(s, "p", "gigabytes"), 0);
  });
}

TEST_F(LedgerTest, RandomLivesAddUp) {
  std::mt19937 random(7);
  for (int i = 0; i < 400; ++i) {
    std::string id = "v" + std::to_string(random() % 8);
    std::string project = random() % 2 ? "p" : "q";
    switch (random() % 3) {
      case 0:
        (void)create(id, random() % 5, project);
        break;
      case 1:
        ASSERT_TRUE(remove(id));
        break;
      case 2:
        (void)db->write([&](db::Session& s) -> Status {
          auto owner = s.one("SELECT project FROM volumes WHERE id=?1", {id},
                             [](const db::Row& r) { return r.text(0); });
          if (!owner) return {};
          TRYV(kQuota.move(s, id, *owner, project));
          s.exec("UPDATE volumes SET project=?1 WHERE id=?2", {project, id});
          return {};
        });
    }
    test::expect_sound(*db, {{&kQuota, kTruth, ""}});
  }
}

}  // namespace
}  // namespace nuri::ledger
