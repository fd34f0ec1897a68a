#include "tests/unit/storage/cloud.h"

// Volume types: who sees and uses them, their specs, retype, quotas by type, default types.
namespace nuri::storage {
namespace {

class Types : public Cloud {
 protected:
  std::string type(const std::string& name, const std::string& more = "") {
    Response r = call("admin@a", "POST", "/v3/a/types",
                      R"({"volume_type":{"name":")" + name + "\"" + more + "}}");
    EXPECT_EQ(r.status, 200) << r.body;
    return json(r)["volume_type"]["id"].as_string();
  }
  int create(const std::string& type, const std::string& token = "member@p") {
    return call(token, "POST", "/v3/" + token.substr(token.find('@') + 1) + "/volumes",
                R"({"volume":{"size":1,"volume_type":")" + type + "\"}}")
        .status;
  }
};

TEST_F(Types, LiveAndGo) {
  std::string gold =
      type("gold", R"(,"description":"d","extra_specs":{"a":"b","multiattach":"<is> False"})");
  Json seen = json(call("admin@a", "GET", "/v3/a/types/" + gold))["volume_type"];
  EXPECT_EQ(seen["extra_specs"]["a"].as_string(), "b");
  EXPECT_TRUE(seen.contains("qos_specs_id"));
  seen = json(call("reader@p", "GET", "/v3/p/types/" + gold))["volume_type"];
  EXPECT_FALSE(seen["extra_specs"].contains("a"));
  EXPECT_FALSE(seen.contains("qos_specs_id"));
  EXPECT_EQ(call("admin@a", "POST", "/v3/a/types", R"({"volume_type":{"name":"gold"}})").status,
            409);
  for (const char* bad :
       {"{}", R"({"volume_type":{}})", R"({"volume_type":{"name":""}})",
        R"({"volume_type":{"name":" "}})", R"({"volume_type":{"name":"x","colour":1}})",
        R"({"volume_type":{"name":"x","extra_specs":{"a":1}}})"})
    EXPECT_EQ(call("admin@a", "POST", "/v3/a/types", bad).status, 400) << bad;
  EXPECT_EQ(create("gold"), 202);
  EXPECT_EQ(call("admin@a", "DELETE", "/v3/a/types/" + gold).status, 400) << "in use";
  Response r =
      call("admin@a", "PUT", "/v3/a/types/" + gold, R"({"volume_type":{"name":"silver"}})");
  EXPECT_EQ(r.status, 200) << r.body;
  EXPECT_FALSE(json(r)["volume_type"].contains("os-volume-type-access:is_public"));
  Json volume = json(call("reader@p", "GET", "/v3/p/volumes/detail"))["volumes"].at(0);
  EXPECT_EQ(volume["volume_type"].as_string(), "silver");
  EXPECT_EQ(call("admin@a", "PUT", "/v3/a/types/" + gold, R"({"volume_type":{}})").status, 400);
  call("member@p", "DELETE", "/v3/p/volumes/" + volume["id"].as_string());
  settle();
  EXPECT_EQ(call("admin@a", "DELETE", "/v3/a/types/" + gold).status, 202);
  EXPECT_EQ(call("admin@a", "DELETE", "/v3/a/types/" + gold).status, 404);
  EXPECT_EQ(call("admin@a", "DELETE", std::string("/v3/a/types/") + kTypeId).status, 400);
}

