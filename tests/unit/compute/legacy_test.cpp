#include "tests/unit/compute/world.h"

namespace nuri::compute::test {

TEST(LegacyImages, ListedFilteredAndShownUpTo235) {
  World w;
  const std::string snapshot = "bbbbbbbb-0000-4000-8000-000000000002", server = w.random.uuid();
  w.image.images[kImage].set("name", "tiny").set("created_at", "2023-01-01T00:00:00Z");
  w.image.images[kImage].set("updated_at", "2023-01-01T00:00:00Z");
  w.image.images[snapshot] = Json::object({{"id", snapshot},
                                           {"name", "snap"},
                                           {"status", "queued"},
                                           {"min_disk", 1},
                                           {"min_ram", 0},
                                           {"created_at", "2023-02-01T00:00:00Z"},
                                           {"updated_at", "2023-02-01T00:00:00Z"},
                                           {"image_type", "snapshot"},
                                           {"instance_uuid", server}});
  auto ids = [&](const std::string& query) {
    std::string out;
    Json body = body_of(w.send("GET", "/v2.1/images" + query, "member"));
    for (const Json& i : body["images"].as_array()) out += i["name"].as_string() + " ";
    return out;
  };
  EXPECT_EQ(ids(""), "tiny snap ");
  EXPECT_EQ(ids("?name=tiny"), "tiny ");
  EXPECT_EQ(ids("?status=ACTIVE"), "tiny ");
  EXPECT_EQ(ids("?status=saving"), "snap ");
  EXPECT_EQ(ids("?type=snapshot"), "snap ");
  EXPECT_EQ(ids("?server=http://cloud/v2.1/servers/" + server), "snap ");
  EXPECT_EQ(ids("?changes-since=2023-01-15T00:00:00Z"), "snap ");
  EXPECT_EQ(ids("?limit=1"), "tiny ");
  EXPECT_EQ(w.send("GET", "/v2.1/images?marker=none", "member").status, 400);
  EXPECT_EQ(w.send("GET", "/v2.1/images?minRam=x", "member").status, 400);
  Json shown = body_of(w.send("GET", "/v2.1/images/" + snapshot, "member"))["image"];
  EXPECT_EQ(shown["status"].as_string(), "SAVING");
  EXPECT_EQ(shown["server"]["id"].as_string(), server);
  EXPECT_EQ(shown["minDisk"].as_int(), 1);
  EXPECT_EQ(shown["metadata"]["image_type"].as_string(), "snapshot");
  std::string one = "/v2.1/images/" + snapshot;
  EXPECT_EQ(body_of(w.send("GET", one + "/metadata/image_type", "member"))["meta"]["image_type"]
                .as_string(),
            "snapshot");
  EXPECT_EQ(w.send("GET", one + "/metadata/none", "member").status, 404);
  EXPECT_EQ(w.send("GET", "/v2.1/images/none", "member").status, 404);
  EXPECT_EQ(w.send("GET", one, "member", {}, 36).status, 404);
  EXPECT_EQ(w.send("GET", one + "/metadata", "member", {}, 38).status, 200);
  EXPECT_EQ(w.send("GET", one + "/metadata", "member", {}, 39).status, 404);
}

TEST(LegacyVolumes, ShownInNovasShapeUpTo235) {
  World w;
  w.storage.volumes[kVolume].set("size", 1).set("name", "v");
  Json v = body_of(w.send("GET", "/v2.1/os-volumes/" + kVolume, "member"))["volume"];
  EXPECT_EQ(v["displayName"].as_string(), "v");
  EXPECT_EQ(v["attachments"], Json::array({Json::object()}));
  EXPECT_EQ(w.send("GET", "/v2.1/os-volumes/none", "member").status, 404);
  EXPECT_EQ(w.send("GET", "/v2.1/os-volumes/" + kVolume, "member", {}, 36).status, 404);
  for (const char* bad : {R"({"volume": {"size": "#$%"}})", R"({"volume": {"size": ""}})",
                          R"({"volume": {"size": "0"}})", R"({"volume": {}})", "{}"})
    EXPECT_EQ(w.send_raw("POST", "/v2.1/os-volumes", "member", bad).status, 400) << bad;
  EXPECT_EQ(w.send("GET", "/v2.1/os-tenant-networks/" + kNetwork, "member").status, 200);
}

}  // namespace nuri::compute::test
