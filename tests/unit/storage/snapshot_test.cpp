#include "tests/unit/storage/cloud.h"

// Snapshots, and volumes made from snapshots and from other volumes.
namespace nuri::storage {
namespace {

std::string from_snapshot(const std::string& id, const std::string& more = "") {
  return R"({"volume":{"snapshot_id":")" + id + "\"" + more + "}}";
}
std::string from_volume(const std::string& id, const std::string& more = "") {
  return R"({"volume":{"source_volid":")" + id + "\"" + more + "}}";
}

TEST_F(Cloud, ASnapshotLivesAndGoes) {
  std::string volume = make(R"({"volume":{"size":2}})");
  EXPECT_EQ(
      call("member@p", "POST", "/v3/p/snapshots", R"({"snapshot":{"volume_id":")" + volume + "\"}}")
          .status,
      400)
      << "there is no file yet";
  settle();
  std::string id = snapshot(volume, R"(,"name":"s","metadata":{"k":"v"})");
  EXPECT_EQ(show_snapshot(id)["status"].as_string(), "creating");
  EXPECT_EQ(used("gigabytes"), 4);
  EXPECT_EQ(used("snapshots"), 1);
  settle();
  Json shown = show_snapshot(id);
  EXPECT_EQ(shown["status"].as_string(), "available");
  EXPECT_EQ(shown["os-extended-snapshot-attributes:progress"].as_string(), "100%");
  EXPECT_EQ(shown["size"].as_int(), 2);
  EXPECT_EQ(shown["metadata"]["k"].as_string(), "v");
  EXPECT_EQ(files.size(), 2u);
  EXPECT_EQ(call("member@p", "DELETE", "/v3/p/volumes/" + volume).status, 400)
      << "a volume with snapshots stays";
  EXPECT_EQ(call("member@p", "DELETE", "/v3/p/snapshots/" + id).status, 202);
  EXPECT_EQ(call("member@p", "DELETE", "/v3/p/snapshots/" + id).status, 202);
  settle();
  EXPECT_EQ(call("member@p", "GET", "/v3/p/snapshots/" + id).status, 404);
  EXPECT_EQ(call("member@p", "DELETE", "/v3/p/volumes/" + volume).status, 202);
  settle();
  expect_nothing_left();
  EXPECT_EQ(events(), (std::vector<std::string>{"begin 2", "begin 2", "end 2", "end 2"}));
}

TEST_F(Cloud, SnapshotFieldsInTheirMicroversions) {
  std::string volume = make();
  settle();
  std::string id = snapshot(volume);
  auto has = [&](const std::string& version, const char* field) {
    return json(call("reader@p", "GET", "/v3/p/snapshots/" + id, "", version))["snapshot"].contains(
        field);
  };
  EXPECT_FALSE(has("3.13", "group_snapshot_id"));
  EXPECT_TRUE(has("3.14", "group_snapshot_id"));
  EXPECT_FALSE(has("3.40", "user_id"));
  EXPECT_TRUE(has("3.41", "user_id"));
  EXPECT_FALSE(has("3.64", "consumes_quota"));
  EXPECT_TRUE(has("3.65", "consumes_quota"));
  Json listed = json(call("reader@p", "GET", "/v3/p/snapshots"))["snapshots"].at(0);
  EXPECT_FALSE(listed.contains("os-extended-snapshot-attributes:progress"));
  listed = json(call("reader@p", "GET", "/v3/p/snapshots/detail"))["snapshots"].at(0);
  EXPECT_TRUE(listed.contains("os-extended-snapshot-attributes:progress"));
}

TEST_F(Cloud, SnapshotsOfAVolumeInUseNeedForceUntilItIsAlways) {
  std::string id = make();
  settle();
  EXPECT_EQ(
      act(id,
          R"({"os-attach":{"instance_uuid":"00000000-0000-4000-8000-000000000001","mountpoint":"/dev/vdb"}})")
          .status,
      202);
  auto take = [&](const std::string& more, const std::string& version) {
    return call("member@p", "POST", "/v3/p/snapshots",
                R"({"snapshot":{"volume_id":")" + id + "\"" + more + "}}", version)
        .status;
  };
  EXPECT_EQ(take("", "3.65"), 400);
  EXPECT_EQ(take(R"(,"force":false)", "3.65"), 400);
  EXPECT_EQ(take(R"(,"force":true)", "3.65"), 202);
  EXPECT_EQ(take("", "3.66"), 202);
  EXPECT_EQ(take(R"(,"force":false)", "3.66"), 400);
}

