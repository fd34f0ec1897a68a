#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "services/base/json.h"
#include "tests/unit/http/serve.h"

namespace nuri::test {
namespace {

using http::BodyPlan;
using namespace std::string_literals;
using http::ServerOptions;

std::string get_with(std::string_view header) {
  return "GET / HTTP/1.1\r\nHost: h\r\n" + std::string(header) + "\r\n\r\n";
}

// A door that threads wait at until it is opened.
class Gate {
 public:
  void wait() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  void await_waiting(int n) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this, n] { return waiting_ >= n; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool open_ = false;
};

TEST(Limits, AHeaderOverTheLimitIs431) {
  ServerOptions options;
  options.max_header_bytes = 8192;
  Running server(make_server(options, echo));
  Peer fits(server.port());
  fits.send(get_with("X-Long: " + std::string(8000, 'x')));
  EXPECT_EQ(status_of(fits.answer()), 200);
  Peer peer(server.port());
  peer.send(get_with("X-Long: " + std::string(9000, 'x')));
  const std::string answer = peer.answer();
  EXPECT_EQ(status_of(answer), 431) << answer;
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
  EXPECT_TRUE(peer.closed());
}

TEST(Limits, MalformedRequestsAre400InJson) {
  Running server(make_server({}, echo));
  for (const std::string& bad :
       {std::string("nonsense\r\n\r\n"), std::string("GET / HTTP/1.1\r\n\r\n"),
        std::string("GET  / HTTP/1.1\r\nHost: h\r\n\r\n"), get_with("Host: other"),
        std::string("GET nopath HTTP/1.1\r\nHost: h\r\n\r\n"), get_with("Bad Name: x"),
        get_with("Content-Length: -1"), get_with("Content-Length: 1x"),
        get_with("Content-Length: 99999999999999999999999"),
        get_with("Content-Length: 3\r\nContent-Length: 4"),
        std::string("GET /\x01 HTTP/1.1\r\nHost: h\r\n\r\n"),
        "GET / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n"s,
        "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n\r\n"s}) {
    Peer peer(server.port());
    peer.send(bad);
    const std::string answer = peer.answer();
    EXPECT_EQ(status_of(answer), 400) << bad << "\n->\n" << answer;
    const auto body = parse_json(body_of(answer));
    ASSERT_TRUE(body.ok()) << answer;
    EXPECT_EQ((*body)["badRequest"]["code"].as_int(), 400);
    EXPECT_TRUE(peer.closed());
  }
}

TEST(Limits, BodyFramingsThatCouldBeReadTwoWaysAreRefused) {
  Running server(make_server({}, echo));
  for (const char* bad :
       {"Content-Length: 5\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: chunked, gzip",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "Transfer-Encoding: identity",
        "Transfer-Encoding: xchunked", "Transfer-Encoding : chunked",
        "Transfer-Encoding:\x0b" "chunked"}) {
    Peer peer(server.port());
    peer.send("POST / HTTP/1.1\r\nHost: h\r\n" + std::string(bad) +
              "\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n");
    const std::string all = peer.read_all();
    EXPECT_EQ(status_of(all), 400) << bad << "\n->\n" << all;
    EXPECT_EQ(all.find("smuggled"), std::string::npos);
  }
  Peer old(server.port());
  old.send("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
  EXPECT_EQ(status_of(old.answer()), 400);
}

TEST(Limits, BadChunksAre400) {
  Running server(make_server({}, echo));
  for (const std::string& bad :
       {std::string("zz\r\n"), std::string("3\r\nabcdef\r\n"), std::string("-1\r\n\r\n"),
        std::string("fffffffffffffffff\r\n"), std::string("3;") + std::string(100'000, 'x')}) {
    Peer peer(server.port());
    peer.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + bad);
    EXPECT_EQ(status_of(peer.answer()), 400) << bad.substr(0, 40);
  }
}

TEST(Limits, OtherVersionsAre505) {
  Running server(make_server({}, echo));
  Peer peer(server.port());
  peer.send("GET / HTTP/2.0\r\nHost: h\r\n\r\n");
  EXPECT_EQ(status_of(peer.answer()), 505);
}

// Most clients send all before they read: cut off, they would not learn why.
TEST(Limits, AHundredMegabytesAreRefusedAndDropped) {
  Running server(make_server({}, echo));
  Peer peer(server.port());
  const std::string piece(1 << 20, 'x');
  ASSERT_TRUE(peer.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 104857600\r\n\r\n"));
  const size_t before = resident_bytes();
  int sent = 0;
  while (sent < 100 && peer.send(piece)) ++sent;
  EXPECT_EQ(sent, 100);
  const std::string answer = peer.answer();
  EXPECT_EQ(status_of(answer), 413) << answer;
  EXPECT_NE(answer.find("1048576"), std::string::npos);
  EXPECT_LT(resident_bytes(), before + (8u << 20));
}

TEST(Limits, AChunkedBodyOverTheLimitIs413) {
  Running server(make_server({}, echo, [](const Request&) { return BodyPlan{Body::memory, 1000}; }));
  Peer peer(server.port());
  peer.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  peer.send("3e8\r\n" + std::string(1000, 'a') + "\r\n1\r\nb\r\n0\r\n\r\n");
  EXPECT_EQ(status_of(peer.answer()), 413);
  Peer fits(server.port());
  fits.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  fits.send("3e8\r\n" + std::string(1000, 'a') + "\r\n0\r\n\r\n");
  EXPECT_EQ(status_of(fits.answer()), 200);
}

TEST(Limits, ARouteWithoutABodyTakesALittleAndNoMore) {
  Running server(make_server({}, echo, [](const Request&) { return BodyPlan{Body::none, 0}; }));
  Peer peer(server.port());
  peer.send("DELETE /x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}");
  EXPECT_EQ(status_of(peer.answer()), 200);
  peer.send("DELETE /x HTTP/1.1\r\nHost: h\r\nContent-Length: 70000\r\n\r\n");
  EXPECT_EQ(status_of(peer.answer()), 413);
}

TEST(Limits, AHeaderThatDripsIs408) {
  ServerOptions options;
  options.header_timeout_ms = 300;
  Running server(make_server(options, echo));
  Peer peer(server.port());
  const auto start = std::chrono::steady_clock::now();
  ASSERT_TRUE(peer.send("GET / HTTP/1.1\r\n"));
  std::thread drip([&peer] {
    while (peer.send("X-Drip: drop\r\n")) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  });
  const std::string answer = peer.read_until("\r\n\r\n");
  const auto took = std::chrono::steady_clock::now() - start;
  EXPECT_EQ(status_of(answer), 408) << answer;
  EXPECT_LT(took, std::chrono::seconds(2));
  drip.join();
}

TEST(Limits, AConnectionThatNeverSpeaksIsClosed) {
  ServerOptions options;
  options.header_timeout_ms = 200;
  Running server(make_server(options, echo));
  Peer peer(server.port());
  EXPECT_TRUE(peer.closed());
}

TEST(Limits, AnIdleConnectionIsClosed) {
  ServerOptions options;
  options.idle_timeout_ms = 200;
  Running server(make_server(options, echo));
  Peer peer(server.port());
  peer.send(kGet);
  EXPECT_EQ(status_of(peer.answer()), 200);
  EXPECT_TRUE(peer.closed());
}

TEST(Limits, ABodyThatStopsIs408) {
  ServerOptions options;
  options.body_timeout_ms = 200;
  Running server(make_server(options, echo));
  Peer peer(server.port());
  peer.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf");
  EXPECT_EQ(status_of(peer.answer()), 408);
}

TEST(Limits, MoreConnectionsThanAllowedGetA503) {
  ServerOptions options;
  options.max_connections = 2;
  Running server(make_server(options, echo));
  Peer first(server.port()), second(server.port());
  first.send(kGet);
  second.send(kGet);
  EXPECT_EQ(status_of(first.answer()), 200);
  EXPECT_EQ(status_of(second.answer()), 200);
  Peer third(server.port());
  EXPECT_EQ(status_of(third.answer()), 503);
}

TEST(Limits, MoreRequestsThanTheQueueHoldsGetA503WithRetryAfter) {
  Gate gate;
  ServerOptions options;
  options.workers = 1;
  options.max_queue = 2;
  Running server(make_server(options, [&gate](Request&&) {
    gate.wait();
    return Response::text(200, "done");
  }));
  std::vector<std::unique_ptr<Peer>> peers;
  for (int i = 0; i < 6; ++i) {
    peers.push_back(std::make_unique<Peer>(server.port()));
    peers.back()->send(kGet);
    if (i == 0) gate.await_waiting(1);
  }
  // One is in the handler and two wait; the other three are turned away at once.
  int refused = 0;
  for (int i = 3; i < 6; ++i) {
    const std::string answer = peers[static_cast<size_t>(i)]->answer();
    refused += status_of(answer) == 503 && answer.find("Retry-After: 1") != std::string::npos;
  }
  gate.open();
  EXPECT_EQ(refused, 3);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(status_of(peers[static_cast<size_t>(i)]->answer()), 200);
  peers[5]->send(kGet);  // a refused connection goes on
  EXPECT_EQ(status_of(peers[5]->answer()), 200);
}

TEST(Stop, RequestsInFlightEndAndNewOnesAreNotTaken) {
  Gate gate;
  Running server(make_server({}, [&gate](Request&&) {
    gate.wait();
    return Response::text(200, "done");
  }));
  const uint16_t port = server.port();
  Peer busy(port), idle(port), fresh(port);
  busy.send(kGet);
  gate.await_waiting(1);
  std::thread stopper([&server] { server.stop(); });
  EXPECT_TRUE(fresh.closed());
  EXPECT_TRUE(idle.closed());
  Peer late(port);
  EXPECT_FALSE(late.send(kGet) && status_of(late.answer()) == 200);
  gate.open();
  const std::string answer = busy.answer();
  EXPECT_EQ(body_of(answer), "done");
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
  stopper.join();
}

}  // namespace
}  // namespace nuri::test
