#include <algorithm>

#include "tests/unit/compute/world.h"

// Volumes and ports that come late, from elsewhere, or not at all.
namespace nuri::compute::test {

namespace {

std::string active_server(World& w) {
  std::string id = w.create_server();
  EXPECT_TRUE(w.run_until([&] { return w.status(id) == "ACTIVE"; })) << w.show(id).dump();
  return id;
}

std::string volume_id(int n) {
  return "cccccccc-0000-4000-8000-0000000000" + std::to_string(10 + n);
}

Response attach_volume(World& w, const std::string& id, const std::string& volume,
                       const char* device = nullptr) {
  Json wish = Json::object({{"volumeId", volume}});
  if (device) wish.set("device", device);
  return w.send("POST", "/v2.1/servers/" + id + "/os-volume_attachments", "member",
                Json::object({{"volumeAttachment", wish}}));
}

Response detach_volume(World& w, const std::string& id, const std::string& volume) {
  return w.send("DELETE", "/v2.1/servers/" + id + "/os-volume_attachments/" + volume, "member");
}

Response act(World& w, const std::string& id, const char* body, const char* token = "member") {
  return w.send_raw("POST", "/v2.1/servers/" + id + "/action", token, body);
}

std::string volume_status(World& w) { return w.storage.volumes[kVolume]["status"].as_string(); }

// With what its event says of it in "message".
Json newest_action(World& w, const std::string& id) {
  const std::string all = "/v2.1/servers/" + id + "/os-instance-actions";
  Json action = body_of(w.send("GET", all, "member"))["instanceActions"].at(0);
  Json shown = body_of(w.send("GET", all + "/" + action["request_id"].as_string(), "member", {},
                              84))["instanceAction"];
  return action.set("message", shown["events"].at(0)["details"]);
}

const std::string kPort = "eeeeeeee-0000-4000-8000-000000000002";

void add_user_port(World& w, const std::string& project) {
  w.network.user_ports.insert(kPort);
  w.network.ports[kPort] = Json::object(
      {{"id", kPort},
       {"project_id", project},
       {"network_id", kNetwork},
       {"mac_address", "fa:16:3e:aa:bb:cd"},
       {"device_id", ""},
       {"status", "DOWN"},
       {"fixed_ips",
        Json::array({Json::object({{"ip_address", "10.0.0.98"}, {"subnet_id", "s"}})})}});
}

}  // namespace

TEST(Volumes, DevicesEndBeforeTheConfigDrive) {
  World w;
  std::string id = active_server(w);
  for (int n = 0; n < 25; ++n)
    w.storage.volumes[volume_id(n)] = Json::object({{"id", volume_id(n)}, {"status", "available"}});
  std::set<std::string> devices;
  for (int n = 0; n < 24; ++n) {
    auto r = attach_volume(w, id, volume_id(n), n == 0 ? "/dev/vdz" : n == 1 ? "vdy" : nullptr);
    ASSERT_EQ(r.status, 200) << r.body;
    devices.insert(body_of(r)["volumeAttachment"]["device"].as_string());
    if (n == 1) {
      EXPECT_EQ(devices, (std::set<std::string>{"/dev/vdb", "/dev/vdy"}));
    }
  }
  EXPECT_EQ(devices.size(), 24u);
  EXPECT_EQ(*devices.begin(), "/dev/vdb");
  EXPECT_EQ(*devices.rbegin(), "/dev/vdy");
  EXPECT_EQ(attach_volume(w, id, volume_id(24)).status, 403);
}

TEST(Volumes, PromisedToOneServerOnly) {
  World w;
  std::string a = active_server(w), b = active_server(w);
  ASSERT_EQ(attach_volume(w, a, kVolume).status, 200);
  auto r = attach_volume(w, b, kVolume);  // storage still shows it as available
  EXPECT_EQ(r.status, 400);
  EXPECT_NE(r.body.find("already attached"), std::string::npos) << r.body;
  EXPECT_EQ(w.count("SELECT count(*) FROM server_volumes"), 1);
}

TEST(Volumes, NeverTakenByTheGuestIsGivenBack) {
  World w;
  std::string id = active_server(w);
  w.agent.takes_volumes = false;
  ASSERT_EQ(attach_volume(w, id, kVolume).status, 200);
  EXPECT_FALSE(
      w.run_until([&] { return w.count("SELECT count(*) FROM server_volumes") == 0; }, 200));
  EXPECT_TRUE(
      w.run_until([&] { return w.count("SELECT count(*) FROM server_volumes") == 0; }, 300));
  EXPECT_EQ(volume_status(w), "available");
  EXPECT_TRUE(w.storage.attachments.empty());
  EXPECT_EQ(newest_action(w, id)["action"].as_string(), "attach_volume");
  EXPECT_NE(newest_action(w, id)["message"].as_string().find("in time"), std::string::npos);
  w.agent.takes_volumes = true;
  ASSERT_EQ(attach_volume(w, id, kVolume).status, 200);
  EXPECT_TRUE(w.run_until([&] { return volume_status(w) == "in-use"; }));
}

TEST(Volumes, LateDetachIsSaidAndTriedOn) {
  World w;
  std::string id = active_server(w);
  ASSERT_EQ(attach_volume(w, id, kVolume).status, 200);
  ASSERT_TRUE(w.run_until([&] { return volume_status(w) == "in-use"; }));
  w.agent.lets_go = false;
  ASSERT_EQ(detach_volume(w, id, kVolume).status, 202);
  EXPECT_TRUE(w.run_until([&] {
    return newest_action(w, id)["message"].as_string().find("not let go") != std::string::npos;
  }));
  EXPECT_EQ(w.storage.attachments.size(), 1u);
  w.agent.lets_go = true;
  EXPECT_EQ(w.send("PUT", "/v2.1/servers/" + id, "member",
                   Json::object({{"server", Json::object({{"name", "other"}})}}))
                .status,
            200);  // a new wish: the agent looks again
  EXPECT_TRUE(w.run_until([&] { return volume_status(w) == "available"; }));
  EXPECT_TRUE(w.storage.attachments.empty());
  EXPECT_TRUE(newest_action(w, id)["message"].is_null());
}

TEST(Volumes, DetachedFromAServerInError) {
  World w;
  std::string id = active_server(w);
  ASSERT_EQ(attach_volume(w, id, kVolume).status, 200);
  ASSERT_TRUE(w.run_until([&] { return volume_status(w) == "in-use"; }));
  w.agent.fail_with = "the disk is gone";
  ASSERT_EQ(act(w, id, R"({"reboot": {"type": "HARD"}})").status, 202);
  ASSERT_TRUE(w.run_until([&] { return w.status(id) == "ERROR"; }));
  ASSERT_EQ(detach_volume(w, id, kVolume).status, 202);
  EXPECT_TRUE(w.run_until([&] { return volume_status(w) == "available"; }));
}

// A database in which a server that never ran has come to have a volume.
TEST(Volumes, DetachedFromAServerThatNeverRan) {
  World w;
  w.agent.fail_with = "no space";
  std::string id = w.create_server();
  ASSERT_TRUE(w.run_until([&] { return w.status(id) == "ERROR"; }));
  ServerVolume v;
  v.attachment_id = "att";
  v.server_id = id;
  v.volume_id = kVolume;
  v.state = "attached";
  w.storage.attachments[kVolume] = Json::object({{"attachment_id", "att"}});
  w.storage.volumes[kVolume].set("status", "in-use");
  ASSERT_TRUE(w.control->database->write([&](db::Session& s) { insert_volume(s, v); }).ok());
  ASSERT_EQ(detach_volume(w, id, kVolume).status, 202);
  EXPECT_TRUE(w.run_until([&] { return volume_status(w) == "available"; }));
  EXPECT_EQ(w.count("SELECT count(*) FROM server_volumes"), 0);
}

TEST(NeverRan, PowerAndResetAreRefused) {
  World w;
  w.agent.fail_with = "no space";
  std::string id = w.create_server();
  ASSERT_TRUE(w.run_until([&] { return w.status(id) == "ERROR"; }));
  for (const char* body :
       {R"({"os-stop": null})", R"({"os-start": null})", R"({"reboot": {"type": "HARD"}})",
        R"({"os-resetState": {"state": "active"}})"}) {
    auto r = act(w, id, body, "admin");
    EXPECT_EQ(r.status, 409) << body << r.body;
  }
  EXPECT_EQ(act(w, id, R"({"os-resetState": {"state": "error"}})", "admin").status, 202);
  EXPECT_EQ(w.status(id), "ERROR");
  EXPECT_TRUE(w.show(id)["OS-EXT-STS:task_state"].is_null());
}

TEST(Ports, OfAnotherProjectAreNotThere) {
  World w;
  std::string id = active_server(w);
  add_user_port(w, kOtherProject);
  Json wish = Json::object({{"interfaceAttachment", Json::object({{"port_id", kPort}})}});
  for (const char* token : {"member", "admin"})
    EXPECT_EQ(w.send("POST", "/v2.1/servers/" + id + "/os-interface", token, wish).status, 404);
  Json server = Json::object({{"name", "b"},
                              {"imageRef", kImage},
                              {"flavorRef", "1"},
                              {"networks", Json::array({Json::object({{"port", kPort}})})}});
  for (const char* token : {"member", "admin"})
    EXPECT_EQ(w.send("POST", "/v2.1/servers", token, Json::object({{"server", server}})).status,
              400);
  EXPECT_EQ(w.network.ports[kPort]["device_id"].as_string(), "");
  EXPECT_EQ(w.count("SELECT count(*) FROM servers"), 1);
  w.network.ports[kPort].set("project_id", kProject);
  EXPECT_EQ(w.send("POST", "/v2.1/servers/" + id + "/os-interface", "member", wish).status, 200);
}

// The network service answers the request for a port only after the server is gone.
TEST(Ports, MadeTooLateIsTakenBack) {
  for (bool mine : {true, false}) {
    World w;
    std::string id = active_server(w);
    if (!mine) add_user_port(w, kProject);
    w.network.at_put = [&] {
      EXPECT_EQ(w.send("DELETE", "/v2.1/servers/" + id, "member").status, 204);
      EXPECT_TRUE(w.run_until([&] { return w.status(id) == "gone"; }));
    };
    Json wish = mine ? Json::object({{"net_id", kNetwork}}) : Json::object({{"port_id", kPort}});
    auto r = w.send("POST", "/v2.1/servers/" + id + "/os-interface", "member",
                    Json::object({{"interfaceAttachment", wish}}));
    EXPECT_EQ(r.status, 404) << r.body;
    EXPECT_EQ(w.network.ports.size(), mine ? 0u : 1u);
    if (!mine) {
      EXPECT_EQ(w.network.ports[kPort]["device_id"].as_string(), "");
    }
    w.expect_nothing_left();
  }
}

TEST(DeadHost, IsNotToldFromComputesOwnAbsence) {
  World w;
  std::string id = active_server(w);
  w.agent.dead = true;
  w.control.reset();
  w.clock.advance(3600 * kSecondUs);
  w.restart();
  ASSERT_EQ(w.send("DELETE", "/v2.1/servers/" + id, "member").status, 204);
  EXPECT_FALSE(w.run_until([&] { return w.status(id) == "gone"; }, 50));
  EXPECT_TRUE(w.run_until([&] { return w.status(id) == "gone"; }, 60));
}

TEST(Bodies, ThatAreNoObjectsMakeNothing) {
  World w;
  std::string id = active_server(w);
  int walked = 0;
  for (const Route& route : w.control->router.routes()) {
    bool takes = (route.method == "POST" || route.method == "PUT") &&
                 route.pattern.starts_with("/v2.1/") && !route.pattern.ends_with("/tags/{tag}");
    if (!takes) continue;
    ++walked;
    int version = route.pattern == "/v2.1/flavors/{id}" ? 55 : 30;
    std::string path = route.pattern;
    for (size_t at; (at = path.find('{')) != std::string::npos;) {
      size_t end = path.find('}', at);
      std::string name = path.substr(at + 1, end - at - 1);
      std::string with = name == "project"                             ? kProject
                         : name != "id"                                ? "x"
                         : path.find("/flavors/") != std::string::npos ? "1"
                                                                       : id;
      path.replace(at, end - at + 1, with);
    }
    for (const char* body : {"[]", "[1]", "7", "\"x\"", "null", "true", "{", "[\"pool\"]"}) {
      auto r = w.send_raw(route.method, path, "admin", body, version);
      EXPECT_EQ(r.status, 400) << route.method << " " << path << " " << body << " " << r.body;
    }
  }
  EXPECT_GT(walked, 12);
  for (const char* body : {R"({"host": "host1", "binary": 7})", R"({"host": {}})",
                           R"({"host": "host1", "disabled_reason": []})"})
    EXPECT_EQ(w.send_raw("PUT", "/v2.1/os-services/disable", "admin", body).status, 400) << body;
  EXPECT_EQ(w.status(id), "ACTIVE");
  EXPECT_EQ(w.network.ports.size(), 1u);
}

}  // namespace nuri::compute::test
