#include "services/identity/routes/views.h"
#include "tests/unit/identity/world.h"

namespace nuri::identity {

namespace {

// A kind of resource and a body that makes one.
struct Sample {
  std::string plural, singular;
  Json body;
  std::vector<std::string> fields;  // those that go in
};

template <class T>
Sample sample(const Kind<T>& kind, Json body) {
  Sample out{kind.plural, kind.singular, std::move(body), {}};
  for (const auto& f : kind.fields.list()) {
    if (f.in && f.name != "blob") out.fields.push_back(f.name);
  }
  if (out.singular == "credential") out.fields.push_back("blob");
  return out;
}

Json named(const char* name) { return Json::object({{"name", name}}); }

}  // namespace

class Resources : public World {
 protected:
  std::vector<Sample> samples() {
    std::string service =
        make("services", "service", Json::object({{"type", "t"}, {"name", "n"}}))["id"].as_string();
    Json endpoint = Json::object({{"service_id", service},
                                  {"interface", "public"},
                                  {"url", "http://x/y"},
                                  {"region", "RegionOne"}});
    std::string user = make_user("owner of credentials")["id"].as_string();
    Json credential = Json::object({{"user_id", user}, {"type", "cert"}, {"blob", "secret stuff"}});
    return {sample(kDomainKind, named("d")),
            sample(kProjectKind, named("p")),
            sample(kUserKind, Json::object({{"name", "u"}, {"email", "u@x"}, {"password", "p"}})),
            sample(kGroupKind, named("g")),
            sample(kRoleKind, named("r")),
            sample(kRegionKind, Json::object({{"description", "d"}})),
            sample(kServiceKind, Json::object({{"type", "t2"}})),
            sample(kEndpointKind, endpoint),
            sample(kPolicyKind, Json::object({{"type", "application/json"}, {"blob", "{}"}})),
            sample(kCredentialKind, credential)};
  }
};

TEST_F(Resources, EachIsMadeShownListedChangedAndRemoved) {
  for (const Sample& s : samples()) {
    Response made = call("POST", "/v3/" + s.plural, admin(), Json::object({{s.singular, s.body}}));
    ASSERT_EQ(made.status, 201) << s.singular << made.body;
    Json thing = json(made)[s.singular];
    std::string path = "/v3/" + s.plural + "/" + thing["id"].as_string();
    EXPECT_EQ(thing["links"]["self"].as_string(), "https://cloud.test:8443/identity" + path);
    EXPECT_EQ(json(call("GET", path, admin()))[s.singular], thing) << s.singular;
    Json list = json(call("GET", "/v3/" + s.plural, admin()));
    EXPECT_TRUE(list["links"].contains("next"));
    bool there = false;
    for (const Json& item : list[s.plural].as_array()) there = there || item == thing;
    EXPECT_TRUE(there) << s.plural;
    Json change = Json::object({{s.singular, Json::object({{"extra_key", "kept"}})}});
    if (s.singular == "domain") change[s.singular].set("enabled", false);
    Json changed = json(call("PATCH", path, admin(), change))[s.singular];
    EXPECT_EQ(changed["extra_key"].as_string(), "kept") << s.singular;
    EXPECT_EQ(call("DELETE", path, admin()).status, 204) << s.singular;
    EXPECT_EQ(call("GET", path, admin()).status, 404) << s.singular;
    EXPECT_EQ(call("DELETE", path, admin()).status, 404) << s.singular;
    EXPECT_EQ(call("PATCH", path, admin(), change).status, 404) << s.singular;
  }
}

TEST_F(Resources, EachFieldRefusesAnotherTypeAndNamesItself) {
  for (const Sample& s : samples()) {
    for (const std::string& field : s.fields) {
      Json body = s.body;
      body.set(field, Json::array({Json::array({1})}));
      Response r = call("POST", "/v3/" + s.plural, admin(), Json::object({{s.singular, body}}));
      EXPECT_EQ(r.status, 400) << s.singular << "." << field << r.body;
      EXPECT_NE(message(r).find(field), std::string::npos)
          << s.singular << "." << field << ": " << message(r);
    }
    for (const Json& body :
         {Json(), Json("text"), Json::array(), Json::object({{s.singular, 5}})}) {
      EXPECT_EQ(call("POST", "/v3/" + s.plural, admin(), body).status, 400) << s.singular;
    }
  }
}

TEST_F(Resources, NamesThatAreTakenAreConflicts) {
  for (const Sample& s : samples()) {
    if (!s.body.contains("name")) continue;
    EXPECT_EQ(call("POST", "/v3/" + s.plural, admin(), Json::object({{s.singular, s.body}})).status,
              201);
    Response again = call("POST", "/v3/" + s.plural, admin(), Json::object({{s.singular, s.body}}));
    EXPECT_EQ(again.status, 409) << s.singular;
    EXPECT_NE(message(again).find("Conflict occurred attempting to store " + s.singular),
              std::string::npos);
  }
}

TEST_F(Resources, NamesHaveTheirLimits) {
  for (const char* name : {"", "   ", "a\nb"}) {
    EXPECT_EQ(call("POST", "/v3/users", admin(), Json::object({{"user", named(name)}})).status,
              400);
  }
  Json longest = Json::object({{"project", Json::object({{"name", std::string(64, 'x')}})}});
  EXPECT_EQ(call("POST", "/v3/projects", admin(), longest).status, 201);
  longest["project"].set("name", std::string(65, 'x'));
  EXPECT_EQ(call("POST", "/v3/projects", admin(), longest).status, 400);
  EXPECT_EQ(
      call("POST", "/v3/projects", admin(), Json::object({{"project", Json::object()}})).status,
      400);
}

TEST_F(Resources, TheRolesThatAllServicesKnowAreNotLost) {
  for (const char* name : {"admin", "member", "reader", "service"}) {
    std::string path = "/v3/roles/" + role_id(name);
    EXPECT_EQ(call("DELETE", path, admin()).status, 403) << name;
    Json other = Json::object({{"role", named("other")}});
    EXPECT_EQ(call("PATCH", path, admin(), other).status, 403) << name;
  }
}

TEST_F(Resources, SecretsAreNotShown) {
  Json user = make_user("ann");
  EXPECT_FALSE(user.contains("password"));
  EXPECT_FALSE(user.contains("password_hash"));
  EXPECT_TRUE(user.contains("password_expires_at"));
  auto stored =
      database->read([&](db::Session& s) { return kUsers.find(s, user["id"].as_string()); });
  EXPECT_TRUE((*stored)->password_hash->starts_with("$y$"));
}

TEST_F(Resources, CredentialsAreSealedInTheDatabase) {
  Tenant ann = tenant("ann", "member"), bob = tenant("bob", "member");
  Json body =
      Json::object({{"credential", Json::object({{"type", "cert"}, {"blob", "very secret"}})}});
  Response made = call("POST", "/v3/credentials", ann.token, body);
  ASSERT_EQ(made.status, 201) << made.body;
  std::string id = json(made)["credential"]["id"].as_string();
  auto row = database->read([&](db::Session& s) { return kCredentials.find(s, id); });
  EXPECT_EQ((*row)->blob.find("very secret"), std::string::npos);
  EXPECT_EQ(*vault->unseal((*row)->blob, id), "very secret");
  EXPECT_FALSE(vault->unseal((*row)->blob, "another id"));
  EXPECT_EQ(call("GET", "/v3/credentials/" + id, bob.token).status, 403);
  EXPECT_EQ(json(call("GET", "/v3/credentials", bob.token))["credentials"].size(), 0u);
  EXPECT_EQ(json(call("GET", "/v3/credentials/" + id, ann.token))["credential"]["blob"].as_string(),
            "very secret");
}

TEST_F(Resources, DomainsAreDeletedOnlyWhenDisabled) {
  Json d = make("domains", "domain", named("d"));
  std::string id = d["id"].as_string();
  Json u = make("users", "user", Json::object({{"name", "in it"}, {"domain_id", id}}));
  EXPECT_EQ(call("DELETE", "/v3/domains/" + id, admin()).status, 403);
  call("PATCH", "/v3/domains/" + id, admin(),
       Json::object({{"domain", Json::object({{"enabled", false}})}}));
  EXPECT_EQ(call("DELETE", "/v3/domains/" + id, admin()).status, 204);
  EXPECT_EQ(call("GET", "/v3/users/" + u["id"].as_string(), admin()).status, 404);
  EXPECT_EQ(call("DELETE", "/v3/domains/default", admin()).status, 403);
}

TEST_F(Resources, ProjectsHaveAPlaceInATree) {
  Json root = make_project("root");
  EXPECT_EQ(root["parent_id"].as_string(), "default");
  std::string id = root["id"].as_string();
  Json child = make("projects", "project", Json::object({{"name", "child"}, {"parent_id", id}}));
  EXPECT_EQ(child["domain_id"].as_string(), "default");
  EXPECT_EQ(call("DELETE", "/v3/projects/" + id, admin()).status, 403);
  Json shown = json(call("GET", "/v3/projects/" + child["id"].as_string() + "?parents_as_list",
                         admin()))["project"];
  EXPECT_EQ(shown["parents"].at(0)["project"]["id"].as_string(), id);
  Json move = Json::object({{"project", Json::object({{"parent_id", "default"}})}});
  EXPECT_EQ(call("PATCH", "/v3/projects/" + child["id"].as_string(), admin(), move).status, 403);
  Json lost = Json::object({{"project", Json::object({{"name", "x"}, {"parent_id", "nowhere"}})}});
  EXPECT_EQ(call("POST", "/v3/projects", admin(), lost).status, 404);
}

TEST_F(Resources, TagsAreSetAndChecked) {
  std::string path = "/v3/projects/" + make_project("p")["id"].as_string() + "/tags";
  EXPECT_EQ(call("PUT", path + "/blue", admin()).status, 201);
  EXPECT_EQ(call("GET", path + "/blue", admin()).status, 204);
  EXPECT_EQ(call("GET", path + "/red", admin()).status, 404);
  EXPECT_EQ(call("PUT", path + "/a,b", admin()).status, 400);
  EXPECT_EQ(call("PUT", path, admin(), Json::object({{"tags", Json::array({"x", "x"})}})).status,
            400);
  EXPECT_EQ(call("PUT", path, admin(), Json::object({{"tags", Json::array({"x", "y"})}})).status,
            200);
  EXPECT_EQ(json(call("GET", path, admin()))["tags"].size(), 2u);
  EXPECT_EQ(call("DELETE", path, admin()).status, 204);
}

TEST_F(Resources, TheCatalogFollowsItsChanges) {
  auto types = [&] { return json(call("GET", "/v3/auth/catalog", admin()))["catalog"].size(); };
  size_t before = types();
  Json service = make("services", "service", Json::object({{"type", "new"}}));
  make(
      "endpoints", "endpoint",
      Json::object({{"service_id", service["id"]}, {"interface", "public"}, {"url", "http://n/"}}));
  EXPECT_EQ(types(), before + 1);
  call("PATCH", "/v3/services/" + service["id"].as_string(), admin(),
       Json::object({{"service", Json::object({{"enabled", false}})}}));
  EXPECT_EQ(types(), before);
  EXPECT_EQ(call("DELETE", "/v3/regions/RegionOne", admin()).status, 409);
}

TEST_F(Resources, BootstrapAgainAddsNothing) {
  auto rows = [&] {
    return database
        ->read([](db::Session& s) {
          int64_t n = 0;
          for (const char* t : {"projects", "users", "roles", "services", "endpoints", "regions",
                                "grants", "implied_roles", "revocations"}) {
            n += s.count(std::string("SELECT count(*) FROM ") + t);
          }
          return n;
        })
        .value();
  };
  int64_t before = rows();
  ASSERT_TRUE(bootstrap(*database, *hasher, random, clock, {kAdminPassword, "RegionOne"}));
  EXPECT_EQ(rows(), before);
}

}  // namespace nuri::identity
