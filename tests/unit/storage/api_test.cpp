#include "storage/store/record_store.h"
#include "tests/unit/storage/cloud.h"

// Shapes, microversions, quotas, bad input, who may what.
namespace nuri::storage {
namespace {

std::set<std::string> keys(const Json& j) {
  std::set<std::string> out;
  for (const auto& [k, v] : j.as_object()) out.insert(k);
  return out;
}

TEST_F(Cloud, EachFieldInItsMicroversion) {
  std::string id = make();
  const std::set<std::string> base = {"id",
                                      "status",
                                      "size",
                                      "availability_zone",
                                      "created_at",
                                      "updated_at",
                                      "name",
                                      "description",
                                      "volume_type",
                                      "snapshot_id",
                                      "source_volid",
                                      "metadata",
                                      "user_id",
                                      "bootable",
                                      "encrypted",
                                      "replication_status",
                                      "consistencygroup_id",
                                      "multiattach",
                                      "attachments",
                                      "migration_status",
                                      "links"};
  auto shown = [&](const std::string& version, const std::string& token) {
    return keys(json(call(token, "GET", "/v3/p/volumes/" + id, "", version))["volume"]);
  };
  auto with = [](std::set<std::string> a, std::initializer_list<const char*> more) {
    a.insert(more.begin(), more.end());
    return a;
  };
  auto reader = with(base, {"os-vol-tenant-attr:tenant_id"});
  EXPECT_EQ(shown("", "reader@p"), reader);
  EXPECT_EQ(shown("3.0", "reader@p"), reader);
  EXPECT_EQ(shown("3.12", "reader@p"), reader);
  EXPECT_EQ(shown("3.13", "reader@p"), with(reader, {"group_id"}));
  EXPECT_EQ(shown("3.48", "reader@p"),
            with(reader, {"group_id", "service_uuid", "shared_targets"}));
  EXPECT_EQ(shown("latest", "reader@p"), with(reader, {"group_id", "service_uuid", "shared_targets",
                                                       "volume_type_id", "consumes_quota"}));
  auto admin = with(reader, {"os-vol-host-attr:host", "os-vol-mig-status-attr:migstat",
                             "os-vol-mig-status-attr:name_id"});
  EXPECT_EQ(shown("3.0", "admin@p"), admin);
  EXPECT_EQ(shown("3.60", "admin@p"),
            with(admin, {"group_id", "service_uuid", "shared_targets", "provider_id"}));
  EXPECT_EQ(shown("3.61", "admin@p"), with(admin, {"group_id", "service_uuid", "shared_targets",
                                                   "provider_id", "cluster_name"}));
  // POST and PUT answer without the extensions' fields.
  Response put = call("admin@p", "PUT", "/v3/p/volumes/" + id,
                      R"({"volume":{"name":"new","description":"d"}})");
  EXPECT_EQ(keys(json(put)["volume"]), base);
  EXPECT_EQ(show(id)["name"].as_string(), "new");
  Response list = call("reader@p", "GET", "/v3/p/volumes");
  EXPECT_EQ(keys(json(list)["volumes"].at(0)), (std::set<std::string>{"id", "name", "links"}));
  EXPECT_EQ(call("reader@p", "GET", "/v3/p/volumes", "", "3.71").status, 406);
  EXPECT_EQ(call("reader@p", "GET", "/v3/p/volumes", "", "3.x").status, 400);
  EXPECT_EQ(
      call("reader@p", "GET", "/v3/p/volumes", "", "3.60").headers.get("OpenStack-API-Version"),
      "volume 3.60");
  EXPECT_EQ(call("reader@p", "GET", "/v3/p/volumes/summary", "", "3.11").status, 404);
  EXPECT_EQ(call("reader@p", "GET", "/v3/p/volumes/summary", "", "3.12").body,
            R"({"volume-summary":{"total_size":1,"total_count":1}})");
}

TEST_F(Cloud, NullsOfTheClientsAreTaken) {
  std::string body =
      R"({"volume":{"size":1,"consistencygroup_id":null,"snapshot_id":null,"name":null,"description":null,
    "volume_type":null,"availability_zone":null,"metadata":{},"imageRef":null,"source_volid":null,"backup_id":null,
    "multiattach":false,"user_id":null,"status":"creating"}})";
  std::string id = make(body);
  EXPECT_EQ(show(id)["volume_type"].as_string(), "__DEFAULT__");
  EXPECT_EQ(show(id)["availability_zone"].as_string(), "nova");
}

