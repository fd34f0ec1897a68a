#include "services/gateway/openapi.h"

#include <gtest/gtest.h>

#include "tests/unit/http/serve.h"

namespace nuri::gateway {
namespace {

Json part() {
  return *parse_json(
      R"({"openapi":"3.1.0","info":{"title":"x","version":"1","x-nuri-generic-bodies":3},
    "paths":{"/":{"get":{"operationId":"GET_","tags":["versions"],"responses":{},"x-nuri-access":"open"}},
      "/v2/things/{id}":{"get":{"operationId":"GET_v2","tags":["things"],"x-nuri-access":"reader",
          "parameters":[{"$ref":"#/components/parameters/microversion"}],
          "responses":{"4XX":{"$ref":"#/components/responses/error"}}},
        "put":{"operationId":"PUT_v2","tags":["things"],"x-nuri-access":"service","responses":{}}},
      "/internal/v1/x":{"get":{"operationId":"i","tags":["internal"],"x-nuri-access":"admin","responses":{}}},
      "/agent/v1/x":{"post":{"operationId":"a","tags":["agent"],"x-nuri-access":"agent","responses":{}}}},
    "components":{"securitySchemes":{"token":{}},"parameters":{"microversion":{"name":"m"}},"responses":{"error":{"description":"e"}}}})");
}

TEST(GatewayOpenApi, PathsAreThoseTheWorldSees) {
  Json whole = Json::object({{"info", Json::object({{"x-nuri-generic-bodies", 1}})},
                             {"paths", Json::object()},
                             {"components", Json::object()}});
  merge_openapi(whole, part(), "/compute");
  merge_openapi(whole, part(), "/volume");
  EXPECT_EQ(whole["paths"].size(), 4u);
  const Json& one = whole["paths"]["/compute/v2/things/{id}"];
  EXPECT_FALSE(one.contains("put"));
  EXPECT_EQ(one["get"]["operationId"].as_string(), "compute_GET_v2");
  EXPECT_EQ(one["get"]["tags"], Json::array({"compute things"}));
  EXPECT_EQ(one["get"]["parameters"].at(0)["$ref"].as_string(),
            "#/components/parameters/compute_microversion");
  EXPECT_EQ(one["get"]["responses"]["4XX"]["$ref"].as_string(),
            "#/components/responses/compute_error");
  EXPECT_TRUE(whole["paths"].contains("/volume"));
  EXPECT_EQ(whole["components"]["parameters"]["volume_microversion"]["name"].as_string(), "m");
  EXPECT_FALSE(whole["components"].contains("securitySchemes"));
  EXPECT_EQ(whole["info"]["x-nuri-generic-bodies"].as_int(), 7);
}

TEST(GatewayOpenApi, WhatIsAwayIsNamedAndAskedAgain) {
  test::Running service(test::make_server({}, [](Request&& r) {
    return r.path == "/openapi.json" ? Response::json(200, part()) : Response::empty(404);
  }));
  OpenApi openapi({{"/compute", "127.0.0.1", service.port()}, {"/image", "127.0.0.1", 1}});
  Json doc = *parse_json(openapi.document());
  EXPECT_EQ(doc["info"]["x-nuri-missing"], Json::array({"image"}));
  EXPECT_TRUE(doc["paths"].contains("/compute/v2/things/{id}"));
  EXPECT_TRUE(doc["paths"].contains("/healthz"));
  EXPECT_EQ(doc["components"]["securitySchemes"]["token"]["name"].as_string(), "X-Auth-Token");
}

}  // namespace
}  // namespace nuri::gateway
