#include "tests/unit/identity/world.h"

namespace nuri::identity {

class Grants : public World {
 protected:
  size_t assignments(const std::string& query) {
    return json(call("GET", "/v3/role_assignments?" + query, admin()))["role_assignments"].size();
  }
};

TEST_F(Grants, EachKindIsPutCheckedListedAndRemoved) {
  std::string user = make_user("u")["id"].as_string(),
              project = make_project("p")["id"].as_string();
  std::string group = make("groups", "group", Json::object({{"name", "g"}}))["id"].as_string();
  std::string role = role_id("member");
  for (const std::string& actor : {"/users/" + user, "/groups/" + group}) {
    for (const std::string& target :
         {"/projects/" + project, std::string("/domains/default"), std::string("/system")}) {
      std::string list = "/v3" + target + actor + "/roles", one = list + "/" + role;
      EXPECT_EQ(call("HEAD", one, admin()).status, 404) << one;
      EXPECT_EQ(call("PUT", one, admin()).status, 204) << one;
      EXPECT_EQ(call("PUT", one, admin()).status, 204) << "again: " << one;
      EXPECT_EQ(call("HEAD", one, admin()).status, 204) << one;
      EXPECT_EQ(json(call("GET", list, admin()))["roles"].size(), 1u) << list;
      EXPECT_EQ(call("DELETE", one, admin()).status, 204) << one;
      EXPECT_EQ(call("HEAD", one, admin()).status, 404) << one;
    }
    std::string one =
        "/v3/OS-INHERIT/domains/default" + actor + "/roles/" + role + "/inherited_to_projects";
    EXPECT_EQ(call("PUT", one, admin()).status, 204);
    EXPECT_EQ(call("HEAD", one, admin()).status, 204);
    EXPECT_EQ(
        json(call("GET", "/v3/OS-INHERIT/domains/default" + actor + "/roles/inherited_to_projects",
                  admin()))["roles"]
            .size(),
        1u);
    EXPECT_EQ(call("DELETE", one, admin()).status, 204);
  }
  EXPECT_EQ(call("PUT", "/v3/projects/" + project + "/users/nobody/roles/" + role, admin()).status,
            404);
  EXPECT_EQ(
      call("PUT", "/v3/projects/" + project + "/users/" + user + "/roles/none", admin()).status,
      404);
  EXPECT_EQ(call("PUT", "/v3/projects/none/users/" + user + "/roles/" + role, admin()).status, 404);
}

TEST_F(Grants, AGroupsRoleIsItsMembers) {
  Json user = make_user("u"), project = make_project("p");
  std::string group = make("groups", "group", Json::object({{"name", "g"}}))["id"].as_string();
  std::string member = "/v3/groups/" + group + "/users/" + user["id"].as_string();
  EXPECT_EQ(call("HEAD", member, admin()).status, 404);
  EXPECT_EQ(call("PUT", member, admin()).status, 204);
  EXPECT_EQ(call("HEAD", member, admin()).status, 204);
  std::string grant = "/v3/projects/" + project["id"].as_string() + "/groups/" + group + "/roles/" +
                      role_id("reader");
  EXPECT_EQ(call("PUT", grant, admin()).status, 204);
  std::string token = token_of(login("u", "pw of u", project_scope(project["id"].as_string())));
  EXPECT_EQ(call("DELETE", member, admin()).status, 204);
  EXPECT_EQ(call("GET", "/v3/auth/projects", token).status, 401);
  EXPECT_EQ(sign_in(login("u", "pw of u", project_scope(project["id"].as_string()))).status, 401);
}

TEST_F(Grants, InheritedRolesReachProjectsBelow) {
  Json user = make_user("u"), project = make_project("p");
  std::string path = "/v3/OS-INHERIT/domains/default/users/" + user["id"].as_string() + "/roles/" +
                     role_id("member") + "/inherited_to_projects";
  ASSERT_EQ(call("PUT", path, admin()).status, 204);
  Response r = sign_in(login("u", "pw of u", project_scope(project["id"].as_string())));
  EXPECT_EQ(r.status, 201);
  EXPECT_EQ(
      sign_in(login("u", "pw of u", Json::object({{"domain", Json::object({{"id", "default"}})}})))
          .status,
      401);
  std::string id = user["id"].as_string();
  EXPECT_EQ(assignments("user.id=" + id), 1u);
  EXPECT_EQ(
      assignments("user.id=" + id + "&effective&scope.project.id=" + project["id"].as_string()), 2u)
      << "member and reader";
}

TEST_F(Grants, AssignmentsAreFilteredAndNamed) {
  Tenant t = tenant("ann", "member");
  std::string id = t.user["id"].as_string();
  EXPECT_EQ(assignments("user.id=" + id), 1u);
  EXPECT_EQ(assignments("user.id=" + id + "&effective=true"), 2u);
  EXPECT_EQ(assignments("role.id=" + role_id("reader")), 0u);
  EXPECT_EQ(assignments("scope.system=all"), 1u);
  Json a = json(call("GET", "/v3/role_assignments?include_names&user.id=" + id,
                     admin()))["role_assignments"]
               .at(0);
  EXPECT_EQ(a["user"]["name"].as_string(), "ann");
  EXPECT_EQ(a["user"]["domain"]["name"].as_string(), "Default");
  EXPECT_EQ(a["scope"]["project"]["id"], t.project["id"]);
  EXPECT_EQ(a["role"]["name"].as_string(), "member");
  for (const char* bad : {"user.id=a&group.id=b", "scope.project.id=a&scope.domain.id=b",
                          "effective&group.id=a", "include_subtree"}) {
    EXPECT_EQ(call("GET", std::string("/v3/role_assignments?") + bad, admin()).status, 400) << bad;
  }
}

TEST_F(Grants, ImpliedRolesAreRules) {
  std::string prior = role_id("service"), implied = role_id("reader");
  std::string path = "/v3/roles/" + prior + "/implies/" + implied;
  EXPECT_EQ(call("HEAD", path, admin()).status, 404);
  EXPECT_EQ(call("PUT", path, admin()).status, 201);
  EXPECT_EQ(call("HEAD", path, admin()).status, 204);
  EXPECT_EQ(
      json(call("GET", "/v3/roles/" + prior + "/implies", admin()))["role_inference"]["implies"]
          .size(),
      1u);
  EXPECT_EQ(json(call("GET", "/v3/role_inferences", admin()))["role_inferences"].size(), 3u);
  EXPECT_EQ(call("DELETE", path, admin()).status, 204);
}

TEST_F(Grants, AnApplicationCredentialSignsInWithLess) {
  Tenant t = tenant("ann", "member");
  std::string base = "/v3/users/" + t.user["id"].as_string() + "/application_credentials";
  Json body = Json::object(
      {{"application_credential",
        Json::object(
            {{"name", "ci"}, {"roles", Json::array({Json::object({{"name", "reader"}})})}})}});
  Response made = call("POST", base, t.token, body);
  ASSERT_EQ(made.status, 201) << made.body;
  Json ac = json(made)["application_credential"];
  EXPECT_FALSE(
      json(call("GET", base + "/" + ac["id"].as_string(), t.token))["application_credential"]
          .contains("secret"));
  auto sign = [&](const Json& secret) {
    Json how = Json::object({{"id", ac["id"]}, {"secret", secret}});
    Json identity = Json::object(
        {{"methods", Json::array({"application_credential"})}, {"application_credential", how}});
    return sign_in(Json::object({{"auth", Json::object({{"identity", identity}})}}));
  };
  EXPECT_EQ(sign("wrong").status, 401);
  Response r = sign(ac["secret"]);
  ASSERT_EQ(r.status, 201) << r.body;
  Json token = json(r)["token"];
  EXPECT_EQ(token["roles"].size(), 1u);
  EXPECT_TRUE(token["application_credential"]["restricted"].as_bool());
  std::string narrow = r.headers.get("X-Subject-Token");
  body["application_credential"].set("name", "more");
  EXPECT_EQ(call("POST", base, narrow, body).status, 403)
      << "a restricted credential makes no others";
  body["application_credential"].set("roles", Json::array({Json::object({{"name", "admin"}})}));
  EXPECT_EQ(call("POST", base, t.token, body).status, 400) << "no role that its maker has not";
  EXPECT_EQ(call("DELETE", base + "/" + ac["id"].as_string(), t.token).status, 204);
  EXPECT_EQ(call("GET", "/v3/auth/projects", narrow).status, 401);
}

TEST_F(Grants, ATrustLetsAnotherAct) {
  Tenant ann = tenant("ann", "member"), bob = tenant("bob", "member");
  Json trust = Json::object({{"trustor_user_id", ann.user["id"]},
                             {"trustee_user_id", bob.user["id"]},
                             {"project_id", ann.project["id"]},
                             {"impersonation", false},
                             {"roles", Json::array({Json::object({{"name", "reader"}})})}});
  EXPECT_EQ(call("POST", "/v3/OS-TRUST/trusts", bob.token, Json::object({{"trust", trust}})).status,
            403);
  Response made = call("POST", "/v3/OS-TRUST/trusts", ann.token, Json::object({{"trust", trust}}));
  ASSERT_EQ(made.status, 201) << made.body;
  std::string id = json(made)["trust"]["id"].as_string(), path = "/v3/OS-TRUST/trusts/" + id;
  Response r = sign_in(
      login("bob", "pw of bob", Json::object({{"OS-TRUST:trust", Json::object({{"id", id}})}})));
  ASSERT_EQ(r.status, 201) << r.body;
  EXPECT_EQ(json(r)["token"]["project"]["id"], ann.project["id"]);
  EXPECT_EQ(json(r)["token"]["roles"].size(), 1u);
  EXPECT_EQ(call("GET", path, tenant("eve", "member").token).status, 404);
  EXPECT_EQ(call("GET", path + "/roles/" + role_id("reader"), bob.token).status, 200);
  EXPECT_EQ(call("GET", path + "/roles/" + role_id("admin"), bob.token).status, 404);
  EXPECT_EQ(call("DELETE", path, bob.token).status, 403);
  EXPECT_EQ(call("DELETE", path, ann.token).status, 204);
  EXPECT_EQ(call("GET", "/v3/auth/projects", r.headers.get("X-Subject-Token")).status, 401);
  EXPECT_EQ(call("GET", path, ann.token).status, 404);
}

}  // namespace nuri::identity
