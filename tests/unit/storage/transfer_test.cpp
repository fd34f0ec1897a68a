#include "tests/unit/storage/cloud.h"

// Transfers between projects, the attachments API, and what compute asks for.
namespace nuri::storage {
namespace {

TEST_F(Cloud, ATransferTakesVolumeSnapshotsQuotaAndBill) {
  std::string id = make();
  settle();
  snapshot(id);
  settle();
  std::string at = "/v3/p/os-volume-transfer";
  Response r =
      call("member@p", "POST", at, R"({"transfer":{"volume_id":")" + id + R"(","name":"t"}})");
  ASSERT_EQ(r.status, 202) << r.body;
  Json offer = json(r)["transfer"];
  std::string transfer = offer["id"].as_string(), key = offer["auth_key"].as_string();
  EXPECT_FALSE(offer.contains("accepted"));
  EXPECT_EQ(status(id), "awaiting-transfer");
  EXPECT_EQ(call("member@p", "DELETE", "/v3/p/volumes/" + id).status, 400);
  Json shown = json(call("reader@p", "GET", at + "/" + transfer, "", "3.57"))["transfer"];
  EXPECT_FALSE(shown.contains("auth_key"));
  EXPECT_TRUE(shown.contains("source_project_id"));
  EXPECT_EQ(call("reader@q", "GET", "/v3/q/os-volume-transfer/" + transfer).status, 404);
  EXPECT_EQ(json(call("reader@q", "GET", "/v3/q/os-volume-transfer"))["transfers"].size(), 0u);
  std::string accept = "/v3/q/os-volume-transfer/" + transfer + "/accept";
  EXPECT_EQ(call("member@q", "POST", accept, R"({"accept":{"auth_key":"wrong"}})").status, 400);
  EXPECT_EQ(call("member@q", "POST", accept, "{}").status, 400);
  call("admin@a", "PUT", "/v3/a/os-quota-sets/q", R"({"quota_set":{"gigabytes":1}})");
  std::string body = R"({"accept":{"auth_key":")" + key + "\"}}";
  EXPECT_EQ(call("member@q", "POST", accept, body).status, 413);
  call("admin@a", "PUT", "/v3/a/os-quota-sets/q", R"({"quota_set":{"gigabytes":2}})");
  EXPECT_EQ(call("member@q", "POST", accept, body).status, 202);
  EXPECT_EQ(call("member@q", "POST", accept, body).status, 404);
  EXPECT_EQ(call("reader@p", "GET", "/v3/p/volumes/" + id).status, 404);
  EXPECT_EQ(json(call("reader@q", "GET", "/v3/q/volumes/" + id))["volume"]["status"].as_string(),
            "available");
  EXPECT_EQ(json(call("reader@q", "GET", "/v3/q/snapshots"))["snapshots"].size(), 1u);
  EXPECT_EQ(used("gigabytes", "p"), 0);
  EXPECT_EQ(used("gigabytes", "q"), 2);
  EXPECT_EQ(events(), (std::vector<std::string>{"begin 1", "begin 1", "end 1", "begin 1", "end 1",
                                                "begin 1"}));
  EXPECT_EQ(rows("transfers"), 0);
}

TEST_F(Cloud, ATransferIsTakenBack) {
  std::string id = make();
  settle();
  std::string body = R"({"transfer":{"volume_id":")" + id + R"(","no_snapshots":true}})";
  EXPECT_EQ(call("member@p", "POST", "/v3/p/os-volume-transfer", body).status, 400)
      << "from 3.55 on";
  EXPECT_EQ(call("member@p", "POST", "/v3/p/volume-transfers", body, "3.54").status, 404);
  EXPECT_EQ(call("member@q", "POST", "/v3/q/volume-transfers", body, "3.55").status, 404);
  Response r = call("member@p", "POST", "/v3/p/volume-transfers", body, "3.55");
  ASSERT_EQ(r.status, 202) << r.body;
  EXPECT_TRUE(json(r)["transfer"]["no_snapshots"].as_bool());
  EXPECT_EQ(call("member@p", "POST", "/v3/p/volume-transfers", body, "3.55").status, 400);
  std::string at = "/v3/p/volume-transfers/" + json(r)["transfer"]["id"].as_string();
  EXPECT_EQ(call("member@p", "DELETE", at, "", "3.55").status, 202);
  EXPECT_EQ(call("member@p", "DELETE", at, "", "3.55").status, 404);
  EXPECT_EQ(status(id), "available");
}

// Who has the volume could delete, or give away, what its old owner has kept of it.
TEST_F(Cloud, SnapshotsDoNotStayBehind) {
  std::string id = make();
  settle();
  const std::string at = "/v3/p/volume-transfers";
  std::string body = R"({"transfer":{"volume_id":")" + id + R"(","no_snapshots":true}})";
  std::string snap = snapshot(id);
  settle();
  Response refused = call("member@p", "POST", at, body, "3.55");
  EXPECT_EQ(refused.status, 400);
  EXPECT_NE(refused.body.find("snapshots"), std::string::npos) << refused.body;
  EXPECT_EQ(status(id), "available");
  // One that was offered so before this was refused.
  body = R"({"transfer":{"volume_id":")" + id + R"("}})";
  Json offer = json(call("member@p", "POST", at, body, "3.55"))["transfer"];
  EXPECT_TRUE(db->write([](db::Session& s) { s.exec("UPDATE transfers SET no_snapshots=1"); }));
  std::string accept = "/v3/q/volume-transfers/" + offer["id"].as_string() + "/accept";
  std::string key = R"({"accept":{"auth_key":")" + offer["auth_key"].as_string() + "\"}}";
  EXPECT_EQ(call("member@q", "POST", accept, key, "3.55").status, 400);
  call("member@p", "DELETE", "/v3/p/snapshots/" + snap);
  settle();
  EXPECT_EQ(call("member@q", "POST", accept, key, "3.55").status, 202);
}

