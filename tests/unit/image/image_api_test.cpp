#include "tests/unit/image/image_fixture.h"

namespace nuri::image {
namespace {

TEST_F(ImageApi, LifeOfAnImage) {
  Response made = call(
      "member@p", "POST", "/v2/images",
      R"({"name":"cirros","disk_format":"raw","container_format":"bare","os_distro":"debian","tags":["a"]})");
  ASSERT_EQ(made.status, 201) << made.body;
  Json image = json(made);
  std::string id = image["id"].as_string();
  EXPECT_EQ(made.headers.get("Location"), "http://cloud/v2/images/" + id);
  EXPECT_EQ(image["status"].as_string(), "queued");
  EXPECT_EQ(image["os_distro"].as_string(), "debian");
  EXPECT_TRUE(image["size"].is_null());
  EXPECT_TRUE(image["os_hash_algo"].is_null());
  EXPECT_EQ(call("member@p", "GET", "/v2/images/" + id + "/file").status, 204);
  EXPECT_TRUE(events().empty());

  ASSERT_EQ(upload("member@p", id, "hello"), 204);
  image = show(id);
  EXPECT_EQ(image["status"].as_string(), "active");
  EXPECT_EQ(image["checksum"].as_string(), "5d41402abc4b2a76b9719d911017c592");
  EXPECT_EQ(image["os_hash_algo"].as_string(), "sha512");
  EXPECT_EQ(image["os_hash_value"].as_string().substr(0, 16), "9b71d224bd62f378");
  EXPECT_EQ(image["size"].as_int(), 5);
  EXPECT_EQ(image["virtual_size"].as_int(), 5);
  EXPECT_EQ(upload("member@p", id, "again"), 409);

  Response file = call("member@p", "GET", "/v2/images/" + id + "/file");
  ASSERT_TRUE(file.file);
  EXPECT_EQ(file.file->length, 5u);
  EXPECT_EQ(file.headers.get("Content-MD5"), "5d41402abc4b2a76b9719d911017c592");
  EXPECT_EQ(events(), (std::vector<std::string>{"begin p"}));

  EXPECT_EQ(call("member@p", "DELETE", "/v2/images/" + id).status, 204);
  EXPECT_EQ(call("member@p", "GET", "/v2/images/" + id).status, 404);
  EXPECT_EQ(events(), (std::vector<std::string>{"begin p", "end p"}));
  EXPECT_EQ(files(), 0);
}

TEST_F(ImageApi, RangesOfADownload) {
  std::string id = make("member@p");
  ASSERT_EQ(upload("member@p", id, "0123456789"), 204);
  auto range = [&](const std::string& value) {
    Request q;
    q.method = "GET";
    q.path = "/v2/images/" + id + "/file";
    q.headers.set("X-Auth-Token", "member@p");
    q.headers.set("Range", value);
    return router_->dispatch(q);
  };
  EXPECT_EQ(range("bytes=2-4").headers.get("Content-Range"), "bytes 2-4/10");
  EXPECT_EQ(range("bytes=8-").headers.get("Content-Range"), "bytes 8-9/10");
  EXPECT_EQ(range("bytes=-3").headers.get("Content-Range"), "bytes 7-9/10");
  EXPECT_EQ(range("bytes=5-99").headers.get("Content-Range"), "bytes 5-9/10");
  for (const char* bad : {"bytes=10-", "bytes=4-2", "bytes=", "bytes=a-b", "lines=1-2",
                          "bytes=0-1,3-4", "bytes=-", "bytes=1-x"}) {
    EXPECT_EQ(range(bad).status, 416) << bad;
  }
}

TEST_F(ImageApi, Deactivated) {
  std::string id = make("member@p");
  EXPECT_EQ(call("member@p", "POST", "/v2/images/" + id + "/actions/deactivate").status, 403);
  ASSERT_EQ(upload("member@p", id, "data"), 204);
  EXPECT_EQ(call("member@p", "POST", "/v2/images/" + id + "/actions/deactivate").status, 204);
  EXPECT_EQ(call("member@p", "GET", "/v2/images/" + id + "/file").status, 403);
  EXPECT_EQ(call("agent@", "GET", "/agent/v1/images/" + id + "/file").status, 200);
  EXPECT_EQ(call("member@p", "POST", "/v2/images/" + id + "/actions/reactivate").status, 204);
  EXPECT_EQ(call("member@p", "GET", "/v2/images/" + id + "/file").status, 200);
}

TEST_F(ImageApi, VersionsSchemasAndInternal) {
  EXPECT_EQ(call("", "GET", "/").status, 300);
  EXPECT_EQ(call("", "GET", "/versions").status, 200);
  EXPECT_EQ(json(call("", "GET", "/"))["versions"].at(0)["links"].at(0)["href"].as_string(),
            "http://cloud/v2/");
  Json schema = json(call("reader@p", "GET", "/v2/schemas/image"));
  EXPECT_EQ(schema["name"].as_string(), "image");
  EXPECT_TRUE(schema["properties"].contains("disk_format"));
  EXPECT_EQ(json(call("reader@p", "GET", "/v2/schemas/images"))["name"].as_string(), "images");
  std::string id = make("member@p");
  EXPECT_EQ(call("service@", "GET", "/internal/v1/images/" + id).status, 200);
  EXPECT_EQ(call("service@", "GET", "/internal/v1/images/" + id + "?project_id=p").status, 200);
  EXPECT_EQ(call("service@", "GET", "/internal/v1/images/" + id + "?project_id=q").status, 404);
  EXPECT_EQ(call("agent@", "GET", "/agent/v1/images/" + id + "/file").status, 404);
}

}  // namespace
}  // namespace nuri::image
