#include <gtest/gtest.h>

#include "metering/routes/api.h"
#include "metering/store/ledger_store.h"
#include "tests/support/named_tokens.h"
#include "tests/support/temp_dir.h"

namespace nuri::metering {
namespace {

class MeteringApi : public ::testing::Test {
 protected:
  MeteringApi() {
    db = std::move(db::Database::open({dir.file("metering.db")})).value();
    EXPECT_TRUE(db->migrate("metering", store::kMigrations));
    Router::Options options;
    options.tokens = &tokens;
    router = std::make_unique<Router>(options);
    api = std::make_unique<Api>(*db, clock);
    api->add_routes(*router);
    prices(
        R"({"currency":"EUR","price":[{"meter":"vcpu","rate_per_hour":"0.01"},{"meter":"volume","rate_per_hour":"0.001"}]})");
  }
  void prices(const char* config) {
    auto list = read_price_list(parse_json(config).value()).value();
    ASSERT_TRUE(db->write([&](db::Session& s) { store::put_price_list(s, list, clock.now_us()); }));
  }
  void event(const std::string& type, const std::string& kind, const std::string& id,
             const std::string& data, const std::string& project = "p") {
    UsageEvent e{++number, clock.now_us(), type, project, "u", kind, id, parse_json(data).value()};
    ASSERT_TRUE(db->write([&](db::Session& s) { store::take(s, "compute", {e}); }));
  }
  Response call(const std::string& token, const std::string& target,
                const std::string& method = "GET") {
    Request q;
    q.method = method;
    q.target = target;
    q.path = target.substr(0, target.find('?'));
    if (target.find('?') != std::string::npos)
      q.query = Query::parse(target.substr(target.find('?') + 1));
    if (!token.empty()) q.headers.set("X-Auth-Token", token);
    q.headers.set("Host", "cloud");
    return router->dispatch(q);
  }
  Json json(const std::string& token, const std::string& target) {
    Response r = call(token, target);
    EXPECT_EQ(r.status, 200) << target << " " << r.body;
    return parse_json(r.body).value_or(Json());
  }

