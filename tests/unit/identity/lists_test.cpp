#include "tests/unit/identity/world.h"

namespace nuri::identity {

using Lists = World;

TEST_F(Lists, ListsAreFiltered) {
  make_user("alpha");
  make_user("beta");
  auto count = [&](const std::string& query) {
    return json(call("GET", "/v3/users?" + query, admin()))["users"].size();
  };
  EXPECT_EQ(count("name=alpha"), 1u);
  EXPECT_EQ(count("name=gamma"), 0u);
  EXPECT_EQ(count("enabled=true"), 3u);
  EXPECT_EQ(count("enabled=false"), 0u);
  EXPECT_EQ(count("name__startswith=al"), 1u);
  EXPECT_EQ(count("name__icontains=ET"), 1u);
  EXPECT_EQ(count("domain_id=elsewhere"), 0u);
}

TEST_F(Lists, ListsBelowAnotherThingAreFilteredToo) {
  Tenant t = tenant("ann", "member");
  std::string user = t.user["id"].as_string();
  Json group = make("groups", "group", Json::object({{"name", "readers"}}));
  std::string members = "/v3/groups/" + group["id"].as_string() + "/users";
  ASSERT_EQ(call("PUT", members + "/" + user, admin()).status, 204);
  auto count = [&](const std::string& path, const char* plural) {
    return json(call("GET", path, t.token))[plural].size();
  };
  EXPECT_EQ(count("/v3/users/" + user + "/groups?name=readers", "groups"), 1u);
  EXPECT_EQ(count("/v3/users/" + user + "/groups?name=writers", "groups"), 0u);
  EXPECT_EQ(count("/v3/users/" + user + "/projects?domain_id=default&enabled=true", "projects"),
            1u);
  EXPECT_EQ(count("/v3/users/" + user + "/projects?enabled=false", "projects"), 0u);
  EXPECT_EQ(count("/v3/auth/projects?name__contains=of%20a", "projects"), 1u);
  EXPECT_EQ(json(call("GET", members + "?enabled=false", admin()))["users"].size(), 0u);
}

// Texts that would be more than a text somewhere: in SQL, in a path, in a page.
TEST_F(Lists, ATextIsATextWhateverItHolds) {
  const char* texts[] = {"x'; DROP TABLE users; --",
                         "\" OR 1=1 --",
                         "../../etc/passwd",
                         "%2e%2e%2f",
                         "<script>alert(1)</script>",
                         "<!ENTITY x SYSTEM 'file:///etc/passwd'>",
                         "{base}/$(user_id)s",
                         "$(id)",
                         "\xE2\x80\xAE"
                         "gpj.exe",
                         "a\\b%_c?d=e&f#g"};
  for (const char* text : texts) {
    Json project = make_project(text);
    EXPECT_EQ(project["name"].as_string(), text);
    std::string query = "/v3/projects?name=" + percent_encode(text);
    Json found = json(call("GET", query, admin()))["projects"];
    ASSERT_EQ(found.size(), 1u) << text;
    EXPECT_EQ(found.at(0)["id"], project["id"]);
    std::string tag = "/v3/projects/" + project["id"].as_string() + "/tags/";
    if (std::string_view(text).find_first_of("/,") == std::string_view::npos) {
      EXPECT_EQ(call("PUT", tag + percent_encode(text), admin()).status, 201) << text;
      EXPECT_EQ(call("GET", tag + percent_encode(text), admin()).status, 204) << text;
    }
    EXPECT_EQ(call("GET", "/v3/users/" + percent_encode(text), admin()).status, 404) << text;
  }
  EXPECT_EQ(json(call("GET", "/v3/users", admin()))["users"].size(), 1u);
}

}  // namespace nuri::identity