TEST_F(Cloud, ARecordedAttachmentOwnsTheVolumeAndIsNotComputes) {
  std::string id = make(R"({"volume":{"size":1}})");
  settle();
  ASSERT_EQ(show(id)["status"].as_string(), "available");
  auto act = [&](const std::string& body) {
    return call("member@p", "POST", "/v3/p/volumes/" + id + "/action", body).status;
  };
  const std::string attach =
      R"({"os-attach":{"instance_uuid":"00000000-0000-4000-8000-000000000001","mountpoint":"/dev/vdb"}})";
  EXPECT_EQ(act(R"({"os-attach":{"instance_uuid":"x","mountpoint":"/dev/vdb"}})"), 400);
  EXPECT_EQ(act(attach), 202);
  EXPECT_EQ(act(attach), 400);
  EXPECT_EQ(show(id)["status"].as_string(), "in-use");
  EXPECT_EQ(call("member@p", "DELETE", "/v3/p/volumes/" + id).status, 400);
  EXPECT_EQ(act(R"({"os-detach":{"attachment_id":"00000000-0000-4000-8000-000000000009"}})"), 400);
  EXPECT_EQ(act(R"({"os-detach":{}})"), 202);
  EXPECT_EQ(show(id)["status"].as_string(), "available");
}

TEST_F(Cloud, APathWithoutItsId) {
  for (const char* method : {"GET", "PUT", "DELETE"})
    EXPECT_EQ(call("member@p", method, "/v3/p/volumes/").status, 404) << method;
}

TEST_F(Cloud, UnknownFieldsAreRefused) {
  EXPECT_EQ(call("member@p", "POST", "/v3/p/volumes", R"({"volume":{"size":1,"colour":1}})").status,
            400);
}

