#include "tests/unit/storage/cloud.h"

// The life of a volume, and what is left of it whatever dies when.
namespace nuri::storage {
namespace {

TEST_F(Cloud, LivesAndGoes) {
  std::string id = make();
  EXPECT_EQ(status(id), "creating");
  settle();
  EXPECT_EQ(status(id), "available");
  EXPECT_EQ(show(id)["os-vol-host-attr:host"].as_string(), "h1@file#file");
  EXPECT_EQ(files.size(), 1u);
  EXPECT_EQ(call("member@p", "DELETE", "/v3/p/volumes/" + id).status, 202);
  EXPECT_EQ(status(id), "deleting");
  EXPECT_EQ(events(), (std::vector<std::string>{"begin 1", "end 1"}));
  settle();
  EXPECT_EQ(call("member@p", "GET", "/v3/p/volumes/" + id).status, 404);
  EXPECT_TRUE(files.empty());
  for (const char* table : {"volumes", "attachments", "tasks", "feed_desired"})
    EXPECT_EQ(rows(table), 0) << table;
}

TEST_F(Cloud, DeletedBeforeItIsMade) {
  std::string id = make();
  EXPECT_EQ(call("member@p", "DELETE", "/v3/p/volumes/" + id).status, 202);
  EXPECT_EQ(call("member@p", "DELETE", "/v3/p/volumes/" + id).status, 202);
  settle();
  EXPECT_EQ(rows("volumes"), 0);
  EXPECT_TRUE(events().empty());
}

TEST_F(Cloud, NoHostBecomesAnErrorThatCanBeDeleted) {
  std::string id = make();
  for (int i = 0; i < 80; ++i) {
    run();
    clock.advance(kSecondUs);
  }
  EXPECT_EQ(status(id), "error");
  auto incidents = db->read([](db::Session& s) { return tasks::incidents(s, true); }).value();
  ASSERT_EQ(incidents.size(), 1u);
  EXPECT_NE(incidents[0].why.find("No host can hold"), std::string::npos);
  EXPECT_EQ(call("member@p", "DELETE", "/v3/p/volumes/" + id).status, 202);
  run();
  EXPECT_EQ(rows("volumes"), 0);
  EXPECT_TRUE(db->read([](db::Session& s) { return tasks::incidents(s, true); }).value().empty());
}

TEST_F(Cloud, AgentThatCannot) {
  broken = "No space left on device";
  std::string id = make();
  settle();
  EXPECT_EQ(status(id), "error");
  EXPECT_TRUE(events().empty());
  call("member@p", "DELETE", "/v3/p/volumes/" + id);
  settle();
  EXPECT_EQ(rows("volumes"), 0);
}

TEST_F(Cloud, Extends) {
  std::string id = make();
  settle();
  std::string at = "/v3/p/volumes/" + id + "/action";
  EXPECT_EQ(call("member@p", "POST", at, R"({"os-extend":{"new_size":3}})").status, 202);
  EXPECT_EQ(status(id), "extending");
  settle();
  EXPECT_EQ(status(id), "available");
  EXPECT_EQ(show(id)["size"].as_int(), 3);
  EXPECT_EQ(files[id], 3);
  EXPECT_EQ(events(), (std::vector<std::string>{"begin 1", "change 3"}));
  EXPECT_EQ(call("member@p", "POST", at, R"({"os-extend":{"new_size":3}})").status, 400);
  EXPECT_EQ(call("member@p", "POST", at, R"({"os-extend":{"new_size":51}})").status, 413);
}

TEST_F(Cloud, ExtendIsBilledWhenDoneAndTakenBackWhenNot) {
  std::string id = make();
  settle();
  std::string at = "/v3/p/volumes/" + id + "/action";
  auto used = [&] {
    return json(call("member@p", "GET", "/v3/p/limits"))["limits"]["absolute"]
               ["totalGigabytesUsed"].as_int();
  };
  EXPECT_EQ(call("member@p", "POST", at, R"({"os-extend":{"new_size":5}})").status, 202);
  run();
  EXPECT_EQ(show(id)["size"].as_int(), 1) << "until the host has done it";
  EXPECT_EQ(used(), 5) << "the quota is taken at once";
  EXPECT_EQ(events(), (std::vector<std::string>{"begin 1"}));
  broken = "No space left on device";
  agent();
  run();
  EXPECT_EQ(status(id), "error_extending");
  EXPECT_EQ(show(id)["size"].as_int(), 1);
  EXPECT_EQ(used(), 1);
  EXPECT_EQ(desired()["items"].at(0)["spec"]["size_gib"].as_int(), 1);
  EXPECT_EQ(events(), (std::vector<std::string>{"begin 1"}));

  broken.clear();
  const char* reset = R"({"os-reset_status":{"status":"available"}})";
  EXPECT_EQ(call("admin@p", "POST", at, reset).status, 202);
  settle();
  EXPECT_EQ(call("member@p", "POST", at, R"({"os-extend":{"new_size":4}})").status, 202);
  settle();
  EXPECT_EQ(status(id), "available");
  EXPECT_EQ(show(id)["size"].as_int(), 4);
  EXPECT_EQ(events(), (std::vector<std::string>{"begin 1", "change 4"}));

  // The host says nothing until the deadline: the same.
  EXPECT_EQ(call("member@p", "POST", at, R"({"os-extend":{"new_size":9}})").status, 202);
  for (int i = 0; i < 12; ++i) {
    run();
    clock.advance(30 * kSecondUs);
  }
  EXPECT_EQ(status(id), "error_extending");
  EXPECT_EQ(used(), 4);
  EXPECT_EQ(call("admin@p", "POST", at, reset).status, 202);
  EXPECT_EQ(call("member@p", "POST", at, R"({"os-extend":{"new_size":6}})").status, 202);
  settle();
  EXPECT_EQ(status(id), "available");
  EXPECT_EQ(show(id)["size"].as_int(), 6);
}

TEST_F(Cloud, WhatWasMadeTooLateCanBePutToUse) {
  std::string id = make();
  host_lives();
  for (int i = 0; i < 20; ++i) {
    run();
    clock.advance(30 * kSecondUs);
  }
  EXPECT_EQ(status(id), "error");
  std::string at = "/v3/p/volumes/" + id + "/action";
  const char* reset = R"({"os-reset_status":{"status":"available"}})";
  EXPECT_EQ(call("admin@p", "POST", at, reset).status, 400) << "there is no file";
  settle();
  EXPECT_EQ(status(id), "error");
  EXPECT_TRUE(events().empty());
  EXPECT_EQ(call("admin@p", "POST", at, reset).status, 202);
  settle();
  EXPECT_EQ(status(id), "available");
  EXPECT_EQ(events(), std::vector<std::string>{"begin 1"});
}

// Deleted at every point of its making, as between a step's look and its write.
TEST_F(Cloud, DeletedAtAnyPointOfItsMaking) {
  int met = 0;
  for (int at = 1; at <= 12; ++at) {
    std::string id = make();
    until_meddling = at;
    meddle = [&] {
      ++met;
      EXPECT_EQ(call("member@p", "DELETE", "/v3/p/volumes/" + id).status, 202);
    };
    settle();
    if (until_meddling > 0) {
      meddle();
      until_meddling = 0;
    }
    settle();
    for (const char* table : {"volumes", "tasks", "feed_desired"})
      EXPECT_EQ(rows(table), 0) << table << " " << at;
    auto all = events();
    EXPECT_EQ(std::count(all.begin(), all.end(), "begin 1"),
              std::count(all.begin(), all.end(), "end 1"))
        << at;
  }
  EXPECT_EQ(met, 12);
}

TEST_F(Cloud, DeleteOnADeadHostOpensAnIncidentAndFreesTheQuota) {
  std::string id = make();
  settle();
  EXPECT_EQ(call("member@p", "DELETE", "/v3/p/volumes/" + id).status, 202);
  Json limits = json(call("member@p", "GET", "/v3/p/limits"))["limits"]["absolute"];
  EXPECT_EQ(limits["totalVolumesUsed"].as_int(), 0);
  EXPECT_EQ(limits["totalGigabytesUsed"].as_int(), 0);
  auto incidents = [&] {
    return db->read([](db::Session& s) { return tasks::incidents(s, true); }).value();
  };
  auto pass = [&](int minutes) {
    for (int i = 0; i < 2 * minutes; ++i) {
      run();
      clock.advance(30 * kSecondUs);
    }
  };
  pass(9);
  EXPECT_TRUE(incidents().empty());
  pass(20);
  ASSERT_EQ(incidents().size(), 1u) << "one, however long it lasts";
  EXPECT_EQ(incidents()[0].step, "await_gone");
  EXPECT_EQ(status(id), "deleting");
  settle();
  EXPECT_EQ(rows("volumes"), 0);
  EXPECT_TRUE(files.empty());
  EXPECT_TRUE(incidents().empty());
}

TEST_F(Cloud, TakesNoChangeOnItsWayOut) {
  std::string id = make();
  settle();
  std::string at = "/v3/p/volumes/" + id;
  EXPECT_EQ(call("member@p", "DELETE", at).status, 202);
  EXPECT_EQ(call("member@p", "PUT", at, R"({"volume":{"name":"w"}})").status, 400);
  EXPECT_EQ(call("member@p", "POST", at + "/metadata", R"({"metadata":{"a":"b"}})").status, 400);
  EXPECT_EQ(call("member@p", "POST", at + "/action", R"({"os-set_bootable":{"bootable":true}})").status,
            400);
  EXPECT_EQ(call("member@p", "POST", at + "/action",
                 R"({"os-attach":{"instance_uuid":"33333333-3333-4333-8333-333333333333","mountpoint":"/dev/vdb"}})")
                .status,
            400);
  EXPECT_EQ(show(id)["name"].as_string(), "v");
  EXPECT_EQ(call("member@p", "DELETE", at).status, 202);
}

// Killed at every point of every step, of creation and of deletion: it converges, and after the
// delete nothing is left.
TEST_F(Cloud, ConvergesAfterACrashAtEveryPoint) {
  bool reached = true;
  int crashes = 0;
  for (int at = 0; reached && at < 60; ++at) {
    reached = false;
    std::string id = make();
    int left = at;  // points until the crash, over the whole life
    auto live = [&](auto until) {
      for (int i = 0; i < 20 && !until(); ++i) {
        agent();
        if (!reached && !run(left)) {
          reached = true;
          ++crashes;
          open();
        } else if (!reached) {
          left = std::max(0, left - 3);  // a step has three points
        } else {
          run();
        }
        clock.advance(3 * kSecondUs);
      }
    };
    live([&] { return status(id) == "available"; });
    EXPECT_EQ(status(id), "available") << at;
    EXPECT_EQ(call("member@p", "DELETE", "/v3/p/volumes/" + id).status, 202);
    live([&] { return rows("volumes") == 0; });
    EXPECT_TRUE(files.empty()) << at;
    for (const char* table : {"volumes", "tasks", "feed_desired"})
      EXPECT_EQ(rows(table), 0) << table << " " << at;
  }
  EXPECT_GE(crashes, 9);
  auto all = events();
  EXPECT_EQ(std::count(all.begin(), all.end(), "begin 1"),
            std::count(all.begin(), all.end(), "end 1"));
}

TEST_F(Cloud, FromAnImage) {
  std::string image = "11111111-1111-4111-8111-111111111111";
  images.images[image] =
      parse_json(R"({"id":"11111111-1111-4111-8111-111111111111","name":"debian","status":"active",
    "disk_format":"qcow2","container_format":"bare","size":1000,"virtual_size":2147483648,"min_disk":0,"min_ram":0,
    "os_hash_value":"abc"})")
          .value();
  auto create = [&](int size) {
    return call(
        "member@p", "POST", "/v3/p/volumes",
        R"({"volume":{"size":)" + std::to_string(size) + R"(,"imageRef":")" + image + "\"}}");
  };
  EXPECT_EQ(create(1).status, 400);
  Response r = create(2);
  ASSERT_EQ(r.status, 202) << r.body;
  EXPECT_EQ(json(r)["volume"]["bootable"].as_string(), "true");
  EXPECT_FALSE(json(r)["volume"].contains("volume_image_metadata"));
  std::string id = json(r)["volume"]["id"].as_string();
  agent();
  run();
  EXPECT_EQ(desired()["items"].at(0)["spec"]["image"]["sha512"].as_string(), "abc");
  settle();
  EXPECT_EQ(show(id)["volume_image_metadata"]["image_name"].as_string(), "debian");
  images.images[image].set("status", "queued");
  EXPECT_EQ(create(2).status, 400);
  images.down = true;
  EXPECT_EQ(create(2).status, 503);
}

