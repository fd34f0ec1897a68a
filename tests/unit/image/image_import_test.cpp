#include "tests/unit/image/image_fixture.h"

// Staging and glance-direct, and their tasks.
namespace nuri::image {
namespace {

class ImageImport : public ImageApi {
 protected:
  int stage(const std::string& id, const std::string& data = "staged") {
    return put_data("member@p", "/v2/images/" + id + "/stage", data).status;
  }
  Response import(const std::string& id, const std::string& method,
                  const std::string& token = "member@p") {
    return call(token, "POST", "/v2/images/" + id + "/import",
                R"({"method":{"name":")" + method + R"("},"all_stores":true})");
  }
};

TEST_F(ImageImport, StagedDataBecomesTheImages) {
  std::string id = make("member@p");
  EXPECT_EQ(import(id, "glance-direct").status, 409);
  ASSERT_EQ(stage(id), 204);
  EXPECT_EQ(show(id)["status"].as_string(), "uploading");
  EXPECT_EQ(call("member@p", "GET", "/v2/images/" + id + "/file").status, 204) << "no data yet";
  EXPECT_EQ(call("agent@h", "GET", "/agent/v1/images/" + id + "/file").status, 404);
  EXPECT_EQ(stage(id), 409);
  EXPECT_EQ(upload("member@p", id, "other"), 409);
  EXPECT_EQ(call("member@p", "POST", "/v2/images/" + id + "/actions/deactivate").status, 403);
  EXPECT_TRUE(events().empty());
  Response done = import(id, "glance-direct");
  EXPECT_EQ(done.status, 202) << done.body;
  EXPECT_EQ(import(id, "glance-direct").status, 409);
  EXPECT_EQ(show(id)["status"].as_string(), "active");
  EXPECT_EQ(show(id)["size"].as_int(), 6);
  EXPECT_EQ(events(), (std::vector<std::string>{"begin p"}));
  Json tasks = json(call("reader@p", "GET", "/v2/images/" + id + "/tasks"))["tasks"];
  ASSERT_EQ(tasks.size(), 1u);
  EXPECT_EQ(tasks.at(0)["status"].as_string(), "success");
  EXPECT_EQ(tasks.at(0)["request_id"].as_string(), done.headers.get("x-openstack-request-id"));
  EXPECT_EQ(tasks.at(0)["input"]["import_req"]["method"]["name"].as_string(), "glance-direct");
  std::string task = tasks.at(0)["id"].as_string();
  EXPECT_EQ(json(call("admin@adm", "GET", "/v2/tasks"))["tasks"].size(), 1u);
  EXPECT_EQ(json(call("admin@adm", "GET", "/v2/tasks/" + task))["image_id"].as_string(), id);
  EXPECT_EQ(call("admin@adm", "GET", "/v2/tasks/none").status, 404);
  EXPECT_EQ(call("member@p", "GET", "/v2/tasks").status, 403);
}

TEST_F(ImageImport, OtherMethodsAreRefusedByName) {
  std::string id = make("member@p");
  ASSERT_EQ(stage(id), 204);
  for (const char* method : {"web-download", "copy-image", "glance-download"}) {
    Response r = import(id, method);
    EXPECT_EQ(r.status, 400);
    EXPECT_NE(r.body.find(method), std::string::npos);
  }
  for (const char* body :
       {"", "{}", R"({"method":"glance-direct"})", R"({"method":{}})", R"({"method":{"name":1}})",
        R"({"method":{"name":"glance-direct"},"stores":1})"}) {
    EXPECT_EQ(call("member@p", "POST", "/v2/images/" + id + "/import", body).status, 400) << body;
  }
  EXPECT_EQ(show(id)["status"].as_string(), "uploading");
  Json methods = json(call("reader@p", "GET", "/v2/info/import"))["import-methods"]["value"];
  EXPECT_EQ(methods.dump(), R"(["glance-direct"])");
  EXPECT_EQ(call("reader@p", "GET", "/v2/info/stores").status, 404);
}

TEST_F(ImageImport, StagedDataIsCheckedAndCounts) {
  std::string id = make("member@p");
  EXPECT_EQ(stage(id, std::string("QFI\xfb") + std::string(4096, '\0')), 400);
  EXPECT_EQ(show(id)["status"].as_string(), "queued");
  EXPECT_EQ(files(), 0);
  ASSERT_EQ(stage(id, std::string(600'000, 'x')), 204);
  EXPECT_EQ(upload("member@p", make("member@p"), std::string(600'000, 'x')), 413);
  Json usage = json(call("reader@p", "GET", "/v2/info/usage"))["usage"];
  EXPECT_EQ(usage["image_count_total"]["usage"].as_int(), 2);
  EXPECT_EQ(usage["image_size_total"]["usage"].as_int(), 1) << "MiB";
  // A restart keeps what is staged; a delete takes it away.
  open();
  EXPECT_EQ(show(id)["status"].as_string(), "uploading");
  EXPECT_EQ(files(), 1);
  EXPECT_EQ(call("member@p", "DELETE", "/v2/images/" + id).status, 204);
  EXPECT_EQ(files(), 0);
  EXPECT_TRUE(events().empty()) << "never on a bill";
}

}  // namespace
}  // namespace nuri::image
