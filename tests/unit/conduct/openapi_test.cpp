#include <gtest/gtest.h>

#include "services/conduct/service_main.h"
#include "tests/unit/conduct/world.h"

namespace nuri::conduct {
namespace {

struct Thing {
  std::string name;
  std::optional<int64_t> size;
};
const Fields<Thing> kThing = {text("name", &Thing::name).required_().length(1, 9),
                              number("size", &Thing::size).since_(5)};

// "/a/{x}/b" as a shape.
std::string shape(const std::string& path) {
  std::string out;
  bool inside = false;
  for (char c : path) {
    if (c == '{') inside = true;
    if (!inside) out += c;
    if (c == '}') inside = false, out += '*';
  }
  return out;
}

TEST(OpenApi, EveryRouteIsInIt) {
  test::TempDir dir;
  World w(dir.path());
  Json doc = *parse_json(w.send("GET", "/openapi.json", "", "", "").body);
  EXPECT_EQ(doc["openapi"].as_string(), "3.1.0");
  std::set<std::string> listed;
  for (const auto& [path, item] : doc["paths"].as_object()) {
    for (const auto& [method, operation] : item.as_object())
      listed.insert(method + " " + shape(path));
  }
  EXPECT_GE(w.router.routes().size(), 10u);
  for (const Route& r : w.router.routes()) {
    std::string method = r.method;
    for (char& c : method) c = static_cast<char>(c | 32);
    EXPECT_TRUE(listed.count(method + " " + shape(r.pattern))) << r.method << " " << r.pattern;
  }
}

TEST(OpenApi, BodiesComeFromTheTables) {
  Router router{Router::Options{nova_error, {"compute", "", 2, 1, 93}, nullptr, ""}};
  auto nothing = [](const Request&, Context&) -> Result<Response> { return Response::empty(204); };
  router.add("POST", "/v2/things", Access::member, nothing)
      .says("Makes a thing")
      .reads("thing", kThing)
      .answers("thing", kThing)
      .status(202);
  router.add("GET", "/v2/things", Access::reader, nothing)
      .lists("things", kThing)
      .query("limit", "integer", "At most");
  router.add("GET", "/v2/things/{id}", Access::reader, nothing).answers("thing", kThing);
  router.add("DELETE", "/v2/things/{name}", Access::reader, nothing);
  router.add("PUT", "/v2/things/{id}/{id*}", Access::reader, nothing);
  Json doc = openapi_document(router, "compute");
  const Json& post = doc["paths"]["/v2/things"]["post"];
  EXPECT_EQ(post["summary"].as_string(), "Makes a thing");
  const Json& in =
      post["requestBody"]["content"]["application/json"]["schema"]["properties"]["thing"];
  EXPECT_EQ(in["properties"]["name"]["maxLength"].as_int(), 9);
  EXPECT_TRUE(post["responses"].contains("202"));
  const Json& list = doc["paths"]["/v2/things"]["get"]["responses"]["2XX"]["content"]
                        ["application/json"]["schema"];
  EXPECT_EQ(list["properties"]["things"]["items"]["properties"]["size"]["x-nuri-since"].as_int(),
            5);
  // One path item for both names of the same parameter, each of them declared.
  const Json& one = doc["paths"]["/v2/things/{id}"];
  EXPECT_TRUE(one.contains("get"));
  EXPECT_EQ(one["delete"]["parameters"].at(0)["name"].as_string(), "id");
  EXPECT_TRUE(doc["paths"].contains("/v2/things/{id}/{id_}"));
  EXPECT_EQ(doc["info"]["x-nuri-generic-bodies"].as_int(), 2);
}

TEST(OpenApi, WhatARouteDoesNotSayIsTakenFromTheDocuments) {
  Router router{Router::Options{}};
  auto nothing = [](const Request&, Context&) -> Result<Response> { return Response::empty(204); };
  router.add("PUT", "/things/{id}", Access::member, nothing).says("Its own words");
  Documents documents;
  documents.add("PUT", "/things/{id}")
      .says("Other words")
      .reads("thing", kThing)
      .answers_nothing()
      .status(204);
  documents.like("GET", "/things/{id}", R"({"thing": {"n": 1, "list": [{"a": ""}], "any": null}})");
  Json doc = openapi_document(router, "x", documents);
  const Json& put = doc["paths"]["/things/{id}"]["put"];
  EXPECT_EQ(put["summary"].as_string(), "Its own words");
  EXPECT_EQ(put["requestBody"]["content"]["application/json"]["schema"]["required"],
            Json::array({"thing"}));
  EXPECT_FALSE(put["responses"]["204"].contains("content"));
  EXPECT_FALSE(doc["paths"]["/things/{id}"].contains("get"));  // there is no such route
  EXPECT_EQ(doc["info"]["x-nuri-generic-bodies"].as_int(), 0);
  Json like = schema_like(R"({"n": 1, "list": [{"a": ""}], "any": null})")(0, false);
  EXPECT_EQ(like["properties"]["list"]["items"]["properties"]["a"]["type"].as_string(), "string");
  EXPECT_EQ(like["properties"]["any"], Json::object());
}

TEST(ServiceMain, AddressesAreUrlsWithAPort) {
  auto good = listen_at("image", "http://127.0.0.1:9702");
  ASSERT_TRUE(good);
  EXPECT_EQ(good->address, "127.0.0.1");
  EXPECT_EQ(good->port, 9702);
  for (const char* bad : {"", "127.0.0.1:80", "http://", "http://:80", "http://h",
                          "http://h:", "http://h:70000", "http://h:80x", "http://h:80/x"}) {
    auto r = listen_at("image", bad);
    ASSERT_FALSE(r) << bad;
    EXPECT_EQ(r.error().field, "services.image");
  }
}

}  // namespace
}  // namespace nuri::conduct
