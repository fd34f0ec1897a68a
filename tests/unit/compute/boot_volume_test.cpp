#include "tests/unit/compute/world.h"

// Servers whose disks are volumes.
namespace nuri::compute::test {

namespace {

const std::string kSnapshot = "ffffffff-0000-4000-8000-000000000001";

Json mapping(const char* text) { return parse_json(text).value(); }

Response create(World& w, const Json& devices, const std::string& image = "",
                const Json& more = Json::object(), int version = 1) {
  Json server = Json::object({{"name", "vm"},
                              {"imageRef", image},
                              {"flavorRef", "1"},
                              {"networks", Json::array({Json::object({{"uuid", kNetwork}})})},
                              {"block_device_mapping_v2", devices}});
  for (const auto& [k, v] : more.as_object()) server.set(k, v);
  return w.send("POST", "/v2.1/servers", "member", Json::object({{"server", server}}), version);
}

std::string created(World& w, const Json& devices, const std::string& image = "") {
  auto r = create(w, devices, image);
  EXPECT_EQ(r.status, 202) << r.body;
  return body_of(r)["server"]["id"].as_string();
}

bool active(World& w, const std::string& id) {
  return w.run_until([&] { return w.status(id) == "ACTIVE"; });
}

Json of_volume(bool destroyed = false) {
  return Json::array({Json::object({{"uuid", kVolume},
                                    {"source_type", "volume"},
                                    {"destination_type", "volume"},
                                    {"boot_index", "0"},
                                    {"delete_on_termination", destroyed}})});
}

void make_bootable(World& w) { w.storage.volumes[kVolume].set("bootable", "true"); }

void remove(World& w, const std::string& id) {
  ASSERT_EQ(w.send("DELETE", "/v2.1/servers/" + id, "member").status, 204);
  ASSERT_TRUE(w.run_until([&] { return w.status(id) == "gone"; }));
  w.expect_nothing_left();
}

}  // namespace

TEST(BootVolume, OfTheUsersOwn) {
  for (bool destroyed : {false, true}) {
    World w;
    make_bootable(w);
    std::string id = created(w, of_volume(destroyed));
    ASSERT_TRUE(active(w, id)) << w.show(id).dump();
    Json s = w.show(id, 3);
    EXPECT_EQ(s["image"].as_string("?"), "");
    Json volumes = s["os-extended-volumes:volumes_attached"];
    ASSERT_EQ(volumes.size(), 1u);
    EXPECT_EQ(volumes.at(0)["id"].as_string(), kVolume);
    EXPECT_EQ(volumes.at(0)["delete_on_termination"].as_bool(), destroyed);
    EXPECT_TRUE(w.run_until(
        [&] { return w.storage.volumes[kVolume]["status"].as_string() == "in-use"; }));
    EXPECT_TRUE(w.agent.servers[id]["image"].is_null());
    EXPECT_EQ(w.agent.servers[id]["volumes"].size(), 1u);
    EXPECT_EQ(w.storage.attachments[kVolume]["device"].as_string(), "/dev/vda");
    auto r = w.send("DELETE", "/v2.1/servers/" + id + "/os-volume_attachments/" + kVolume, "member");
    EXPECT_EQ(r.status, 400) << r.body;
    remove(w, id);
    EXPECT_EQ(w.storage.volumes.count(kVolume), destroyed ? 0u : 1u);
  }
}

// Its server never ran, so storage had not heard of it: its owner was free to give it away.
TEST(BootVolume, OneGivenToAnotherProjectIsTheirs) {
  World w;
  make_bootable(w);
  w.add_flavor("huge", 50000);  // no host has so much
  auto made = create(w, of_volume(true), "", Json::object({{"flavorRef", "huge"}}));
  ASSERT_EQ(made.status, 202) << made.body;
  std::string id = body_of(made)["server"]["id"].as_string();
  ASSERT_TRUE(w.run_until([&] { return w.status(id) == "ERROR"; }));
  EXPECT_EQ(create(w, of_volume()).status, 400) << "promised within the project";
  w.storage.volumes[kVolume].set("project_id", kOtherProject);
  Json server = Json::object({{"name", "theirs"},
                              {"imageRef", ""},
                              {"flavorRef", "1"},
                              {"networks", "none"},
                              {"block_device_mapping_v2", of_volume()}});
  auto theirs = w.send("POST", "/v2.1/servers", "foreign", Json::object({{"server", server}}), 37);
  EXPECT_EQ(theirs.status, 202) << theirs.body;
  ASSERT_TRUE(w.run_until([&] { return w.storage.attachments.count(kVolume) == 1; }));
  ASSERT_EQ(w.send("DELETE", "/v2.1/servers/" + id, "member").status, 204);
  ASSERT_TRUE(w.run_until([&] { return w.status(id) == "gone"; }));
  EXPECT_EQ(w.storage.volumes.count(kVolume), 1u);
}

TEST(BootVolume, MadeOfImageSnapshotAndNothing) {
  World w;
  w.storage.snapshots[kSnapshot] = Json::object(
      {{"id", kSnapshot}, {"status", "available"}, {"size", 1}, {"volume_id", kVolume}});
  Json devices = mapping(R"([
    {"source_type": "image", "destination_type": "volume", "boot_index": 0, "volume_size": 3,
     "delete_on_termination": true},
    {"source_type": "snapshot", "destination_type": "volume", "uuid": ""},
    {"source_type": "blank", "destination_type": "volume", "volume_size": "2", "boot_index": -1}])");
  devices.array_ref()[0].set("uuid", kImage);
  devices.array_ref()[1].set("uuid", kSnapshot);
  w.storage.slow = true;
  std::string id = created(w, devices);
  EXPECT_FALSE(w.run_until([&] { return w.status(id) != "BUILD"; }, 20));
  EXPECT_EQ(w.show(id)["OS-EXT-STS:task_state"].as_string(), "block_device_mapping");
  w.storage.slow = false;
  ASSERT_TRUE(active(w, id)) << w.show(id).dump();
  EXPECT_EQ(w.agent.servers[id]["volumes"].size(), 3u);
  int images = 0, snapshots = 0, blanks = 0;
  for (const auto& [key, v] : w.storage.volumes) {
    if (!v.contains("made_of")) continue;
    const Json of = v["made_of"];
    EXPECT_EQ(of["project_id"].as_string(), kProject);
    images += of["image"].as_string() == kImage && of["size_gib"].as_int() == 3;
    snapshots += of["snapshot"].as_string() == kSnapshot;
    blanks += of["image"].is_null() && of["snapshot"].is_null() && of["size_gib"].as_int() == 2;
  }
  EXPECT_EQ(images, 1);
  EXPECT_EQ(snapshots, 1);
  EXPECT_EQ(blanks, 1);
  remove(w, id);
  EXPECT_EQ(w.storage.volumes.size(), 3u) << "only the first was to go";
}

