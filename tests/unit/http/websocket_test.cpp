#include <gtest/gtest.h>

#include <atomic>

#include "services/http/websocket.h"
#include "services/http/websocket_frames.h"
#include "tests/unit/http/serve.h"

namespace nuri::test {
namespace {

constexpr const char* kUpgrade =
    "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

// Answers each message with itself until the client closes.
Response echo_socket(Request&&) {
  Response response;
  response.websocket = [](WebSocket& socket) {
    while (true) {
      auto message = socket.receive(5'000);
      if (!message || !*message) return;
      if (!socket.send(**message, false)) return;
    }
  };
  return response;
}

std::string server_frame(http::Opcode opcode, std::string_view payload) {
  return http::encode_frame(opcode, payload);
}

void open(Peer& peer) {
  peer.send(kUpgrade);
  const std::string answer = peer.read_until("\r\n\r\n");
  ASSERT_EQ(status_of(answer), 101) << answer;
  // RFC 6455 1.3's own example.
  ASSERT_NE(answer.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), std::string::npos);
}

TEST(WebSocket, EchoesMessagesAndAnswersPingAndClose) {
  Running server(make_server({}, echo_socket));
  Peer peer(server.port());
  open(peer);
  for (const size_t size : {0u, 5u, 125u, 126u, 60'000u}) {
    const std::string text(size, 'm');
    peer.send(client_frame(1, text));
    const std::string expected = server_frame(http::Opcode::text, text);
    EXPECT_EQ(peer.read_exactly(expected.size()), expected);
  }
  peer.send(client_frame(9, "beat") + client_frame(1, "frag", false) + client_frame(9, "mid") +
            client_frame(0, "ment"));
  const std::string expected = server_frame(http::Opcode::pong, "beat") +
                               server_frame(http::Opcode::pong, "mid") +
                               server_frame(http::Opcode::text, "fragment");
  EXPECT_EQ(peer.read_exactly(expected.size()), expected);
  peer.send(client_frame(8, "\x03\xe8"));
  EXPECT_EQ(peer.read_exactly(4), http::encode_close(1000));
  EXPECT_TRUE(peer.closed());
}

TEST(WebSocket, ViolationsEndIt) {
  Running server(make_server({}, echo_socket));
  std::string unmasked = server_frame(http::Opcode::text, "x");
  for (const auto& [bytes, code] :
       {std::pair<std::string, int>{unmasked, 1002}, {client_frame(3, "x"), 1002},
        {client_frame(0, "x"), 1002}, {client_frame(1, "\xff\xfe"), 1007},
        {client_frame(9, "x", false), 1002}, {client_frame(9, std::string(126, 'x')), 1002},
        {std::string("\x81\xff\x00\x00\x00\xff\x00\x00\x00\x00\x00\x00\x00\x00", 14), 1009}}) {
    Peer peer(server.port());
    open(peer);
    peer.send(bytes);
    EXPECT_EQ(peer.read_exactly(4), http::encode_close(static_cast<uint16_t>(code)));
  }
}

TEST(WebSocket, BytesSentRightBehindTheHandshakeAreNotLost) {
  Running server(make_server({}, echo_socket));
  Peer peer(server.port());
  peer.send(kUpgrade + client_frame(1, "early"));
  EXPECT_EQ(status_of(peer.read_until("\r\n\r\n")), 101);
  EXPECT_EQ(peer.read_exactly(7), server_frame(http::Opcode::text, "early"));
}

TEST(WebSocket, APlainRequestThereIs400) {
  Running server(make_server({}, echo_socket));
  Peer peer(server.port());
  peer.send(kGet);
  EXPECT_EQ(status_of(peer.answer()), 400);
}

TEST(WebSocket, WorksOverTlsAndSendsFromASecondThread) {
  const TempDir dir;
  http::ServerOptions options;
  options.tls = make_certificate(dir);
  Running server(make_server(options, [](Request&&) {
    Response response;
    response.websocket = [](WebSocket& socket) {
      std::atomic<bool> over = false;
      std::thread sender([&] {
        for (int i = 0; i < 200 && !over; ++i)
          if (!socket.send("tick", true)) return;
      });
      int got = 0;
      while (true) {
        auto message = socket.receive(5'000);
        if (!message || !*message) break;
        if (++got == 200) (void)socket.send("all", false);
      }
      over = true;
      sender.join();
    };
    return response;
  }));
  Peer peer(server.port());
  ASSERT_TRUE(peer.start_tls(dir.file("cert.pem"), "localhost"));
  open(peer);
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(peer.send(client_frame(1, "tock")));
  const std::string all = peer.read_exactly(200 * 6 + 5);
  EXPECT_NE(all.find(server_frame(http::Opcode::text, "all")), std::string::npos);
  size_t ticks = 0;
  for (size_t at = 0; (at = all.find("tick", at)) != all.npos; ++at) ++ticks;
  EXPECT_EQ(ticks, 200u);
}

TEST(WebSocket, AStopEndsOpenSockets) {
  auto server = std::make_unique<Running>(make_server({}, echo_socket));
  Peer peer(server->port());
  open(peer);
  const auto start = std::chrono::steady_clock::now();
  server.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(3));
}

}  // namespace
}  // namespace nuri::test
