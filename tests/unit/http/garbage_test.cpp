#include <gtest/gtest.h>

#include "services/base/random.h"
#include "tests/unit/http/serve.h"

namespace nuri::test {
namespace {

const char* const kSeeds[] = {
    "GET /a?b=c HTTP/1.1\r\nHost: h\r\n\r\n",
    "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.1\r\nHost: h\r\n\r\n",
    "PUT /y HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4;a=b\r\nwiki\r\n0\r\nT: u\r\n\r\n",
    ("GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
     "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\x81\x81\1\2\3\4x"),
};

std::string mutate(std::string text, Random& random) {
  for (uint64_t n = 1 + random.below(6); n > 0 && !text.empty(); --n) {
    const size_t at = random.below(text.size());
    switch (random.below(5)) {
      case 0: text[at] = static_cast<char>(random.below(256)); break;
      case 1: text.erase(at, 1 + random.below(8)); break;
      case 2: text.insert(at, text.substr(random.below(text.size()), random.below(20))); break;
      case 3: text.insert(at, 1, "\r\n\0:; ,\xff"[random.below(8)]); break;
      case 4: text.insert(at, random.below(3000), 'A'); break;
    }
  }
  return text;
}

// Whatever comes, each connection ends with an answer or a close, and the server serves on.
void bombard(uint16_t port, uint64_t seed) {
  SeededRandom random(seed);
  for (int i = 0; i < 400; ++i) {
    const std::string bytes = mutate(kSeeds[random.below(4)], random);
    Peer peer(port);
    const size_t half = random.below(bytes.size() + 1);
    peer.send(bytes.substr(0, half));
    peer.send(bytes.substr(half));
    peer.finish_sending();
    const std::string answer = peer.read_all();
    if (!answer.empty()) {
      ASSERT_TRUE(answer.starts_with("HTTP/1.1 ")) << bytes;
    }
  }
  Peer sane(port);
  sane.send(kGet);
  ASSERT_EQ(status_of(sane.answer()), 200);
}

Response serve(Request&& r) {
  if (r.path != "/ws") return echo(std::move(r));
  Response response;
  response.websocket = [](WebSocket&) {};
  return response;
}

TEST(Garbage, AServerLivesThroughIt) {
  Running server(make_server({}, serve));
  bombard(server.port(), 1);
}

TEST(Garbage, AProxyLivesThroughIt) {
  Running upstream(make_server({}, serve));
  const uint16_t port = upstream.port();
  Running proxy(make_server({}, serve, nullptr, [port](Request& r) {
    http::ProxyTarget target;
    target.host = "127.0.0.1";
    target.port = port;
    target.target = r.target;
    target.max_body_bytes = 2000;
    return std::optional(target);
  }));
  bombard(proxy.port(), 2);
}

}  // namespace
}  // namespace nuri::test
