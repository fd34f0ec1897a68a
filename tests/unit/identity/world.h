#pragma once

#include <gtest/gtest.h>

#include "services/base/config.h"
#include "services/identity/routes/identity.h"
#include "services/identity/store/bootstrap.h"
#include "services/identity/store/schema.h"
#include "tests/support/temp_dir.h"

namespace nuri::identity {

inline constexpr const char* kAdminPassword = "correct horse";

// An identity service without a network: a bootstrapped database, requests by hand.
class World : public ::testing::Test {
 protected:
  World() {
    EXPECT_TRUE(write_file(dir.file("service.key"), std::string(64, 'a'), 0600));
    database = std::move(db::Database::open({dir.file("identity.db"), 2}).value());
    EXPECT_TRUE(database->migrate("identity", kMigrations));
    hasher = std::move(Hasher::create().value());
    vault = std::move(Vault::open(dir.file("credentials.key"), random).value());
    signer =
        std::move(auth::TokenSigner::open(dir.file("private.pem"), dir.file("public.pem")).value());
    verifier = std::make_unique<auth::TokenVerifier>(dir.file("public.pem"),
                                                     dir.file("service.key"), clock);
    verifier->caught_up();
    EXPECT_TRUE(bootstrap(*database, *hasher, random, clock, {kAdminPassword, "RegionOne"}));
    clock.advance(kSecondUs);
    me.reset(new Identity{*database,
                          clock,
                          random,
                          *hasher,
                          *vault,
                          *signer,
                          *verifier,
                          3600 * kSecondUs,
                          {3, 60 * kSecondUs, 100}});
    Router::Options options;
    options.error_view = keystone_error;
    options.tokens = verifier.get();
    router = std::make_unique<Router>(options);
    add_routes(*router, *me);
  }

  Response call(std::string method, std::string target, const std::string& token = {},
                const Json& body = {}, const std::string& subject = {}) {
    Request r;
    r.method = std::move(method);
    r.target = target;
    size_t query = target.find('?');
    r.path = target.substr(0, query);
    if (query != std::string::npos) r.query = Query::parse(target.substr(query + 1));
    r.headers.set("Host", "127.0.0.1:9701");
    r.headers.set("X-Forwarded-Host", "cloud.test:8443");
    r.headers.set("X-Forwarded-Proto", "https");
    r.headers.set("X-Forwarded-Prefix", "/identity");
    if (!token.empty()) r.headers.set("X-Auth-Token", token);
    if (!subject.empty()) r.headers.set("X-Subject-Token", subject);
    if (!body.is_null()) r.body = body.dump();
    r.peer = "192.0.2.1";
    clock.advance(1000);
    return router->dispatch(r);
  }
  static Json json(const Response& r) { return parse_json(r.body).value_or(Json()); }
  static std::string message(const Response& r) { return json(r)["error"]["message"].as_string(); }

  static Json login(const std::string& name, const std::string& password, Json scope = {}) {
    Json user = Json::object(
        {{"name", name}, {"domain", Json::object({{"id", "default"}})}, {"password", password}});
    Json identity = Json::object(
        {{"methods", Json::array({"password"})}, {"password", Json::object({{"user", user}})}});
    Json auth = Json::object({{"identity", identity}});
    if (!scope.is_null()) auth.set("scope", std::move(scope));
    return Json::object({{"auth", auth}});
  }
  static Json project_scope(const std::string& id) {
    return Json::object({{"project", Json::object({{"id", id}})}});
  }
  static Json admin_scope() {
    return Json::object(
        {{"project",
          Json::object({{"name", "admin"}, {"domain", Json::object({{"name", "Default"}})}})}});
  }
  Response sign_in(const Json& body) { return call("POST", "/v3/auth/tokens", "", body); }
  std::string token_of(const Json& body) {
    Response r = sign_in(body);
    EXPECT_EQ(r.status, 201) << r.body;
    return r.headers.get("X-Subject-Token");
  }
  std::string admin() {
    if (admin_.empty()) admin_ = token_of(login("admin", kAdminPassword, admin_scope()));
    return admin_;
  }
  // Makes a thing as the administrator and gives it back.
  Json make(const std::string& plural, const std::string& singular, const Json& body) {
    Response r = call("POST", "/v3/" + plural, admin(), Json::object({{singular, body}}));
    EXPECT_EQ(r.status, 201) << r.body;
    return json(r)[singular];
  }
  Json make_user(const std::string& name) {
    return make("users", "user", Json::object({{"name", name}, {"password", "pw of " + name}}));
  }
  Json make_project(const std::string& name) {
    return make("projects", "project", Json::object({{"name", name}}));
  }
  std::string role_id(const std::string& name) {
    return json(call("GET", "/v3/roles?name=" + name, admin()))["roles"].at(0)["id"].as_string();
  }
  void grant(const Json& project, const Json& user, const std::string& role) {
    Response r = call("PUT",
                      "/v3/projects/" + project["id"].as_string() + "/users/" +
                          user["id"].as_string() + "/roles/" + role_id(role),
                      admin());
    EXPECT_EQ(r.status, 204) << r.body;
  }
  // A user with a role in a project of its own; gives back its token.
  struct Tenant {
    Json user, project;
    std::string token;
  };
  Tenant tenant(const std::string& name, const std::string& role) {
    Tenant t{make_user(name), make_project("project of " + name), ""};
    grant(t.project, t.user, role);
    t.token = token_of(login(name, "pw of " + name, project_scope(t.project["id"].as_string())));
    return t;
  }

  test::TempDir dir;
  FakeClock clock;
  SystemRandom random;
  std::unique_ptr<db::Database> database;
  std::unique_ptr<Hasher> hasher;
  std::unique_ptr<Vault> vault;
  std::unique_ptr<auth::TokenSigner> signer;
  std::unique_ptr<auth::TokenVerifier> verifier;
  std::unique_ptr<Identity> me;
  std::unique_ptr<Router> router;

 private:
  std::string admin_;
};

}  // namespace nuri::identity
