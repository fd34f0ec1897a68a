#include <gtest/gtest.h>

#include <thread>

#include "services/feed/feed.h"
#include "services/feed/outbox.h"
#include "tests/support/temp_dir.h"

namespace nuri::feed {
namespace {

class TestTokens : public TokenChecker {
 public:
  Result<std::shared_ptr<const Claims>> check(std::string_view token) override {
    auto c = std::make_shared<Claims>();
    c->service = token == "service" ? "metering" : "agent";
    c->host = std::string(token);
    return std::shared_ptr<const Claims>(c);
  }
};

class FeedTest : public testing::Test {
 protected:
  FeedTest() {
    db = std::move(db::Database::open({dir.file("f.db"), 3})).value();
    EXPECT_TRUE(db->migrate("feed", kMigrations));
    EXPECT_TRUE(db->migrate("outbox", kOutboxMigrations));
    feed = std::make_unique<Feed>(*db, clock, random);
    feed->add_routes(router);
    add_outbox_routes(router, *db);
  }
  Response send(std::string method, std::string path, std::string query, std::string token, std::string body = "") {
    Request r;
    r.method = std::move(method);
    r.path = std::move(path);
    r.query = Query::parse(query);
    r.body = std::move(body);
    r.headers.set("X-Auth-Token", std::move(token));
    return router.dispatch(r);
  }
  Json desired(int64_t after, const std::string& epoch = "", int wait_ms = 0, const std::string& host = "h1") {
    return *parse_json(send("GET", "/agent/v1/desired", "host=" + host + "&after=" + std::to_string(after) + "&epoch=" + epoch + "&wait_ms=" + std::to_string(wait_ms), host).body);
  }
  int observe(int64_t seq, const Json& state, std::string id = "s1") {
    Json item = Json::object({{"kind", "server"}, {"id", id}, {"seq", seq}, {"state", state}});
    return send("POST", "/agent/v1/observed", "host=h1", "h1", Json::object({{"items", Json::array({item})}}).dump()).status;
  }
  template <class F>
  void write(F f) { ASSERT_TRUE(db->write([&](db::Session& s) { f(s); return 0; })); }

