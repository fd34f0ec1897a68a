// The agent's end of consoles: between a guest's stream and a websocket.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <deque>

#include "compute/agent/console/console_relay.h"
#include "compute/agent/console/sim_consoles.h"

namespace nuri::compute::agent::testing {
namespace {

const std::string kServer = "22222222-2222-4222-8222-222222222222";
const std::string kSession = "33333333-3333-4333-8333-333333333333";

// What compute's end says and hears.
struct Wire {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::string> said;
  std::string heard;
  bool closed = false;

  void say(std::string text) {
    const std::lock_guard lock(mutex);
    said.push_back(std::move(text));
    changed.notify_all();
  }
  void close() {
    const std::lock_guard lock(mutex);
    closed = true;
    changed.notify_all();
  }
  // What has been heard once it is that long, or what there is after 10 s.
  std::string hear(size_t size) {
    std::unique_lock lock(mutex);
    changed.wait_for(lock, std::chrono::seconds(10), [&] { return heard.size() >= size || closed; });
    return heard;
  }
  bool ends() {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(10), [&] { return closed; });
  }
};

class FakeSocket final : public WebSocket {
 public:
  explicit FakeSocket(Wire& wire) : wire_(wire) {}
  Result<std::optional<std::string>> receive(unsigned timeout_ms) override {
    std::unique_lock lock(wire_.mutex);
    const bool came = wire_.changed.wait_for(lock, std::chrono::milliseconds(timeout_ms),
                                             [&] { return !wire_.said.empty() || wire_.closed; });
    if (!came) return Error(ErrorCode::timeout, "nothing");
    if (wire_.said.empty()) return std::optional<std::string>();
    std::string text = std::move(wire_.said.front());
    wire_.said.pop_front();
    return std::optional(std::move(text));
  }
  Status send(std::string_view message, bool) override {
    const std::lock_guard lock(wire_.mutex);
    if (wire_.closed) return unavailable("closed");
    wire_.heard += message;
    wire_.changed.notify_all();
    return {};
  }
  void close() override { wire_.close(); }

 private:
  Wire& wire_;
};

Json params(const std::string& kind) {
  return Json::object({{"server_id", kServer}, {"kind", kind}, {"session", kSession}});
}

struct World {
  Wire wire;
  ConsoleRelay relay{std::make_unique<SimConsoles>(), [this](const std::string& session) -> Result<std::unique_ptr<WebSocket>> {
                       if (session != kSession) return not_found("nobody waits");
                       return std::unique_ptr<WebSocket>(std::make_unique<FakeSocket>(wire));
                     }};
};

TEST(Console, BytesGoBothWays) {
  World w;
  ASSERT_TRUE(w.relay.open(params("serial")).ok());
  std::string sent;
  for (int i = 0; i < 50; ++i) {
    const std::string text(4000, static_cast<char>('a' + i % 26));
    sent += text;
    w.wire.say(text);
  }
  EXPECT_EQ(w.wire.hear(sent.size()), sent);
}

TEST(Console, ASimulatedScreenSpeaksRfb) {
  World w;
  ASSERT_TRUE(w.relay.open(params("vnc")).ok());
  EXPECT_EQ(w.wire.hear(12), "RFB 003.008\n");
  w.wire.say("RFB 003.008\n");
  EXPECT_EQ(w.wire.hear(14).substr(12), "\1\1");
  w.wire.say("\1");
  EXPECT_EQ(w.wire.hear(18).substr(14), std::string(4, '\0'));
  w.wire.say("\1");
  const std::string name = "nuri-" + kServer;
  const std::string init = w.wire.hear(18 + 24 + name.size()).substr(18);
  ASSERT_EQ(init.size(), 24 + name.size());
  EXPECT_EQ(init.substr(24), name);
}

TEST(Console, TheUsersEndEndsIt) {
  World w;
  ASSERT_TRUE(w.relay.open(params("serial")).ok());
  w.wire.close();
  w.relay.stop();  // waits for its threads
}

class BrokenGuest final : public ConsoleSource {
 public:
  Result<int> open(const std::string&, const std::string&) override {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return internal("no pair");
    (void)!::write(ends[1], "last words", 10);
    ::close(ends[1]);
    return ends[0];
  }
};

TEST(Console, TheGuestsEndEndsIt) {
  Wire wire;
  ConsoleRelay relay(std::make_unique<BrokenGuest>(), [&](const std::string&) -> Result<std::unique_ptr<WebSocket>> {
    return std::unique_ptr<WebSocket>(std::make_unique<FakeSocket>(wire));
  });
  ASSERT_TRUE(relay.open(params("serial")).ok());
  EXPECT_TRUE(wire.ends());
  EXPECT_EQ(wire.hear(10), "last words");
}

TEST(Console, BadCallsOpenNothing) {
  World w;
  for (const auto& [key, value] : {std::pair("server_id", "../x"), {"kind", "floppy"}, {"session", "x"}, {"kind", ""}}) {
    Json p = params("vnc");
    p.set(key, value);
    auto opened = w.relay.open(p);
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code, ErrorCode::bad_request) << key;
  }
  Json elsewhere = params("vnc");
  elsewhere.set("session", kServer);  // compute does not know it
  EXPECT_FALSE(w.relay.open(elsewhere).ok());
  w.relay.stop();
  EXPECT_FALSE(w.relay.open(params("vnc")).ok()) << "not while stopping";
}

}  // namespace
}  // namespace nuri::compute::agent::testing
