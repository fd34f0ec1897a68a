#include "tests/unit/image/image_fixture.h"

// Every route tried by every persona, against what the table of rules says.
namespace nuri::image {
namespace {

struct Persona {
  const char* token;
  bool reads, changes, administers, is_service, is_agent;
  bool own, shared;  // its project owns the image; the image is shared with its project
};

const Persona kPersonas[] = {
    {"reader@q", true, false, false, false, false, true, false},
    {"member@q", true, true, false, false, false, true, false},
    {"admin@q", true, true, true, false, false, true, false},
    {"admin@adm", true, true, true, false, false, false, false},
    {"reader@m", true, false, false, false, false, false, true},
    {"member@m", true, true, false, false, false, false, true},
    {"reader@p", true, false, false, false, false, false, false},
    {"member@p", true, true, false, false, false, false, false},
    {"nobody@q", false, false, false, false, false, true, false},
    {"service@", true, true, true, true, false, false, false},
    {"agent@host0", false, false, false, false, true, false, false},
};

bool admitted(const Persona& p, Access access) {
  switch (access) {
    case Access::open:
    case Access::token:
      return true;
    case Access::reader:
      return p.reads;
    case Access::member:
      return p.changes;
    case Access::admin:
      return p.administers;
    case Access::service:
      return p.is_service;
    case Access::agent:
      return p.is_agent;
  }
  return false;
}

class ImageAccess : public ImageApi {
 protected:
  // What a rule's route does to an image of project q that is shared with project m.
  Response try_route(const std::string& token, const Rule& rule, const std::string& id) {
    std::string at(rule.pattern), method(rule.method);
    auto fill = [&](const std::string& name, const std::string& value) {
      size_t from = at.find(name);
      if (from != std::string::npos) at.replace(from, name.size(), value);
    };
    fill("{id}", id);
    fill("{member}", "m");
    fill("{tag}", "t");
    fill("{task}", "none");
    fill("{name*}", "image");
    fill("{ns}", "space");
    fill("{item}", "t");
    bool data = rule.body == Body::spool;
    std::string type = method == "PATCH" ? "application/openstack-images-v2.1-json-patch"
                       : data            ? "application/octet-stream"
                                         : "application/json";
    std::string body = data                          ? "data"
                       : method == "PATCH"           ? "[]"
                       : at.ends_with("/members")    ? R"({"member":"x"})"
                       : at.ends_with("/members/m")  ? R"({"status":"accepted"})"
                       : at.ends_with("/import")     ? R"({"method":{"name":"glance-direct"}})"
                       : at == "/v2/images"          ? R"({"name":"made"})"
                       : at.ends_with("/namespaces") ? R"({"namespace":"another"})"
                       : at.ends_with("/namespaces/space") ? R"({"namespace":"space"})"
                       : at.ends_with("/tags")             ? R"({"tags":[{"name":"t"}]})"
                       : at.find("/metadefs/") != at.npos
                           ? R"({"name":"t","title":"T","type":"string"})"
                           : "";
    return call(token, method, at, body, type);
  }
  // A fresh image of q, shared with m, with data; and a namespace of definitions.
  std::string prepare() {
    call("admin@adm", "POST", "/v2/metadefs/namespaces",
         R"({"namespace":"space","visibility":"public","tags":[{"name":"t"}]})");
    std::string id = make("member@q");
    EXPECT_EQ(call("member@q", "POST", "/v2/images/" + id + "/members", R"({"member":"m"})").status,
              200);
    EXPECT_EQ(call("member@q", "PUT", "/v2/images/" + id + "/tags/t").status, 204);
    EXPECT_EQ(upload("member@q", id, "data"), 204);
    return id;
  }
};

// The status that the rule demands, or 0: whatever the image's state makes of it, but no refusal of
// the person.
int demanded(const Persona& p, const Rule& rule) {
  if (!admitted(p, rule.access)) return 403;
  bool all = p.administers;
  bool sees = all || p.own || p.shared;
  switch (rule.whose) {
    case Whose::none:
      return 0;
    case Whose::seen:
      return sees ? 0 : 404;
    case Whose::owned:
      return all || p.own ? 0 : sees ? 403 : 404;
    case Whose::shared:
      if (!sees) return 404;
      // Its status is the member's to say, not the owner's.
      return rule.method == "PUT" && p.own && !all ? 403 : 0;
  }
  return 0;
}

TEST_F(ImageAccess, EveryRouteByEveryPersona) {
  limits_.images = 1000;
  open();
  int tried = 0;
  for (const Rule& rule : rules()) {
    std::string what = std::string(rule.method) + " " + std::string(rule.pattern);
    std::string id = prepare();
    for (const char* token : {"", "forged"}) {
      int status = try_route(token, rule, id).status;
      if (rule.access == Access::open) {
        EXPECT_LT(status, 400) << what;
      } else {
        EXPECT_EQ(status, 401) << what;
      }
      ++tried;
    }
    for (const Persona& p : kPersonas) {
      if (rule.method != "GET") id = prepare();
      Response r = try_route(p.token, rule, id);
      int wanted = demanded(p, rule);
      if (wanted > 0) {
        EXPECT_EQ(r.status, wanted) << what << " by " << p.token << ": " << r.body;
      } else if (r.status == 403) {
        // The image's state may forbid it, the person's standing not.
        EXPECT_EQ(r.body.find("Policy does not allow"), std::string::npos)
            << what << " by " << p.token;
        EXPECT_EQ(r.body.find("belongs to another"), std::string::npos)
            << what << " by " << p.token;
      } else {
        EXPECT_NE(r.status, 401) << what << " by " << p.token;
      }
      ++tried;
    }
  }
  EXPECT_EQ(tried, static_cast<int>(rules().size() * (2 + std::size(kPersonas))));
  RecordProperty("tried", tried);
}

// No route of the service is outside the table.
TEST_F(ImageAccess, TheTableIsAll) {
  for (const Route& route : router_->routes()) {
    bool known = route.pattern == "/internal/v1/events";
    for (const Rule& rule : rules())
      known = known || (rule.method == route.method && rule.pattern == route.pattern &&
                        rule.access == route.access);
    EXPECT_TRUE(known) << route.method << " " << route.pattern;
  }
}

TEST_F(ImageAccess, AForeignImageAnswersAsNone) {
  std::string id = make("member@q"), none = "99999999-2222-4333-8444-555555555555";
  auto same = [&](Response a, Response b) {
    size_t at = a.body.find(id);
    if (at != std::string::npos) a.body.replace(at, id.size(), none);
    EXPECT_EQ(a.status, b.status);
    EXPECT_EQ(a.body, b.body);
  };
  for (const Rule& rule : rules()) {
    if (rule.whose == Whose::none) continue;
    same(try_route("member@p", rule, id), try_route("member@p", rule, none));
  }
}

// What depends on the request's content: publishing, and giving to another project.
TEST_F(ImageAccess, OnlyAdministratorsPublishAndGiveAway) {
  std::string id = make("member@q");
  EXPECT_EQ(patch("member@q", id, "replace", "/visibility", R"("public")"), 403);
  EXPECT_EQ(patch("member@q", id, "replace", "/owner", R"("p")"), 403);
  for (const char* open_to : {R"("community")", R"("private")", R"("shared")"})
    EXPECT_EQ(patch("member@q", id, "replace", "/visibility", open_to), 200) << open_to;
  EXPECT_EQ(patch("admin@adm", id, "replace", "/visibility", R"("public")"), 200);
  EXPECT_EQ(patch("member@q", id, "replace", "/name", R"("still mine")"), 200);
  EXPECT_EQ(patch("member@q", id, "replace", "/visibility", R"("private")"), 200);
  EXPECT_EQ(patch("admin@adm", id, "replace", "/owner", R"("p")"), 200);
  EXPECT_EQ(call("reader@q", "GET", "/v2/images/" + id).status, 404);
  EXPECT_EQ(call("reader@p", "GET", "/v2/images/" + id).status, 200);
  EXPECT_EQ(call("admin@adm", "POST", "/v2/images", R"({"owner":"p"})").status, 201);
}

}  // namespace
}  // namespace nuri::image
