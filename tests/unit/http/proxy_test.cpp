#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>

#include "services/http/websocket.h"
#include "services/http/websocket_frames.h"
#include "tests/unit/http/serve.h"

namespace nuri::test {
namespace {

using http::BodyPlan;
using http::ProxyTarget;
using http::ServerOptions;

constexpr uint64_t kLarge = 200ull << 20;

http::Server::ProxyRule to(uint16_t port, uint64_t max_body = kLarge) {
  return [port, max_body](Request& r) -> std::optional<ProxyTarget> {
    if (r.path == "/own") return std::nullopt;
    ProxyTarget target;
    target.host = "127.0.0.1";
    target.port = port;
    target.target = "/up" + r.target;
    target.max_body_bytes = max_body;
    target.set_headers.set("X-Forwarded-Host", r.headers.get("Host"));
    target.response_headers.set("X-Via", "proxy");
    return target;
  };
}

// A listening socket whose connections are served by hand, one after the other.
class ByHand {
 public:
  using Serve = std::function<void(int fd)>;
  explicit ByHand(Serve serve) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    ::bind(fd_, reinterpret_cast<sockaddr*>(&at), sizeof at);
    ::listen(fd_, 16);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size);
    port_ = ntohs(at.sin_port);
    thread_ = std::thread([this, serve = std::move(serve)] {
      int c;
      while ((c = ::accept(fd_, nullptr, nullptr)) >= 0) {
        ++connections;
        serve(c);
        ::close(c);
      }
    });
  }
  ~ByHand() {
    ::shutdown(fd_, SHUT_RDWR);
    thread_.join();
    ::close(fd_);
  }
  uint16_t port() const { return port_; }
  std::atomic<int> connections = 0;

 private:
  int fd_;
  uint16_t port_ = 0;
  std::thread thread_;
};

std::string read_head(int fd) {
  std::string all;
  char c;
  while (!all.ends_with("\r\n\r\n") && ::recv(fd, &c, 1, 0) == 1) all += c;
  return all;
}

void say(int fd, std::string_view text) { ::send(fd, text.data(), text.size(), MSG_NOSIGNAL); }

