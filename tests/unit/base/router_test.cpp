#include <gtest/gtest.h>

#include <stdexcept>

#include "services/base/router.h"

namespace nuri {
namespace {

class OneToken : public TokenChecker {
 public:
  Result<std::shared_ptr<const Claims>> check(std::string_view token) override {
    auto c = std::make_shared<Claims>();
    if (token == "service") c->service = "compute";
    else if (token == "agent") c->service = "agent";
    else if (token == "admin" || token == "member" || token == "reader") c->roles = {{"r", std::string(token)}};
    else if (token != "plain") return Error(ErrorCode::unauthorized, "no");
    return std::shared_ptr<const Claims>(c);
  }
};

Request get(std::string path, std::string token = "", std::string method = "GET") {
  Request r;
  r.method = std::move(method);
  r.path = std::move(path);
  if (!token.empty()) r.headers.set("X-Auth-Token", token);
  return r;
}

class RouterTest : public testing::Test {
 protected:
  RouterTest() {
    auto ok = [](const Request&, Context& c) -> Result<Response> { return Response::text(200, c.param("id") + "@" + std::to_string(c.microversion)); };
    router.add("GET", "/", Access::open, ok);
    router.add("GET", "/things", Access::reader, ok);
    router.add("POST", "/things", Access::member, ok);
    router.add("GET", "/things/detail", Access::reader, [](const Request&, Context&) -> Result<Response> { return Response::text(200, "detail"); });
    router.add("GET", "/things/{id}", Access::reader, ok);
    router.add("DELETE", "/things/{id}", Access::admin, ok);
    router.add("GET", "/internal", Access::service, ok);
    router.add("GET", "/agent", Access::agent, ok);
    router.add("GET", "/files/{id*}", Access::open, ok);
    router.add("GET", "/throws", Access::open, [](const Request&, Context&) -> Result<Response> { throw std::runtime_error("boom"); });
  }
  int status(std::string path, std::string token = "", std::string method = "GET") { return router.dispatch(get(std::move(path), std::move(token), std::move(method))).status; }
  OneToken tokens;
  Router router{Router::Options{nova_error, {"compute", "X-OpenStack-Nova-API-Version", 2, 1, 93}, &tokens, "Keystone uri=x"}};
};

TEST_F(RouterTest, MatchesSegmentsInOrder) {
  EXPECT_EQ(router.dispatch(get("/things/detail", "reader")).body, "detail");
  EXPECT_EQ(router.dispatch(get("/things/a%2Fb", "reader")).body, "a/b@1");
  EXPECT_EQ(router.dispatch(get("/files/a/b/c")).body, "a/b/c@1");
  EXPECT_EQ(status("/things/x/y", "reader"), 404);
  EXPECT_EQ(status("/things/%zz", "reader"), 404);
  EXPECT_EQ(status("/things", "reader", "PATCH"), 405);
  EXPECT_EQ(status("/", "", "HEAD"), 200);
}

TEST_F(RouterTest, AccessByPersona) {
  struct Case {
    const char* method;
    const char* path;
    const char* token;
    int status;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"GET", "/things", "", 401},        {"GET", "/things", "forged", 401},   {"GET", "/things", "plain", 403},
           {"GET", "/things", "reader", 200},  {"POST", "/things", "reader", 403},  {"POST", "/things", "member", 200},
           {"DELETE", "/things/1", "member", 403}, {"DELETE", "/things/1", "admin", 200},
           {"GET", "/internal", "admin", 403}, {"GET", "/internal", "agent", 403},  {"GET", "/internal", "service", 200},
           {"GET", "/agent", "service", 403},  {"GET", "/agent", "agent", 200},     {"GET", "/things", "agent", 403}}) {
    EXPECT_EQ(status(c.path, c.token, c.method), c.status) << c.method << " " << c.path << " " << c.token;
  }
}