TEST_F(Types, ThatAreNotPublicAreForThoseGranted) {
  std::string own = type("own", R"(,"os-volume-type-access:is_public":false)");
  std::string at = "/v3/a/types/" + own;
  EXPECT_EQ(call("reader@p", "GET", "/v3/p/types/" + own).status, 404);
  EXPECT_EQ(json(call("reader@p", "GET", "/v3/p/types"))["volume_types"].size(), 1u);
  EXPECT_EQ(create("own"), 404);
  EXPECT_EQ(create(own, "admin@a"), 404) << "nor is it the administrator's project's";
  const char* grant = R"({"addProjectAccess":{"project":"p"}})";
  EXPECT_EQ(call("admin@a", "POST", at + "/action", grant).status, 202);
  EXPECT_EQ(call("admin@a", "POST", at + "/action", grant).status, 409);
  EXPECT_EQ(call("admin@a", "POST", at + "/action", "{}").status, 400);
  EXPECT_EQ(
      json(call("admin@a", "GET", at + "/os-volume-type-access"))["volume_type_access"].dump(),
      R"([{"volume_type_id":")" + own + R"(","project_id":"p"}])");
  EXPECT_EQ(create("own"), 202);
  EXPECT_EQ(create("own", "member@q"), 404);
  EXPECT_EQ(
      call("admin@a", "POST", at + "/action", R"({"removeProjectAccess":{"project":"p"}})").status,
      202);
  EXPECT_EQ(
      call("admin@a", "POST", at + "/action", R"({"removeProjectAccess":{"project":"p"}})").status,
      404);
  EXPECT_EQ(create("own"), 404);
  EXPECT_EQ(
      call("admin@a", "POST", std::string("/v3/a/types/") + kTypeId + "/action", grant).status,
      409);
  EXPECT_EQ(call("admin@a", "GET", std::string("/v3/a/types/") + kTypeId + "/os-volume-type-access")
                .status,
            404);
}

TEST_F(Types, Specs) {
  std::string at = "/v3/a/types/" + type("gold") + "/extra_specs";
  auto put = [&](const std::string& key, const std::string& body) {
    return call("admin@a", "PUT", at + "/" + key, body).status;
  };
  EXPECT_EQ(call("admin@a", "POST", at, R"({"extra_specs":{"a":"1","b":"2"}})").status, 200);
  EXPECT_EQ(call("admin@a", "POST", at, R"({"extra_specs":["a"]})").status, 400);
  EXPECT_EQ(call("admin@a", "POST", at, R"({"extra_specs":null})").status, 400);
  EXPECT_EQ(put("a", R"({"a":"3"})"), 200);
  EXPECT_EQ(put("a", R"({"c":"3"})"), 400);
  EXPECT_EQ(put("a", R"({"a":"3","c":"3"})"), 400);
  EXPECT_EQ(put("a", ""), 400);
  EXPECT_EQ(call("admin@a", "PUT", "/v3/a/types/none/extra_specs/a", R"({"a":"3"})").status, 404);
  EXPECT_EQ(call("admin@a", "GET", at + "/a").body, R"({"a":"3"})");
  EXPECT_EQ(call("admin@a", "DELETE", at + "/b").status, 202);
  EXPECT_EQ(call("admin@a", "DELETE", at + "/b").status, 404);
  EXPECT_EQ(call("admin@a", "GET", at).body, R"({"extra_specs":{"a":"3"}})");
  std::string encryption = at.substr(0, at.rfind('/')) + "/encryption";
  EXPECT_EQ(call("admin@a", "GET", encryption).body, "{}");
  Response r = call("admin@a", "POST", encryption, R"({"encryption":{"provider":"luks"}})");
  EXPECT_EQ(r.status, 400);
  EXPECT_NE(r.body.find("not served"), std::string::npos);
}

TEST_F(Types, ATypeThatAsksForWhatNobodyHas) {
  type("bogus", R"(,"extra_specs":{"vendor_name":"nobody"})");
  host_lives();
  std::string id = make(R"({"volume":{"size":1,"volume_type":"bogus"}})");
  run();
  EXPECT_EQ(status(id), "error");
  Json told = json(call("reader@p", "GET", "/v3/p/messages", "", "3.3"))["messages"].at(0);
  EXPECT_EQ(told["resource_uuid"].as_string(), id);
  EXPECT_NE(told["user_message"].as_string().find("vendor_name nobody"), std::string::npos);
  std::string at = "/v3/p/messages/" + told["id"].as_string();
  EXPECT_EQ(call("reader@p", "GET", at).status, 404) << "from 3.3 on";
  EXPECT_EQ(call("reader@p", "GET", at, "", "3.3").status, 200);
  EXPECT_EQ(
      call("member@q", "DELETE", "/v3/q/messages/" + told["id"].as_string(), "", "3.3").status,
      404);
  EXPECT_EQ(call("member@p", "DELETE", at, "", "3.3").status, 204);
  EXPECT_EQ(call("reader@p", "GET", at, "", "3.3").status, 404);
}