TEST_F(Cloud, BadCreates) {
  const std::tuple<const char*, int, const char*> kBad[] = {
      {"", 400, ""},
      {"[]", 400, ""},
      {"{}", 400, "volume"},
      {R"({"volume":[]})", 400, "volume"},
      {R"({"volume":{}})", 400, "size"},
      {R"({"volume":{"size":null}})", 400, "size"},
      {R"({"volume":{"size":0}})", 400, "size"},
      {R"({"volume":{"size":-1}})", 400, "size"},
      {R"({"volume":{"size":1.5}})", 400, "size"},
      {R"({"volume":{"size":"#$%"}})", 400, "size"},
      {R"({"volume":{"size":999999999}})", 400, "16384"},
      {R"({"volume":{"size":1,"name":7}})", 400, "name"},
      {R"({"volume":{"size":1,"metadata":{"a":1}}})", 400, "metadata"},
      {R"({"volume":{"size":1,"metadata":[]}})", 400, "metadata"},
      {R"({"volume":{"size":1,"snapshot_id":"x"}})", 404, "Snapshot x"},
      {R"({"volume":{"size":1,"source_volid":"x"}})", 404, "Volume x"},
      {R"({"volume":{"size":1,"source_volid":"x","snapshot_id":"y"}})", 400, "at most one"},
      {R"({"volume":{"size":1,"backup_id":"x"}})", 400, "not served"},
      {R"({"volume":{"size":1,"group_id":"x"}})", 400, "not served"},
      {R"({"volume":{"size":1,"multiattach":true}})", 400, "multiattach"},
      {R"({"volume":{"size":1,"availability_zone":"mars"}})", 400, "mars"},
      {R"({"volume":{"size":1,"volume_type":"gold"}})", 404, "gold"},
      {R"({"volume":{"size":1,"imageRef":"nope"}})", 400, "image"},
      {R"({"volume":{"size":1,"imageRef":"99999999-9999-4999-8999-999999999999"}})", 400, "image"},
      {R"({"volume":{"size":51}})", 413, "gigabytes"},
  };
  for (const auto& [body, status, word] : kBad) {
    Response r = call("member@p", "POST", "/v3/p/volumes", body);
    EXPECT_EQ(r.status, status) << body << " " << r.body;
    EXPECT_NE(r.body.find(word), std::string::npos) << body << " " << r.body;
  }
  EXPECT_EQ(rows("volumes"), 0);
  EXPECT_EQ(rows("tasks"), 0);
}

TEST_F(Cloud, BadActions) {
  std::string id = make();
  settle();
  std::string at = "/v3/p/volumes/" + id + "/action";
  for (const char* body :
       {"",
        "{}",
        "[]",
        R"({"os-extend":{}})",
        R"({"os-extend":{"new_size":"x"}})",
        R"({"os-extend":7})",
        R"({"os-extend":{"new_size":2},"os-detach":{}})",
        R"({"os-fly":{}})",
        R"({"os-attach":{}})",
        R"({"os-migrate_volume":{}})",
        R"({"os-retype":{}})",
        R"({"os-retype":{"new_type":"gold"}})",
        R"({"os-volume_upload_image":{}})",
        R"({"os-volume_upload_image":{"image_name":"i","disk_format":"floppy"}})",
        R"({"os-set_image_metadata":{"metadata":7}})",
        R"({"os-unset_image_metadata":{}})",
        R"({"os-unreserve":{}})",
        R"({"os-roll_detaching":{}})",
        R"({"os-begin_detaching":{}})",
        R"({"os-update_readonly_flag":{}})",
        R"({"os-set_bootable":{"bootable":"maybe"}})"}) {
    EXPECT_EQ(call("member@p", "POST", at, body).status, 400) << body;
  }
  EXPECT_EQ(call("member@p", "POST", at, R"({"os-reset_status":{"status":"error"}})").status, 403);
  EXPECT_EQ(call("admin@p", "POST", at, R"({"os-reset_status":{"status":"happy"}})").status, 400);
  EXPECT_EQ(call("admin@p", "POST", at, R"({"os-reset_status":{"status":"error"}})").status, 202);
  EXPECT_EQ(status(id), "error");
  EXPECT_EQ(call("member@p", "POST", at, R"({"os-force_delete":{}})").status, 403);
  EXPECT_EQ(call("member@p", "POST", at, R"({"os-set_bootable":{"bootable":true}})").status, 200);
  EXPECT_EQ(show(id)["bootable"].as_string(), "true");
}

TEST_F(Cloud, Metadata) {
  std::string id = make(R"({"volume":{"size":1,"metadata":{"a":"1"}}})");
  std::string at = "/v3/p/volumes/" + id + "/metadata";
  EXPECT_EQ(call("member@p", "POST", at, R"({"metadata":{"b":"2"}})").body,
            R"({"metadata":{"a":"1","b":"2"}})");
  EXPECT_EQ(call("member@p", "GET", at + "/b").body, R"({"meta":{"b":"2"}})");
  EXPECT_EQ(call("member@p", "PUT", at + "/b", R"({"meta":{"b":"3"}})").body,
            R"({"meta":{"b":"3"}})");
  EXPECT_EQ(call("member@p", "PUT", at + "/c", R"({"meta":{"b":"3"}})").status, 400);
  EXPECT_EQ(call("member@p", "DELETE", at + "/a").status, 200);
  EXPECT_EQ(call("member@p", "DELETE", at + "/a").status, 404);
  EXPECT_EQ(call("member@p", "GET", at).body, R"({"metadata":{"b":"3"}})");
  EXPECT_EQ(call("member@p", "PUT", at, R"({"metadata":{"z":""}})").body,
            R"({"metadata":{"z":""}})");
  EXPECT_EQ(call("member@p", "PUT", at, R"({"metadata":{"":"x"}})").status, 400);
  EXPECT_EQ(
      call("member@p", "PUT", at, R"({"metadata":{"k":")" + std::string(256, 'x') + "\"}}").status,
      400);
}