TEST_F(RouterTest, NegotiatesMicroversions) {
  auto with = [&](const char* name, const char* value) {
    Request r = get("/things/i", "reader");
    r.headers.set(name, value);
    return router.dispatch(r);
  };
  EXPECT_EQ(with("OpenStack-API-Version", "compute 2.79").body, "i@79");
  EXPECT_EQ(with("OpenStack-API-Version", "compute 2.79").headers.get("OpenStack-API-Version"), "compute 2.79");
  EXPECT_EQ(with("X-OpenStack-Nova-API-Version", "2.5").body, "i@5");
  EXPECT_EQ(with("OpenStack-API-Version", "compute latest").body, "i@93");
  EXPECT_EQ(with("OpenStack-API-Version", "volume 3.1").body, "i@1");
  EXPECT_EQ(with("OpenStack-API-Version", "compute 2.94").status, 406);
  EXPECT_EQ(with("OpenStack-API-Version", "compute 2.0").status, 406);
  for (const char* bad : {"compute 2", "compute 2.", "compute two", "compute 2.1x", "compute 2.-1", "compute 99999999999999999999.1"}) {
    EXPECT_GE(with("OpenStack-API-Version", bad).status, 400) << bad;
  }
}

TEST_F(RouterTest, AHandlersExceptionIsAnAnswerWithoutItsText) {
  auto r = router.dispatch(get("/throws"));
  EXPECT_EQ(r.status, 500);
  EXPECT_EQ(r.body.find("boom"), std::string::npos);
  EXPECT_TRUE(r.headers.get("x-openstack-request-id").starts_with("req-"));
}

TEST_F(RouterTest, ReadsOfALongerOrShorterPathDoNotMatch) {
  for (const char* path : {"//", "/things//", "//things", "/things/a/", "/files", "/files/"}) {
    Request r = get(path, "reader");
    int got = router.dispatch(r).status;
    EXPECT_EQ(got, std::string(path) == "/things/a/" ? 200 : 404) << path;
  }
}

struct Watch : Interceptor {
  Result<Response> around(const Request&, Context& c, const Next& next) override {
    seen += c.route->pattern + ";";
    return stop ? Result<Response>(conflict("stopped").with_retry(7)) : next();
  }
  void answered(const Request&, const Context& c, const Error* e, const Response& r) override {
    seen += std::to_string(r.status) + (e ? "!" : "") + (c.route ? "" : "?") + ";";
  }
  std::string seen;
  bool stop = false;
};

TEST_F(RouterTest, AnInterceptorStandsAroundChangesOnly) {
  Watch watch;
  router.intercept(watch);
  status("/things", "reader");
  EXPECT_EQ(watch.seen, "");
  status("/things", "member", "POST");
  EXPECT_EQ(watch.seen, "/things;200;");
  watch.seen.clear();
  status("/things", "reader", "POST");  // refused before the handler
  status("/nowhere", "reader", "POST");
  EXPECT_EQ(watch.seen, "403!;404!?;");
  watch.stop = true;
  auto r = router.dispatch(get("/things", "member", "POST"));
  EXPECT_EQ(r.status, 409);
  EXPECT_EQ(r.headers.get("Retry-After"), "7");
}

TEST(ErrorViews, EachApisShape) {
  Error e = not_found("no such thing");
  EXPECT_EQ((*parse_json(nova_error(e).body))["itemNotFound"]["code"].as_int(), 404);
  EXPECT_EQ((*parse_json(keystone_error(e).body))["error"]["title"].as_string(), "Not Found");
  EXPECT_EQ((*parse_json(neutron_error(not_found("x").with_type("PortNotFound")).body))["NeutronError"]["type"].as_string(), "PortNotFound");
  EXPECT_EQ(neutron_error(Error(ErrorCode::over_quota, "q")).status, 409);
}

TEST(Requests, QueriesAndPercents) {
  Query q = Query::parse("a=1&b=x%20y+z&a=2&c&=&%zz=%");
  EXPECT_EQ(q.all("a").size(), 2u);
  EXPECT_EQ(q.get("b"), "x y z");
  EXPECT_TRUE(q.contains("c"));
  EXPECT_FALSE(percent_decode("%4"));
  EXPECT_EQ(percent_decode("%41%42"), "AB");
  EXPECT_EQ(percent_encode("a b/\xc3\xa9"), "a%20b%2F%C3%A9");
}

}  // namespace
}  // namespace nuri