  test::TempDir dir;
  FakeClock clock;
  SeededRandom random{7};
  TestTokens tokens;
  Router router{Router::Options{nova_error, {}, &tokens, ""}};
  std::unique_ptr<db::Database> db;
  std::unique_ptr<Feed> feed;
};

TEST_F(FeedTest, GivesEverythingThenOnlyChanges) {
  write([&](db::Session& s) {
    feed->put(s, "h1", "server", "s1", Json::object({{"n", 1}}));
    feed->put(s, "h2", "server", "other", Json::object());
  });
  Json all = desired(0);
  EXPECT_TRUE(all["full"].as_bool());
  ASSERT_EQ(all["items"].size(), 1u);
  EXPECT_EQ(all["items"].at(0)["spec"]["n"].as_int(), 1);
  std::string epoch = all["epoch"].as_string();
  int64_t seen = all["revision"].as_int();
  EXPECT_EQ(desired(seen, epoch)["items"].size(), 0u);
  write([&](db::Session& s) { feed->put(s, "h1", "server", "s1", Json::object({{"n", 1}})); });
  EXPECT_EQ(desired(seen, epoch)["items"].size(), 0u) << "the same wish is no news";
  write([&](db::Session& s) { feed->put(s, "h1", "server", "s1", Json::object({{"n", 2}})); });
  EXPECT_EQ(desired(seen, epoch)["items"].at(0)["spec"]["n"].as_int(), 2);
  EXPECT_TRUE(desired(seen, "another epoch")["full"].as_bool());
  EXPECT_TRUE(desired(seen + 1000, epoch)["full"].as_bool());
}

TEST_F(FeedTest, ARemovalIsKeptUntilTheAgentSaysItIsGone) {
  write([&](db::Session& s) { feed->put(s, "h1", "server", "s1", Json::object({{"n", 1}})); });
  int64_t old_revision = desired(0)["revision"].as_int();
  write([&](db::Session& s) { feed->remove(s, "h1", "server", "s1"); });
  Json now = desired(0);
  ASSERT_EQ(now["items"].size(), 1u) << "a tombstone is told in a full answer too";
  EXPECT_TRUE(now["items"].at(0)["spec"].is_null());
  auto gone = [&] { return *db->read([&](db::Session& s) { return feed->gone(s, "h1", "server", "s1"); }); };
  EXPECT_EQ(observe(1, Json::object({{"absent", true}, {"revision", old_revision}})), 204);
  EXPECT_FALSE(gone()) << "absent before the create, not after the removal";
  EXPECT_EQ(observe(2, Json::object({{"absent", true}, {"revision", now["revision"]}})), 204);
  EXPECT_TRUE(gone());
}

TEST_F(FeedTest, OlderObservationsAreIgnored) {
  std::vector<int64_t> seen;
  feed->on_observed([&](db::Session&, const std::string&, const std::string&, const std::string&, const Json& state) -> Status {
    seen.push_back(state["v"].as_int());
    return {};
  });
  for (int seq : {5, 3, 5, 9}) EXPECT_EQ(observe(seq, Json::object({{"v", seq}})), 204);
  EXPECT_EQ(seen, (std::vector<int64_t>{5, 9}));
  EXPECT_EQ(observe(0, Json::object()), 204);
  EXPECT_EQ(observe(10, Json("x")), 204);
  EXPECT_EQ(seen, (std::vector<int64_t>{5, 9})) << "what cannot be taken is left out";
}

TEST_F(FeedTest, OneBadObservationDoesNotHoldUpTheOthers) {
  feed->on_observed([&](db::Session&, const std::string&, const std::string&, const std::string& id, const Json&) -> Status {
    if (id == "bad") return internal("no");
    return {};
  });
  Json items = Json::array();
  for (const char* id : {"a", "bad", "b"}) {
    items.push_back(Json::object({{"kind", "server"}, {"id", id}, {"seq", 1}, {"state", Json::object()}}));
  }
  std::string body = Json::object({{"items", items}}).dump();
  EXPECT_EQ(send("POST", "/agent/v1/observed", "host=h1", "h1", body).status, 204);
  auto known = [&](const char* id) { return db->read([&](db::Session& s) { return feed->observed(s, "h1", "server", id); })->has_value(); };
  EXPECT_TRUE(known("a"));
  EXPECT_FALSE(known("bad"));
  EXPECT_TRUE(known("b"));
}

TEST_F(FeedTest, AnOlderObservationDoesNotComeBackAfterAbsent) {
  EXPECT_EQ(observe(clock.now_us() + 5, Json::object({{"power", "running"}})), 204);
  EXPECT_EQ(observe(clock.now_us() + 7, Json::object({{"absent", true}, {"revision", 1}})), 204);
  EXPECT_EQ(observe(clock.now_us() + 6, Json::object({{"power", "running"}})), 204);
  EXPECT_FALSE(db->read([&](db::Session& s) { return feed->observed(s, "h1", "server", "s1"); })->has_value());
}

TEST_F(FeedTest, ALongPollEndsWhenSomethingChanges) {
  write([&](db::Session& s) { feed->put(s, "h1", "server", "s1", Json::object({{"n", 1}})); });
  Json first = desired(0);
  std::thread changer([&] { write([&](db::Session& s) { feed->put(s, "h1", "server", "s2", Json::object()); }); });
  Json next = desired(first["revision"].as_int(), first["epoch"].as_string(), 20'000);
  changer.join();
  EXPECT_EQ(next["items"].at(0)["id"].as_string(), "s2");
}

TEST_F(FeedTest, CallsGoOutOverThePollAndComeBack) {
  write([&](db::Session& s) { feed->put(s, "h1", "server", "s1", Json::object()); });
  Json first = desired(0);
  std::thread agent([&] {
    Json poll = desired(first["revision"].as_int(), first["epoch"].as_string(), 20'000);
    ASSERT_EQ(poll["calls"].size(), 1u);
    Json reply = Json::object({{"id", poll["calls"].at(0)["id"]}, {"result", "log text"}});
    EXPECT_EQ(send("POST", "/agent/v1/replies", "host=h1", "h1", reply.dump()).status, 204);
  });
  auto answer = feed->call("h1", "console_log", Json::object({{"server_id", "s1"}}), 20'000);
  agent.join();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->as_string(), "log text");
  EXPECT_EQ(feed->call("h1", "x", {}, 20).error().code, ErrorCode::unavailable);
}

TEST_F(FeedTest, AnAgentSpeaksForItsOwnHostOnly) {
  EXPECT_EQ(send("GET", "/agent/v1/desired", "host=h1", "h2").status, 403);
  EXPECT_EQ(send("POST", "/agent/v1/observed", "host=h1", "h2", "{\"items\":[]}").status, 403);
  EXPECT_EQ(send("GET", "/agent/v1/desired", "", "h2").status, 400);
  EXPECT_EQ(send("POST", "/agent/v1/observed", "host=h1", "h1", "{\"items\":7}").status, 400);
  EXPECT_EQ(send("POST", "/agent/v1/observed", "host=h1", "h1", "junk").status, 400);
}

TEST_F(FeedTest, TheOutboxIsPagedByNumber) {
  write([&](db::Session& s) {
    for (int i = 0; i < 5; ++i) emit(s, {i, "begin", "p", "u", "server", "r" + std::to_string(i), Json::object({{"i", i}})});
  });
  Json page = *parse_json(send("GET", "/internal/v1/events", "after=1&limit=2", "service").body);
  ASSERT_EQ(page["events"].size(), 2u);
  EXPECT_EQ(page["events"].at(0)["number"].as_int(), 2);
  EXPECT_EQ(page["last"].as_int(), 3);
  EXPECT_EQ((*parse_json(send("GET", "/internal/v1/events", "after=5", "service").body))["last"].as_int(), 5);
  EXPECT_EQ(send("GET", "/internal/v1/events", "", "h1").status, 403);
}

}  // namespace
}  // namespace nuri::feed