TEST(BootVolume, BesideAnImageOnTheHostsDisk) {
  World w;
  Json devices = mapping(R"([{"source_type": "image", "destination_type": "local", "boot_index": 0},
    {"source_type": "volume", "destination_type": "volume", "boot_index": -1}])");
  devices.array_ref()[0].set("uuid", kImage);
  devices.array_ref()[1].set("uuid", kVolume);
  std::string id = created(w, devices, kImage);
  ASSERT_TRUE(active(w, id)) << w.show(id).dump();
  EXPECT_EQ(w.show(id)["image"]["id"].as_string(), kImage);
  EXPECT_EQ(w.storage.attachments[kVolume]["device"].as_string(), "/dev/vdb");
  remove(w, id);
}

TEST(BootVolume, RefusalsSayWhy) {
  World w;
  const char* bad[] = {
      R"([{"source_type": "volume", "destination_type": "volume", "boot_index": 0, "uuid": "x"}])",
      R"([{"source_type": "volume", "destination_type": "local", "boot_index": 0}])",
      R"([{"source_type": "blank", "destination_type": "local", "boot_index": -1}])",
      R"([{"source_type": "blank", "destination_type": "volume", "boot_index": 0}])",
      R"([{"source_type": "nonsense"}])",
      R"([{"source_type": "volume", "evil": 1}])",
      R"([7])",
      R"({})",
      R"([{"source_type": "volume", "boot_index": "first"}])"};
  for (const char* text : bad) {
    auto r = create(w, mapping(text));
    EXPECT_EQ(r.status, 400) << text << r.body;
  }
  EXPECT_EQ(create(w, of_volume()).status, 400) << "not bootable";
  make_bootable(w);
  EXPECT_EQ(create(w, of_volume(), kImage).status, 400) << "two roots";
  EXPECT_EQ(create(w, of_volume(), "", Json::object({{"min_count", 2}})).status, 400);
  Json twice = of_volume();
  Json second = twice.at(0);
  twice.push_back(second.set("boot_index", -1));
  EXPECT_EQ(create(w, twice).status, 400);
  w.storage.volumes[kVolume].set("status", "in-use");
  EXPECT_EQ(create(w, of_volume()).status, 400);
  w.storage.volumes.clear();
  EXPECT_EQ(create(w, of_volume()).status, 400);
  EXPECT_EQ(create(w, Json::array()).status, 400);
  EXPECT_EQ(w.count("SELECT count(*) FROM servers"), 0);
}

