#include "tests/unit/storage/cloud.h"

// Images made of volumes.
namespace nuri::storage {
namespace {

const char* kUpload = R"({"os-volume_upload_image":{"image_name":"i","disk_format":"qcow2"}})";

TEST_F(Cloud, UploadsAVolume) {
  std::string id = make();
  EXPECT_EQ(act(id, kUpload).status, 400) << "there is nothing yet";
  settle();
  Response r = act(id, kUpload, "member@p", "3.1");
  ASSERT_EQ(r.status, 202) << r.body;
  Json answer = json(r)["os-volume_upload_image"];
  std::string image = answer["image_id"].as_string();
  EXPECT_EQ(answer["visibility"].as_string(), "private");
  EXPECT_EQ(status(id), "uploading");
  ASSERT_TRUE(images.queued.contains(image)) << "before its id is told";
  EXPECT_EQ(images.queued[image]["host"].as_string(), "h1");
  EXPECT_EQ(images.queued[image]["project_id"].as_string(), "p");
  EXPECT_EQ(images.queued[image]["disk_format"].as_string(), "qcow2");
  EXPECT_EQ(call("member@p", "DELETE", "/v3/p/volumes/" + id).status, 400);
  EXPECT_EQ(act(id, kUpload).status, 400);
  settle();
  EXPECT_EQ(status(id), "available");
  EXPECT_TRUE(sent.contains(image));
  EXPECT_TRUE(images.queued.contains(image)) << "what has arrived stays";
  EXPECT_EQ(call("member@p", "DELETE", "/v3/p/volumes/" + id).status, 202);
  settle();
  expect_nothing_left();
}

TEST_F(Cloud, AnUploadThatTheHostCannotDoIsTakenBack) {
  std::string id = make();
  settle();
  EXPECT_EQ(act(id, kUpload).status, 202);
  broken = "No space left on device";
  for (int i = 0; i < 4; ++i) run(), agent();
  run();
  EXPECT_EQ(status(id), "available");
  EXPECT_TRUE(images.queued.empty());
  Json told = json(call("reader@p", "GET", "/v3/p/messages", "", "3.3"))["messages"].at(0);
  EXPECT_NE(told["user_message"].as_string().find(broken), std::string::npos);
}

TEST_F(Cloud, AnUploadThatTheImageServiceRefusesOrMisses) {
  std::string id = make();
  settle();
  images.refusal = Error(ErrorCode::too_large, "Over the quota.");
  EXPECT_EQ(act(id, kUpload).status, 202);
  settle();
  EXPECT_EQ(status(id), "available");
  images.refusal.reset();
  images.down = true;
  EXPECT_EQ(act(id, kUpload).status, 202);
  settle();
  EXPECT_EQ(status(id), "uploading") << "it goes on when the image service is back";
  images.down = false;
  clock.advance(60 * kSecondUs);
  settle();
  EXPECT_EQ(status(id), "available");
  EXPECT_EQ(images.queued.size(), 1u);
  // Never back: the volume is its owner's again.
  EXPECT_EQ(act(id, kUpload).status, 202);
  images.down = true;
  for (int i = 0; i < 200; ++i) {
    run();
    clock.advance(60 * kSecondUs);
  }
  EXPECT_EQ(status(id), "available");
}

TEST_F(Cloud, ForceDeletedDuringAnUpload) {
  std::string id = make();
  settle();
  EXPECT_EQ(act(id, kUpload).status, 202);
  run();
  EXPECT_EQ(act(id, R"({"os-force_delete":{}})", "admin@p").status, 202);
  run();
  EXPECT_TRUE(images.queued.empty());
  settle();
  expect_nothing_left();
}

TEST_F(Cloud, AnUploadConvergesAfterACrashAtEveryPoint) {
  bool reached = true;
  int crashes = 0;
  for (int at = 0; reached && at < 60; ++at) {
    reached = false;
    std::string id = make();
    settle();
    Response r = act(id, kUpload);
    std::string image = json(r)["os-volume_upload_image"]["image_id"].as_string();
    int left = at;
    for (int i = 0; i < 25 && status(id) != "available"; ++i) {
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
    EXPECT_EQ(status(id), "available") << at;
    EXPECT_TRUE(sent.contains(image)) << at;
    EXPECT_TRUE(images.queued.contains(image)) << at;
    EXPECT_EQ(call("member@p", "DELETE", "/v3/p/volumes/" + id).status, 202);
    settle();
    expect_nothing_left();
  }
  EXPECT_GE(crashes, 9);
}

}  // namespace
}  // namespace nuri::storage
