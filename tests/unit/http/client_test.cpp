#include <gtest/gtest.h>

#include <atomic>
#include <chrono>

#include "services/http/client.h"
#include "tests/unit/http/serve.h"

namespace nuri::test {
namespace {

using http::Client;
using http::ClientOptions;
using http::ClientRequest;
using http::ServerOptions;

std::unique_ptr<Client> client_of(ClientOptions options) {
  auto client = Client::create(std::move(options));
  EXPECT_TRUE(client.ok()) << (client.ok() ? "" : client.error().message);
  return std::move(*client);
}

std::string url(uint16_t port, const char* rest = "") {
  return "http://127.0.0.1:" + std::to_string(port) + rest;
}

TEST(Client, SendsAndReceivesOnOneKeptConnection) {
  Running server(make_server({}, [](Request&& r) {
    return Response::text(200, r.method + ' ' + r.target + ' ' + r.headers.get("Host") + ' ' + r.body);
  }));
  auto client = client_of({.base_url = url(server.port(), "/base/")});
  for (int i = 0; i < 20; ++i) {
    const auto answer = client->send({.method = "POST", .target = "/x?y=1", .body = "hello"});
    ASSERT_TRUE(answer.ok()) << answer.error().message;
    ASSERT_EQ(answer->body,
              "POST /base/x?y=1 127.0.0.1:" + std::to_string(server.port()) + " hello");
  }
}

TEST(Client, AConnectionTheServerHasClosedIsReplaced) {
  ServerOptions options;
  options.idle_timeout_ms = 100;
  std::atomic<int> calls = 0;
  Running server(make_server(options, [&calls](Request&&) {
    ++calls;
    return Response::text(200, "x");
  }));
  auto client = client_of({.base_url = url(server.port())});
  ASSERT_TRUE(client->send({.method = "POST"}).ok());
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  ASSERT_TRUE(client->send({.method = "POST"}).ok());
  EXPECT_EQ(calls, 2);
}

TEST(Client, ErrorsTellWhatWentWrong) {
  uint16_t gone = 0;
  {
    Running server(make_server({}, echo));
    gone = server.port();
  }
  auto refused = client_of({.base_url = url(gone)})->send({});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::unavailable);

  Running slow(make_server({}, [](Request&&) {
    std::this_thread::sleep_for(std::chrono::milliseconds(600));
    return Response::text(200, "late");
  }));
  auto late = client_of({.base_url = url(slow.port()), .timeout_ms = 100})->send({});
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().code, ErrorCode::timeout);

  Running large(make_server({}, [](Request&&) { return Response::text(200, std::string(5000, 'x')); }));
  auto too_large = client_of({.base_url = url(large.port()), .max_body_bytes = 1000})->send({});
  ASSERT_FALSE(too_large.ok());
  EXPECT_EQ(too_large.error().code, ErrorCode::bad_gateway);
  for (const char* bad : {"", "ftp://x", "http://", "http://h:0", "http://h:70000", "http://[::1"})
    EXPECT_FALSE(Client::create({.base_url = bad}).ok()) << bad;
}

TEST(Client, AnAnswerIsSeenEvenWhereTheServerStoppedReading) {
  Running server(make_server({}, echo));
  auto client = client_of({.base_url = url(server.port())});
  const auto answer = client->send({.method = "POST", .body = std::string(30 << 20, 'x')});
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->status, 413);
  EXPECT_EQ(http::error_of(*answer).code, ErrorCode::too_large);
}

TEST(Client, CallReadsJsonAndDigsOutMessages) {
  Running server(make_server({}, [](Request&& r) {
    if (r.path == "/ok") return Response::json(200, Json::object({{"got", parse_json(r.body).value()["a"]}}));
    if (r.path == "/empty") return Response::empty(204);
    if (r.path == "/nova") return Response::json(409, *parse_json(R"({"conflictingRequest":{"code":409,"message":"busy"}})"));
    if (r.path == "/neutron")
      return Response::json(404, *parse_json(R"({"NeutronError":{"type":"NetworkNotFound","message":"no net","detail":""}})"));
    if (r.path == "/keystone") return Response::json(401, *parse_json(R"({"error":{"code":401,"message":"who?","title":"Unauthorized"}})"));
    return Response::text(500, "<html>");
  }));
  auto client = client_of({.base_url = url(server.port())});
  auto ok = client->call("POST", "/ok", Json::object({{"a", 7}}));
  ASSERT_TRUE(ok.ok()) << ok.error().message;
  EXPECT_EQ((*ok)["got"].as_int(), 7);
  auto empty = client->call("DELETE", "/empty");
  ASSERT_TRUE(empty.ok());
  EXPECT_TRUE(empty->is_null());
  auto nova = client->call("GET", "/nova");
  EXPECT_EQ(nova.error().message, "busy");
  EXPECT_EQ(nova.error().code, ErrorCode::conflict);
  auto neutron = client->call("GET", "/neutron");
  EXPECT_EQ(neutron.error().message, "no net");
  EXPECT_EQ(neutron.error().type, "NetworkNotFound");
  EXPECT_EQ(client->call("GET", "/keystone").error().message, "who?");
  EXPECT_EQ(client->call("GET", "/other").error().code, ErrorCode::internal);
}

