#include "tests/unit/identity/world.h"

// What users hand on: application credentials, to programs; trusts, to each other.
namespace nuri::identity {

using Delegation = World;

TEST_F(Delegation, AnApplicationCredentialSignsInWithLess) {
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

class Trusts : public World {
 protected:
  Trusts() : ann(tenant("ann", "member")), bob(tenant("bob", "member")) {}
  // Ann's trust in Bob, with more said of it.
  std::string trust(const Json& more) {
    Json body = Json::object({{"trustor_user_id", ann.user["id"]},
                              {"trustee_user_id", bob.user["id"]},
                              {"project_id", ann.project["id"]},
                              {"impersonation", false},
                              {"roles", Json::array({Json::object({{"name", "member"}})})}});
    for (const auto& [key, value] : more.as_object()) body.set(key, value);
    Response r = call("POST", "/v3/OS-TRUST/trusts", ann.token, Json::object({{"trust", body}}));
    EXPECT_EQ(r.status, 201) << r.body;
    return json(r)["trust"]["id"].as_string();
  }
  Response use(const std::string& id, const std::string& who = "bob") {
    return sign_in(
        login(who, "pw of " + who, Json::object({{"OS-TRUST:trust", Json::object({{"id", id}})}})));
  }
  static std::string token_in(const Response& r) { return r.headers.get("X-Subject-Token"); }
  Tenant ann, bob;
};

TEST_F(Trusts, WhoImpersonatesIsTheTrustor) {
  Response r = use(trust(Json::object({{"impersonation", true}})));
  ASSERT_EQ(r.status, 201) << r.body;
  EXPECT_EQ(json(r)["token"]["user"]["id"], ann.user["id"]);
  EXPECT_TRUE(json(r)["token"]["OS-TRUST:trust"]["impersonation"].as_bool());
  EXPECT_EQ(call("GET", "/v3/users/" + ann.user["id"].as_string(), token_in(r)).status, 200);
  EXPECT_EQ(use(trust(Json::object()), "ann").status, 401) << "only the trustee uses it";
  Json more = Json::object({{"trustor_user_id", ann.user["id"]},
                            {"trustee_user_id", ann.user["id"]},
                            {"project_id", ann.project["id"]},
                            {"impersonation", true},
                            {"roles", Json::array({Json::object({{"name", "member"}})})}});
  EXPECT_EQ(
      call("POST", "/v3/OS-TRUST/trusts", token_in(r), Json::object({{"trust", more}})).status, 403)
      << "a trust makes no trusts";
}

TEST_F(Trusts, EachTokenIsAUseAndTheLastIsTheLast) {
  std::string id = trust(Json::object({{"remaining_uses", 2}}));
  EXPECT_EQ(use(id).status, 201);
  Json shown = json(call("GET", "/v3/OS-TRUST/trusts/" + id, ann.token))["trust"];
  EXPECT_EQ(shown["remaining_uses"].as_int(), 1);
  EXPECT_EQ(use(id).status, 201);
  EXPECT_EQ(use(id).status, 401);
}

TEST_F(Trusts, ATokenOfItEndsWithIt) {
  std::string until = iso_micros(clock.now_us() + 600 * kSecondUs);
  std::string id = trust(Json::object({{"expires_at", until}}));
  Response r = use(id);
  EXPECT_EQ(json(r)["token"]["expires_at"].as_string(), until);
  clock.advance(601 * kSecondUs);
  EXPECT_EQ(call("GET", "/v3/auth/projects", token_in(r)).status, 401);
  EXPECT_EQ(use(id).status, 401);
}

TEST_F(Trusts, WhatTheTrustorLosesTheTrusteeLoses) {
  std::string id = trust(Json::object());
  std::string user = "/v3/users/" + ann.user["id"].as_string(),
              role = "/v3/projects/" + ann.project["id"].as_string() + "/users/" +
                     ann.user["id"].as_string() + "/roles/" + role_id("member");
  std::string token = token_in(use(id));
  ASSERT_EQ(call("DELETE", role, admin()).status, 204);
  EXPECT_EQ(call("GET", "/v3/auth/projects", token).status, 401);
  EXPECT_EQ(use(id).status, 401);
  ASSERT_EQ(call("PUT", role, admin()).status, 204);
  token = token_in(use(id));
  auto enable = [&](bool yes) {
    return call("PATCH", user, admin(), Json::object({{"user", Json::object({{"enabled", yes}})}}))
        .status;
  };
  ASSERT_EQ(enable(false), 200);
  EXPECT_EQ(call("GET", "/v3/auth/projects", token).status, 401);
  EXPECT_EQ(use(id).status, 401);
  ASSERT_EQ(enable(true), 200);
  EXPECT_EQ(use(id).status, 201) << "the trust itself is still there";
  ASSERT_EQ(call("DELETE", user, admin()).status, 204);
  EXPECT_EQ(use(id).status, 401);
}

TEST_F(Trusts, WhoIsLentTheCloudIsNotToBeHadByWayOfADomain) {
  Json head = make_user("head");
  std::string role =
      "/v3/domains/default/users/" + head["id"].as_string() + "/roles/" + role_id("admin");
  ASSERT_EQ(call("PUT", role, admin()).status, 204);
  std::string by_domain = token_of(
      login("head", "pw of head", Json::object({{"domain", Json::object({{"id", "default"}})}})));
  std::string user = "/v3/users/" + bob.user["id"].as_string();
  auto reset = [&] {
    Json fields = Json::object({{"password", "pw of bob"}});
    return call("PATCH", user, by_domain, Json::object({{"user", fields}})).status;
  };
  trust(Json::object());
  EXPECT_EQ(reset(), 200) << "a member's role is not the cloud";
  Json caller = json(call("GET", "/v3/auth/tokens", admin(), {}, admin()))["token"];
  auto lend = [&](const Json& more) {
    Json body = Json::object({{"trustor_user_id", caller["user"]["id"]},
                              {"trustee_user_id", bob.user["id"]},
                              {"project_id", caller["project"]["id"]},
                              {"impersonation", false},
                              {"roles", Json::array({Json::object({{"name", "admin"}})})}});
    for (const auto& [key, value] : more.as_object()) body.set(key, value);
    Response r = call("POST", "/v3/OS-TRUST/trusts", admin(), Json::object({{"trust", body}}));
    EXPECT_EQ(r.status, 201) << r.body;
    return json(r)["trust"]["id"].as_string();
  };
  std::string id = lend(Json::object());
  EXPECT_EQ(reset(), 403);
  EXPECT_EQ(call("DELETE", user, by_domain).status, 403);
  ASSERT_EQ(call("DELETE", "/v3/OS-TRUST/trusts/" + id, admin()).status, 204);
  EXPECT_EQ(reset(), 200);
  lend(Json::object({{"expires_at", iso_micros(clock.now_us() + 60 * kSecondUs)}}));
  clock.advance(61 * kSecondUs);
  EXPECT_EQ(reset(), 200) << "what is over lends nothing";
  id = lend(Json::object({{"remaining_uses", 1}}));
  EXPECT_EQ(reset(), 403);
  EXPECT_EQ(use(id).status, 201);
  EXPECT_EQ(reset(), 200) << "nor does what is spent";
}

TEST_F(Trusts, ATrusteeThatIsDisabledActsInNobodysNameAnyMore) {
  std::string id = trust(Json::object({{"impersonation", true}}));
  std::string token = token_in(use(id));
  ASSERT_EQ(call("GET", "/v3/auth/projects", token).status, 200);
  Json off = Json::object({{"user", Json::object({{"enabled", false}})}});
  ASSERT_EQ(call("PATCH", "/v3/users/" + bob.user["id"].as_string(), admin(), off).status, 200);
  EXPECT_EQ(call("GET", "/v3/auth/projects", token).status, 401);
  EXPECT_EQ(call("GET", "/v3/auth/projects", ann.token).status, 200) << "the trustor's own goes on";
}

TEST_F(Delegation, AccessRulesLimitATokenToThem) {
  Tenant t = tenant("ann", "member");
  std::string base = "/v3/users/" + t.user["id"].as_string() + "/application_credentials";
  auto rule = [](const char* method, const std::string& path) {
    return Json::object({{"service", "identity"}, {"method", method}, {"path", path}});
  };
  Json rules = Json::array({rule("GET", "/v3/auth/*"), rule("GET", "/v3/users/{id}")});
  Response made =
      call("POST", base, t.token,
           Json::object({{"application_credential",
                          Json::object({{"name", "narrow"}, {"access_rules", rules}})}}));
  ASSERT_EQ(made.status, 201) << made.body;
  Json ac = json(made)["application_credential"];
  EXPECT_EQ(ac["access_rules"].size(), 2u);
  Json how = Json::object({{"id", ac["id"]}, {"secret", ac["secret"]}});
  Json identity = Json::object(
      {{"methods", Json::array({"application_credential"})}, {"application_credential", how}});
  Response in = sign_in(Json::object({{"auth", Json::object({{"identity", identity}})}}));
  ASSERT_EQ(in.status, 201) << in.body;
  EXPECT_EQ(json(in)["token"]["application_credential"]["access_rules"], ac["access_rules"]);
  EXPECT_EQ(json(in)["token"]["audit_ids"].size(), 1u);
  std::string narrow = in.headers.get("X-Subject-Token"),
              self = "/v3/users/" + t.user["id"].as_string();
  EXPECT_EQ(call("GET", "/v3/auth/projects", narrow).status, 200);
  EXPECT_EQ(call("GET", self, narrow).status, 200);
  EXPECT_EQ(call("GET", self + "/projects", narrow).status, 401);
  EXPECT_EQ(call("GET", "/v3/regions", narrow).status, 401);
  EXPECT_EQ(call("DELETE", "/v3/auth/tokens", narrow, {}, narrow).status, 401);
}

TEST_F(Delegation, AnAccessRulesIdIsOfOneThatExists) {
  Tenant t = tenant("ann", "member");
  std::string self = "/v3/users/" + t.user["id"].as_string();
  auto make = [&](const char* name, const Json& rule) {
    Json body = Json::object({{"name", name}, {"access_rules", Json::array({rule})}});
    return call("POST", self + "/application_credentials", t.token,
                Json::object({{"application_credential", body}}));
  };
  EXPECT_EQ(make("a", Json::object({{"id", "newX"}})).status, 404);
  EXPECT_EQ(make("b", Json::object({{"service", "compute"}, {"method", "GET"}})).status, 400);
  Response made =
      make("c", Json::object({{"service", "compute"}, {"method", "GET"}, {"path", "/v2.1/x"}}));
  ASSERT_EQ(made.status, 201) << made.body;
  Json rule = json(made)["application_credential"]["access_rules"].at(0);
  EXPECT_EQ(make("d", Json::object({{"id", rule["id"]}})).status, 201);
  EXPECT_EQ(json(call("GET", self + "/access_rules", t.token))["access_rules"].size(), 1u);
}

TEST_F(Delegation, ATrustLetsAnotherAct) {
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
