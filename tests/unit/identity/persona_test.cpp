#include <map>

#include "tests/unit/identity/personas.h"

namespace nuri::identity {

namespace {

// Who gets in where the things named are of the domain home, and where they are of another.
struct Expected {
  std::string_view home, away;
};

const std::map<Who, Expected> kExpected = {
    {Who::anyone, {"AMRamrPQqunfs", "AMRamrPQqunfs"}},
    {Who::service, {"s", "s"}},
    {Who::admin, {"APs", "APs"}},
    {Who::admin_read, {"AMRPs", "AMRPs"}},
    {Who::domain_admin, {"APsa", "APs"}},
    {Who::domain_read, {"AMRPsamr", "AMRPs"}},
    {Who::own_user, {"AMRPsu", "AMRPs"}},
    {Who::own_user_write, {"APsu", "APs"}},
    {Who::only_user, {"u", ""}},
    {Who::user_of_domain, {"AMRPsamru", "AMRPs"}},
    {Who::own_project, {"AMRPsamrQqu", "AMRPsf"}},
    {Who::own_domain, {"AMRPsamrQqun", "AMRPsf"}},
};

// Where the handler decides. A trust is not there for those whom it does not concern.
constexpr std::string_view kAnyone = "AMRamrPQqunfs";
const std::map<std::string_view, Expected> kParties = {
    {"identity:get_auth_catalog", {"AMRamrPQquf", "AMRamrPQquf"}},  // an unscoped token has none
    {"identity:list_credentials", {kAnyone, kAnyone}},
    {"identity:create_credential", {kAnyone, kAnyone}},
    {"identity:get_credential", {"AMRPsu", "AMRPs"}},
    {"identity:update_credential", {"APsu", "APs"}},
    {"identity:delete_credential", {"APsu", "APs"}},
    {"identity:list_trusts", {"AMRPs", "AMRPs"}},
    {"identity:create_trust", {kAnyone, kAnyone}},
    {"identity:get_trust", {"AMRPsu", "AMRPs"}},
    {"identity:delete_trust", {"APsu", "APs"}},
    {"identity:list_roles_for_trust", {"AMRPsu", "AMRPs"}},
    {"identity:get_role_for_trust", {"AMRPsu", "AMRPs"}},
    {"identity:validate_token", {kAnyone, kAnyone}},  // which token, tokens_test looks at
    {"identity:revoke_token", {kAnyone, kAnyone}},
};

bool is_trust(std::string_view pattern) { return pattern.find("{trust_id}") != pattern.npos; }

}  // namespace

class PersonaWalk : public Personas {
 protected:
  // Was the caller turned away for who it is, not for what it asked?
  bool refused(const Rule& rule, const Response& r) {
    if (r.status == 401 || (is_trust(rule.pattern) && r.status == 404)) return true;
    if (r.status != 403) return false;
    return message(r) == "You are not authorized to perform the requested action: " +
                             std::string(rule.action) + ".";
  }
};

TEST_F(PersonaWalk, EveryRouteAdmitsWhomTheTableSays) {
  int calls = 0;
  for (const Rule& rule : all_rules()) {
    Who who = who_may(rule.action);
    if (who == Who::open) continue;
    bool collection = std::string_view(rule.pattern).find('{') == std::string_view::npos;
    auto party = kParties.find(rule.action);
    ASSERT_EQ(who == Who::party, party != kParties.end()) << rule.action;
    ASSERT_TRUE(who == Who::party || kExpected.contains(who)) << rule.action;
    Expected expected = who == Who::party ? party->second : kExpected.at(who);
    for (std::string side : {"home", "away"}) {
      std::string_view admitted = side == "home" || collection ? expected.home : expected.away;
      for (char persona : kAll) {
        restore();
        Response r =
            call(rule.method, path_of(rule, side), token_of_persona(persona), Json::object());
        ++calls;
        EXPECT_EQ(refused(rule, r), admitted.find(persona) == std::string_view::npos)
            << persona << " " << rule.method << " " << path_of(rule, side) << " " << r.status << " "
            << r.body;
        EXPECT_LT(r.status, 500) << rule.method << " " << rule.pattern << r.body;
      }
    }
  }
  EXPECT_GT(calls, 3000);
  RecordProperty("calls", calls);
}

TEST_F(PersonaWalk, EveryActionHasARowAndEveryRowAnAction) {
  std::set<std::string_view> used, rows;
  for (const Rule& rule : all_rules()) used.insert(rule.action);
  for (const Permission& p : permissions()) {
    EXPECT_TRUE(rows.insert(p.action).second) << p.action << " twice";
    EXPECT_NE(p.who, Who::nobody) << p.action;
  }
  EXPECT_EQ(used, rows);
  EXPECT_EQ(who_may("identity:unheard_of"), Who::nobody);
}

// What no table may say by a slip: changes are for administrators but these.
TEST_F(PersonaWalk, ChangesAreForAdministratorsButOnesOwn) {
  const std::set<std::string_view> own = {"identity:authenticate",
                                          "identity:change_password",
                                          "identity:revoke_token",
                                          "identity:create_credential",
                                          "identity:update_credential",
                                          "identity:delete_credential",
                                          "identity:ec2_create_credential",
                                          "identity:ec2_delete_credential",
                                          "identity:create_application_credential",
                                          "identity:delete_application_credential",
                                          "identity:delete_access_rule",
                                          "identity:create_trust",
                                          "identity:delete_trust"};
  for (const Rule& rule : all_rules()) {
    std::string_view method = rule.method;
    if (method == "GET" || method == "HEAD" || own.contains(rule.action)) continue;
    Who who = who_may(rule.action);
    EXPECT_TRUE(who == Who::admin || who == Who::domain_admin) << method << " " << rule.pattern;
  }
}

class DomainAdmin : public Personas {
 protected:
  DomainAdmin() { restore(); }
  std::string token() { return token_of_persona('a'); }
  Response post(const std::string& plural, const std::string& singular, const Json& body) {
    return call("POST", "/v3/" + plural, token(), Json::object({{singular, body}}));
  }
  int grant(const std::string& target, const std::string& role, const char* method = "PUT") {
    return call(method, "/v3" + target + "/users/home-user/roles/" + role, token()).status;
  }
};

TEST_F(DomainAdmin, MakesPeopleAndProjectsInItsDomainOnly) {
  for (auto [plural, singular] :
       {std::pair{"users", "user"}, {"groups", "group"}, {"projects", "project"}}) {
    Response made = post(plural, singular, Json::object({{"name", "new"}}));
    ASSERT_EQ(made.status, 201) << made.body;
    EXPECT_EQ(json(made)[singular]["domain_id"].as_string(), "home");
    Json elsewhere = Json::object({{"name", "new"}, {"domain_id", "away"}});
    EXPECT_EQ(post(plural, singular, elsewhere).status, 403);
  }
  EXPECT_EQ(
      post("projects", "project", Json::object({{"name", "below"}, {"parent_id", "away-project"}}))
          .status,
      403);
  EXPECT_EQ(post("projects", "project", Json::object({{"name", "d"}, {"is_domain", true}})).status,
            403);
}

TEST_F(DomainAdmin, ListsShowItsDomainOnly) {
  for (const char* plural : {"users", "groups", "projects"}) {
    for (const char* query : {"", "?domain_id=home"}) {
      Json list = json(call("GET", std::string("/v3/") + plural + query, token()))[plural];
      ASSERT_EQ(list.size(), 1u) << plural << query;
      EXPECT_EQ(list.at(0)["domain_id"].as_string(), "home");
    }
    Json foreign = json(call("GET", std::string("/v3/") + plural + "?domain_id=away", token()));
    EXPECT_EQ(foreign[plural].size(), 0u) << plural;
  }
  ASSERT_EQ(grant("/projects/home-project", role_id("member")), 204);
  ASSERT_EQ(
      call("PUT", "/v3/projects/away-project/users/away-user/roles/" + role_id("member"), admin())
          .status,
      204);
  Json seen = json(call("GET", "/v3/role_assignments", token()))["role_assignments"];
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen.at(0)["scope"]["project"]["id"].as_string(), "home-project");
}

