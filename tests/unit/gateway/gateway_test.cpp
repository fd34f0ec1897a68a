#include "services/gateway/gateway.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "tests/unit/http/serve.h"

namespace nuri::gateway {
namespace {

using test::body_of;
using test::Peer;
using test::Running;
using test::status_of;
using test::TempDir;

// A service that tells what it was asked, behind a gateway with a console of three files.
class GatewayTest : public testing::Test {
 protected:
  GatewayTest() : random_(1), service_(test::make_server({}, tell)) {
    std::filesystem::create_directories(dir_.file("console/assets"));
    EXPECT_TRUE(write_file(dir_.file("console/index.html"), "<title>index</title>").ok());
    EXPECT_TRUE(write_file(dir_.file("console/assets/app-1a2b.js"), "run();").ok());
    EXPECT_TRUE(write_file(dir_.file("console/.env"), "SECRET=1").ok());
    EXPECT_TRUE(write_file(dir_.file("secret.txt"), "outside").ok());
    std::filesystem::create_symlink(dir_.file("secret.txt"), dir_.file("console/link.txt"));
    Options o;
    o.address = "127.0.0.1";
    o.tls = test::make_certificate(dir_);
    o.console = dir_.file("console");
    o.upstreams = {{"/compute", "127.0.0.1", service_.port()},
                   {"/image", "127.0.0.1", service_.port()}};
    o.max_upload_bytes = 64 << 20;
    o.max_body_bytes = 1 << 20;
    o.max_connections = 64;
    auto made = create_gateway(o, random_);
    EXPECT_TRUE(made.ok());
    gateway_ = std::make_unique<Running>(std::move(*made));
  }

  static Response tell(Request&& r) {
    Json seen = Json::object({{"method", r.method}, {"target", r.target}, {"peer", r.peer},
                              {"base_url", r.base_url()}});
    for (const auto& [name, value] : r.headers.items()) seen.set(name, value);
    return Response::json(200, seen);
  }

  std::string ask(const std::string& bytes, bool head = false) {
    Peer peer(gateway_->port());
    EXPECT_TRUE(peer.start_tls(dir_.file("cert.pem"), "localhost"));
    peer.send(bytes);
    return peer.answer(head);
  }
  std::string get(const std::string& path, const std::string& headers = "") {
    return ask("GET " + path + " HTTP/1.1\r\nHost: cloud:8443\r\n" + headers + "\r\n");
  }

