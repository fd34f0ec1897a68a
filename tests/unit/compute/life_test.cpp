#include "tests/unit/compute/world.h"

// What a server goes through between its boot and its end.
namespace nuri::compute::test {

namespace {

std::string active_server(World& w, const Json& more = Json::object()) {
  std::string id = w.create_server(more);
  EXPECT_TRUE(w.run_until([&] { return w.status(id) == "ACTIVE"; })) << w.show(id).dump();
  return id;
}

Response act(World& w, const std::string& id, const char* name, const Json& argument = {},
             int version = 1, const char* token = "member") {
  return w.send("POST", "/v2.1/servers/" + id + "/action", token,
                Json::object({{name, argument}}), version);
}

bool becomes(World& w, const std::string& id, const std::string& status) {
  bool over = w.run_until([&] {
    return w.status(id) == status && (status == "gone" || w.show(id)["OS-EXT-STS:task_state"].is_null());
  });
  EXPECT_TRUE(over) << status << " " << w.show(id).dump();
  return over;
}

Json newest_action(World& w, const std::string& id) {
  Json list = body_of(
      w.send("GET", "/v2.1/servers/" + id + "/os-instance-actions", "member"))["instanceActions"];
  std::string request = list.at(0)["request_id"].as_string();
  return body_of(w.send("GET", "/v2.1/servers/" + id + "/os-instance-actions/" + request,
                        "admin", {}, 84))["instanceAction"];
}

void expect_action(World& w, const std::string& id, const char* name, const char* result) {
  Json a = newest_action(w, id);
  EXPECT_EQ(a["action"].as_string(), name);
  EXPECT_EQ(a["events"].at(0)["result"].as_string(), result) << a.dump();
  EXPECT_FALSE(a["events"].at(0)["finish_time"].is_null()) << a.dump();
}

void remove(World& w, const std::string& id) {
  ASSERT_EQ(w.send("DELETE", "/v2.1/servers/" + id, "member").status, 204);
  ASSERT_TRUE(w.run_until([&] { return w.status(id) == "gone"; }));
  w.expect_nothing_left();
}

Json claims(World& w) {
  Json out = Json::object();
  (void)w.control->database->read([&](db::Session& s) {
    s.each("SELECT book, resource, amount FROM ledger_claims", {}, [&](const db::Row& r) {
      out.set(r.text(0) + "." + r.text(1), r.i64(2));
    });
  });
  return out;
}

}  // namespace

TEST(Life, PausedSuspendedAndBack) {
  World w;
  std::string id = active_server(w);
  struct Part {
    const char *action, *status;
    int power;
  };
  for (const Part& p : {Part{"pause", "PAUSED", 3}, Part{"unpause", "ACTIVE", 1},
                        Part{"suspend", "SUSPENDED", 4}, Part{"resume", "ACTIVE", 1}}) {
    ASSERT_EQ(act(w, id, p.action).status, 202) << p.action;
    EXPECT_EQ(act(w, id, p.action).status, 409) << p.action << " twice";
    ASSERT_TRUE(becomes(w, id, p.status));
    EXPECT_EQ(w.show(id)["OS-EXT-STS:power_state"].as_int(), p.power);
    expect_action(w, id, p.action, "Success");
  }
  ASSERT_EQ(act(w, id, "suspend").status, 202);
  ASSERT_TRUE(becomes(w, id, "SUSPENDED"));
  EXPECT_EQ(act(w, id, "os-start").status, 409);
  ASSERT_EQ(act(w, id, "reboot", Json::object({{"type", "HARD"}})).status, 202);
  ASSERT_TRUE(becomes(w, id, "ACTIVE"));
  remove(w, id);
}

TEST(Life, RescuedAndBack) {
  World w;
  std::string id = active_server(w);
  auto r = act(w, id, "rescue", Json::object({{"adminPass", "x"}}));
  ASSERT_EQ(r.status, 200) << r.body;
  EXPECT_EQ(body_of(r)["adminPass"].as_string(), "x");
  ASSERT_TRUE(becomes(w, id, "RESCUE"));
  EXPECT_TRUE(w.agent.servers[id]["rescued"].as_bool());
  Json wish = Json::object({{"volumeAttachment", Json::object({{"volumeId", kVolume}})}});
  EXPECT_EQ(w.send("POST", "/v2.1/servers/" + id + "/os-volume_attachments", "member", wish).status,
            409);
  ASSERT_EQ(act(w, id, "unrescue").status, 202);
  ASSERT_TRUE(becomes(w, id, "ACTIVE"));
  EXPECT_FALSE(w.agent.servers[id]["rescued"].as_bool());
  EXPECT_EQ(act(w, id, "rescue", Json::object({{"rescue_image_ref", kNetwork}})).status, 400);
  remove(w, id);
}

TEST(Life, RebuiltWithWhatTheVersionKnows) {
  World w;
  const std::string other = "bbbbbbbb-0000-4000-8000-000000000002";
  Json image = w.image.images[kImage];
  w.image.images[other] = image.set("id", other);
  std::string id = active_server(w);
  Json before = w.show(id);
  Json body = Json::object({{"imageRef", other},
                            {"name", "new"},
                            {"adminPass", "secret"},
                            {"metadata", Json::object({{"a", "b"}})}});
  auto r = act(w, id, "rebuild", body);
  ASSERT_EQ(r.status, 202) << r.body;
  Json answer = body_of(r)["server"];
  EXPECT_EQ(answer["image"]["id"].as_string(), other);
  EXPECT_EQ(answer["status"].as_string(), "REBUILD");
  EXPECT_EQ(answer["adminPass"].as_string(), "secret");
  EXPECT_FALSE(answer.contains("key_name"));
  ASSERT_TRUE(becomes(w, id, "ACTIVE"));
  Json after = w.show(id);
  EXPECT_EQ(after["name"].as_string(), "new");
  EXPECT_EQ(after["addresses"].dump(), before["addresses"].dump());
  EXPECT_EQ(after["metadata"].dump(), R"({"a":"b"})");
  EXPECT_EQ(w.agent.servers[id]["image"].as_string(), other);
  expect_action(w, id, "rebuild", "Success");

  body.set("user_data", "YQ==").set("key_name", Json());
  EXPECT_EQ(act(w, id, "rebuild", body).status, 400) << "not of this version";
  answer = body_of(act(w, id, "rebuild", body, 57))["server"];
  EXPECT_EQ(answer["user_data"].as_string(), "YQ==");
  EXPECT_TRUE(answer["key_name"].is_null());
  ASSERT_TRUE(becomes(w, id, "ACTIVE"));
  ASSERT_EQ(act(w, id, "os-stop").status, 202);
  ASSERT_TRUE(becomes(w, id, "SHUTOFF"));
  ASSERT_EQ(act(w, id, "rebuild", Json::object({{"imageRef", kImage}})).status, 202);
  ASSERT_TRUE(becomes(w, id, "SHUTOFF"));
  EXPECT_EQ(w.agent.servers[id]["disk"]["number"].as_int(), 3);
  for (const char* bad : {R"({})", R"({"imageRef": "x"})", R"({"imageRef": 7})",
                          R"({"imageRef": "aaaaaaaa-0000-4000-8000-000000000001", "x": 1})"}) {
    EXPECT_EQ(act(w, id, "rebuild", parse_json(bad).value()).status, 400) << bad;
  }
  EXPECT_EQ(act(w, id, "rebuild", Json::object({{"imageRef", kNetwork}})).status, 400);
  remove(w, id);
}

TEST(Life, ResizedConfirmedAndReverted) {
  World w;
  w.add_flavor("2", 1024, 2, 2);
  std::string id = active_server(w);
  for (bool confirm : {false, true}) {
    auto r = act(w, id, "resize", Json::object({{"flavorRef", "2"}}));
    ASSERT_EQ(r.status, 202) << r.body;
    EXPECT_EQ(w.status(id), "RESIZE");
    ASSERT_TRUE(becomes(w, id, "VERIFY_RESIZE"));
    EXPECT_EQ(w.show(id)["flavor"]["id"].as_string(), "2");
    EXPECT_EQ(w.agent.servers[id]["vcpus"].as_int(), 2);
    EXPECT_EQ(w.agent.servers[id]["power"].as_string(), "running");
    EXPECT_EQ(claims(w)["project.ram"].as_int(), 1024);
    EXPECT_EQ(claims(w)["host.memory_mib"].as_int(), 1024);
    expect_action(w, id, "resize", "Success");
    EXPECT_EQ(act(w, id, "os-stop").status, 409);
    ASSERT_EQ(act(w, id, confirm ? "confirmResize" : "revertResize").status, confirm ? 204 : 202);
    ASSERT_TRUE(becomes(w, id, "ACTIVE"));
    EXPECT_EQ(w.show(id)["flavor"]["id"].as_string(), confirm ? "2" : "1");
    EXPECT_EQ(w.agent.servers[id]["disk"]["keep"].as_int(), 0);
    EXPECT_EQ(claims(w)["project.ram"].as_int(), confirm ? 1024 : 512);
    EXPECT_EQ(claims(w)["host.vcpus"].as_int(), confirm ? 2 : 1);
    expect_action(w, id, confirm ? "confirmResize" : "revertResize", "Success");
  }
  EXPECT_EQ(act(w, id, "confirmResize").status, 409);
  remove(w, id);
}

TEST(Life, ResizeOfAStoppedServerLeavesItOff) {
  World w;
  w.add_flavor("2", 1024, 2, 2);
  std::string id = active_server(w);
  ASSERT_EQ(act(w, id, "os-stop").status, 202);
  ASSERT_TRUE(becomes(w, id, "SHUTOFF"));
  ASSERT_EQ(act(w, id, "resize", Json::object({{"flavorRef", "2"}})).status, 202);
  ASSERT_TRUE(becomes(w, id, "VERIFY_RESIZE"));
  ASSERT_EQ(act(w, id, "confirmResize").status, 204);
  ASSERT_TRUE(becomes(w, id, "SHUTOFF"));
  EXPECT_EQ(w.agent.servers[id]["power"].as_string(), "stopped");
  remove(w, id);
}

TEST(Life, ResizesThatAreRefused) {
  World w;
  w.add_flavor("small", 256, 1, 0);
  w.add_flavor("huge", 1 << 20, 1, 1);
  w.add_flavor("wide", 512, 16, 1);
  w.add_flavor("2", 1024, 2, 2);
  std::string id = active_server(w);
  for (const char* flavor : {"1", "small", "huge", "wide", "nowhere", ""}) {
    auto r = act(w, id, "resize", Json::object({{"flavorRef", flavor}}));
    EXPECT_GE(r.status, 400) << flavor;
    EXPECT_LE(r.status, 403) << flavor << r.body;
  }
  auto set = w.send("PUT", "/v2.1/os-quota-sets/" + kProject, "admin",
                    Json::object({{"quota_set", Json::object({{"cores", 1}})}}));
  ASSERT_EQ(set.status, 200);
  EXPECT_EQ(act(w, id, "resize", Json::object({{"flavorRef", "2"}})).status, 403);
  EXPECT_EQ(w.status(id), "ACTIVE");
  EXPECT_EQ(claims(w)["project.ram"].as_int(), 512);
  EXPECT_EQ(claims(w)["host.memory_mib"].as_int(), 512);
  remove(w, id);
}

TEST(Life, ImageOfAServer) {
  World w;
  w.image.images[kImage].set("os_distro", "debian").set("min_ram", 64);
  std::string id = active_server(w);
  Json wish = Json::object({{"name", "snap"}, {"metadata", Json::object({{"k", "v"}})}});
  auto r = act(w, id, "createImage", wish);
  ASSERT_EQ(r.status, 202) << r.body;
  std::string location = r.headers.get("Location");
  std::string image = location.substr(location.rfind('/') + 1);
  ASSERT_TRUE(w.image.images.count(image)) << location;
  EXPECT_EQ(w.show(id)["OS-EXT-STS:task_state"].as_string(), "image_snapshot");
  EXPECT_EQ(act(w, id, "createImage", wish).status, 409);
  ASSERT_TRUE(becomes(w, id, "ACTIVE"));
  Json made = w.image.images[image];
  EXPECT_EQ(made["status"].as_string(), "active");
  EXPECT_EQ(made["min_ram"].as_int(), 64);
  EXPECT_EQ(made["properties"]["os_distro"].as_string(), "debian");
  EXPECT_EQ(made["properties"]["k"].as_string(), "v");
  EXPECT_EQ(made["properties"]["base_image_ref"].as_string(), kImage);
  EXPECT_EQ(made["properties"]["image_type"].as_string(), "snapshot");
  EXPECT_EQ(made["properties"]["instance_uuid"].as_string(), id);
  EXPECT_FALSE(made["properties"].contains("checksum"));
  expect_action(w, id, "createImage", "Success");
  r = act(w, id, "createImage", wish, 45);
  EXPECT_TRUE(w.image.images.count(body_of(r)["image_id"].as_string())) << r.body;
  ASSERT_TRUE(becomes(w, id, "ACTIVE"));
  EXPECT_EQ(act(w, id, "createImage", Json::object({{"name", ""}})).status, 400);
  remove(w, id);
  EXPECT_TRUE(w.image.images.count(image)) << "its user's now";
}

TEST(Life, ImageThatComesToNothing) {
  World w;
  std::string id = active_server(w);
  Json wish = Json::object({{"name", "snap"}});
  w.image.refuse = "over quota";
  EXPECT_EQ(act(w, id, "createImage", wish).status, 413);
  ASSERT_TRUE(becomes(w, id, "ACTIVE"));
  expect_action(w, id, "createImage", "Error");
  w.image.refuse.clear();
  w.clock.advance(kSecondUs);
  w.agent.snapshot_fails = "no space";
  ASSERT_EQ(act(w, id, "createImage", wish).status, 202);
  ASSERT_TRUE(becomes(w, id, "ACTIVE"));
  EXPECT_EQ(w.image.images.size(), 1u);
  expect_action(w, id, "createImage", "Error");
  EXPECT_EQ(newest_action(w, id)["events"].at(0)["details"].as_string(), "no space");
  // Its owner deletes the image while it is made.
  w.agent.snapshot_fails.clear();
  auto r = act(w, id, "createImage", wish, 45);
  w.image.images.erase(body_of(r)["image_id"].as_string());
  w.image.dropped.insert(body_of(r)["image_id"].as_string());
  ASSERT_TRUE(becomes(w, id, "ACTIVE"));
  expect_action(w, id, "createImage", "Error");
  // The server is deleted while it is made.
  r = act(w, id, "createImage", wish, 45);
  remove(w, id);
  EXPECT_FALSE(w.image.images.count(body_of(r)["image_id"].as_string()));
}

TEST(Life, BackupsRotate) {
  World w;
  std::string id = active_server(w);
  Json wish = Json::object({{"name", "b"}, {"backup_type", "daily"}, {"rotation", 1}});
  std::string first;
  for (int i = 0; i < 2; ++i) {
    auto r = act(w, id, "createBackup", wish, 45);
    ASSERT_EQ(r.status, 202) << r.body;
    std::string image = body_of(r)["image_id"].as_string();
    if (i == 0) first = image;
    EXPECT_TRUE(w.image.images.count(first)) << "until the newer one is there";
    ASSERT_TRUE(becomes(w, id, "ACTIVE"));
    expect_action(w, id, "createBackup", "Success");
    EXPECT_EQ(w.image.images[image]["properties"]["image_type"].as_string(), "backup");
  }
  EXPECT_EQ(w.image.images.size(), 2u);
  EXPECT_FALSE(w.image.images.count(first));
  wish.set("rotation", -1);
  EXPECT_EQ(act(w, id, "createBackup", wish).status, 400);
  remove(w, id);
}

TEST(Life, ShelvedOffloadedAndBack) {
  World w;
  std::string id = active_server(w);
  Json before = w.show(id);
  ASSERT_EQ(act(w, id, "shelve").status, 202);
  ASSERT_TRUE(becomes(w, id, "SHELVED_OFFLOADED"));
  EXPECT_TRUE(w.agent.servers.empty());
  EXPECT_TRUE(w.show(id, 3, "admin")["OS-EXT-SRV-ATTR:host"].is_null());
  EXPECT_EQ(claims(w).contains("host.vcpus"), false) << claims(w).dump();
  EXPECT_EQ(claims(w)["project.instances"].as_int(), 1);
  ASSERT_EQ(w.image.images.size(), 2u);
  for (const auto& [key, image] : w.image.images) {
    if (key != kImage) {
      EXPECT_EQ(image["name"].as_string(), "vm-shelved");
    }
  }
  expect_action(w, id, "shelve", "Success");
  EXPECT_EQ(act(w, id, "shelve").status, 409);
  EXPECT_EQ(act(w, id, "os-start").status, 409);
  EXPECT_EQ(act(w, id, "unshelve", Json::object({{"availability_zone", "nova"}})).status, 400);
  EXPECT_EQ(act(w, id, "unshelve", Json::object({{"availability_zone", "mars"}}), 77).status, 400);
  ASSERT_EQ(act(w, id, "unshelve").status, 202);
  ASSERT_TRUE(becomes(w, id, "ACTIVE"));
  EXPECT_NE(w.agent.servers[id]["image"].as_string(), kImage) << "its disk comes from the copy";
  EXPECT_EQ(w.show(id)["image"]["id"].as_string(), kImage);
  EXPECT_EQ(w.show(id)["addresses"].dump(), before["addresses"].dump());
  expect_action(w, id, "unshelve", "Success");
  EXPECT_TRUE(w.run_until([&] { return w.image.images.size() == 1; })) << "the copy goes";
  remove(w, id);
}

TEST(Life, VolumesComeAndGoWhileShelved) {
  World w;
  std::string id = active_server(w);
  ASSERT_EQ(act(w, id, "shelve").status, 202);
  ASSERT_TRUE(becomes(w, id, "SHELVED_OFFLOADED"));
  const std::string at = "/v2.1/servers/" + id + "/os-volume_attachments";
  Json wish = Json::object({{"volumeAttachment", Json::object({{"volumeId", kVolume}})}});
  auto status = [&] { return w.storage.volumes[kVolume]["status"].as_string(); };
  for (bool detach : {true, false}) {
    ASSERT_EQ(w.send("POST", at, "member", wish).status, 200);
    ASSERT_TRUE(w.run_until([&] { return status() == "in-use"; }));
    if (!detach) break;
    ASSERT_EQ(w.send("DELETE", at + "/" + kVolume, "member").status, 202);
    ASSERT_TRUE(w.run_until([&] { return status() == "available"; }));
  }
  ASSERT_EQ(act(w, id, "unshelve").status, 202);
  ASSERT_TRUE(becomes(w, id, "ACTIVE"));
  EXPECT_EQ(w.agent.servers[id]["volumes"].size(), 1u);
  EXPECT_TRUE(w.run_until([&] { return status() == "in-use"; }));
  ASSERT_EQ(act(w, id, "shelve").status, 202);
  ASSERT_TRUE(becomes(w, id, "SHELVED_OFFLOADED"));
  remove(w, id);
}

TEST(Life, UnshelveThatFindsNoRoomStaysShelved) {
  World w;
  std::string id = active_server(w);
  ASSERT_EQ(act(w, id, "shelve").status, 202);
  ASSERT_TRUE(becomes(w, id, "SHELVED_OFFLOADED"));
  w.agent.memory_mib = 600;
  w.agent.say_host(*w.control);
  ASSERT_EQ(act(w, id, "unshelve").status, 202);
  ASSERT_TRUE(becomes(w, id, "SHELVED_OFFLOADED"));
  expect_action(w, id, "unshelve", "Error");
  w.agent.memory_mib = 16384;
  w.agent.say_host(*w.control);
  ASSERT_EQ(act(w, id, "unshelve").status, 202);
  ASSERT_TRUE(becomes(w, id, "ACTIVE"));
  ASSERT_EQ(act(w, id, "shelve").status, 202);
  ASSERT_TRUE(becomes(w, id, "SHELVED_OFFLOADED"));
  remove(w, id);
  EXPECT_EQ(w.image.images.size(), 1u) << "the shelved image goes with its server";
}

// The host refuses the guest, or says nothing until the boot's time is over.
TEST(Life, UnshelveThatDoesNotBootStaysShelved) {
  for (bool silent : {false, true}) {
    World w;
    std::string id = active_server(w);
    ASSERT_EQ(act(w, id, "shelve").status, 202);
    ASSERT_TRUE(becomes(w, id, "SHELVED_OFFLOADED"));
    if (!silent) w.agent.fail_with = "no such machine";
    w.agent.dead = silent;
    ASSERT_EQ(act(w, id, "unshelve").status, 202);
    if (silent) {
      EXPECT_FALSE(w.run_until([&] { return w.status(id) == "ERROR"; }, 2000));
      EXPECT_EQ(act(w, id, "unshelve").status, 409) << "the host may be at it";
      w.agent.dead = false;
    }
    ASSERT_TRUE(becomes(w, id, "SHELVED_OFFLOADED")) << w.show(id).dump();
    expect_action(w, id, "unshelve", "Error");
    EXPECT_TRUE(w.agent.servers.empty());
    EXPECT_TRUE(w.show(id, 3, "admin")["OS-EXT-SRV-ATTR:host"].is_null());
    EXPECT_EQ(act(w, id, "reboot", Json::object({{"type", "HARD"}})).status, 409);
    w.agent.fail_with.clear();
    ASSERT_EQ(act(w, id, "unshelve").status, 202);
    ASSERT_TRUE(becomes(w, id, "ACTIVE")) << w.show(id).dump();
    remove(w, id);
  }
}

TEST(Life, PasswordThatTheGuestPosts) {
  World w;
  std::string id = active_server(w);
  const std::string at = "/v2.1/servers/" + id + "/os-server-password";
  EXPECT_EQ(body_of(w.send("GET", at, "member"))["password"].as_string("?"), "");
  w.agent.say_password(*w.control, id, "c2VjcmV0");
  EXPECT_EQ(body_of(w.send("GET", at, "member"))["password"].as_string(), "c2VjcmV0");
  EXPECT_EQ(w.send("GET", at, "foreign").status, 404);
  EXPECT_EQ(w.send("DELETE", at, "foreign").status, 404);
  EXPECT_EQ(w.send("DELETE", at, "member").status, 204);
  EXPECT_EQ(body_of(w.send("GET", at, "member"))["password"].as_string("?"), "");
  w.agent.say_password(*w.control, id, "again");
  remove(w, id);
  EXPECT_EQ(w.count("SELECT count(*) FROM servers WHERE password<>''"), 0);
}

TEST(Life, WhatThisCloudCannotDoIsSaid) {
  World w;
  std::string id = active_server(w);
  EXPECT_EQ(act(w, id, "changePassword", Json::object({{"adminPass", "x"}})).status, 501);
  EXPECT_EQ(act(w, id, "restore").status, 409);
  EXPECT_EQ(act(w, id, "shelveOffload").status, 403);
  EXPECT_EQ(act(w, id, "shelveOffload", {}, 1, "admin").status, 409);
  EXPECT_EQ(act(w, id, "forceDelete").status, 202);
  EXPECT_TRUE(becomes(w, id, "gone"));
}

TEST(Life, LockedServersAreLeftAlone) {
  World w;
  std::string id = active_server(w);
  ASSERT_EQ(act(w, id, "lock").status, 202);
  for (const char* name : {"pause", "suspend", "shelve", "rescue"})
    EXPECT_EQ(act(w, id, name).status, 409) << name;
  EXPECT_EQ(act(w, id, "rebuild", Json::object({{"imageRef", kImage}})).status, 409);
  EXPECT_EQ(act(w, id, "resize", Json::object({{"flavorRef", "1"}})).status, 409);
  EXPECT_EQ(act(w, id, "createImage", Json::object({{"name", "x"}})).status, 409);
  EXPECT_EQ(w.status(id), "ACTIVE");
}

}  // namespace nuri::compute::test