TEST(BootVolume, PromisedToOneServerOnly) {
  World w;
  make_bootable(w);
  std::string id = created(w, of_volume());
  EXPECT_EQ(create(w, of_volume()).status, 400);
  ASSERT_TRUE(active(w, id));
  remove(w, id);
}

TEST(BootVolume, ThatCannotBeMadeIsAnError) {
  World w;
  Json devices = mapping(
      R"([{"source_type": "image", "destination_type": "volume", "boot_index": 0, "volume_size": 3}])");
  devices.array_ref()[0].set("uuid", kImage);
  w.storage.refuse_volumes = "VolumeSizeExceedsAvailableQuota";
  std::string id = created(w, devices);
  ASSERT_TRUE(w.run_until([&] { return w.status(id) == "ERROR"; }));
  EXPECT_NE(w.show(id)["fault"]["message"].as_string().find("Quota"), std::string::npos);
  remove(w, id);
}

TEST(BootVolume, ResizesShelvesAndReboots) {
  World w;
  make_bootable(w);
  w.add_flavor("2", 1024, 2, 0);
  std::string id = created(w, of_volume());
  ASSERT_TRUE(active(w, id));
  auto act = [&](const char* name, const Json& argument = {}) {
    return w.send("POST", "/v2.1/servers/" + id + "/action", "member",
                  Json::object({{name, argument}}))
        .status;
  };
  EXPECT_EQ(act("resize", Json::object({{"flavorRef", "2"}})), 202);
  ASSERT_TRUE(w.run_until([&] { return w.status(id) == "VERIFY_RESIZE"; }));
  EXPECT_EQ(act("confirmResize"), 204);
  ASSERT_TRUE(active(w, id));
  EXPECT_EQ(act("rescue"), 400);
  EXPECT_EQ(act("rebuild", Json::object({{"imageRef", kImage}})), 400);
  EXPECT_EQ(act("createImage", Json::object({{"name", "x"}})), 400);
  EXPECT_EQ(act("shelve"), 202);
  ASSERT_TRUE(w.run_until([&] { return w.status(id) == "SHELVED_OFFLOADED"; }));
  EXPECT_EQ(w.image.images.size(), 1u) << "nothing to copy";
  EXPECT_EQ(act("unshelve"), 202);
  ASSERT_TRUE(active(w, id)) << w.show(id).dump();
  EXPECT_EQ(w.agent.servers[id]["volumes"].size(), 1u);
  remove(w, id);
}

}  // namespace nuri::compute::test