const char* kAttachment = "22222222-2222-4222-8222-222222222222";
std::string attach_body(const std::string& id, const std::string& host = "h1",
                        const std::string& project = "p") {
  return R"({"attachment_id":")" + id +
         R"(","server_id":"33333333-3333-4333-8333-333333333333","project_id":")" + project +
         R"(","host":")" + host + R"(","device":"/dev/vdb","mode":"rw"})";
}

TEST_F(Cloud, OneAttachmentOwnsIt) {
  std::string id = make();
  std::string at = "/internal/v1/volumes/" + id + "/attachment";
  // Before the host has it: reserved, not ready.
  Response first = call("service@", "PUT", at, attach_body(kAttachment));
  ASSERT_EQ(first.status, 200) << first.body;
  EXPECT_FALSE(json(first)["ready"].as_bool(true));
  settle();
  EXPECT_EQ(status(id), "attaching");
  Json again = json(call("service@", "PUT", at, attach_body(kAttachment)));
  EXPECT_TRUE(again["ready"].as_bool());
  EXPECT_EQ(again["path"].as_string(), "/volumes/" + id);
  EXPECT_EQ(again["serial"].as_string(), id);
  EXPECT_EQ(call("service@", "PUT", at, attach_body("44444444-4444-4444-8444-444444444444")).status,
            409);
  EXPECT_EQ(show(id)["attachments"].size(), 0u);

  EXPECT_EQ(call("service@", "PUT", at + "/" + kAttachment + "/attached").status, 204);
  EXPECT_EQ(call("service@", "PUT", at + "/" + kAttachment + "/attached").status, 204);
  EXPECT_EQ(status(id), "in-use");
  EXPECT_EQ(show(id)["attachments"].at(0)["device"].as_string(), "/dev/vdb");
  EXPECT_EQ(call("member@p", "DELETE", "/v3/p/volumes/" + id).status, 400);
  EXPECT_EQ(call("admin@p", "POST", "/v3/p/volumes/" + id + "/action", R"({"os-force_delete":{}})")
                .status,
            400);
  EXPECT_EQ(call("service@", "PUT", at + "/" + kAttachment + "/detaching").status, 204);
  EXPECT_EQ(status(id), "detaching");
  EXPECT_EQ(call("service@", "DELETE", at + "/44444444-4444-4444-8444-444444444444").status, 204);
  EXPECT_EQ(status(id), "detaching");
  EXPECT_EQ(call("service@", "DELETE", at + "/" + kAttachment).status, 204);
  EXPECT_EQ(call("service@", "DELETE", at + "/" + kAttachment).status, 204);
  EXPECT_EQ(status(id), "available");
  EXPECT_EQ(call("service@", "PUT", at + "/" + kAttachment + "/attached").status, 404);
  EXPECT_EQ(call("service@", "PUT", at, attach_body(kAttachment, "h2")).status, 409);
  EXPECT_EQ(call("service@", "PUT", at, attach_body(kAttachment, "h1", "q")).status, 404);
  EXPECT_EQ(call("service@", "PUT", at, "{}").status, 400);
}

}  // namespace
}  // namespace nuri::storage
