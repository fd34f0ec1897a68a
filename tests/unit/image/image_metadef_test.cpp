#include "tests/unit/image/image_fixture.h"

// Metadata definitions.
namespace nuri::image {
namespace {

class Metadef : public ImageApi {
 protected:
  const std::string at_ = "/v2/metadefs/namespaces";
  Response admin(const std::string& method, const std::string& path, const std::string& body = "") {
    return call("admin@adm", method, at_ + path, body);
  }
  Json get(const std::string& path) { return json(call("reader@p", "GET", at_ + path)); }
};

TEST_F(Metadef, ANamespaceAndWhatItHolds) {
  Response made = admin("POST", "", R"({"namespace":"OS::X","visibility":"public","protected":true,
      "resource_type_associations":[{"name":"OS::Nova::Flavor","prefix":"hw:"}],
      "objects":[{"name":"o","required":[],"properties":{}}],
      "properties":{"cores":{"title":"Cores","type":"integer","minimum":1}},
      "tags":[{"name":"t"}]})");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(admin("POST", "", R"({"namespace":"OS::X"})").status, 409);
  Json shown = get("/OS::X");
  EXPECT_EQ(shown["namespace"].as_string(), "OS::X");
  EXPECT_EQ(shown["resource_type_associations"].at(0)["prefix"].as_string(), "hw:");
  EXPECT_EQ(shown["properties"]["cores"]["minimum"].as_int(), 1);
  EXPECT_EQ(shown["tags"].size(), 1u);
  EXPECT_EQ(get("?resource_types=OS::Nova::Flavor")["namespaces"].size(), 1u);
  EXPECT_EQ(get("?resource_types=OS::Nova::Server")["namespaces"].size(), 0u);
  EXPECT_EQ(admin("DELETE", "/OS::X").status, 403) << "protected";
  EXPECT_EQ(admin("DELETE", "/OS::X/tags/t").status, 403);
  EXPECT_EQ(admin("PUT", "/OS::X", R"({"namespace":"OS::Y","protected":false})").status, 200);
  EXPECT_EQ(get("/OS::Y/objects")["objects"].size(), 1u) << "its items follow its name";
  EXPECT_EQ(call("reader@p", "GET", at_ + "/OS::X").status, 404);
  EXPECT_EQ(admin("DELETE", "/OS::Y").status, 204);
  EXPECT_EQ(admin("POST", "", R"({"namespace":"OS::Y","visibility":"public"})").status, 201);
  EXPECT_EQ(get("/OS::Y/objects")["objects"].size(), 0u) << "nothing of the old one is left";
}

TEST_F(Metadef, ItemsAreMadeRenamedAndDeleted) {
  ASSERT_EQ(admin("POST", "", R"({"namespace":"n","visibility":"public"})").status, 201);
  const std::pair<const char*, const char*> kItems[] = {
      {"/n/objects", R"({"name":"a"})"},
      {"/n/properties", R"({"name":"a","title":"A","type":"string","enum":["x"]})"},
  };
  for (const auto& [path, body] : kItems) {
    EXPECT_EQ(admin("POST", path, body).status, 201);
    EXPECT_EQ(admin("POST", path, body).status, 409);
    std::string renamed = std::string(body).replace(std::string(body).find("\"a\""), 3, "\"b\"");
    std::string at = path;
    EXPECT_EQ(json(admin("PUT", at + "/a", renamed))["name"].as_string(), "b");
    EXPECT_EQ(admin("GET", at + "/a").status, 404);
    EXPECT_EQ(get(at + "/b")["name"].as_string(), "b");
    EXPECT_EQ(admin("DELETE", at + "/b").status, 204);
    EXPECT_EQ(admin("DELETE", at + "/b").status, 404);
  }
  EXPECT_EQ(admin("POST", "/n/tags", R"({"tags":[{"name":"x"},{"name":"y"}]})").status, 201);
  EXPECT_EQ(admin("POST", "/n/tags/z").status, 201);
  EXPECT_EQ(get("/n/tags")["tags"].size(), 3u);
  EXPECT_EQ(admin("PUT", "/n/tags/z", R"({"name":"x"})").status, 409);
  EXPECT_EQ(admin("DELETE", "/n/tags").status, 204);
  EXPECT_EQ(get("/n/tags")["tags"].size(), 0u);
  EXPECT_EQ(admin("POST", "/n/resource_types", R"({"name":"OS::My::Type"})").status, 201);
  Json types = json(call("reader@p", "GET", "/v2/metadefs/resource_types"));
  EXPECT_NE(types.dump().find("OS::My::Type"), std::string::npos);
}

TEST_F(Metadef, BadOnesAndForeignOnes) {
  for (const char* body :
       {"", "[]", "{}", R"({"namespace":""})", R"({"namespace":7})",
        R"({"namespace":"n","visibility":"shared"})", R"({"namespace":".."})",
        R"({"namespace":"n","objects":[{"nme":"x"}]})", R"({"namespace":"n","tags":[7]})"}) {
    EXPECT_EQ(admin("POST", "", body).status, 400) << body;
  }
  EXPECT_EQ(get("")["namespaces"].size(), 0u) << "none is half made";
  ASSERT_EQ(admin("POST", "", R"({"namespace":"n","owner":"q"})").status, 201);
  EXPECT_EQ(call("reader@q", "GET", at_ + "/n").status, 200);
  EXPECT_EQ(call("reader@p", "GET", at_ + "/n").status, 404) << "private";
  EXPECT_EQ(call("reader@p", "GET", at_ + "/n/tags").status, 404);
  for (const char* body :
       {"", R"({"name":""})", R"({"name":"x","type":"float","title":"t"})",
        R"({"name":"x","title":"t"})", R"({"name":"x","title":"t","type":"string","no":1})"}) {
    EXPECT_EQ(admin("POST", "/n/properties", body).status, 400) << body;
  }
  for (const char* schema : {"namespace", "namespaces", "resource_type", "resource_types", "object",
                             "objects", "property", "properties", "tag", "tags"}) {
    EXPECT_EQ(call("reader@p", "GET", std::string("/v2/schemas/metadefs/") + schema).status, 200);
  }
  EXPECT_EQ(call("reader@p", "GET", "/v2/schemas/metadefs/none").status, 404);
}

}  // namespace
}  // namespace nuri::image