  TempDir dir_;
  SeededRandom random_;
  Running service_;
  std::unique_ptr<Running> gateway_;
};

TEST_F(GatewayTest, ServicesSeeWhereTheyAreReachedAndNothingForged) {
  const std::string answer =
      get("/compute/v2.1/?a=b", "X-Forwarded-Host: evil\r\nX-Forwarded-For: 6.6.6.6\r\n"
                                "X-Forwarded-Proto: gopher\r\nX-Forwarded-Prefix: /evil\r\n"
                                "X-Forwarded-Port: 1\r\nForwarded: for=evil\r\nX-Real-IP: 6.6.6.6\r\n"
                                "X-Openstack-Request-Id: req-forged\r\nX-Auth-Token: t\r\n");
  ASSERT_EQ(status_of(answer), 200) << answer;
  const Json seen = *parse_json(body_of(answer));
  EXPECT_EQ(seen["target"].as_string(), "/v2.1/?a=b");
  EXPECT_EQ(seen["base_url"].as_string(), "https://cloud:8443/compute");
  EXPECT_EQ(seen["peer"].as_string(), "127.0.0.1");
  EXPECT_EQ(seen["X-Auth-Token"].as_string(), "t");
  EXPECT_EQ(answer.find("evil"), answer.npos);
  EXPECT_EQ(answer.find("6.6.6.6"), answer.npos);
  const std::string id = seen["X-Openstack-Request-Id"].as_string();
  EXPECT_EQ(id.size(), 40u);
  EXPECT_TRUE(id.starts_with("req-"));
  EXPECT_NE(answer.find("x-openstack-request-id: " + id), answer.npos);
}

TEST_F(GatewayTest, TheConsoleHasItsHeaders) {
  const std::string index = get("/");
  EXPECT_EQ(status_of(index), 200);
  EXPECT_EQ(body_of(index), "<title>index</title>");
  EXPECT_NE(index.find("Content-Type: text/html"), index.npos);
  EXPECT_NE(index.find("Cache-Control: no-cache"), index.npos);
  EXPECT_NE(index.find("Content-Security-Policy: default-src 'self'"), index.npos);
  EXPECT_NE(index.find("X-Content-Type-Options: nosniff"), index.npos);
  const std::string script = get("/assets/app-1a2b.js");
  EXPECT_EQ(body_of(script), "run();");
  EXPECT_NE(script.find("immutable"), script.npos);
  EXPECT_NE(script.find("Content-Type: text/javascript"), script.npos);
  const size_t at = script.find("ETag: ") + 6;
  const std::string tag = script.substr(at, script.find("\r\n", at) - at);
  const std::string again = get("/assets/app-1a2b.js", "If-None-Match: " + tag + "\r\n");
  EXPECT_EQ(status_of(again), 304);
  const std::string head = ask("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n", true);
  EXPECT_NE(head.find("Content-Length: 20"), head.npos);
}

TEST_F(GatewayTest, TheConsolesOwnRoutesGetItsIndexAndMissingFilesA404) {
  EXPECT_EQ(body_of(get("/servers/1234")), "<title>index</title>");
  EXPECT_EQ(status_of(get("/assets/gone-9.js")), 404);
  EXPECT_EQ(status_of(get("/favicon.ico")), 404);
}

TEST_F(GatewayTest, NothingOutsideTheConsolesFolderIsServed) {
  for (const char* path : {"/../secret.txt", "/%2e%2e/secret.txt", "/assets/../../secret.txt",
                           "/..%2fsecret.txt", "/assets/..%2f..%2fsecret.txt", "/link.txt", "/.env",
                           "//etc/passwd", "/%2fetc%2fpasswd", "/.%00./secret.txt"}) {
    const std::string answer = get(path);
    EXPECT_EQ(answer.find("outside"), answer.npos) << path;
    EXPECT_EQ(answer.find("SECRET"), answer.npos) << path;
    EXPECT_EQ(answer.find("root:"), answer.npos) << path;
  }
}

TEST_F(GatewayTest, HealthAndRefusals) {
  EXPECT_EQ(body_of(get("/healthz")), "ok\n");
  EXPECT_EQ(status_of(get("/compute/internal/x")), 404);
  EXPECT_EQ(status_of(get("/compute/agent")), 404);
  EXPECT_EQ(status_of(get("/compute/%2e%2e/x")), 400);
  EXPECT_EQ(status_of(ask("TRACE /compute/x HTTP/1.1\r\nHost: h\r\n\r\n")), 405);
  EXPECT_EQ(status_of(ask("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}")), 405);
  EXPECT_EQ(status_of(ask("GET /compute/ HTTP/1.1\r\nHost: a/../b\r\n\r\n")), 400);
  EXPECT_EQ(status_of(ask("POST /compute/ HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n"
                          "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")),
            400);
}

TEST_F(GatewayTest, BodiesAreLimitedByPath) {
  const std::string answer =
      ask("POST /compute/v2.1/servers HTTP/1.1\r\nHost: h\r\nContent-Length: 104857600\r\n\r\n");
  EXPECT_EQ(status_of(answer), 413);
  EXPECT_NE(answer.find("x-openstack-request-id: req-"), answer.npos);
  // The gateway lets an upload pass; this service then refuses it by its own limit.
  const std::string upload =
      ask("PUT /image/v2/images/i/file HTTP/1.1\r\nHost: h\r\nContent-Length: 60000000\r\n\r\n");
  EXPECT_EQ(status_of(upload), 413);
  EXPECT_NE(upload.find("1048576"), upload.npos);
  EXPECT_EQ(status_of(ask("PUT /image/v2/images/i/file HTTP/1.1\r\nHost: h\r\n"
                          "Content-Length: 70000000\r\n\r\n")),
            413);
}

TEST(GatewayOptions, DefaultsAndErrors) {
  const auto defaults = read_options(Config());
  ASSERT_TRUE(defaults.ok());
  EXPECT_EQ(defaults->port, 8443);
  std::map<std::string, uint16_t> ports;
  for (const Upstream& u : defaults->upstreams) ports[u.prefix] = u.port;
  EXPECT_EQ(ports["/volume"], 9704);
  EXPECT_EQ(ports.size(), 6u);
  for (const auto& [section, key, value] :
       {std::tuple<const char*, const char*, Json>{"gateway", "port", 70000},
        {"services", "compute", "http://compute.example:1"},
        {"services", "image", "https://127.0.0.1:1"},
        {"services", "network", "nonsense"}}) {
    Json root = Json::object();
    root[section].set(key, value);
    EXPECT_FALSE(read_options(Config(root)).ok()) << key;
  }
}

}  // namespace
}  // namespace nuri::gateway