TEST_F(Cloud, AVolumeFromASnapshotAndAClone) {
  std::string image_keeps = make(R"({"volume":{"size":2}})");
  settle();
  act(image_keeps, R"({"os-set_bootable":{"bootable":true}})");
  act(image_keeps, R"({"os-set_image_metadata":{"metadata":{"os_distro":"debian"}}})");
  std::string snap = snapshot(image_keeps);
  EXPECT_EQ(call("member@p", "POST", "/v3/p/volumes", from_snapshot(snap)).status, 400)
      << "it is not there yet";
  settle();
  EXPECT_EQ(call("member@p", "POST", "/v3/p/volumes", from_snapshot(snap, R"(,"size":1)")).status,
            400);
  std::string same = make(from_snapshot(snap)), larger = make(from_snapshot(snap, R"(,"size":3)"));
  std::string clone = make(from_volume(image_keeps));
  settle();
  for (const auto& id : {same, larger, clone}) {
    EXPECT_EQ(status(id), "available");
    EXPECT_EQ(show(id)["bootable"].as_string(), "true");
    EXPECT_EQ(show(id)["volume_image_metadata"]["os_distro"].as_string(), "debian");
    EXPECT_EQ(show(id)["os-vol-host-attr:host"].as_string(), "h1@file#file");
  }
  EXPECT_EQ(show(same)["size"].as_int(), 2);
  EXPECT_EQ(show(same)["snapshot_id"].as_string(), snap);
  EXPECT_EQ(show(larger)["size"].as_int(), 3);
  EXPECT_EQ(show(clone)["source_volid"].as_string(), image_keeps);
  // Each stands alone: the sources go first.
  EXPECT_EQ(call("member@p", "DELETE", "/v3/p/snapshots/" + snap).status, 202);
  settle();
  EXPECT_EQ(call("member@p", "DELETE", "/v3/p/volumes/" + image_keeps).status, 202);
  settle();
  EXPECT_EQ(files.size(), 3u);
  EXPECT_EQ(show(same)["snapshot_id"].as_string(), snap);
  EXPECT_EQ(copied_from_nothing, 0);
}

// Deleted while something is being made from it, a source stays until that is done.
TEST_F(Cloud, ASourceOutlivesTheCopyingFromIt) {
  std::string volume = make();
  settle();
  std::string snap = snapshot(volume);
  settle();
  std::string copy = make(from_snapshot(snap)), clone = make(from_volume(volume));
  EXPECT_EQ(call("member@p", "DELETE", "/v3/p/volumes/" + volume + "?cascade=true").status, 202);
  run();
  EXPECT_TRUE(files.contains(volume));
  EXPECT_TRUE(files.contains(snap));
  settle();
  settle();
  EXPECT_EQ(status(copy), "available");
  EXPECT_EQ(status(clone), "available");
  EXPECT_EQ(files.size(), 2u);
  EXPECT_EQ(rows("snapshots"), 0);
  EXPECT_EQ(rows("volumes"), 2);
  EXPECT_EQ(copied_from_nothing, 0);
}

TEST_F(Cloud, CascadeTakesTheSnapshotsFirst) {
  std::string volume = make();
  settle();
  snapshot(volume);
  snapshot(volume);
  settle();
  EXPECT_EQ(call("member@p", "DELETE", "/v3/p/volumes/" + volume + "?cascade=True").status, 202);
  EXPECT_EQ(used("gigabytes"), 0);
  for (int i = 0; i < 12 && rows("volumes") > 0; ++i) {
    if (rows("snapshots") > 0) {
      EXPECT_EQ(rows("volumes"), 1);
    }
    agent();
    run();
  }
  settle();
  expect_nothing_left();
}

TEST_F(Cloud, ASnapshotThatCannotBe) {
  std::string volume = make();
  settle();
  broken = "No space left on device";
  std::string id = snapshot(volume);
  run();
  agent();
  run();
  EXPECT_EQ(show_snapshot(id)["status"].as_string(), "error");
  Json told = json(call("reader@p", "GET", "/v3/p/messages", "", "3.3"))["messages"].at(0);
  EXPECT_EQ(told["resource_uuid"].as_string(), id);
  EXPECT_EQ(told["user_message"].as_string(), broken);
  EXPECT_EQ(call("admin@p", "POST", "/v3/p/snapshots/" + id + "/action",
                 R"({"os-reset_status":{"status":"available"}})")
                .status,
            400)
      << "it was never made";
  broken.clear();
  EXPECT_EQ(call("member@p", "DELETE", "/v3/p/snapshots/" + id).status, 202);
  settle();
  EXPECT_EQ(rows("snapshots"), 0);
}