TEST_F(Cloud, DroppedByComputeOnlyWhereItIsTheProjects) {
  std::string id = make();
  settle();
  const std::string at = "/internal/v1/volumes/" + id + "?project_id=";
  EXPECT_EQ(call("service@", "DELETE", at + "q").status, 204);
  settle();
  EXPECT_EQ(status(id), "available");
  EXPECT_EQ(call("service@", "DELETE", at + "p").status, 204);
  settle();
  expect_nothing_left();
}

TEST_F(Cloud, AttachmentsApi) {
  std::string id = make();
  settle();
  const std::string server = "00000000-0000-4000-8000-000000000001";
  std::string body =
      R"({"attachment":{"volume_uuid":")" + id + R"(","instance_uuid":")" + server + "\"}}";
  EXPECT_EQ(call("member@p", "POST", "/v3/p/attachments", body, "3.26").status, 404);
  EXPECT_EQ(call("member@p", "POST", "/v3/p/attachments", "{}", "3.27").status, 400);
  EXPECT_EQ(call("member@q", "POST", "/v3/q/attachments", body, "3.27").status, 404);
  Response r = call("member@p", "POST", "/v3/p/attachments", body, "3.27");
  ASSERT_EQ(r.status, 200) << r.body;
  EXPECT_EQ(json(r)["attachment"]["status"].as_string(), "reserved");
  EXPECT_EQ(status(id), "attaching");
  EXPECT_EQ(call("member@p", "POST", "/v3/p/attachments", body, "3.27").status, 400) << "one owner";
  std::string at = "/v3/p/attachments/" + json(r)["attachment"]["id"].as_string();
  EXPECT_EQ(call("member@p", "POST", at + "/action", R"({"os-complete":null})", "3.44").status,
            400);
  EXPECT_EQ(call("member@p", "PUT", at, R"({"attachment":{"connector":[]}})", "3.27").status, 400);
  EXPECT_EQ(
      call("member@p", "PUT", at, R"({"attachment":{"connector":{"host":"mine"}}})", "3.27").status,
      200);
  EXPECT_EQ(call("member@p", "POST", at + "/action", R"({"os-complete":null})", "3.43").status,
            404);
  EXPECT_EQ(call("member@p", "POST", at + "/action", R"({"os-complete":null})", "3.44").status,
            204);
  EXPECT_EQ(status(id), "in-use");
  Json list = json(call("reader@p", "GET", "/v3/p/attachments/detail?volume_id=" + id, "", "3.27"));
  EXPECT_EQ(list["attachments"].at(0)["instance"].as_string(), server);
  EXPECT_EQ(call("reader@q", "GET", "/v3/q" + at.substr(5), "", "3.27").status, 404);
  EXPECT_EQ(call("member@p", "DELETE", at, "", "3.27").status, 200);
  EXPECT_EQ(call("member@p", "DELETE", at, "", "3.27").status, 404);
  EXPECT_EQ(status(id), "available");
}

