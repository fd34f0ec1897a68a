// Consoles: who may ask for one, what its token opens and how often, and how two websockets meet.
#include <condition_variable>
#include <deque>
#include <thread>

#include "compute/routes/consoles.h"
#include "compute/store/console_store.h"
#include "services/http/websocket.h"
#include "tests/unit/compute/world.h"

namespace nuri::compute::test {

namespace {

const Json kVnc = *parse_json(R"({"remote_console": {"protocol": "vnc", "type": "novnc"}})");
const Json kSerial = *parse_json(R"({"remote_console": {"protocol": "serial", "type": "serial"}})");

// The world's compute with its console routes.
struct Consoles {
  World w;
  ConsoleHub hub;
  std::string id;
  Consoles() {
    add_console_routes(w.control->router, w.control->app, hub);
    id = w.create_server();
    EXPECT_TRUE(w.run_until([&] { return w.status(id) == "ACTIVE"; }));
  }
  Response ask(const std::string& token, const Json& body, int version = 6) {
    return w.send("POST", "/v2.1/servers/" + id + "/remote-consoles", token, body, version);
  }
  std::string token_of(const Json& body) {
    const std::string url = body_of(ask("member", body))["remote_console"]["url"].as_string();
    const size_t at = url.find("token");
    EXPECT_NE(at, std::string::npos) << url;
    return url.substr(at + (url[at + 5] == '=' ? 6 : 8));
  }
  Response open(const std::string& token, bool upgrade = true) {
    Request r;
    r.method = "GET";
    r.path = "/consoles";
    r.query.set("token", token);
    if (upgrade) r.headers.set("Upgrade", "websocket");
    return w.control->router.dispatch(r);
  }
};

class FakeSocket final : public WebSocket {
 public:
  Result<std::optional<std::string>> receive(unsigned timeout_ms) override {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms),
                           [&] { return closed_ || !in_.empty(); }))
      return Error(ErrorCode::timeout, "nothing");
    if (in_.empty()) return std::optional<std::string>();
    std::string text = std::move(in_.front());
    in_.pop_front();
    return std::optional(std::move(text));
  }
  Status send(std::string_view message, bool) override {
    const std::lock_guard lock(mutex_);
    out_ += message;
    changed_.notify_all();
    return {};
  }
  void close() override {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }
  void says(std::string text) {
    const std::lock_guard lock(mutex_);
    in_.push_back(std::move(text));
    changed_.notify_all();
  }
  std::string heard(size_t size) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(10), [&] { return out_.size() >= size; });
    return out_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> in_;
  std::string out_;
  bool closed_ = false;
};

}  // namespace

TEST(ConsoleRoutes, EveryPersona) {
  Consoles c;
  const std::string path = "/v2.1/servers/" + c.id + "/remote-consoles";
  const std::string body = kVnc.dump();
  EXPECT_EQ(c.w.send_raw("POST", path, "", body, 6).status, 401);
  EXPECT_EQ(c.w.send_raw("POST", path, "forged", body, 6).status, 401);
  EXPECT_EQ(c.w.send_raw("POST", path, "reader", body, 6).status, 403);
  EXPECT_EQ(c.w.send_raw("POST", path, "foreign", body, 6).status, 404);
  EXPECT_EQ(c.w.send_raw("POST", path, "agent", body, 6).status, 403);
  EXPECT_EQ(c.w.send_raw("POST", path, "member", body, 6).status, 200);
  EXPECT_EQ(c.w.send_raw("POST", path, "admin", body, 6).status, 200);
  for (const char* who : {"", "forged"})
    EXPECT_EQ(c.w.send_raw("GET", "/agent/v1/consoles/x", who, "").status, 401);
  for (const char* who : {"reader", "member", "admin", "service"})
    EXPECT_EQ(c.w.send_raw("GET", "/agent/v1/consoles/x", who, "").status, 403) << who;
  EXPECT_EQ(c.w.send_raw("GET", "/agent/v1/consoles/x", "agent", "").status, 404);
}

