#include "compute/tasks/floating_sync.h"
#include "tests/unit/compute/world.h"

namespace nuri::compute::test {

namespace {

Json action(const char* name, Json argument = {}) {
  return Json::object({{name, std::move(argument)}});
}

std::string active_server(World& w) {
  std::string id = w.create_server();
  EXPECT_TRUE(w.run_until([&] { return w.status(id) == "ACTIVE"; })) << w.show(id).dump();
  return id;
}

int act(World& w, const std::string& id, const Json& body, const char* token = "member") {
  return w.send("POST", "/v2.1/servers/" + id + "/action", token, body).status;
}

// The agent tells of something it was not asked for.
void say(World& w, const std::string& id, const char* key, Json value) {
  static int64_t seq = 1'000'000;
  Json state = w.agent.servers[id];
  state.set(key, std::move(value));
  Request r;
  r.method = "POST";
  r.path = "/agent/v1/observed";
  r.query.set("host", "host1");
  r.headers.set("X-Auth-Token", "agent");
  r.body =
      Json::object(
          {{"items", Json::array({Json::object(
                         {{"kind", "server"}, {"id", id}, {"seq", ++seq}, {"state", state}})})}})
          .dump();
  EXPECT_EQ(w.control->router.dispatch(r).status, 204);
}

}  // namespace

TEST(ServerTask, BootsWithAddressAndSpec) {
  World w;
  std::string id = active_server(w);
  Json s = w.show(id);
  EXPECT_EQ(s["addresses"]["private"].at(0)["addr"].as_string(), "10.0.0.10");
  EXPECT_EQ(s["addresses"]["private"].at(0)["OS-EXT-IPS:type"].as_string(), "fixed");
  EXPECT_EQ(s["OS-EXT-STS:power_state"].as_int(), 1);
  EXPECT_EQ(w.agent.servers[id]["ports"].size(), 1u);
  EXPECT_EQ(w.count("SELECT count(*) FROM ledger_claims WHERE book='host' AND holder='host1'"), 3);
  Json trace = body_of(w.send("GET", "/v2.1/servers/" + id + "/trace", "member"))["trace"];
  EXPECT_EQ(trace["control"].size(), 3u) << trace.dump();
  EXPECT_EQ(trace["host"].at(0)["stage"].as_string(), "disk");
}

TEST(ServerTask, FloatingAddressFollowsTheNetwork) {
  World w;
  std::string id = active_server(w);
  FloatingSync sync(*w.control->database, w.clock, w.network);
  EXPECT_EQ(sync.run_once().value(), 0);
  std::string port = w.network.ports.begin()->first;
  w.network.floating = {Json::object({{"id", "f1"},
                                      {"floating_ip_address", "172.24.4.9"},
                                      {"fixed_ip_address", "10.0.0.10"},
                                      {"port_id", port}}),
                        Json::object({{"id", "f2"},
                                      {"floating_ip_address", "172.24.4.8"},
                                      {"fixed_ip_address", Json()},
                                      {"port_id", Json()}})};
  EXPECT_EQ(sync.run_once().value(), 1);
  EXPECT_EQ(sync.run_once().value(), 0);
  Json shown = w.show(id)["addresses"]["private"];
  ASSERT_EQ(shown.size(), 2u);
  EXPECT_EQ(shown.at(1)["OS-EXT-IPS:type"].as_string(), "floating");
  EXPECT_EQ(shown.at(1)["addr"].as_string(), "172.24.4.9");
  w.network.floating.clear();
  EXPECT_EQ(sync.run_once().value(), 1);
  EXPECT_EQ(w.show(id)["addresses"]["private"].size(), 1u);
}

TEST(ServerTask, FixedAddressFollowsTheNetwork) {
  World w;
  std::string id = active_server(w);
  FloatingSync sync(*w.control->database, w.clock, w.network);
  EXPECT_EQ(sync.refresh_addresses().value(), 0);
  w.network.ports.begin()->second.set(
      "fixed_ips", Json::array({Json::object({{"ip_address", "10.0.0.77"}, {"subnet_id", "s"}})}));
  EXPECT_EQ(sync.refresh_addresses().value(), 1);
  EXPECT_EQ(sync.refresh_addresses().value(), 0);
  EXPECT_EQ(w.show(id)["addresses"]["private"].at(0)["addr"].as_string(), "10.0.0.77");
}

TEST(ServerTask, StopsStartsAndReboots) {
  World w;
  std::string id = active_server(w);
  EXPECT_EQ(act(w, id, action("os-start")), 409);
  EXPECT_EQ(act(w, id, action("os-stop")), 202);
  EXPECT_EQ(w.show(id)["OS-EXT-STS:task_state"].as_string(), "powering-off");
  EXPECT_EQ(act(w, id, action("os-stop")), 409);  // under way
  EXPECT_TRUE(w.run_until([&] { return w.status(id) == "SHUTOFF"; }));
  EXPECT_EQ(w.agent.servers[id]["power"].as_string(), "stopped");
  EXPECT_EQ(act(w, id, action("os-start")), 202);
  EXPECT_TRUE(w.run_until([&] { return w.status(id) == "ACTIVE"; }));
  for (const char* type : {"SOFT", "HARD"}) {
    EXPECT_EQ(act(w, id, action("reboot", Json::object({{"type", type}}))), 202);
    EXPECT_EQ(w.status(id), std::string(type) == "SOFT" ? "REBOOT" : "HARD_REBOOT");
    EXPECT_TRUE(w.run_until([&] { return w.status(id) == "ACTIVE"; }));
  }
  EXPECT_EQ(w.agent.servers[id]["reboot_count"].as_int(), 2);
  Json events =
      body_of(w.send("GET", "/internal/v1/events?after=0&limit=100", "service"))["events"];
  ASSERT_EQ(events.size(), 3u) << events.dump();
  EXPECT_EQ(events.at(0)["type"].as_string(), "begin");
  EXPECT_EQ(events.at(1)["data"]["state"].as_string(), "stopped");
  EXPECT_EQ(events.at(2)["data"]["state"].as_string(), "active");
}

TEST(ServerTask, GuestThatShutsItselfDownStaysDown) {
  World w;
  std::string id = active_server(w);
  say(w, id, "power", "stopped");
  EXPECT_TRUE(w.run_until([&] { return w.status(id) == "SHUTOFF"; }));
  w.run_until([] { return false; }, 20);
  EXPECT_EQ(w.status(id), "SHUTOFF");
}

TEST(ServerTask, OldObservationDoesNotCount) {
  World w;
  std::string id = active_server(w);
  Json old = w.agent.servers[id];
  EXPECT_EQ(act(w, id, action("os-stop")), 202);
  w.control->runner.run_due();
  say(w, id, "power", "stopped");  // of the revision before the wish
  w.control->runner.run_due();
  EXPECT_EQ(w.show(id)["OS-EXT-STS:task_state"].as_string(), "powering-off");
}

TEST(ServerTask, NoHostSaysWhy) {
  World w;
  w.add_flavor("big", 65536 - 20000);
  auto quota = w.send("PUT", "/v2.1/os-quota-sets/" + kProject, "admin",
                      Json::object({{"quota_set", Json::object({{"ram", 100000}})}}));
  ASSERT_EQ(quota.status, 200) << quota.body;
  std::string id = w.create_server(Json::object({{"flavorRef", "big"}}));
  EXPECT_TRUE(w.run_until([&] { return w.status(id) == "ERROR"; }));
  std::string why = w.show(id)["fault"]["message"].as_string();
  EXPECT_EQ(
      why,
      "No valid host was found: 1 host: memory: needs 45536 MiB, the roomiest has 15872 MiB free");
  Json placement =
      body_of(w.send("GET", "/v2.1/servers/" + id + "/placement", "member"))["placement"];
  EXPECT_EQ(placement["refused"].at(0)["constraint"].as_string(), "memory");
  EXPECT_EQ(w.send("DELETE", "/v2.1/servers/" + id, "member").status, 204);
  EXPECT_TRUE(w.run_until([&] { return w.status(id) == "gone"; }));
  w.expect_nothing_left();
}

TEST(ServerTask, FailureOfTheHostIsShownAndDeletable) {
  World w;
  w.agent.fail_with = "qemu-img: no space left";
  std::string id = w.create_server();
  EXPECT_TRUE(w.run_until([&] { return w.status(id) == "ERROR"; }));
  EXPECT_EQ(w.show(id)["fault"]["message"].as_string(), "qemu-img: no space left");
  EXPECT_TRUE(w.run_until([&] { return w.agent.servers.empty(); }));
  EXPECT_EQ(w.send("DELETE", "/v2.1/servers/" + id, "member").status, 204);
  EXPECT_TRUE(w.run_until([&] { return w.status(id) == "gone"; }));
  w.expect_nothing_left();
}

TEST(ServerTask, RefusedPortFailsTheServer) {
  World w;
  w.network.refuse_ports = "No more IP addresses available on network";
  std::string id = w.create_server();
  EXPECT_TRUE(w.run_until([&] { return w.status(id) == "ERROR"; }));
  EXPECT_NE(w.show(id)["fault"]["message"].as_string().find("No more IP addresses"),
            std::string::npos);
}

TEST(ServerTask, SilentHostMissesTheDeadline) {
  World w;
  w.agent.dead = true;
  std::string id = w.create_server();
  w.control->runner.run_due();
  w.clock.advance(3600 * kSecondUs);
  EXPECT_TRUE(w.run_until([&] { return w.status(id) == "ERROR"; }));
  EXPECT_EQ(w.count("SELECT count(*) FROM incidents WHERE closed_us IS NULL"), 1);
}

TEST(ServerTask, UsersPortIsOnlyBound) {
  World w;
  std::string port = "eeeeeeee-0000-4000-8000-000000000001";
  w.network.user_ports.insert(port);
  w.network.ports[port] = Json::object(
      {{"id", port},
       {"project_id", kProject},
       {"network_id", kNetwork},
       {"mac_address", "fa:16:3e:aa:bb:cc"},
       {"device_id", ""},
       {"status", "DOWN"},
       {"fixed_ips",
        Json::array({Json::object({{"ip_address", "10.0.0.99"}, {"subnet_id", "s"}})})}});
  std::string id =
      w.create_server(Json::object({{"networks", Json::array({Json::object({{"port", port}})})}}));
  EXPECT_TRUE(w.run_until([&] { return w.status(id) == "ACTIVE"; }));
  EXPECT_EQ(w.network.ports[port]["device_id"].as_string(), id);
  EXPECT_EQ(w.send("DELETE", "/v2.1/servers/" + id, "member").status, 204);
  EXPECT_TRUE(w.run_until([&] { return w.status(id) == "gone"; }));
  EXPECT_EQ(w.network.ports[port]["device_id"].as_string(), "");
  w.expect_nothing_left();
}

TEST(ServerTask, InterfaceComesAndGoes) {
  World w;
  std::string id = active_server(w);
  auto r = w.send("POST", "/v2.1/servers/" + id + "/os-interface", "member",
                  Json::object({{"interfaceAttachment", Json::object({{"net_id", kNetwork}})}}));
  ASSERT_EQ(r.status, 200) << r.body;
  std::string port = body_of(r)["interfaceAttachment"]["port_id"].as_string();
  EXPECT_TRUE(w.run_until([&] { return w.agent.servers[id]["ports"].size() == 2; }));
  EXPECT_EQ(w.show(id)["addresses"]["private"].size(), 2u);
  EXPECT_EQ(w.send("DELETE", "/v2.1/servers/" + id + "/os-interface/" + port, "member").status,
            202);
  EXPECT_TRUE(w.run_until([&] { return w.network.ports.size() == 1; }));
  EXPECT_EQ(w.agent.servers[id]["ports"].size(), 1u);
  EXPECT_EQ(w.show(id)["addresses"]["private"].size(), 1u);
}

TEST(ServerTask, VolumeThatStorageRefusesIsGivenUp) {
  World w;
  std::string id = active_server(w);
  w.storage.attachments[kVolume] = Json::object({{"attachment_id", "another"}});
  Json wish = Json::object({{"volumeAttachment", Json::object({{"volumeId", kVolume}})}});
  ASSERT_EQ(w.send("POST", "/v2.1/servers/" + id + "/os-volume_attachments", "member", wish).status,
            200);
  EXPECT_EQ(w.show(id)["os-extended-volumes:volumes_attached"].size(), 1u);
  EXPECT_TRUE(
      w.run_until([&] { return w.show(id)["os-extended-volumes:volumes_attached"].size() == 0; }));
  EXPECT_EQ(w.storage.attachments.size(), 1u);  // the other's
  Json actions = body_of(
      w.send("GET", "/v2.1/servers/" + id + "/os-instance-actions", "member"))["instanceActions"];
  Json shown = body_of(w.send("GET",
                              "/v2.1/servers/" + id + "/os-instance-actions/" +
                                  actions.at(0)["request_id"].as_string(),
                              "member", {}, 84))["instanceAction"];
  EXPECT_EQ(shown["events"].at(0)["details"].as_string(), "another attachment owns the volume");
}

TEST(ServerTask, TwoServersForTheRoomOfOne) {
  World w;
  w.agent.memory_mib = 512 + 600;
  w.agent.say_host(*w.control);
  std::string a = w.create_server(), b = w.create_server();
  EXPECT_TRUE(w.run_until([&] { return w.status(a) != "BUILD" && w.status(b) != "BUILD"; }));
  std::set<std::string> both = {w.status(a), w.status(b)};
  EXPECT_EQ(both, (std::set<std::string>{"ACTIVE", "ERROR"}));
}

TEST(ServerTask, QuotaIsHeldUntilTheServerIsGone) {
  World w;
  auto set = w.send("PUT", "/v2.1/os-quota-sets/" + kProject, "admin",
                    Json::object({{"quota_set", Json::object({{"instances", 1}})}}));
  ASSERT_EQ(set.status, 200);
  std::string id = active_server(w);
  Json body = Json::object(
      {{"server", Json::object({{"name", "b"}, {"imageRef", kImage}, {"flavorRef", "1"}})}});
  auto refused = w.send("POST", "/v2.1/servers", "member", body);
  EXPECT_EQ(refused.status, 403);
  EXPECT_NE(refused.body.find(
                "Quota exceeded for instances: Requested 1, but already used 1 of 1 instances"),
            std::string::npos)
      << refused.body;
  EXPECT_EQ(w.send("DELETE", "/v2.1/servers/" + id, "member").status, 204);
  EXPECT_EQ(w.send("POST", "/v2.1/servers", "member", body).status, 403);
  EXPECT_TRUE(w.run_until([&] { return w.status(id) == "gone"; }));
  EXPECT_EQ(w.send("POST", "/v2.1/servers", "member", body).status, 202);
}

}  // namespace nuri::compute::test