TEST_F(Cloud, ComputesAttachmentIsNobodyElses) {
  std::string id = make();
  settle();
  const std::string attachment = "22222222-2222-4222-8222-222222222222";
  EXPECT_EQ(
      call(
          "service@", "PUT", "/internal/v1/volumes/" + id + "/attachment",
          R"({"attachment_id":")" + attachment +
              R"(","server_id":"33333333-3333-4333-8333-333333333333","project_id":"p","host":"h1","device":"/dev/vdb"})")
          .status,
      200);
  std::string at = "/v3/p/attachments/" + attachment;
  EXPECT_EQ(call("reader@p", "GET", at, "", "3.27").status, 200);
  EXPECT_EQ(call("member@p", "DELETE", at, "", "3.27").status, 409);
  EXPECT_EQ(call("member@p", "PUT", at, R"({"attachment":{"connector":{}}})", "3.27").status, 409);
  EXPECT_EQ(act(id, R"({"os-force_detach":{}})", "admin@p").status, 400);
  EXPECT_EQ(act(id, R"({"os-detach":{}})").status, 400);
  // Grown under the guest.
  EXPECT_EQ(call("service@", "PUT",
                 "/internal/v1/volumes/" + id + "/attachment/" + attachment + "/attached")
                .status,
            204);
  EXPECT_EQ(act(id, R"({"os-extend":{"new_size":2}})", "member@p", "3.41").status, 400);
  EXPECT_EQ(act(id, R"({"os-extend":{"new_size":2}})", "member@p", "3.42").status, 202);
  settle();
  EXPECT_EQ(status(id), "in-use");
  EXPECT_EQ(show(id)["size"].as_int(), 2);
}

// Killed at every point on its way to the other host, and deleted there: nothing is left on either.
TEST_F(Cloud, FollowingConvergesAfterACrashAtEveryPoint) {
  std::set<std::string> there;
  auto other = [&] {
    observe_from("h2", "host", "h2",
                 Json::object({{"zone", "far"}, {"disk_gib", 100}, {"disk_used_gib", 1}}));
    Json wanted = json(call("agent@h2", "GET", "/agent/v1/desired?host=h2&after=0&wait_ms=0"));
    for (const Json& item : wanted["items"].as_array()) {
      const std::string& id = item["id"].as_string();
      Json state = Json::object({{"revision", item["revision"]}});
      if (item["spec"].is_null()) {
        there.erase(id);
        state.set("absent", true);
      } else {
        there.insert(id);
        state.set("status", "available").set("path", "/h2/" + id);
      }
      observe_from("h2", "volume", id, state);
    }
  };
  const std::string attachment = "22222222-2222-4222-8222-222222222222";
  bool reached = true;
  int crashes = 0;
  for (int at = 0; reached && at < 60; ++at) {
    reached = false;
    std::string id = make();
    settle();
    other();
    const std::string path = "/internal/v1/volumes/" + id + "/attachment";
    auto ask = [&] {
      return json(call("service@", "PUT", path,
                       R"({"attachment_id":")" + attachment +
                           R"(","server_id":"33333333-3333-4333-8333-333333333333",)"
                           R"("project_id":"p","host":"h2"})"));
    };
    int left = at;
    auto live = [&](auto until) {
      for (int i = 0; i < 20 && !until(); ++i) {
        agent();
        other();
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
    live([&] { return ask()["ready"].as_bool(); });
    EXPECT_EQ(ask()["path"].as_string(), "/h2/" + id) << at;
    EXPECT_EQ(call("service@", "DELETE", path + "/" + attachment).status, 204);
    EXPECT_EQ(call("member@p", "DELETE", "/v3/p/volumes/" + id).status, 202);
    live([&] { return rows("volumes") == 0; });
    agent();
    EXPECT_TRUE(there.empty()) << at;
    expect_nothing_left();
  }
  EXPECT_GE(crashes, 6);
  auto all = events();
  EXPECT_EQ(std::count(all.begin(), all.end(), "begin 1"),
            std::count(all.begin(), all.end(), "end 1"));
}

