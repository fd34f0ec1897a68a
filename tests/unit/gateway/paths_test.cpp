#include "services/gateway/paths.h"

#include <gtest/gtest.h>

namespace nuri::gateway {
namespace {

Options options() {
  Options o;
  o.upstreams = {{"/identity", "127.0.0.1", 1}, {"/compute", "127.0.0.1", 2},
                 {"/image", "127.0.0.1", 3}};
  o.max_upload_bytes = 1000;
  o.max_body_bytes = 10;
  return o;
}

Request request(std::string method, std::string target) {
  Request r;
  r.method = std::move(method);
  r.target = target;
  r.path = target.substr(0, target.find('?'));
  return r;
}

TEST(Paths, PrefixesAreStripped) {
  const Options o = options();
  Destination d = route(o, request("GET", "/compute/v2.1/servers?limit=%201&x"));
  ASSERT_EQ(d.kind, Destination::Kind::upstream);
  EXPECT_EQ(d.upstream->port, 2);
  EXPECT_EQ(d.target, "/v2.1/servers?limit=%201&x");
  EXPECT_EQ(d.max_body_bytes, 10u);
  EXPECT_EQ(route(o, request("GET", "/identity")).target, "/");
  Request slash = request("GET", "/compute/v2.1/servers/?a");
  slash.path = "/compute/v2.1/servers";  // as the edge gives it
  EXPECT_EQ(route(o, slash).target, "/v2.1/servers/?a");
  EXPECT_EQ(route(o, request("GET", "/identity?a")).target, "/?a");
  EXPECT_EQ(route(o, request("GET", "/computer/x")).kind, Destination::Kind::console);
  EXPECT_EQ(route(o, request("GET", "/Compute/x")).kind, Destination::Kind::console);
  EXPECT_EQ(route(o, request("GET", "/healthz")).kind, Destination::Kind::health);
  EXPECT_EQ(route(o, request("GET", "/openapi.json")).kind, Destination::Kind::openapi);
  EXPECT_EQ(route(o, request("GET", "/compute/openapi.json")).kind, Destination::Kind::upstream);
  EXPECT_EQ(route(o, request("POST", "/openapi.json")).status, 405);
}

TEST(Paths, OnlyAnImagesUploadMayBeLarge) {
  const Options o = options();
  EXPECT_EQ(route(o, request("PUT", "/image/v2/images/ID/file")).max_body_bytes, 1000u);
  EXPECT_EQ(route(o, request("POST", "/image/v2/images/ID/file")).max_body_bytes, 10u);
  EXPECT_EQ(route(o, request("PUT", "/compute/v2/images/ID/file")).max_body_bytes, 10u);
  EXPECT_EQ(route(o, request("PUT", "/image/v2/images/ID/file/x")).max_body_bytes, 10u);
}

TEST(Paths, InternalPathsAreNotThere) {
  const Options o = options();
  for (const char* path :
       {"/compute/internal", "/compute/internal/x", "/compute//internal/x", "/compute/agent/feed",
        "/compute/%69nternal/x", "/compute/INTERNAL/x", "/compute/internal%2Fx", "/compute/Agent"}) {
    const Destination d = route(o, request("GET", path));
    EXPECT_EQ(d.status, 404) << path;
    EXPECT_EQ(d.kind, Destination::Kind::refuse) << path;
  }
  EXPECT_EQ(route(o, request("GET", "/compute/v2.1/agents")).kind, Destination::Kind::upstream);
  EXPECT_EQ(route(o, request("GET", "/compute/internals")).kind, Destination::Kind::upstream);
}

TEST(Paths, TricksAre400) {
  const Options o = options();
  for (const char* path : {"/compute/../identity", "/compute/%2e%2e/internal", "/compute/./x",
                           "/..%2f", "/compute/a%00b", "/compute/%zz", "/compute/%", "/a\\b",
                           "/compute/.%2E/x", "*", "compute"}) {
    const int status = route(o, request("GET", path)).status;
    EXPECT_EQ(status, std::string_view(path) == "/..%2f" ? 0 : 400) << path;
  }
}

TEST(Paths, OddMethodsAre405) {
  const Options o = options();
  for (const char* method : {"TRACE", "CONNECT", "PROPFIND", "get", "X"})
    EXPECT_EQ(route(o, request(method, "/compute/x")).status, 405) << method;
  EXPECT_EQ(route(o, request("POST", "/index.html")).status, 405);
  EXPECT_EQ(route(o, request("DELETE", "/healthz")).status, 405);
}

}  // namespace
}  // namespace nuri::gateway