TEST(ConsoleRoutes, ShapesByMicroversion) {
  Consoles c;
  EXPECT_EQ(c.ask("member", kVnc, 5).status, 404);
  Json console = body_of(c.ask("member", kVnc, 93))["remote_console"];
  EXPECT_EQ(console["protocol"].as_string(), "vnc");
  EXPECT_EQ(console["type"].as_string(), "novnc");
  EXPECT_EQ(console.size(), 3u);
  const auto action = [&](const char* name, const char* type, int version) {
    return c.w.send("POST", "/v2.1/servers/" + c.id + "/action", "member",
                    Json::object({{name, Json::object({{"type", type}})}}), version);
  };
  auto old = action("os-getVNCConsole", "novnc", 1);
  ASSERT_EQ(old.status, 200) << old.body;
  EXPECT_EQ(body_of(old)["console"]["type"].as_string(), "novnc");
  EXPECT_EQ(body_of(old)["console"].size(), 2u);
  EXPECT_EQ(action("os-getSerialConsole", "serial", 5).status, 200);
  EXPECT_EQ(action("os-getVNCConsole", "novnc", 6).status, 404);
  EXPECT_EQ(action("os-getVNCConsole", "serial", 1).status, 400);
  EXPECT_EQ(action("os-getVNCConsole", "", 1).status, 400);
}

TEST(ConsoleRoutes, BadInputNamesTheField) {
  Consoles c;
  for (const auto& [body, says] :
       {std::pair(R"({})", "remote_console"),
        {R"({"remote_console": 7})", "object"},
        {R"({"remote_console": {"type": "novnc"}})", "protocol"},
        {R"({"remote_console": {"protocol": "vnc"}})", "type"},
        {R"({"remote_console": {"protocol": "x", "type": "novnc"}})", "vnc"},
        {R"({"remote_console": {"protocol": "rdp", "type": "rdp-html5"}})", "novnc"},
        {R"({"remote_console": {"protocol": "vnc", "type": "serial"}})", "novnc"},
        {R"({"remote_console": {"protocol": "vnc", "type": "novnc", "x": 1}})", "x"}}) {
    auto r = c.w.send_raw("POST", "/v2.1/servers/" + c.id + "/remote-consoles", "member", body, 6);
    EXPECT_EQ(r.status, 400) << body;
    EXPECT_NE(r.body.find(says), std::string::npos) << r.body;
  }
  EXPECT_EQ(c.w.send("POST", "/v2.1/servers/none/remote-consoles", "member", kVnc, 6).status, 404);
  EXPECT_EQ(c.w.count("SELECT count(*) FROM console_tokens"), 0);
}

TEST(ConsoleRoutes, AStoppedServerHasNone) {
  Consoles c;
  c.w.send("POST", "/v2.1/servers/" + c.id + "/action", "member",
           Json::object({{"os-stop", Json()}}));
  ASSERT_TRUE(c.w.run_until([&] { return c.w.status(c.id) == "SHUTOFF"; }));
  EXPECT_EQ(c.ask("member", kVnc).status, 409);
}

TEST(ConsoleTokens, OpenOnceAndForTenMinutes) {
  Consoles c;
  const std::string token = c.token_of(kVnc);
  ASSERT_EQ(token.size(), 43u);
  EXPECT_EQ(c.w.count("SELECT count(*) FROM console_tokens WHERE hash LIKE '%" + token + "%'"), 0)
      << "the token itself is kept nowhere";
  auto plain = c.open(token, false);
  EXPECT_EQ(plain.status, 400) << "a mere look does not use it up";
  auto first = c.open(token);
  EXPECT_TRUE(first.websocket);
  auto second = c.open(token);
  EXPECT_EQ(second.status, 403);
  EXPECT_TRUE(second.body.empty());
  EXPECT_FALSE(second.websocket);
  const std::string late = c.token_of(kSerial);
  c.w.clock.advance(kConsoleTokenLife + 1);
  EXPECT_EQ(c.open(late).status, 403);
  for (const std::string& bad : {std::string(), std::string("x"), std::string(43, 'A'),
                                 "' OR '1'='1" + std::string(32, 'x')})
    EXPECT_EQ(c.open(bad).status, 403) << bad;
}

