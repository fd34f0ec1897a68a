#include "metering/routes/audit.h"

#include <gtest/gtest.h>

#include "tests/support/named_tokens.h"

namespace nuri::metering {
namespace {

Json event(const std::string& at) { return Json::object({{"at", at}, {"number", 1}}); }

class AuditTest : public testing::Test {
 protected:
  AuditTest() {
    auto source = [this](const char* service, std::vector<std::string> times) {
      return AuditSource{
          service,
          [this, times](const std::string& target, const std::string& token) -> Result<Json> {
            asked.push_back(target + " as " + token);
            Query q = Query::parse(target.substr(target.find('?') + 1));
            Json events = Json::array();
            for (const std::string& at : times) {
              if (q.get("until").empty() || at < q.get("until")) events.push_back(event(at));
            }
            return Json::object({{"events", std::move(events)}});
          }};
    };
    add_audit_routes(router, {source("compute", {"2026-01-05", "2026-01-03", "2026-01-01"}),
                              source("network", {"2026-01-04", "2026-01-03"}),
                              {"image", [](const std::string&, const std::string&) -> Result<Json> {
                                 return unavailable("away");
                               }}});
  }
  Json list(const std::string& query, int status = 200) {
    Request r;
    r.method = "GET";
    r.path = "/v1/audit/events";
    r.query = Query::parse(query);
    r.headers.set("X-Auth-Token", "reader@p");
    Response response = router.dispatch(r);
    EXPECT_EQ(response.status, status) << response.body;
    return *parse_json(response.body);
  }
  test::NamedTokens tokens;
  Router router{Router::Options{nova_error, {}, &tokens, ""}};
  std::vector<std::string> asked;
};

TEST_F(AuditTest, AllServicesInOneListNewestFirstUnderTheCallersToken) {
  Json all = list("resource_id=x");
  ASSERT_EQ(all["events"].size(), 5u);
  EXPECT_EQ(all["events"].at(0)["source"].as_string(), "compute");
  EXPECT_EQ(all["events"].at(1)["source"].as_string(), "network");
  EXPECT_EQ(all["missing"], Json::array({"image"}));
  EXPECT_EQ(all["links"].size(), 0u);
  ASSERT_EQ(asked.size(), 2u);
  for (const std::string& a : asked) {
    EXPECT_NE(a.find("resource_id=x"), std::string::npos);
    EXPECT_NE(a.find(" as reader@p"), std::string::npos);
  }
}

TEST_F(AuditTest, PagesLoseNothingWhereTwoAreOfOneInstant) {
  std::vector<std::string> seen;
  std::string query = "limit=1";
  for (int page = 0; page < 10 && !query.empty(); ++page) {
    Json part = list(query);
    for (const Json& e : part["events"].as_array()) seen.push_back(e["at"].as_string());
    std::string next = part["links"].at(0)["href"].as_string();
    query = next.empty() ? "" : next.substr(next.find('?') + 1);
  }
  EXPECT_EQ(seen, std::vector<std::string>(
                      {"2026-01-05", "2026-01-04", "2026-01-03", "2026-01-03", "2026-01-01"}));
}

TEST_F(AuditTest, BadInputIsNamed) {
  for (const char* bad : {"limit=0", "limit=901", "limit=x", "marker=3"}) {
    Json refused = list(bad, 400);
    EXPECT_NE(refused.dump().find(std::string(bad).substr(0, 5)), std::string::npos) << bad;
  }
}

}  // namespace
}  // namespace nuri::metering
