#include "tests/unit/image/image_fixture.h"

namespace nuri::image {
namespace {

TEST_F(ImageApi, BadCreates) {
  const std::tuple<const char*, int, const char*> kBad[] = {
      {"", 400, ""},
      {"not json", 400, ""},
      {"[]", 400, "image"},
      {R"({"name":1})", 400, "name"},
      {R"({"id":"nope"})", 400, "id"},
      {R"({"visibility":"all"})", 400, "visibility"},
      {R"({"disk_format":"floppy"})", 400, "disk_format"},
      {R"({"container_format":"tin"})", 400, "container_format"},
      {R"({"min_disk":-1})", 400, "min_disk"},
      {R"({"min_ram":"many"})", 400, "min_ram"},
      {R"({"min_ram":99999999999})", 400, "min_ram"},
      {R"({"protected":"perhaps"})", 400, "protected"},
      {R"({"tags":"a"})", 400, "tags"},
      {R"({"tags":[1]})", 400, "tags"},
      {R"({"os":1})", 400, "os"},
      {R"({"os":null})", 400, "os"},
      {R"({"status":"active"})", 403, "status"},
      {R"({"size":1})", 403, "size"},
      {R"({"deleted":"x"})", 403, "deleted"},
      {R"({"owner":"q"})", 403, "q"},
      {R"({"visibility":"public"})", 403, "public"},
  };
  for (const auto& [body, status, word] : kBad) {
    Response r = call("member@p", "POST", "/v2/images", body);
    EXPECT_EQ(r.status, status) << body << " " << r.body;
    EXPECT_NE(r.body.find(word), std::string::npos) << body << " " << r.body;
  }
  std::string longest = R"({"name":")" + std::string(256, 'n') + R"("})";
  EXPECT_EQ(call("member@p", "POST", "/v2/images", longest).status, 400);
  EXPECT_EQ(
      db_->read([](db::Session& s) { return s.count("SELECT count(*) FROM images"); }).value(), 0);
}

TEST_F(ImageApi, PatchTagsProtection) {
  std::string id = make("member@p");
  const std::string type = "application/openstack-images-v2.1-json-patch";
  std::string at = "/v2/images/" + id;
  EXPECT_EQ(call("member@p", "PATCH", at, R"([{"op":"replace","path":"/protected","value":true}])")
                .status,
            415);
  EXPECT_EQ(
      call("member@p", "PATCH", at, R"([{"op":"replace","path":"/protected","value":true}])", type)
          .status,
      200);
  EXPECT_EQ(call("member@p", "DELETE", at).status, 403);
  EXPECT_EQ(call("member@p", "PATCH", at,
                 R"([{"op":"replace","path":"/visibility","value":"public"}])", type)
                .status,
            403);
  EXPECT_EQ(call("admin@adm", "PATCH", at,
                 R"([{"op":"replace","path":"/visibility","value":"public"}])", type)
                .status,
            200);
  EXPECT_EQ(call("member@p", "PATCH", at, R"([{"op":"replace","path":"/owner","value":"q"}])", type)
                .status,
            403);
  EXPECT_EQ(call("member@p", "PUT", at + "/tags/new%20one").status, 204);
  EXPECT_EQ(show(id)["tags"].dump(), R"(["new one"])");
  EXPECT_EQ(call("member@p", "PUT", at + "/tags/" + std::string(256, 'x')).status, 400);
  EXPECT_EQ(call("member@p", "DELETE", at + "/tags/none").status, 404);
  EXPECT_EQ(call("member@p", "DELETE", at + "/tags/new%20one").status, 204);
}

}  // namespace
}  // namespace nuri::image