TEST_F(DomainAdmin, HandsOutNoRoleThatReachesBeyondIt) {
  std::string ruler = role_id("admin"), member = role_id("member");
  EXPECT_EQ(grant("/projects/home-project", member), 204);
  EXPECT_EQ(grant("/projects/home-project", ruler), 403);
  EXPECT_EQ(grant("/projects/home-project", role_id("service")), 403);
  EXPECT_EQ(grant("/domains/home", ruler), 204) << "another administrator of the domain";
  EXPECT_EQ(grant("/system", member), 403);
  std::string inherited =
      "/v3/OS-INHERIT/domains/home/users/home-user/roles/" + ruler + "/inherited_to_projects";
  EXPECT_EQ(call("PUT", inherited, token()).status, 403);
  Json above = make("roles", "role", Json::object({{"name", "above"}}));
  ASSERT_TRUE(database->write([&](db::Session& s) {
    s.exec("INSERT INTO implied_roles (prior_id, implied_id) VALUES (?1, ?2)",
           {above["id"].as_string(), ruler});
  }));
  EXPECT_EQ(grant("/projects/home-project", above["id"].as_string()), 403);
}

TEST_F(DomainAdmin, DoesNotGetAtWhoRulesTheCloud) {
  std::string ruler = role_id("admin");
  ASSERT_EQ(call("PUT", "/v3/system/groups/home-group/roles/" + ruler, admin()).status, 204);
  EXPECT_EQ(call("PUT", "/v3/groups/home-group/users/home-user", token()).status, 403);
  Json change = Json::object({{"user", Json::object({{"password", "taken over"}})}});
  EXPECT_EQ(call("PATCH", "/v3/users/home-user", token(), change).status, 200);
  ASSERT_EQ(call("PUT", "/v3/groups/home-group/users/home-user", admin()).status, 204);
  EXPECT_EQ(call("PATCH", "/v3/users/home-user", token(), change).status, 403);
  EXPECT_EQ(call("DELETE", "/v3/users/home-user", token()).status, 403);
  EXPECT_EQ(call("GET", "/v3/users/home-user", token()).status, 200);
}

}  // namespace nuri::identity