TEST(ConsoleTokens, GoWithTheirServer) {
  Consoles c;
  const std::string token = c.token_of(kVnc);
  c.w.send("DELETE", "/v2.1/servers/" + c.id, "member");
  ASSERT_TRUE(c.w.run_until([&] { return c.w.status(c.id) == "gone"; }));
  EXPECT_EQ(c.open(token).status, 403);
}

TEST(ConsoleTokens, AreBoundedForAServer) {
  Consoles c;
  const std::string oldest = c.token_of(kVnc);
  for (int i = 0; i < kMaxConsoleTokens; ++i) {
    c.w.clock.advance(1);
    c.token_of(kVnc);
  }
  EXPECT_EQ(c.w.count("SELECT count(*) FROM console_tokens"), kMaxConsoleTokens);
  EXPECT_EQ(c.open(oldest).status, 403);
}

TEST(ConsoleUrl, IsAtTheGatewaysRoot) {
  EXPECT_EQ(console_url("https://cloud:8443/compute", "vnc", "T"),
            "https://cloud:8443/vnc.html?path=compute%2Fconsoles%3Ftoken%3DT");
  EXPECT_EQ(console_url("https://cloud/compute", "serial", "T"),
            "wss://cloud/compute/consoles?token=T");
  EXPECT_EQ(console_url("http://127.0.0.1:9", "serial", "T"), "ws://127.0.0.1:9/consoles?token=T");
}

TEST(ConsoleHub, CarriesBothWaysUntilOneEnds) {
  ConsoleHub hub;
  ASSERT_TRUE(hub.announce("s", "server", "host1", "project").ok());
  EXPECT_FALSE(hub.awaited("s", "host2")) << "another host's agent does not get in";
  EXPECT_TRUE(hub.awaited("s", "host1"));
  FakeSocket user, agent;
  bool met = false;
  std::thread users([&] { met = hub.user("s", user, 10'000); });
  std::thread agents([&] { hub.agent("s", agent); });
  user.says("ls\n");
  EXPECT_EQ(agent.heard(3), "ls\n");
  agent.says("file");
  agent.says("s\n");
  EXPECT_EQ(user.heard(6), "files\n");
  user.close();
  users.join();
  agents.join();
  EXPECT_TRUE(met);
  EXPECT_FALSE(hub.awaited("s", "host1"));
}

TEST(ConsoleHub, NobodyComes) {
  ConsoleHub hub;
  ASSERT_TRUE(hub.announce("s", "server", "host1", "project").ok());
  FakeSocket user, agent;
  EXPECT_FALSE(hub.user("s", user, 1));
  hub.agent("s", agent);  // too late: returns at once
  EXPECT_FALSE(hub.user("s", user, 1));
  ASSERT_TRUE(hub.announce("t", "server", "host1", "project").ok());
  std::thread agents([&] { hub.agent("t", agent); });
  hub.cancel("t");  // the question to the agent failed after all
  agents.join();
}

TEST(ConsoleHub, AServerHasAFewAtATime) {
  ConsoleHub hub;
  for (unsigned i = 0; i < ConsoleHub::kMaxOfServer; ++i)
    EXPECT_TRUE(hub.announce(std::to_string(i), "server", "host1", "project").ok());
  EXPECT_FALSE(hub.announce("more", "server", "host1", "project").ok());
  EXPECT_TRUE(hub.announce("more", "another", "host1", "project").ok());
  hub.cancel("0");
  EXPECT_TRUE(hub.announce("again", "server", "host1", "project").ok());
}

TEST(ConsoleHub, AProjectHasAShare) {
  ConsoleHub hub;
  for (unsigned i = 0; i < ConsoleHub::kMaxOfProject; ++i) {
    std::string n = std::to_string(i);
    EXPECT_TRUE(hub.announce(n, "server" + n, "host1", "greedy").ok());
  }
  EXPECT_FALSE(hub.announce("more", "another", "host1", "greedy").ok());
  EXPECT_TRUE(hub.announce("more", "another", "host1", "modest").ok());
  hub.cancel("0");
  EXPECT_TRUE(hub.announce("again", "another", "host1", "greedy").ok());
}

}  // namespace nuri::compute::test
