#include "tests/unit/identity/world.h"

namespace nuri::identity {

namespace {

// The pattern with each {name} replaced by an id of somebody else's.
std::string foreign_path(const Rule& rule) {
  std::string out;
  for (const char* c = rule.pattern; *c; ++c) {
    if (*c != '{') {
      out += *c;
      continue;
    }
    while (*c != '}') ++c;
    out += "0123456789abcdef0123456789abcdef";
  }
  return out;
}

}  // namespace

using PolicyWalk = World;

TEST_F(PolicyWalk, EveryRouteButTheOpenOnesNeedsAToken) {
  for (const Rule& rule : all_rules()) {
    if (who_may(rule.action) == Who::open) continue;
    EXPECT_EQ(call(rule.method, foreign_path(rule)).status, 401)
        << rule.method << " " << rule.pattern;
    EXPECT_EQ(call(rule.method, foreign_path(rule), "n1.forged.token").status, 401)
        << rule.method << " " << rule.pattern;
  }
}

TEST_F(PolicyWalk, AMemberAndAReaderManageNothing) {
  for (const char* role : {"member", "reader"}) {
    Tenant t = tenant(std::string("ann the ") + role, role);
    for (const Rule& rule : all_rules()) {
      Who who = who_may(rule.action);
      if (who == Who::open || who == Who::anyone || who == Who::party) continue;
      Response r = call(rule.method, foreign_path(rule), t.token, Json::object());
      EXPECT_EQ(r.status, 403) << rule.method << " " << rule.pattern << " " << r.body;
      if (std::string_view(rule.method) == "HEAD") continue;
      EXPECT_EQ(message(r), "You are not authorized to perform the requested action: " +
                                std::string(rule.action) + ".");
    }
  }
}

TEST_F(PolicyWalk, AnAgentsTokenOpensNothing) {
  auto agent = auth::ServiceIdentity::open(dir.file("service.key"), "agent", clock, "host1");
  ASSERT_TRUE(agent);
  std::string token = (*agent)->token();
  for (const Rule& rule : all_rules()) {
    if (who_may(rule.action) == Who::open) continue;
    EXPECT_EQ(call(rule.method, foreign_path(rule), token, Json::object()).status, 403)
        << rule.method << " " << rule.pattern;
  }
}

TEST_F(PolicyWalk, AReaderOfTheSystemReadsAndWritesNothing) {
  Json user = make_user("auditor");
  std::string path = "/v3/system/users/" + user["id"].as_string() + "/roles/" + role_id("reader");
  ASSERT_EQ(call("PUT", path, admin()).status, 204);
  std::string token = token_of(
      login("auditor", "pw of auditor", Json::object({{"system", Json::object({{"all", true}})}})));
  for (const Rule& rule : all_rules()) {
    if (who_may(rule.action) == Who::admin) {
      EXPECT_EQ(call(rule.method, foreign_path(rule), token, Json::object()).status, 403)
          << rule.method << " " << rule.pattern;
    } else if (who_may(rule.action) == Who::admin_read) {
      EXPECT_NE(call(rule.method, foreign_path(rule), token).status, 403)
          << rule.method << " " << rule.pattern;
    }
  }
}

TEST_F(PolicyWalk, AUserSeesItselfAndNobodyElse) {
  Tenant ann = tenant("ann", "member"), bob = tenant("bob", "member");
  std::string own = "/v3/users/" + ann.user["id"].as_string(),
              other = "/v3/users/" + bob.user["id"].as_string();
  for (const char* below : {"", "/projects", "/groups", "/application_credentials", "/access_rules",
                            "/credentials/OS-EC2"}) {
    EXPECT_EQ(call("GET", own + below, ann.token).status, 200) << below;
    EXPECT_EQ(call("GET", other + below, ann.token).status, 403) << below;
  }
  EXPECT_EQ(call("GET", "/v3/projects/" + ann.project["id"].as_string(), ann.token).status, 200);
  EXPECT_EQ(call("GET", "/v3/projects/" + bob.project["id"].as_string(), ann.token).status, 403);
  Json projects = json(call("GET", own + "/projects", ann.token))["projects"];
  ASSERT_EQ(projects.size(), 1u);
  EXPECT_EQ(projects.at(0)["id"], ann.project["id"]);
  EXPECT_EQ(call("GET", "/v3/domains/default", ann.token).status, 200);
  EXPECT_EQ(call("GET", "/v3/domains", ann.token).status, 403);
}

TEST_F(PolicyWalk, TheAdministratorOfOneProjectIsNotMadeByAMember) {
  Tenant ann = tenant("ann", "member");
  std::string path = "/v3/projects/" + ann.project["id"].as_string() + "/users/" +
                     ann.user["id"].as_string() + "/roles/" + role_id("admin");
  EXPECT_EQ(call("PUT", path, ann.token).status, 403);
  std::string implied = "/v3/roles/" + role_id("member") + "/implies/" + role_id("admin");
  EXPECT_EQ(call("PUT", implied, admin()).status, 403);
}

}  // namespace nuri::identity
