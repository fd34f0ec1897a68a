#include "tests/unit/identity/world.h"

namespace nuri::identity {

using Tokens = World;

TEST_F(Tokens, VersionsNeedNoToken) {
  Response r = call("GET", "/");
  EXPECT_EQ(r.status, 300);
  Json v = json(r)["versions"]["values"].at(0);
  EXPECT_EQ(v["id"].as_string(), "v3.14");
  EXPECT_EQ(v["links"].at(0)["href"].as_string(), "https://cloud.test:8443/identity/v3/");
  EXPECT_EQ(call("GET", "/v3").status, 200);
}

TEST_F(Tokens, AProjectScopedTokenSaysAllThatClientsRead) {
  Response r = sign_in(login("admin", kAdminPassword, admin_scope()));
  ASSERT_EQ(r.status, 201) << r.body;
  Json t = json(r)["token"];
  EXPECT_EQ(t["user"]["name"].as_string(), "admin");
  EXPECT_EQ(t["user"]["domain"]["name"].as_string(), "Default");
  EXPECT_EQ(t["project"]["name"].as_string(), "admin");
  EXPECT_EQ(t["is_domain"].as_bool(true), false);
  EXPECT_EQ(t["roles"].size(), 3u) << "admin implies member implies reader";
  EXPECT_EQ(t["methods"].at(0).as_string(), "password");
  EXPECT_TRUE(t["audit_ids"].at(0).is_string());
  EXPECT_EQ(*parse_iso(t["expires_at"].as_string()) - *parse_iso(t["issued_at"].as_string()),
            3600 * kSecondUs);
  std::map<std::string, std::string> urls;
  for (const Json& s : t["catalog"].as_array()) {
    EXPECT_EQ(s["endpoints"].size(), 3u);
    urls[s["type"].as_string()] = s["endpoints"].at(0)["url"].as_string();
  }
  EXPECT_EQ(urls["identity"], "https://cloud.test:8443/identity");
  EXPECT_EQ(urls["compute"], "https://cloud.test:8443/compute/v2.1");
  EXPECT_EQ(urls["volumev3"],
            "https://cloud.test:8443/volume/v3/" + t["project"]["id"].as_string());
  EXPECT_EQ(urls["rating"], "https://cloud.test:8443/metering");
}

TEST_F(Tokens, ValidatingShowsTheSameBody) {
  Response made = sign_in(login("admin", kAdminPassword, admin_scope()));
  std::string token = made.headers.get("X-Subject-Token");
  Response seen = call("GET", "/v3/auth/tokens", token, {}, token);
  EXPECT_EQ(seen.status, 200);
  EXPECT_EQ(json(seen), json(made));
  EXPECT_EQ(seen.headers.get("X-Subject-Token"), token);
  EXPECT_EQ(call("HEAD", "/v3/auth/tokens", token, {}, token).status, 200);
  Response bare = call("GET", "/v3/auth/tokens?nocatalog", token, {}, token);
  EXPECT_FALSE(json(bare)["token"].contains("catalog"));
  EXPECT_EQ(call("GET", "/v3/auth/tokens", token).status, 400);
  EXPECT_EQ(call("GET", "/v3/auth/tokens", token, {}, "n1.x.y").status, 404);
}

TEST_F(Tokens, ScopesAreResolved) {
  Json system = Json::object({{"system", Json::object({{"all", true}})}});
  Response r = sign_in(login("admin", kAdminPassword, system));
  ASSERT_EQ(r.status, 201);
  EXPECT_TRUE(json(r)["token"]["system"]["all"].as_bool());
  r = sign_in(login("admin", kAdminPassword));
  ASSERT_EQ(r.status, 201);
  EXPECT_FALSE(json(r)["token"].contains("roles"));
  EXPECT_FALSE(json(r)["token"].contains("catalog"));
  Json domain = Json::object({{"domain", Json::object({{"id", "default"}})}});
  EXPECT_EQ(sign_in(login("admin", kAdminPassword, domain)).status, 401) << "no role on the domain";
  EXPECT_EQ(sign_in(login("admin", kAdminPassword, project_scope("nowhere"))).status, 401);
  std::string user = json(r)["token"]["user"]["id"].as_string();
  EXPECT_EQ(call("PUT", "/v3/domains/default/users/" + user + "/roles/" + role_id("admin"), admin())
                .status,
            204);
  r = sign_in(login("admin", kAdminPassword, domain));
  EXPECT_EQ(json(r)["token"]["domain"]["name"].as_string(), "Default");
}

TEST_F(Tokens, TheDefaultProjectIsTheScopeUnlessToldOtherwise) {
  Tenant t = tenant("ann", "member");
  std::string path = "/v3/users/" + t.user["id"].as_string();
  Json change = Json::object({{"user", Json::object({{"default_project_id", t.project["id"]}})}});
  ASSERT_EQ(call("PATCH", path, admin(), change).status, 200);
  EXPECT_EQ(json(sign_in(login("ann", "pw of ann")))["token"]["project"]["id"], t.project["id"]);
  EXPECT_FALSE(json(sign_in(login("ann", "pw of ann", "unscoped")))["token"].contains("project"));
}

TEST_F(Tokens, DisabledUsersAndProjectsGetNoneAndLoseTheirs) {
  Tenant t = tenant("ann", "member");
  Json off = Json::object({{"enabled", false}});
  std::string project = "/v3/projects/" + t.project["id"].as_string();
  ASSERT_EQ(call("PATCH", project, admin(), Json::object({{"project", off}})).status, 200);
  EXPECT_EQ(call("GET", "/v3/auth/projects", t.token).status, 401);
  EXPECT_EQ(sign_in(login("ann", "pw of ann", project_scope(t.project["id"].as_string()))).status,
            401);
  EXPECT_EQ(sign_in(login("ann", "pw of ann")).status, 201);
  ASSERT_EQ(
      call("PATCH", "/v3/users/" + t.user["id"].as_string(), admin(), Json::object({{"user", off}}))
          .status,
      200);
  EXPECT_EQ(sign_in(login("ann", "pw of ann")).status, 401);
}

TEST_F(Tokens, ARevokedTokenTakesItsChildrenAlong) {
  std::string parent = token_of(login("admin", kAdminPassword));
  Json exchange = Json::object(
      {{"auth",
        Json::object({{"identity", Json::object({{"methods", Json::array({"token"})},
                                                 {"token", Json::object({{"id", parent}})}})},
                      {"scope", admin_scope()}})}});
  Response child = sign_in(exchange);
  ASSERT_EQ(child.status, 201) << child.body;
  EXPECT_EQ(json(child)["token"]["methods"].size(), 2u);
  EXPECT_EQ(json(child)["token"]["audit_ids"].size(), 2u);
  std::string token = child.headers.get("X-Subject-Token");
  EXPECT_EQ(call("DELETE", "/v3/auth/tokens", admin(), {}, parent).status, 204);
  EXPECT_EQ(call("GET", "/v3/auth/projects", parent).status, 401);
  EXPECT_EQ(call("GET", "/v3/auth/projects", token).status, 401);
  EXPECT_EQ(call("GET", "/v3/auth/tokens", admin(), {}, parent).status, 404);
}

TEST_F(Tokens, AnotherUsersTokenIsNotShown) {
  Tenant ann = tenant("ann", "member"), bob = tenant("bob", "member");
  EXPECT_EQ(call("GET", "/v3/auth/tokens", ann.token, {}, bob.token).status, 403);
  EXPECT_EQ(call("DELETE", "/v3/auth/tokens", ann.token, {}, bob.token).status, 403);
  EXPECT_EQ(call("GET", "/v3/auth/tokens", ann.token, {}, ann.token).status, 200);
  EXPECT_EQ(call("GET", "/v3/auth/tokens", admin(), {}, ann.token).status, 200);
}

TEST_F(Tokens, ForgedExpiredAndOversizedTokensAreRefused) {
  std::string good = token_of(login("admin", kAdminPassword, admin_scope()));
  std::string forged = good;
  forged[10] = forged[10] == 'A' ? 'B' : 'A';
  EXPECT_EQ(call("GET", "/v3/users", forged).status, 401);
  EXPECT_EQ(call("GET", "/v3/users", good.substr(0, good.size() - 4)).status, 401);
  EXPECT_EQ(call("GET", "/v3/users", std::string(100'000, 'x')).status, 401);
  EXPECT_EQ(call("GET", "/v3/users", "n1..").status, 401);
  EXPECT_EQ(call("GET", "/v3/users", good).status, 200);
  clock.advance(2 * 3600 * kSecondUs);
  EXPECT_EQ(call("GET", "/v3/users", good).status, 401);
}

TEST_F(Tokens, ChangingThePasswordEndsItsTokens) {
  Tenant t = tenant("ann", "member");
  std::string path = "/v3/users/" + t.user["id"].as_string() + "/password";
  auto change = [&](const char* from, const char* to) {
    return call(
        "POST", path, "",
        Json::object({{"user", Json::object({{"original_password", from}, {"password", to}})}}));
  };
  EXPECT_EQ(change("wrong", "new").status, 401);
  EXPECT_EQ(change("pw of ann", "new").status, 204);
  EXPECT_EQ(call("GET", "/v3/auth/projects", t.token).status, 401);
  EXPECT_EQ(sign_in(login("ann", "pw of ann")).status, 401);
  EXPECT_EQ(sign_in(login("ann", "new")).status, 201);
}

TEST_F(Tokens, LosingARoleEndsTokens) {
  Tenant t = tenant("ann", "member");
  std::string path = "/v3/projects/" + t.project["id"].as_string() + "/users/" +
                     t.user["id"].as_string() + "/roles/" + role_id("member");
  EXPECT_EQ(call("DELETE", path, admin()).status, 204);
  EXPECT_EQ(call("GET", "/v3/auth/projects", t.token).status, 401);
  EXPECT_EQ(call("DELETE", path, admin()).status, 404);
}

TEST_F(Tokens, LosingARoleInOneProjectLeavesTheOtherAlone) {
  Tenant t = tenant("ann", "member");
  Json other = make_project("other");
  grant(other, t.user, "member");
  std::string there = token_of(login("ann", "pw of ann", project_scope(other["id"].as_string())));
  std::string path = "/v3/projects/" + other["id"].as_string() + "/users/" +
                     t.user["id"].as_string() + "/roles/" + role_id("member");
  EXPECT_EQ(call("DELETE", path, admin()).status, 204);
  EXPECT_EQ(call("GET", "/v3/auth/projects", there).status, 401);
  EXPECT_EQ(call("GET", "/v3/auth/projects", t.token).status, 200);
  EXPECT_EQ(call("PUT", path, admin()).status, 204);
  std::string again = token_of(login("ann", "pw of ann", project_scope(other["id"].as_string())));
  EXPECT_EQ(call("GET", "/v3/auth/projects", again).status, 200) << "given back, it counts again";
}

TEST_F(Tokens, ATokenThatIsOverLeadsToNoOther) {
  Tenant t = tenant("ann", "member");
  auto exchange = [&](const std::string& token) {
    Json identity = Json::object(
        {{"methods", Json::array({"token"})}, {"token", Json::object({{"id", token}})}});
    return sign_in(Json::object({{"auth", Json::object({{"identity", identity}})}})).status;
  };
  EXPECT_EQ(exchange(t.token), 201);
  ASSERT_EQ(call("DELETE", "/v3/auth/tokens", t.token, {}, t.token).status, 204);
  EXPECT_EQ(exchange(t.token), 404);
  EXPECT_EQ(exchange("n1.forged.token"), 404);
}

TEST_F(Tokens, WhatAnotherProcessRevokesIsSeen) {
  std::string token = token_of(login("admin", kAdminPassword, admin_scope()));
  ASSERT_TRUE(bootstrap(*database, *hasher, random, clock, {"another password", "RegionOne"}));
  clock.advance(2 * kSecondUs);
  call("GET", "/v3/regions", token);  // the look at the database is done by a request
  EXPECT_EQ(call("GET", "/v3/regions", token).status, 401);
  EXPECT_EQ(sign_in(login("admin", kAdminPassword)).status, 401);
  EXPECT_EQ(sign_in(login("admin", "another password")).status, 201);
}

TEST_F(Tokens, RevocationsAreNumberedForTheOtherServices) {
  Tenant t = tenant("ann", "member");
  auto self = auth::ServiceIdentity::open(dir.file("service.key"), "compute", clock);
  ASSERT_TRUE(self);
  std::string service = (*self)->token();
  ASSERT_EQ(call("DELETE", "/v3/auth/tokens", t.token, {}, t.token).status, 204);
  Json list = json(call("GET", "/internal/v1/revocations?after=0", service))["revocations"];
  ASSERT_GE(list.size(), 1u);
  Json last = list.at(list.size() - 1);
  EXPECT_EQ(last["what"].as_string(), "audit_id");
  std::string after = std::to_string(last["number"].as_int());
  EXPECT_EQ(
      json(call("GET", "/internal/v1/revocations?after=" + after, service))["revocations"].size(),
      0u);
  EXPECT_EQ(call("GET", "/internal/v1/revocations?after=0", admin()).status, 403);
  EXPECT_EQ(call("GET", "/internal/v1/revocations?after=x", service).status, 400);
}

}  // namespace nuri::identity
