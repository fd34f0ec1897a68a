#include "tests/unit/image/image_fixture.h"

namespace nuri::image {
namespace {

TEST_F(ImageApi, WhoSeesWhat) {
  std::string own = make("member@p"), shared = make("member@q"),
              pub = make("admin@adm", R"({"visibility":"public"})");
  std::string community = make("member@q", R"({"visibility":"community"})");
  auto names = [&](const std::string& query) {
    std::set<std::string> out;
    Json page = json(call("reader@p", "GET", "/v2/images" + query));
    for (const Json& i : page["images"].as_array()) out.insert(i["id"].as_string());
    return out;
  };
  EXPECT_EQ(names(""), (std::set<std::string>{own, pub}));
  EXPECT_EQ(names("?visibility=community"), (std::set<std::string>{community}));
  EXPECT_EQ(names("?visibility=all"), (std::set<std::string>{own, pub, community}));
  EXPECT_EQ(call("reader@p", "GET", "/v2/images/" + shared).status, 404);
  EXPECT_EQ(call("member@p", "DELETE", "/v2/images/" + shared).status, 404);
  EXPECT_EQ(call("member@p", "DELETE", "/v2/images/" + pub).status, 403);

  EXPECT_EQ(
      call("member@q", "POST", "/v2/images/" + shared + "/members", R"({"member":"p"})").status,
      200);
  EXPECT_EQ(
      call("member@q", "POST", "/v2/images/" + shared + "/members", R"({"member":"p"})").status,
      409);
  EXPECT_EQ(call("reader@p", "GET", "/v2/images/" + shared).status, 200);
  EXPECT_EQ(names("").count(shared), 0u);
  EXPECT_EQ(names("?member_status=pending").count(shared), 1u);
  EXPECT_EQ(
      call("member@q", "PUT", "/v2/images/" + shared + "/members/p", R"({"status":"accepted"})")
          .status,
      403);
  EXPECT_EQ(call("member@p", "PUT", "/v2/images/" + shared + "/members/p", R"({"status":"maybe"})")
                .status,
            400);
  EXPECT_EQ(
      call("member@p", "PUT", "/v2/images/" + shared + "/members/p", R"({"status":"accepted"})")
          .status,
      200);
  EXPECT_EQ(names("").count(shared), 1u);
  EXPECT_EQ(json(call("member@p", "GET", "/v2/images/" + shared + "/members"))["members"].size(),
            1u);
  EXPECT_EQ(call("member@p", "DELETE", "/v2/images/" + shared + "/members/p").status, 403);
  EXPECT_EQ(call("member@q", "DELETE", "/v2/images/" + shared + "/members/p").status, 204);
  EXPECT_EQ(call("reader@p", "GET", "/v2/images/" + shared).status, 404);
}

TEST_F(ImageApi, NoIdIsNoImage) {
  make("member@p");
  EXPECT_EQ(call("member@p", "GET", "/v2/images").status, 200);
  Request q;
  q.method = "GET";
  q.target = "/v2/images/";
  q.path = "/v2/images";
  q.headers.set("X-Auth-Token", "member@p");
  EXPECT_EQ(router_->dispatch(q).status, 404);
  q.method = "DELETE";
  EXPECT_EQ(router_->dispatch(q).status, 404);
}

TEST_F(ImageApi, PagesLink) {
  for (int i = 0; i < 5; ++i) {
    clock_.advance(kSecondUs);
    make("member@p");
  }
  std::string at = "/v2/images?limit=2";
  std::set<std::string> seen;
  int pages = 0;
  while (!at.empty() && ++pages < 9) {
    Json page = json(call("reader@p", "GET", at));
    for (const Json& i : page["images"].as_array())
      EXPECT_TRUE(seen.insert(i["id"].as_string()).second);
    EXPECT_EQ(page["first"].as_string(), "/v2/images?limit=2");
    at = page["next"].as_string();
  }
  EXPECT_EQ(seen.size(), 5u);
  EXPECT_EQ(pages, 3);
}

}  // namespace
}  // namespace nuri::image