TEST_F(Cloud, ReservedReadonlyAndForceDetached) {
  std::string id = make();
  settle();
  EXPECT_EQ(act(id, R"({"os-reserve":{}})").status, 202);
  EXPECT_EQ(status(id), "attaching");
  EXPECT_EQ(act(id, R"({"os-reserve":{}})").status, 400);
  EXPECT_EQ(act(id, R"({"os-unreserve":{}})").status, 202);
  EXPECT_EQ(act(id, R"({"os-update_readonly_flag":{"readonly":true}})").status, 202);
  EXPECT_EQ(show(id)["metadata"]["readonly"].as_string(), "True");
  const std::string attach =
      R"({"os-attach":{"instance_uuid":"00000000-0000-4000-8000-000000000001","mountpoint":"/dev/vdb","mode":")";
  EXPECT_EQ(act(id, attach + "rw\"}}").status, 400);
  EXPECT_EQ(act(id, attach + "ro\"}}").status, 202);
  EXPECT_EQ(show(id)["metadata"]["attached_mode"].as_string(), "ro");
  EXPECT_EQ(act(id, R"({"os-begin_detaching":{}})").status, 202);
  EXPECT_EQ(status(id), "detaching");
  EXPECT_EQ(act(id, R"({"os-roll_detaching":{}})").status, 202);
  EXPECT_EQ(status(id), "in-use");
  EXPECT_EQ(
      act(id, R"({"os-force_detach":{"attachment_id":"00000000-0000-4000-8000-000000000009"}})",
          "admin@p")
          .status,
      400);
  EXPECT_EQ(act(id, R"({"os-force_detach":{}})").status, 403);
  EXPECT_EQ(act(id, R"({"os-force_detach":{}})", "admin@p").status, 202);
  EXPECT_EQ(status(id), "available");
  EXPECT_EQ(act(id, R"({"os-detach":{}})").status, 202) << "it is detached already";
}

// Nothing is in it yet but what it was made from: it is made anew where its server runs.
TEST_F(Cloud, AnUnwrittenVolumeFollowsItsServer) {
  std::string id = make();
  settle();
  const std::string at = "/internal/v1/volumes/" + id + "/attachment";
  auto attach = [&](const std::string& host, const std::string& attachment) {
    return call(
        "service@", "PUT", at,
        R"({"attachment_id":")" + attachment +
            R"(","server_id":"33333333-3333-4333-8333-333333333333","project_id":"p","host":")" +
            host + R"(","device":"/dev/vdb"})");
  };
  const std::string first = "22222222-2222-4222-8222-222222222222";
  EXPECT_EQ(attach("h2", first).status, 409) << "there is no such host";
  clock.advance(kSecondUs);
  observe_from("h2", "host", "h2",
               Json::object({{"zone", "nova"}, {"disk_gib", 100}, {"disk_used_gib", 1}}));
  Response r = attach("h2", first);
  ASSERT_EQ(r.status, 200) << r.body;
  EXPECT_FALSE(json(r)["ready"].as_bool(true));
  run();
  EXPECT_EQ(status(id), "attaching");
  EXPECT_EQ(show(id)["os-vol-host-attr:host"].as_string(), "h2@file#file");
  agent();
  EXPECT_TRUE(files.empty()) << "gone from the first";
  Json wanted = json(call("agent@h2", "GET", "/agent/v1/desired?host=h2&after=0&wait_ms=0"));
  observe_from("h2", "volume", id,
               Json::object({{"status", "available"},
                             {"path", "/h2/" + id},
                             {"revision", wanted["items"].at(0)["revision"]}}));
  run();
  EXPECT_TRUE(json(attach("h2", first))["ready"].as_bool());
  EXPECT_EQ(call("service@", "PUT", at + "/" + first + "/attached").status, 204);
  EXPECT_EQ(status(id), "in-use");
  EXPECT_EQ(events(), std::vector<std::string>{"begin 1"});
  EXPECT_EQ(call("service@", "DELETE", at + "/" + first).status, 204);
  EXPECT_EQ(attach("h1", "44444444-4444-4444-8444-444444444444").status, 409)
      << "it has been written to";
}