TEST_F(Cloud, QuotaIsCountedFromTheVolumes) {
  for (int i = 0; i < 4; ++i) make();
  Response over = call("member@p", "POST", "/v3/p/volumes", R"({"volume":{"size":1}})");
  EXPECT_EQ(over.status, 413);
  EXPECT_TRUE(json(over).contains("overLimit"));
  EXPECT_EQ(json(call("reader@p", "GET", "/v3/p/limits"))["limits"]["absolute"]["totalVolumesUsed"]
                .as_int(),
            4);
  EXPECT_EQ(json(call("reader@p", "GET",
                      "/v3/p/os-quota-sets/p?usage=True"))["quota_set"]["gigabytes"]["in_use"]
                .as_int(),
            4);
  EXPECT_EQ(
      call("member@p", "PUT", "/v3/p/os-quota-sets/p", R"({"quota_set":{"volumes":9}})").status,
      403);
  EXPECT_EQ(
      call("admin@a", "PUT", "/v3/a/os-quota-sets/p", R"({"quota_set":{"volumes":-2}})").status,
      400);
  EXPECT_EQ(call("admin@a", "PUT", "/v3/a/os-quota-sets/p", R"({"quota_set":{"wishes":3}})").status,
            400);
  EXPECT_EQ(
      call("admin@a", "PUT", "/v3/a/os-quota-sets/p", R"({"quota_set":{"volumes":5}})").status,
      200);
  make();
  EXPECT_EQ(call("admin@a", "DELETE", "/v3/a/os-quota-sets/p").status, 200);
  EXPECT_EQ(json(call("reader@p", "GET", "/v3/p/os-quota-sets/p"))["quota_set"]["volumes"].as_int(),
            4);
  EXPECT_EQ(call("reader@q", "GET", "/v3/q/os-quota-sets/p").status, 403);
}

// A body that would be taken if the thing were one's own.
std::string fitting_body(const std::string& pattern) {
  const std::pair<const char*, const char*> kBodies[] = {
      {"/volumes/{id}/action", R"({"os-extend":{"new_size":2}})"},
      {"/snapshots/{id}/action", R"({"os-update_snapshot_status":{"status":"available"}})"},
      {"/attachments/{id}/action", R"({"os-complete":null})"},
      {"/{key}", R"({"meta":{"k":"v"}})"},
      {"/metadata", R"({"metadata":{}})"},
      {"/attachments/{id}", R"({"attachment":{"connector":{}}})"},
      {"/snapshots/{id}", R"({"snapshot":{}})"},
      {"/accept", R"({"accept":{"auth_key":"wrong"}})"},
      {"/volumes/{id}", R"({"volume":{}})"}};
  for (const auto& [end, body] : kBodies)
    if (pattern.ends_with(end)) return body;
  return "{}";
}

