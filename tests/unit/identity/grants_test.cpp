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

}  // namespace nuri::identity