TEST_F(Cloud, SnapshotActions) {
  std::string volume = make();
  settle();
  std::string id = snapshot(volume);
  settle();
  auto snap_act = [&](const std::string& token, const std::string& body) {
    return call(token, "POST", "/v3/p/snapshots/" + id + "/action", body).status;
  };
  EXPECT_EQ(snap_act("member@p", R"({"os-reset_status":{"status":"error"}})"), 403);
  EXPECT_EQ(snap_act("admin@p", R"({"os-reset_status":{"status":"happy"}})"), 400);
  EXPECT_EQ(snap_act("admin@p", R"({"os-reset_status":{"status":"creating"}})"), 202);
  EXPECT_EQ(
      snap_act("member@p", R"({"os-update_snapshot_status":{"status":"error","progress":"8"}})"),
      400);
  EXPECT_EQ(
      snap_act("member@p", R"({"os-update_snapshot_status":{"status":"error","progress":"80%"}})"),
      202);
  EXPECT_EQ(show_snapshot(id)["os-extended-snapshot-attributes:progress"].as_string(), "80%");
  EXPECT_EQ(snap_act("member@p", R"({"os-update_snapshot_status":{"status":"available"}})"), 400);
  EXPECT_EQ(snap_act("admin@p", R"({"os-reset_status":{"status":"deleting"}})"), 202);
  EXPECT_EQ(used("snapshots"), 1) << "a word alone deletes nothing";
  for (const char* bad : {"", "[]", "{}", R"({"os-fly":{}})", R"({"os-unmanage":{}})"})
    EXPECT_EQ(snap_act("admin@p", bad), 400) << bad;
  EXPECT_EQ(snap_act("member@p", R"({"os-force_delete":{}})"), 403);
  EXPECT_EQ(snap_act("admin@p", R"({"os-force_delete":{}})"), 202);
  settle();
  EXPECT_EQ(rows("snapshots"), 0);
}

TEST_F(Cloud, BadSnapshots) {
  std::string id = make();
  settle();
  const std::pair<std::string, int> kBad[] = {
      {"", 400},
      {"{}", 400},
      {R"({"snapshot":[]})", 400},
      {R"({"snapshot":{}})", 404},
      {R"({"snapshot":{"volume_id":null}})", 404},
      {R"({"snapshot":{"volume_id":"x"}})", 404},
      {R"({"snapshot":{"volume_id":")" + id + R"(","colour":1}})", 400},
      {R"({"snapshot":{"volume_id":")" + id + R"(","metadata":{"a":1}}})", 400},
      {R"({"snapshot":{"volume_id":")" + id + R"(","force":"perhaps"}})", 400},
  };
  for (const auto& [body, code] : kBad)
    EXPECT_EQ(call("member@p", "POST", "/v3/p/snapshots", body).status, code) << body;
  EXPECT_EQ(
      call("member@q", "POST", "/v3/q/snapshots", R"({"snapshot":{"volume_id":")" + id + "\"}}")
          .status,
      404);
  EXPECT_EQ(call("member@q", "POST", "/v3/q/volumes", from_volume(id)).status, 404);
  EXPECT_EQ(rows("snapshots"), 0);
  EXPECT_EQ(call("reader@p", "GET", "/v3/p/snapshots?limit=x").status, 400);
  EXPECT_EQ(call("reader@p", "GET", "/v3/p/snapshots?sort_key=color").status, 400);
  EXPECT_EQ(call("reader@p", "GET", "/v3/p/snapshots?marker=none").status, 404);
}

// Killed at every point of every step of a snapshot's life and of a copy's: all converges, and
// after the delete nothing is left.
TEST_F(Cloud, SnapshotsAndCopiesConvergeAfterACrashAtEveryPoint) {
  bool reached = true;
  int crashes = 0;
  for (int at = 0; reached && at < 90; ++at) {
    reached = false;
    std::string volume = make();
    settle();
    std::string snap = snapshot(volume);
    int left = at;
    auto live = [&](auto until) {
      for (int i = 0; i < 25 && !until(); ++i) {
        agent();
        if (!reached && !run(left)) {
          reached = true;
          ++crashes;
          open();
        } else if (!reached) {
          left = std::max(0, left - 3);
        } else {
          run();
        }
        clock.advance(3 * kSecondUs);
      }
    };
    live([&] { return show_snapshot(snap)["status"].as_string() == "available"; });
    EXPECT_EQ(show_snapshot(snap)["status"].as_string(), "available") << at;
    std::string copy = make(from_snapshot(snap));
    EXPECT_EQ(call("member@p", "DELETE", "/v3/p/volumes/" + volume + "?cascade=1").status, 202);
    live([&] { return status(copy) == "available"; });
    EXPECT_EQ(status(copy), "available") << at;
    EXPECT_EQ(call("member@p", "DELETE", "/v3/p/volumes/" + copy).status, 202);
    live([&] { return rows("volumes") == 0; });
    EXPECT_EQ(rows("volumes"), 0) << at;
    expect_nothing_left();
  }
  EXPECT_GE(crashes, 15);
  EXPECT_EQ(copied_from_nothing, 0);
  auto all = events();
  EXPECT_EQ(std::count(all.begin(), all.end(), "begin 1"),
            std::count(all.begin(), all.end(), "end 1"));
}

}  // namespace
}  // namespace nuri::storage