TEST(Client, CancelEndsALongPoll) {
  std::atomic<bool> over = false;
  Running server(make_server({}, [&over](Request&&) {
    for (int i = 0; i < 500 && !over; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return Response::text(200, "late");
  }));
  auto client = client_of({.base_url = url(server.port())});
  const auto start = std::chrono::steady_clock::now();
  std::thread canceller([&client] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    client->cancel();
  });
  const auto answer = client->send({});
  EXPECT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, ErrorCode::unavailable);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(3));
  EXPECT_FALSE(client->send({}).ok());
  canceller.join();
  over = true;
}

TEST(Client, ManyThreadsShareOneClient) {
  std::atomic<int> calls = 0;
  Running server(make_server({}, [&calls](Request&& r) {
    ++calls;
    return Response::text(200, r.body);
  }));
  auto client = client_of({.base_url = url(server.port())});
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 100; ++i) {
        const std::string text = std::to_string(t * 1000 + i);
        const auto answer = client->send({.method = "POST", .body = text});
        if (!answer || answer->body != text) ++wrong;
      }
    });
  for (auto& t : threads) t.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(calls, 800);
}

TEST(Tls, ServesVerifiedClientsAndOnlyThoseTrustIt) {
  const TempDir dir;
  ServerOptions options;
  options.tls = make_certificate(dir);
  Running server(make_server(options, echo));
  const std::string port = std::to_string(server.port());
  for (const std::string host : {"localhost", "127.0.0.1"}) {
    auto client =
        client_of({.base_url = "https://" + host + ":" + port, .ca_file = dir.file("cert.pem")});
    for (int i = 0; i < 3; ++i) {
      const auto answer = client->send({.method = "PUT", .target = "/t", .body = "x"});
      ASSERT_TRUE(answer.ok()) << answer.error().message;
      EXPECT_EQ(answer->body, "PUT /t? 1 x");
    }
  }
  const TempDir other;
  make_certificate(other);
  auto stranger = client_of(
      {.base_url = "https://localhost:" + port, .ca_file = other.file("cert.pem")});
  const auto refused = stranger->send({});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
  Peer wrong_name(server.port());
  EXPECT_FALSE(wrong_name.start_tls(dir.file("cert.pem"), "elsewhere.example"));
  Peer plain(server.port());
  plain.send(kGet);
  EXPECT_EQ(status_of(plain.read_all()), 0);
}

TEST(Tls, CarriesLargeBodiesBothWaysAndPipelines) {
  const TempDir dir;
  ServerOptions options;
  options.tls = make_certificate(dir);
  Running server(make_server(
      options, [](Request&& r) { return Response::text(200, r.body); },
      [](const Request&) { return http::BodyPlan{Body::memory, 16 << 20}; }));
  auto client = client_of({.base_url = "https://localhost:" + std::to_string(server.port()),
                           .ca_file = dir.file("cert.pem")});
  std::string large(9 << 20, 'a');
  for (size_t i = 0; i < large.size(); i += 97) large[i] = static_cast<char>('a' + i % 26);
  const auto answer = client->send({.method = "POST", .body = large});
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_TRUE(answer->body == large);
  Peer peer(server.port());
  ASSERT_TRUE(peer.start_tls(dir.file("cert.pem"), "localhost"));
  peer.send("POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\none"
            "POST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\ntwo");
  EXPECT_EQ(body_of(peer.answer()), "one");
  EXPECT_EQ(body_of(peer.answer()), "two");
}

TEST(Tls, FilesThatCannotBeUsedAreAnError) {
  const TempDir dir;
  ServerOptions options;
  options.tls = http::TlsFiles{dir.file("no.pem"), dir.file("no.key"), {}};
  const auto server = http::Server::create(options, echo, nullptr);
  ASSERT_FALSE(server.ok());
  EXPECT_NE(server.error().detail.find("no.pem"), std::string::npos);
}

}  // namespace
}  // namespace nuri::test