TEST(Proxy, RelaysRequestAndAnswerOnKeptConnections) {
  Running upstream(make_server({}, [](Request&& r) {
    Response response = Response::text(
        202, r.method + ' ' + r.target + ' ' + r.headers.get("X-Forwarded-Host") + ' ' +
                 r.headers.get("X-Custom") + ' ' + r.headers.get("X-Hop") + r.headers.get("TE") +
                 ' ' + r.body);
    response.headers.add("Set-Cookie", "a=1");
    response.headers.add("Set-Cookie", "b=2");
    return response;
  }));
  Running proxy(make_server({}, echo, nullptr, to(upstream.port())));
  Peer peer(proxy.port());
  for (int i = 0; i < 50; ++i) {
    peer.send("POST /x?y=%20z HTTP/1.1\r\nHost: front:1\r\nX-Custom: kept\r\nConnection: X-Hop\r\n"
              "X-Hop: dropped\r\nTE: trailers\r\nContent-Length: 4\r\n\r\nbody");
    const std::string answer = peer.answer();
    ASSERT_EQ(status_of(answer), 202) << answer;
    ASSERT_EQ(body_of(answer), "POST /up/x?y=%20z front:1 kept  body");
    ASSERT_NE(answer.find("X-Via: proxy"), std::string::npos);
    ASSERT_NE(answer.find("Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n"), std::string::npos) << answer;
  }
  peer.send("HEAD /x HTTP/1.1\r\nHost: h\r\n\r\nGET /own HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(status_of(peer.answer(true)), 202);
  EXPECT_EQ(body_of(peer.answer()), "GET /own? 0 ");
}

TEST(Proxy, RelaysChunkedBothWays) {
  ByHand upstream([](int fd) {
    read_head(fd);
    std::string body;
    char c;
    while (!body.ends_with("0\r\n\r\n") && ::recv(fd, &c, 1, 0) == 1) body += c;
    say(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    say(fd, "6\r\n world\r\n0\r\n\r\n");
  });
  Running proxy(make_server({}, echo, nullptr, to(upstream.port())));
  Peer peer(proxy.port());
  peer.send("PUT /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
  EXPECT_EQ(body_of(peer.answer()), "hello world");
  Peer old(proxy.port());
  old.send("PUT /c HTTP/1.0\r\nContent-Length: 5\r\n\r\n0\r\n\r\n");
  EXPECT_EQ(body_of(old.read_all()), "hello world");
}

TEST(Proxy, AnAnswerThatEndsWithTheConnectionIsRelayedWhole) {
  ByHand upstream([](int fd) {
    read_head(fd);
    say(fd, "HTTP/1.0 200 OK\r\n\r\nuntil the end");
  });
  Running proxy(make_server({}, echo, nullptr, to(upstream.port())));
  Peer peer(proxy.port());
  for (int i = 0; i < 3; ++i) {
    peer.send(kGet);
    EXPECT_EQ(body_of(peer.answer()), "until the end");
  }
}

TEST(Proxy, StreamsLargeBodiesInBoundedMemory) {
  const TempDir spool;
  ServerOptions options;
  options.spool_dir = spool.path();
  Running upstream(make_server(
      options,
      [](Request&& r) {
        Response response = Response::text(200, "");
        response.headers.set("X-Got", std::to_string(r.body_size));
        response.file = Response::File{r.body_file->path(), 0, r.body_size, r.body_file};
        return response;
      },
      [](const Request&) { return BodyPlan{Body::spool, kLarge}; }));
  Running proxy(make_server({}, echo, nullptr, to(upstream.port())));
  Peer peer(proxy.port());
  const size_t before = resident_bytes();
  peer.send("PUT /big HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(kLarge) + "\r\n\r\n");
  const std::string piece(1 << 20, 'p');
  for (uint64_t sent = 0; sent < kLarge; sent += piece.size()) ASSERT_TRUE(peer.send(piece));
  const std::string head = peer.read_until("\r\n\r\n");
  EXPECT_NE(head.find("X-Got: 209715200"), std::string::npos) << head;
  // A reader that stops makes the others stop too: nothing piles up between them.
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_LT(resident_bytes(), before + (32u << 20));
  uint64_t got = 0;
  while (got < kLarge) {
    const std::string more = peer.read_some();
    if (more.empty()) break;
    ASSERT_EQ(more.find_first_not_of('p'), more.npos);
    got += more.size();
  }
  EXPECT_EQ(got, kLarge);
  EXPECT_LT(resident_bytes(), before + (32u << 20));
}

TEST(Proxy, ABodyOverTheLimitIs413) {
  Running upstream(make_server({}, echo));
  Running proxy(make_server({}, echo, nullptr, to(upstream.port(), 1000)));
  Peer peer(proxy.port());
  peer.send("PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: 104857600\r\n\r\n" + std::string(50'000, 'x'));
  EXPECT_EQ(status_of(peer.answer()), 413);
  Peer chunked(proxy.port());
  chunked.send("PUT /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" +
               std::string(1001, 'x') + "\r\n0\r\n\r\n");
  EXPECT_EQ(status_of(chunked.answer()), 413);
}

TEST(Proxy, TheUpstreamsEarlyRefusalReachesTheClient) {
  Running upstream(make_server({}, echo));  // takes 1 MiB
  Running proxy(make_server({}, echo, nullptr, to(upstream.port())));
  Peer peer(proxy.port());
  peer.send("PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: 104857600\r\n\r\n");
  const std::string piece(1 << 20, 'x');
  for (int i = 0; i < 100 && peer.send(piece); ++i) {
  }
  EXPECT_EQ(status_of(peer.answer()), 413);
}

TEST(Proxy, AnUpstreamThatIsNotThereIs503AndTheConnectionLives) {
  uint16_t port = 0;
  {
    Running gone(make_server({}, echo));
    port = gone.port();
  }
  Running proxy(make_server({}, echo, nullptr, to(port)));
  Peer peer(proxy.port());
  peer.send(kGet);
  const std::string answer = peer.answer();
  EXPECT_EQ(status_of(answer), 503);
  EXPECT_NE(answer.find("Retry-After"), std::string::npos);
  peer.send("GET /own HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(status_of(peer.answer()), 200);
}

TEST(Proxy, ARestartingUpstreamIsWaitedFor) {
  ServerOptions options;
  {
    Running first(make_server({}, echo));
    options.port = first.port();
  }
  Running proxy(make_server({}, echo, nullptr, to(options.port)));
  Peer peer(proxy.port());
  peer.send("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi");
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  Running second(make_server(options, echo));
  EXPECT_EQ(body_of(peer.answer()), "POST /up/x? 2 hi");
}

TEST(Proxy, AnUpstreamThatDiesWithoutAnAnswerIs502AndNothingIsSentTwice) {
  ByHand upstream([](int fd) { read_head(fd); });
  Running proxy(make_server({}, echo, nullptr, to(upstream.port())));
  Peer peer(proxy.port());
  peer.send("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(status_of(peer.answer()), 502);
  EXPECT_EQ(upstream.connections, 1);
}

TEST(Proxy, AnUpstreamThatDiesMidwayCutsTheAnswer) {
  ByHand upstream([](int fd) {
    read_head(fd);
    say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
  });
  Running proxy(make_server({}, echo, nullptr, to(upstream.port())));
  Peer peer(proxy.port());
  peer.send(kGet);
  const std::string answer = peer.read_all();
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_EQ(body_of(answer), "half");
}

TEST(Proxy, AnIdempotentRequestIsRepeatedWhereAKeptConnectionWasClosedUnderIt) {
  std::atomic<int> round = 0;
  ByHand upstream([&round](int fd) {
    read_head(fd);
    say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    // The second request on this connection is read and not answered.
    if (round++ == 0) read_head(fd);
  });
  Running proxy(make_server({}, echo, nullptr, to(upstream.port())));
  Peer peer(proxy.port());
  for (int i = 0; i < 2; ++i) {
    peer.send(kGet);
    EXPECT_EQ(body_of(peer.answer()), "ok");
  }
  EXPECT_EQ(upstream.connections, 2);
}

TEST(Proxy, GarbageFromTheUpstreamIs502) {
  ByHand upstream([](int fd) {
    read_head(fd);
    say(fd, "SSH-2.0-OpenSSH\r\n\r\n");
  });
  Running proxy(make_server({}, echo, nullptr, to(upstream.port())));
  Peer peer(proxy.port());
  peer.send(kGet);
  EXPECT_EQ(status_of(peer.answer()), 502);
}

TEST(Proxy, WebsocketsAreRelayed) {
  const TempDir dir;
  Running upstream(make_server({}, [](Request&& r) {
    Response response;
    response.headers.set("X-Path", r.target);
    response.websocket = [](WebSocket& socket) {
      while (true) {
        auto message = socket.receive(5'000);
        if (!message || !*message || !socket.send("re:" + **message, false)) return;
      }
    };
    return response;
  }));
  ServerOptions options;
  options.tls = make_certificate(dir);
  auto proxy = std::make_unique<Running>(make_server(options, echo, nullptr, to(upstream.port())));
  const std::string upgrade =
      "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  Peer peer(proxy->port()), other(proxy->port());
  ASSERT_TRUE(peer.start_tls(dir.file("cert.pem"), "localhost"));
  peer.send(upgrade + client_frame(1, "0"));
  const std::string head = peer.read_until("\r\n\r\n");
  ASSERT_EQ(status_of(head), 101) << head;
  EXPECT_NE(head.find("X-Path: /up/ws"), std::string::npos);
  EXPECT_EQ(peer.read_exactly(6), http::encode_frame(http::Opcode::text, "re:0"));
  for (int i = 0; i < 100; ++i) {
    const std::string text(static_cast<size_t>(i) * 300, 'w');
    ASSERT_TRUE(peer.send(client_frame(1, text)));
    const std::string expected = http::encode_frame(http::Opcode::text, "re:" + text);
    ASSERT_EQ(peer.read_exactly(expected.size()), expected);
  }
  peer.send(client_frame(8, "\x03\xe8"));
  EXPECT_EQ(peer.read_exactly(4), http::encode_close(1000));
  EXPECT_TRUE(peer.closed());
  // One that is open when the proxy stops does not hold it up.
  ASSERT_TRUE(other.start_tls(dir.file("cert.pem"), "localhost"));
  other.send(upgrade);
  ASSERT_EQ(status_of(other.read_until("\r\n\r\n")), 101);
  const auto start = std::chrono::steady_clock::now();
  proxy.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(3));
}

}  // namespace
}  // namespace nuri::test