TEST_F(Cloud, VolumesThatComputeAsksFor) {
  const std::string id = "55555555-5555-4555-8555-555555555555";
  const std::string at = "/internal/v1/volumes/" + id;
  const std::string body =
      R"({"volume":{"project_id":"p","user_id":"u","size_gib":1,"name":"root","host":null}})";
  EXPECT_EQ(call("service@", "PUT", "/internal/v1/volumes/x", body).status, 400);
  EXPECT_EQ(call("service@", "PUT", at, R"({"volume":{"size_gib":1}})").status, 400);
  EXPECT_EQ(call("service@", "GET", at).status, 404);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(call("service@", "PUT", at, body).status, 200);
  EXPECT_EQ(rows("volumes"), 1);
  EXPECT_EQ(used("volumes"), 1);
  settle();
  Json seen = json(call("service@", "GET", at))["volume"];
  EXPECT_TRUE(seen["ready"].as_bool());
  EXPECT_EQ(seen["host"].as_string(), "h1");
  const std::string snap = "66666666-6666-4666-8666-666666666666";
  const std::string wish =
      R"({"snapshot":{"volume_id":")" + id + R"(","project_id":"p","user_id":"u","name":"s"}})";
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(call("service@", "PUT", "/internal/v1/snapshots/" + snap, wish).status, 200);
  settle();
  EXPECT_EQ(json(call("service@", "GET", "/internal/v1/snapshots/" + snap))["snapshot"]["status"]
                .as_string(),
            "available");
  EXPECT_EQ(call("service@", "DELETE", at).status, 409) << "it has a snapshot";
  // From the snapshot, on its host and no other.
  const std::string copy = "/internal/v1/volumes/77777777-7777-4777-8777-777777777777";
  auto from = [&](const std::string& host) {
    return call("service@", "PUT", copy,
                R"({"volume":{"project_id":"p","user_id":"u","snapshot":")" + snap +
                    R"(","host":)" + host + "}}");
  };
  EXPECT_EQ(from("\"h2\"").status, 409);
  Response r = from("null");
  ASSERT_EQ(r.status, 200) << r.body;
  EXPECT_EQ(json(r)["volume"]["host"].as_string(), "h1");
  settle();
  EXPECT_EQ(call("service@", "DELETE", copy).status, 204);
  EXPECT_EQ(call("service@", "DELETE", "/internal/v1/snapshots/" + snap).status, 204);
  settle();
  for (int i = 0; i < 2; ++i) EXPECT_EQ(call("service@", "DELETE", at).status, 204);
  settle();
  expect_nothing_left();
  EXPECT_EQ(call("service@", "PUT", at, body).status, 410) << "late";
  EXPECT_EQ(call("service@", "PUT", "/internal/v1/snapshots/" + snap, wish).status, 410);
}

TEST_F(Cloud, HostsPoolsAndWhatIsNotServed) {
  host_lives();
  make();
  settle();
  EXPECT_EQ(json(call("admin@p", "GET", "/v3/p/scheduler-stats/get_pools?detail=true"))["pools"]
                .at(0)["capabilities"]["storage_protocol"]
                .as_string(),
            "file");
  EXPECT_EQ(json(call("admin@p", "GET", "/v3/p/os-hosts"))["hosts"].size(), 2u);
  EXPECT_EQ(json(call("admin@p", "GET", "/v3/p/os-hosts/h1@file"))["host"]
                .at(0)["resource"]["volume_count"]
                .as_string(),
            "1");
  EXPECT_EQ(call("admin@p", "GET", "/v3/p/os-hosts/none").status, 404);
  EXPECT_EQ(call("admin@p", "GET", "/v3/p/capabilities/h1@file#file").status, 200);
  auto change = [&](const std::string& action, const std::string& body) {
    return call("admin@p", "PUT", "/v3/p/os-services/" + action, body).status;
  };
  EXPECT_EQ(change("disable-log-reason", R"({"host":"h1@file","binary":"cinder-volume"})"), 400);
  EXPECT_EQ(change("disable", R"({"host":"nobody","binary":"cinder-volume"})"), 404);
  EXPECT_EQ(change("disable", R"({"host":"h1@file","binary":"cinder-volume"})"), 200);
  std::string waits = make();
  run();
  EXPECT_EQ(status(waits), "creating");
  EXPECT_EQ(change("enable", R"({"host":"h1@file","binary":"cinder-volume"})"), 200);
  settle();
  settle();
  EXPECT_EQ(status(waits), "available");
  EXPECT_EQ(call("reader@p", "GET", "/v3/p/backups").body, R"({"backups":[]})");
  Response r = call("member@p", "POST", "/v3/p/backups", R"({"backup":{"volume_id":"x"}})");
  EXPECT_EQ(r.status, 400);
  EXPECT_NE(r.body.find("not served"), std::string::npos);
  EXPECT_EQ(call("member@p", "POST", "/v3/p/groups", "{}", "3.13").status, 400);
  EXPECT_EQ(call("member@p", "POST", "/v3/p/groups", "{}", "3.12").status, 404);
}

}  // namespace
}  // namespace nuri::storage