  test::TempDir dir;
  FakeClock clock;
  test::NamedTokens tokens;
  std::unique_ptr<db::Database> db;
  std::unique_ptr<Router> router;
  std::unique_ptr<Api> api;
  int64_t number = 0;
};

constexpr TimeUs kHour = 3600 * kSecondUs;

TEST_F(MeteringApi, CostOfAServerCountsWhileItRuns) {
  event("begin", "server", "s1", R"({"name":"web","vcpus":2,"state":"active"})");
  Json cost = json("reader@p", "/v1/servers/s1/cost")["cost"];
  EXPECT_EQ(cost["amount"].as_string(), "0.000000000");
  EXPECT_EQ(cost["rate_per_hour"].as_string(), "0.02");
  EXPECT_EQ(cost["currency"].as_string(), "EUR");
  clock.advance(kHour / 2);
  cost = json("reader@p", "/v1/servers/s1/cost")["cost"];
  EXPECT_EQ(cost["amount"].as_string(), "0.010000000");
  EXPECT_EQ(cost["as_of"].as_string(), iso_micros(clock.now_us()));
  EXPECT_TRUE(cost["intervals"].at(0)["end"].is_null());
  EXPECT_EQ(cost["intervals"].at(0)["quantity"].as_string(), "2");
  event("change", "server", "s1", R"({"name":"web","vcpus":2,"state":"stopped"})");
  clock.advance(kHour);
  cost = json("reader@p", "/v1/resources/s1/cost")["cost"];
  EXPECT_EQ(cost["amount"].as_string(), "0.010000000");
  EXPECT_EQ(cost["rate_per_hour"].as_string(), "0");
  event("end", "server", "s1", "{}");
  clock.advance(kHour);
  EXPECT_EQ(json("reader@p", "/v1/servers/s1/cost")["cost"]["amount"].as_string(), "0.010000000");
}

TEST_F(MeteringApi, ClockSetBackShowsNothingNegative) {
  event("begin", "server", "s1", R"({"vcpus":1})");
  clock.advance(-kHour);
  Json cost = json("reader@p", "/v1/servers/s1/cost")["cost"];
  EXPECT_EQ(cost["amount"].as_string(), "0.000000000");
  EXPECT_EQ(cost["rate_per_hour"].as_string(), "0.01");
  EXPECT_EQ(json("reader@p", "/v1/projects/p/cost")["cost"]["rate_per_hour"].as_string(), "0.01");
}

TEST_F(MeteringApi, CostOfAProjectAddsUp) {
  TimeUs start = clock.now_us();
  event("begin", "server", "s1", R"({"name":"web","vcpus":1,"state":"active"})");
  event("begin", "volume", "v1", R"({"name":"data","size_gib":10})");
  event("begin", "volume", "foreign", R"({"size_gib":10})", "q");
  clock.advance(kHour);
  event("end", "volume", "v1", "{}");
  clock.advance(kHour);
  Json cost = json("reader@p", "/v1/projects/p/cost")["cost"];
  EXPECT_EQ(cost["amount"].as_string(), "0.030000000");
  EXPECT_EQ(cost["rate_per_hour"].as_string(), "0.01");
  ASSERT_EQ(cost["by_meter"].size(), 2u);
  EXPECT_EQ(cost["by_meter"].at(0)["meter"].as_string(), "vcpu");
  EXPECT_EQ(cost["by_meter"].at(1)["amount"].as_string(), "0.010000000");
  ASSERT_EQ(cost["resources"].size(), 2u);
  EXPECT_EQ(cost["resources"].at(0)["name"].as_string(), "web");
  EXPECT_TRUE(cost["resources"].at(0)["open"].as_bool());
  EXPECT_FALSE(cost["resources"].at(1)["open"].as_bool());
  std::string window =
      "?begin=" + iso_seconds(start + kHour) + "&end=" + iso_seconds(start + kHour + kHour / 2);
  cost = json("reader@p", "/v1/projects/p/cost" + window)["cost"];
  EXPECT_EQ(cost["amount"].as_string(), "0.005000000");
  EXPECT_EQ(cost["rate_per_hour"].as_string(), "0");
}

TEST_F(MeteringApi, NewPricesDoNotReachBack) {
  event("begin", "volume", "v1", R"({"size_gib":1})");
  clock.advance(kHour);
  prices(R"({"currency":"EUR","price":[{"meter":"volume","rate_per_hour":"1"}]})");
  prices(R"({"currency":"EUR","price":[{"meter":"volume","rate_per_hour":"1"}]})");
  clock.advance(kHour);
  Json cost = json("reader@p", "/v1/volumes/v1/cost")["cost"];
  EXPECT_EQ(cost["amount"].as_string(), "1.001000000");
  EXPECT_EQ(cost["intervals"].size(), 2u);
  EXPECT_EQ(
      db->read([](db::Session& s) { return s.count("SELECT count(*) FROM price_lists"); }).value(),
      2);
  EXPECT_EQ(json("reader@p", "/v1/prices")["prices"].at(0)["rate_per_hour"].as_string(), "1");
}

TEST_F(MeteringApi, AProjectSeesOnlyItsOwn) {
  event("begin", "server", "s1", R"({"vcpus":1})");
  Response foreign = call("member@q", "/v1/servers/s1/cost"),
           none = call("member@q", "/v1/servers/s2/cost");
  EXPECT_EQ(foreign.status, 404);
  EXPECT_EQ(none.status, 404);
  std::string text = foreign.body;
  text.replace(text.find("s1"), 2, "s2");
  EXPECT_EQ(text, none.body);
  EXPECT_EQ(call("member@q", "/v1/projects/p/cost").status, 404);
  EXPECT_EQ(call("member@p", "/v1/volumes/s1/cost").status, 404);
  EXPECT_EQ(call("admin@a", "/v1/servers/s1/cost").status, 200);
  EXPECT_EQ(call("admin@a", "/v1/projects/p/cost").status, 200);
}

TEST_F(MeteringApi, BadQueries) {
  for (const char* bad :
       {"/v1/projects/p/cost?begin=yesterday", "/v1/projects/p/cost?end=x",
        "/v1/projects/p/cost?begin=2026-01-02T00:00:00Z&end=2026-01-01T00:00:00Z"}) {
    EXPECT_EQ(call("reader@p", bad).status, 400) << bad;
  }
  for (const char* bad : {"/v1/ledger?limit=1001", "/v1/ledger?limit=-1", "/v1/ledger?after=x"})
    EXPECT_EQ(call("admin@a", bad).status, 400) << bad;
}

TEST_F(MeteringApi, LedgerPagesAndChecks) {
  for (int i = 0; i < 5; ++i) event("begin", "server", "s" + std::to_string(i), R"({"vcpus":1})");
  Json page = json("admin@a", "/v1/ledger?limit=3");
  EXPECT_EQ(page["entries"].size(), 3u);
  page = json("admin@a", page["next"].as_string());
  EXPECT_EQ(page["entries"].size(), 2u);
  EXPECT_FALSE(page.contains("next"));
  EXPECT_TRUE(json("admin@a", "/v1/ledger/check")["intact"].as_bool());
  ASSERT_TRUE(
      db->write([](db::Session& s) { s.exec("UPDATE ledger SET user_id='x' WHERE number=4"); }));
  Json check = json("admin@a", "/v1/ledger/check");
  EXPECT_FALSE(check["intact"].as_bool(true));
  EXPECT_EQ(check["broken_at"].as_int(), 4);
}

TEST_F(MeteringApi, EveryRouteAsksWhoComes) {
  for (const Route& route : router->routes()) {
    std::string at = route.pattern;
    if (at.find("{id}") != std::string::npos) at.replace(at.find("{id}"), 4, "x");
    if (route.access == Access::open) {
      EXPECT_EQ(call("", at).status, 200) << at;
      continue;
    }
    EXPECT_EQ(call("", at).status, 401) << at;
    EXPECT_EQ(call("forged", at).status, 401) << at;
    if (route.access == Access::admin) {
      EXPECT_EQ(call("member@p", at).status, 403) << at;
    }
    EXPECT_EQ(call("admin@a", at, "DELETE").status, 405) << at;
  }
}

}  // namespace
}  // namespace nuri::metering