TEST_F(Cloud, EveryRouteAsksWhoComes) {
  std::string id = make(), used = make(), offered = make();
  settle();
  std::string snap = snapshot(id);
  auto made = [&](const std::string& at, const std::string& body, const char* member) {
    return json(call("member@p", "POST", at, body, "3.70"))[member]["id"].as_string();
  };
  std::string attachment =
      made("/v3/p/attachments", R"({"attachment":{"volume_uuid":")" + used + "\"}}", "attachment");
  std::string transfer = made("/v3/p/volume-transfers",
                              R"({"transfer":{"volume_id":")" + offered + "\"}}", "transfer");
  ASSERT_TRUE(db->write([&](db::Session& s) {
    store::insert(s, store::Message{"m1", "p", "VOLUME", id, "e", "text", clock.now_us()});
  }));
  const std::string before = show(id).dump() + show(used).dump() + show(offered).dump();
  int walked = 0;
  for (const Route& route : router->routes()) {
    std::string at = route.pattern;
    auto fill = [&](const std::string& name, const std::string& value) {
      size_t from = at.find(name);
      if (from != std::string::npos) at.replace(from, name.size(), value);
    };
    auto is = [&](const char* part) { return at.find(part) != std::string::npos; };
    fill("{id}", is("/snapshots/")     ? snap
                 : is("/attachments/") ? attachment
                 : is("-transfer")     ? transfer
                 : is("/messages/")    ? "m1"
                                       : id);
    fill("{project_id}", "p");
    fill("{key}", "k");
    fill("{target}", "p");
    fill("{type}", "default");
    fill("{attachment}", "x");
    auto ask = [&](const std::string& token, const std::string& body = "") {
      ++walked;
      return call(token, route.method, at, body, "3.70").status;
    };
    if (route.access == Access::open) {
      EXPECT_LT(ask(""), 400) << at;
      continue;
    }
    EXPECT_EQ(ask(""), 401) << at;
    EXPECT_EQ(ask("forged"), 401) << at;
    if (route.access == Access::service || route.access == Access::agent) {
      EXPECT_EQ(ask("admin@p"), 403) << at;
      continue;
    }
    if (route.access == Access::member) {
      EXPECT_EQ(ask("reader@p"), 403) << at;
    }
    if (route.access == Access::admin) {
      EXPECT_EQ(ask("reader@p"), 403) << at;
      EXPECT_EQ(ask("member@p"), 403) << at;
      continue;
    }
    // Another project's token on this project's path, and this project's things on its own path.
    EXPECT_EQ(ask("member@q"), 400) << at;
    if (route.pattern.find("{id}") == std::string::npos) continue;
    at.replace(at.find("/p/"), 3, "/q/");
    int expected = at.ends_with("/accept") ? 400 : 404;  // whoever has the key may accept
    EXPECT_EQ(ask("member@q", fitting_body(route.pattern)), expected) << route.method << " " << at;
  }
  EXPECT_GT(walked, 400);
  EXPECT_EQ(show(id).dump() + show(used).dump() + show(offered).dump(), before);
}

TEST_F(Cloud, Discovery) {
  EXPECT_EQ(call("", "GET", "/").status, 300);
  EXPECT_EQ(call("", "GET", "/v3").status, 200);
  EXPECT_EQ(json(call("", "GET", "/"))["versions"].at(0)["version"].as_string(), "3.70");
  host_lives();
  EXPECT_EQ(json(call("admin@p", "GET", "/v3/p/os-services?binary=cinder-volume"))["services"]
                .at(0)["state"]
                .as_string(),
            "up");
  clock.advance(2 * kHostSilentUs);
  EXPECT_EQ(json(call("admin@p", "GET", "/v3/p/os-services?binary=cinder-volume"))["services"]
                .at(0)["state"]
                .as_string(),
            "down");
  EXPECT_EQ(json(call("reader@p", "GET", "/v3/p/types"))["volume_types"].size(), 1u);
  EXPECT_EQ(call("reader@p", "GET", std::string("/v3/p/types/") + kTypeId).status, 200);
  EXPECT_EQ(call("reader@p", "GET", "/v3/p/types/gold").status, 404);
  EXPECT_EQ(json(call("reader@p", "GET", "/v3/p/os-availability-zone"))["availabilityZoneInfo"]
                .at(0)["zoneName"]
                .as_string(),
            "nova");
  EXPECT_EQ(call("reader@p", "GET", "/v3/p/extensions").status, 200);
}

TEST_F(Cloud, ListsPageByLinks) {
  for (int i = 0; i < 4; ++i) {
    clock.advance(kSecondUs);
    make();
  }
  Json page = json(call("reader@p", "GET", "/v3/p/volumes?limit=3"));
  EXPECT_EQ(page["volumes"].size(), 3u);
  std::string next = page["volumes_links"].at(0)["href"].as_string();
  ASSERT_EQ(next.rfind("http://cloud/v3/p/volumes?", 0), 0u) << next;
  page = json(call("reader@p", "GET", next.substr(std::string("http://cloud").size())));
  EXPECT_EQ(page["volumes"].size(), 1u);
  EXPECT_FALSE(page.contains("volumes_links"));
  EXPECT_EQ(json(call("reader@q", "GET", "/v3/q/volumes?all_tenants=1"))["volumes"].size(), 0u);
  EXPECT_EQ(json(call("admin@a", "GET", "/v3/a/volumes?all_tenants=1"))["volumes"].size(), 4u);
}

}  // namespace
}  // namespace nuri::storage