TEST_F(Types, RetypeMovesQuotaAndBill) {
  std::string gold = type("gold");
  std::string id = make();
  EXPECT_EQ(act(id, R"({"os-retype":{"new_type":"gold"}})").status, 400) << "not made yet";
  settle();
  EXPECT_EQ(
      call("admin@a", "PUT", "/v3/a/os-quota-sets/p", R"({"quota_set":{"volumes_gold":0}})").status,
      200);
  Response over = act(id, R"({"os-retype":{"new_type":"gold"}})");
  EXPECT_EQ(over.status, 413);
  EXPECT_NE(over.body.find("volumes_gold"), std::string::npos) << over.body;
  EXPECT_EQ(show(id)["volume_type"].as_string(), "__DEFAULT__");
  EXPECT_EQ(
      call("admin@a", "PUT", "/v3/a/os-quota-sets/p", R"({"quota_set":{"volumes_gold":1}})").status,
      200);
  EXPECT_EQ(act(id, R"({"os-retype":{"new_type":"gold","migration_policy":"never"}})").status, 202);
  EXPECT_EQ(act(id, R"({"os-retype":{"new_type":"gold"}})").status, 400);
  EXPECT_EQ(show(id)["volume_type"].as_string(), "gold");
  EXPECT_EQ(used("volumes_" + gold), 1);
  EXPECT_EQ(used(std::string("volumes_") + kTypeId), 0);
  Json page = json(call("service@", "GET", "/internal/v1/events"));
  EXPECT_EQ(page["events"].at(1)["type"].as_string(), "change");
  EXPECT_EQ(page["events"].at(1)["data"]["type"].as_string(), "gold");
  EXPECT_EQ(
      call("member@p", "POST", "/v3/p/volumes", R"({"volume":{"size":1,"volume_type":"gold"}})")
          .status,
      413);
  Json set = json(call("reader@p", "GET", "/v3/p/os-quota-sets/p?usage=true"))["quota_set"];
  EXPECT_EQ(set["volumes_gold"]["in_use"].as_int(), 1);
  EXPECT_EQ(set["gigabytes_gold"]["limit"].as_int(), -1);
}

TEST_F(Types, DefaultTypes) {
  std::string gold = type("gold");
  const char* set = R"({"default_type":{"volume_type":"gold"}})";
  EXPECT_EQ(call("admin@a", "PUT", "/v3/default-types/p", set, "3.61").status, 404);
  EXPECT_EQ(call("admin@a", "PUT", "/v3/default-types/p", R"({"default_type":{}})", "3.62").status,
            400);
  EXPECT_EQ(call("admin@a", "PUT", "/v3/default-types/p", set, "3.62").status, 200);
  EXPECT_EQ(show(make())["volume_type"].as_string(), "gold");
  EXPECT_EQ(json(call("reader@p", "GET", "/v3/p/types/default"))["volume_type"]["id"].as_string(),
            gold);
  EXPECT_EQ(json(call("admin@a", "GET", "/v3/default-types", "", "3.62"))["default_types"].size(),
            1u);
  EXPECT_EQ(call("admin@a", "DELETE", "/v3/default-types/p", "", "3.62").status, 204);
  EXPECT_EQ(call("admin@a", "GET", "/v3/default-types/p", "", "3.62").status, 404);
  EXPECT_EQ(show(make())["volume_type"].as_string(), "__DEFAULT__");
}

TEST_F(Types, QuotaClasses) {
  std::string at = "/v3/a/os-quota-class-sets/default";
  EXPECT_EQ(json(call("admin@a", "GET", at))["quota_class_set"]["volumes"].as_int(), 4);
  EXPECT_EQ(call("admin@a", "PUT", at, R"({"quota_class_set":{"volumes":1}})").status, 200);
  EXPECT_EQ(call("admin@a", "PUT", at, R"({"quota_class_set":{"wishes":1}})").status, 400);
  make();
  EXPECT_EQ(create("__DEFAULT__"), 413);
  EXPECT_EQ(call("admin@a", "PUT", "/v3/a/os-quota-sets/p",
                 R"({"quota_set":{"per_volume_gigabytes":2,"volumes":5}})")
                .status,
            200);
  EXPECT_EQ(call("member@p", "POST", "/v3/p/volumes", R"({"volume":{"size":3}})").status, 413);
}

}  // namespace
}  // namespace nuri::storage
