#include <gtest/gtest.h>

#include "services/http/websocket_client.h"
#include "services/http/websocket_frames.h"
#include "tests/unit/http/serve.h"

namespace nuri::test {
namespace {

// "/ws" answers each message with itself; anything else is refused.
Response echo_at_ws(Request&& request) {
  if (request.path != "/ws") return Response::json(403, Json::object({{"message", "not here"}}));
  Response response;
  response.websocket = [](WebSocket& socket) {
    while (true) {
      auto message = socket.receive(5'000);
      if (!message || !*message || !socket.send(**message, true)) return;
    }
  };
  return response;
}

http::ClientOptions options_of(const Running& server) {
  http::ClientOptions options;
  options.base_url = "http://127.0.0.1:" + std::to_string(server.port());
  return options;
}

TEST(WebSocketClient, SendsAndReceives) {
  Running server(make_server({}, echo_at_ws));
  auto socket = http::connect_websocket(options_of(server), "/ws", {});
  ASSERT_TRUE(socket.ok()) << socket.error().message;
  for (const size_t size : {0u, 1u, 125u, 126u, 65'535u, 65'536u, 1u << 20}) {
    const std::string text(size, 'm');
    ASSERT_TRUE((*socket)->send(text, true).ok());
    const auto back = (*socket)->receive(5'000);
    ASSERT_TRUE(back.ok() && *back) << size;
    EXPECT_EQ(**back, text);
  }
  (*socket)->close();
  const auto end = (*socket)->receive(5'000);
  EXPECT_TRUE(!end || !*end);
}

TEST(WebSocketClient, NothingInTimeIsATimeoutAndTheSocketGoesOn) {
  Running server(make_server({}, echo_at_ws));
  auto socket = http::connect_websocket(options_of(server), "/ws", {});
  ASSERT_TRUE(socket.ok());
  const auto nothing = (*socket)->receive(10);
  ASSERT_FALSE(nothing.ok());
  EXPECT_EQ(nothing.error().code, ErrorCode::timeout);
  ASSERT_TRUE((*socket)->send("late", false).ok());
  const auto back = (*socket)->receive(5'000);
  ASSERT_TRUE(back.ok() && *back);
  EXPECT_EQ(**back, "late");
}

TEST(WebSocketClient, ARefusalIsAnErrorWithItsText) {
  Running server(make_server({}, echo_at_ws));
  auto socket = http::connect_websocket(options_of(server), "/elsewhere", {});
  ASSERT_FALSE(socket.ok());
  EXPECT_EQ(socket.error().code, ErrorCode::forbidden);
  EXPECT_EQ(socket.error().message, "not here");
}

TEST(WebSocketClient, NobodyThereIsUnavailable) {
  http::ClientOptions options;
  options.base_url = "http://127.0.0.1:1";
  auto socket = http::connect_websocket(options, "/ws", {});
  ASSERT_FALSE(socket.ok());
  EXPECT_EQ(socket.error().code, ErrorCode::unavailable);
}

// A browser that is refused waits for the end of the connection, not for another answer on it.
TEST(WebSocketClient, ARefusedUpgradeEndsTheConnection) {
  Running server(make_server({}, echo_at_ws));
  Peer peer(server.port());
  peer.send("GET /elsewhere HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  EXPECT_EQ(status_of(peer.answer()), 403);
  EXPECT_TRUE(peer.closed());
}

TEST(WebSocketFrames, AClientTakesUnmaskedFramesOnly) {
  const http::Mask mask = {1, 2, 3, 4};
  const std::string masked = http::encode_frame(http::Opcode::text, "abcde", mask);
  const std::string plain = http::encode_frame(http::Opcode::text, "abcde");
  EXPECT_NE(masked.find(std::string("\x01\x02\x03\x04", 4)), std::string::npos);
  for (const bool from_client : {true, false}) {
    http::FrameReader reader(from_client);
    reader.feed(from_client ? masked : plain);
    const auto message = reader.next();
    ASSERT_TRUE(message);
    EXPECT_EQ(message->payload, "abcde");
    reader.feed(from_client ? plain : masked);
    EXPECT_FALSE(reader.next());
    EXPECT_EQ(reader.fault(), 1002);
  }
}

}  // namespace
}  // namespace nuri::test
