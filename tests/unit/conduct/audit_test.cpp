#include <gtest/gtest.h>
#include <sys/wait.h>

#include "tests/unit/conduct/world.h"

namespace nuri::conduct {
namespace {

class AuditTest : public testing::Test {
 protected:
  test::TempDir dir;
};

TEST_F(AuditTest, AChangeSaysWhoWhereWhatAndWithWhatResult) {
  World w(dir.path());
  Response made = w.send("POST", "/v1/things", "{\"password\":\"opensesame\"}");
  Json all = w.events();
  ASSERT_EQ(all["events"].size(), 1u);
  const Json& e = all["events"].at(0);
  EXPECT_EQ(e["user_id"].as_string(), "user-of-p");
  EXPECT_EQ(e["project_id"].as_string(), "p");
  EXPECT_EQ(e["address"].as_string(), "192.0.2.7");
  EXPECT_EQ(e["method"].as_string(), "POST");
  EXPECT_EQ(e["action"].as_string(), "create");
  EXPECT_EQ(e["resource_type"].as_string(), "thing");
  EXPECT_EQ(e["resource_id"], (*parse_json(made.body))["thing"]["id"]);
  EXPECT_EQ(e["status"].as_int(), 201);
  EXPECT_EQ(e["outcome"].as_string(), "success");
  EXPECT_EQ(e["request_id"].as_string(), made.headers.get("x-openstack-request-id"));
  EXPECT_EQ(e["at"].as_string(), iso_micros(w.clock.now_us()));
  EXPECT_EQ(w.bytes().find("hunter2"), std::string::npos);
}

TEST_F(AuditTest, ActionsDeletesAndOpenRoutes) {
  World w(dir.path());
  w.send("POST", "/v1/things/t1/action", "{\"reboot\":{\"type\":\"SOFT\"}}");
  w.send("DELETE", "/v1/things/t1", "", "", "admin@a");
  w.send("POST", "/login", "", "", "");
  w.send("GET", "/v1/things/t1");
  w.send("POST", "/agent", "", "", "agent@h");
  Json list = w.events();
  ASSERT_EQ(list["events"].size(), 3u);
  EXPECT_EQ(list["events"].at(0)["path"].as_string(), "/login");
  EXPECT_EQ(list["events"].at(1)["action"].as_string(), "delete");
  EXPECT_EQ(list["events"].at(1)["resource_id"].as_string(), "t1");
  EXPECT_EQ(list["events"].at(2)["action"].as_string(), "reboot");
  EXPECT_EQ(list["events"].at(2)["resource_type"].as_string(), "thing");
}

TEST_F(AuditTest, RefusedAttemptsAreThereButNotThoseOfNobody) {
  World w(dir.path());
  w.send("POST", "/v1/things", "{}", "", "reader@p");
  w.send("POST", "/v1/things", "{}", "", "");
  w.send("POST", "/v1/things", "{}", "", "forged");
  w.send("POST", "/nowhere", "{}", "", "");
  w.fail = bad_request("The password 'opensesame' is too short.", "password");
  w.send("POST", "/v1/things", "{}");
  Json list = w.events();
  ASSERT_EQ(list["events"].size(), 2u);
  EXPECT_EQ(list["events"].at(0)["error"].as_string(), "refused: password");
  EXPECT_EQ(list["events"].at(1)["status"].as_int(), 403);
  EXPECT_EQ(list["events"].at(1)["outcome"].as_string(), "failure");
  EXPECT_NE(list["events"].at(1)["error"].as_string().find("member role"), std::string::npos);
  EXPECT_EQ(w.bytes().find("opensesame"), std::string::npos);
}

TEST_F(AuditTest, AFloodOfRefusalsIsCounted) {
  World w(dir.path());
  for (int i = 0; i < 500; ++i) w.send("POST", "/v1/things", "{}", "", "reader@p");
  Json list = w.events("?limit=1000");
  int64_t dropped = 0;
  for (const Json& e : list["events"].as_array())
    dropped += std::atoi(e["error"].as_string().c_str());
  EXPECT_EQ(dropped, 400);
}

TEST_F(AuditTest, AReplayedAnswerIsNoChange) {
  World w(dir.path());
  w.send("POST", "/v1/things", "{}", "k");
  w.send("POST", "/v1/things", "{}", "k");
  EXPECT_EQ(w.events()["events"].size(), 1u);
}

TEST_F(AuditTest, WhatFailedAfterItsWriteHasBothEvents) {
  World w(dir.path());
  w.fail_after_write = unavailable("later");
  w.send("POST", "/v1/things", "{}");
  Json list = w.events();
  ASSERT_EQ(list["events"].size(), 2u);
  EXPECT_EQ(list["events"].at(0)["status"].as_int(), 503);
  EXPECT_EQ(list["events"].at(1)["status"].as_int(), 201);
}

TEST_F(AuditTest, TenantsSeeTheirOwnProjectsAndAdminsAll) {
  World w(dir.path());
  w.send("POST", "/v1/things", "{}", "", "member@p");
  w.send("POST", "/v1/things", "{}", "", "member@q");
  EXPECT_EQ(w.events("", "reader@p")["events"].size(), 1u);
  EXPECT_EQ(w.events("?project_id=q", "reader@p")["events"].size(), 0u);
  EXPECT_EQ(w.events("?project_id=q", "admin@a")["events"].size(), 1u);
  EXPECT_EQ(w.events("", "nobody@p")["status"].as_int(), 403);
  EXPECT_EQ(w.send("GET", "/audit/v1/check", "", "", "member@p").status, 403);
}

TEST_F(AuditTest, FiltersAndPages) {
  World w(dir.path());
  for (int i = 0; i < 5; ++i)
    w.send("POST", "/v1/things/t" + std::to_string(i) + "/action", "{\"stop\":null}");
  TimeUs middle = w.clock.now_us() + kSecondUs;
  w.clock.advance(2 * kSecondUs);
  w.send("DELETE", "/v1/things/t1", "", "", "admin@a");
  w.send("DELETE", "/v1/things/t1", "", "", "member@p");
  auto size = [&](const std::string& query) { return w.events(query)["events"].size(); };
  EXPECT_EQ(size("?resource_id=t1"), 3u);
  EXPECT_EQ(size("?resource_id=t1&outcome=failure"), 1u);
  EXPECT_EQ(size("?action=stop"), 5u);
  EXPECT_EQ(size("?status=204"), 1u);
  EXPECT_EQ(size("?since=" + iso_seconds(middle)), 2u);
  EXPECT_EQ(size("?until=" + iso_seconds(middle)), 5u);
  EXPECT_EQ(size("?resource_type='%20OR%201=1"), 0u);
  std::set<int64_t> seen;
  std::string query = "?limit=3";
  for (int page = 0; page < 3; ++page) {
    Json list = w.events(query);
    for (const Json& e : list["events"].as_array()) seen.insert(e["number"].as_int());
    std::string next = list["links"].at(0)["href"].as_string();
    EXPECT_EQ(next.empty(), page == 2);
    if (!next.empty()) query = next.substr(next.find('?'));
  }
  EXPECT_EQ(seen.size(), 7u);
  for (const char* bad :
       {"?limit=0", "?limit=1001", "?limit=x", "?marker=-1", "?status=999", "?since=yesterday",
        "?outcome=maybe", "?colour=red", "?action=stop&action=stop", "?limit=3&limit=3"})
    EXPECT_EQ(w.events(bad)["status"].as_int(), 400) << bad;
  std::string many = "?status=204";
  for (int i = 0; i < 1'100; ++i) many += "&status=204";
  EXPECT_EQ(w.events(many)["status"].as_int(), 400);
}

TEST_F(AuditTest, TheChainTellsWhatWasAlteredOrRemoved) {
  World w(dir.path());
  for (int i = 0; i < 5; ++i) w.send("POST", "/v1/things", "{}");
  auto broken = [&](const char* sql) {
    if (*sql) (void)w.database->write([&](db::Session& s) { s.exec(sql); });
    return (*parse_json(w.send("GET", "/audit/v1/check", "", "", "admin@a").body))["broken_at"]
        .as_int();
  };
  EXPECT_EQ(broken(""), 0);
  EXPECT_EQ(broken("UPDATE audit_events SET user_id='innocent' WHERE number=4"), 4);
  EXPECT_EQ(broken("DELETE FROM audit_events WHERE number=2"), 2);
}

TEST_F(AuditTest, KilledAfterTheCommitTheChangeIsInTheLogAllTheSame) {
  for (const char* path : {"/v1/things", "/v1/others"}) {
    pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      World w(dir.path());
      w.die_after_write = true;
      w.send("POST", path, "{}");
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status));
  }
  World w(dir.path());
  Json list = w.events();
  ASSERT_EQ(list["events"].size(), 2u);
  EXPECT_EQ(list["events"].at(0)["outcome"].as_string(), "unknown");
  EXPECT_EQ(list["events"].at(0)["user_id"].as_string(), "user-of-p");
  EXPECT_EQ(list["events"].at(1)["outcome"].as_string(), "success");
  EXPECT_EQ(w.count("audit_begun"), 0);
  EXPECT_EQ(
      (*parse_json(w.send("GET", "/audit/v1/check", "", "", "admin@a").body))["sound"].as_bool(),
      true);
}

}  // namespace
}  // namespace nuri::conduct
