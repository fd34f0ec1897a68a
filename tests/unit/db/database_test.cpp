#include <gtest/gtest.h>

#include <thread>

#include "services/base/request.h"
#include "services/db/database.h"
#include "tests/support/temp_dir.h"

namespace nuri::db {
namespace {

class DatabaseTest : public testing::Test {
 protected:
  void SetUp() override { open(); }
  void open() {
    db.reset();
    auto made = Database::open({dir.file("t.db"), 2});
    ASSERT_TRUE(made) << made.error().detail;
    db = std::move(made).value();
    ASSERT_TRUE(db->migrate("test", {{1, "CREATE TABLE t (id TEXT PRIMARY KEY, n BIGINT, x DOUBLE PRECISION); CREATE TABLE u (id TEXT)"}}));
  }
  int64_t rows() { return *db->read([](Session& s) { return s.count("SELECT count(*) FROM t"); }); }
  test::TempDir dir;
  std::unique_ptr<Database> db;
};

TEST_F(DatabaseTest, CommitsValuesAndRollsBackErrors) {
  ASSERT_TRUE(db->write([](Session& s) { return s.exec("INSERT INTO t VALUES (?1, ?2, ?3)", {"a'; DROP TABLE t; --", 7, 1.5}); }));
  auto failed = db->write([](Session& s) -> Result<int> {
    s.exec("INSERT INTO t VALUES ('b', 1, NULL)");
    return bad_request("no");
  });
  EXPECT_FALSE(failed);
  EXPECT_EQ(rows(), 1);
  auto row = db->read([](Session& s) { return s.one("SELECT n, x, NULL FROM t", {}, [](const Row& r) { return std::make_tuple(r.i64(0), r.real(1), r.null(2)); }); });
  EXPECT_EQ(**row, std::make_tuple(int64_t{7}, 1.5, true));
}

TEST_F(DatabaseTest, AConstraintIsAConflictAndNothingStays) {
  auto twice = db->write([](Session& s) {
    s.exec("INSERT INTO t VALUES ('k', 1, 1)");
    return s.exec("INSERT INTO t VALUES ('k', 2, 2)");
  });
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().code, ErrorCode::conflict);
  EXPECT_EQ(rows(), 0);
}

struct Note : WriteHook {
  Status before_commit(Session& s, const Response* answer) override {
    s.exec("INSERT INTO u VALUES (?1)", {answer ? answer->body : "-"});
    return refuse ? Status(conflict("refused")) : Status();
  }
  bool refuse = false;
};

TEST_F(DatabaseTest, AHookWritesWithEachWriteOfItsThread) {
  auto notes = [&] { return *db->read([](Session& s) { return s.all("SELECT id FROM u", {}, [](const Row& r) { return r.text(0); }); }); };
  auto add = [&] { return db->write([](Session& s) { return s.exec("INSERT INTO t VALUES ('k', 1, 1)"); }); };
  Note note;
  {
    Hooked hooked(*db, note);
    EXPECT_TRUE(db->write([](Session&) -> Result<Response> { return Response::text(200, "answer"); }));
    EXPECT_FALSE(db->write([](Session&) -> Result<int> { return conflict("no"); }));
    (void)db->read([](Session& s) { return s.count("SELECT 1"); });
    std::thread([&] { EXPECT_TRUE(db->write([](Session&) {})); }).join();
    EXPECT_EQ(notes(), std::vector<std::string>({"answer"}));
    EXPECT_TRUE(db->write([](Session&) {}));
    EXPECT_EQ(notes(), std::vector<std::string>({"answer", "-"}));
    note.refuse = true;
    auto refused = add();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message, "refused");
    EXPECT_FALSE(db->write([](Session&) {}));
  }
  EXPECT_EQ(rows(), 0);
  EXPECT_EQ(notes().size(), 2u);
  EXPECT_TRUE(add());
  EXPECT_EQ(notes().size(), 2u);
}

TEST_F(DatabaseTest, BadSqlIsAnErrorAndTheConnectionGoesOn) {
  EXPECT_FALSE(db->read([](Session& s) { return s.count("SELECT nothing"); }));
  EXPECT_FALSE(db->write([](Session& s) { return s.exec("nonsense"); }));
  EXPECT_EQ(rows(), 0);
}

TEST_F(DatabaseTest, AnExceptionOfTheCallerRollsBackAndPasses) {
  for (int i = 0; i < 10; ++i) {
    EXPECT_THROW((void)db->read([](Session&) -> int { throw std::logic_error("x"); }), std::logic_error);
    EXPECT_THROW((void)db->write([](Session& s) -> int { s.exec("INSERT INTO u VALUES ('x')"); throw std::logic_error("x"); }), std::logic_error);
  }
  EXPECT_EQ(*db->read([](Session& s) { return s.count("SELECT count(*) FROM u"); }), 0);
}

TEST_F(DatabaseTest, MigrationsRunOnce) {
  ASSERT_TRUE(db->write([](Session& s) { return s.exec("INSERT INTO t VALUES ('a', 1, 1)"); }));
  open();
  EXPECT_EQ(rows(), 1);
  EXPECT_FALSE(db->migrate("test", {{2, "CREATE TABLE v (id TEXT); CREATE TABLE t (id TEXT)"}}));
  EXPECT_TRUE(db->migrate("test", {{2, "CREATE TABLE v (id TEXT)"}})) << "a failed migration leaves nothing";
}

TEST_F(DatabaseTest, AQueryInsideItsOwnCallback) {
  ASSERT_TRUE(db->write([](Session& s) {
    for (int i = 0; i < 3; ++i) s.exec("INSERT INTO t VALUES (?1, ?2, 0)", {std::to_string(i), i});
    int pairs = 0;
    const char* sql = "SELECT id FROM t";
    s.each(sql, {}, [&](const Row&) { s.each(sql, {}, [&](const Row&) { ++pairs; }); });
    EXPECT_EQ(pairs, 9);
    return 0;
  }));
}

TEST_F(DatabaseTest, AfterCommitRunsOnlyAfterACommit) {
  int ran = 0;
  auto add = [&](bool commit) {
    return db->write([&, commit](Session& s) -> Status {
      s.after_commit([&] { ++ran; });
      if (commit) return {};
      return bad_request("no");
    });
  };
  EXPECT_FALSE(add(false));
  EXPECT_EQ(ran, 0);
  EXPECT_TRUE(add(true));
  EXPECT_EQ(ran, 1);
}

TEST_F(DatabaseTest, ItsFilesAreItsOwners) {
  ASSERT_TRUE(db->write([](Session& s) { return s.exec("INSERT INTO u VALUES ('x')"); }));
  for (const char* name : {"t.db", "t.db-wal", "t.db-shm"}) {
    auto mode = std::filesystem::status(dir.file(name)).permissions();
    EXPECT_EQ(static_cast<unsigned>(mode) & 0777u, 0600u) << name;
  }
}

TEST_F(DatabaseTest, ManyThreadsReadWhileOneWrites) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        ASSERT_TRUE(db->write([&](Session& s) { return s.exec("INSERT INTO t VALUES (?1, 1, 1)", {std::to_string(t * 1000 + i)}); }));
        ASSERT_TRUE(db->read([](Session& s) { return s.count("SELECT count(*) FROM t"); }));
      }
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(rows(), 200);
}

}  // namespace
}  // namespace nuri::db
