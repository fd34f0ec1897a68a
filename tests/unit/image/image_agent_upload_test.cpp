#include "services/image/routes/edge.h"
#include "tests/unit/image/image_fixture.h"

// Images that a service queues for an agent's upload, and what the edge refuses before it receives.
namespace nuri::image {
namespace {

const std::string kId = "11111111-2222-4333-8444-555555555555";

class AgentUpload : public ImageApi {
 protected:
  std::string body(const std::string& more = "", const std::string& host = "host0") {
    return R"({"image":{"project_id":"p","user_id":"u","host":")" + host +
           R"(","name":"snap","disk_format":"raw","container_format":"bare")" + more + "}}";
  }
  int queue(const std::string& body_text, const std::string& id = kId) {
    return call("service@", "PUT", "/internal/v1/images/" + id, body_text).status;
  }
  int agent_put(const std::string& host, const std::string& data = "disk") {
    return put_data("agent@" + host, "/agent/v1/images/" + kId + "/file", data).status;
  }
  int erase(const std::string& id = kId) {
    return call("service@", "DELETE", "/internal/v1/images/" + id).status;
  }
};

TEST_F(AgentUpload, ASnapshotIsQueuedUploadedAndItsProjects) {
  Response made = call("service@", "PUT", "/internal/v1/images/" + kId,
                       body(R"(,"min_disk":1,"properties":{"image_type":"snapshot","x":null})"));
  ASSERT_EQ(made.status, 200) << made.body;
  Json image = json(made)["image"];
  EXPECT_EQ(image["status"].as_string(), "queued");
  EXPECT_EQ(image["owner"].as_string(), "p");
  EXPECT_EQ(image["visibility"].as_string(), "private");
  EXPECT_EQ(image["image_type"].as_string(), "snapshot");
  EXPECT_FALSE(image.contains("x"));
  EXPECT_FALSE(image.contains("host"));
  EXPECT_EQ(queue(body()), 200) << "again is once";
  EXPECT_EQ(upload("member@p", kId, "mine"), 409);
  EXPECT_EQ(agent_put("host1"), 404) << "another host's";
  ASSERT_EQ(agent_put("host0"), 204);
  EXPECT_EQ(agent_put("host0"), 409);
  EXPECT_EQ(queue(body()), 200);
  image = json(call("reader@p", "GET", "/v2/images/" + kId));
  EXPECT_EQ(image["status"].as_string(), "active");
  EXPECT_EQ(image["size"].as_int(), 4);
  EXPECT_EQ(call("reader@q", "GET", "/v2/images/" + kId).status, 404);
  EXPECT_EQ(events(), (std::vector<std::string>{"begin p"}));
  EXPECT_EQ(erase(), 204);
  EXPECT_EQ(erase(), 204);
  EXPECT_EQ(events(), (std::vector<std::string>{"begin p", "end p"}));
  EXPECT_EQ(queue(body()), 410) << "a late PUT makes nothing";
  EXPECT_EQ(files(), 0);
}

TEST_F(AgentUpload, OnlyWhatServicesQueuedIsTheirs) {
  std::string users = make("member@p");
  EXPECT_EQ(put_data("agent@host0", "/agent/v1/images/" + users + "/file", "x").status, 404);
  EXPECT_EQ(erase(users), 409);
  EXPECT_EQ(queue(body(), users), 409);
  EXPECT_EQ(erase("99999999-2222-4333-8444-555555555555"), 204);
  EXPECT_EQ(queue(body(), "99999999-2222-4333-8444-555555555555"), 410);
  // A move to another host while it waits; a user who deletes or protects it.
  ASSERT_EQ(queue(body()), 200);
  EXPECT_EQ(queue(body("", "host1")), 200);
  EXPECT_EQ(agent_put("host0"), 404);
  EXPECT_EQ(agent_put("host1"), 204);
  EXPECT_EQ(patch("member@p", kId, "replace", "/protected", "true"), 200);
  EXPECT_EQ(erase(), 204);
  EXPECT_EQ(call("reader@p", "GET", "/v2/images/" + kId).status, 200);
  EXPECT_EQ(patch("member@p", kId, "replace", "/protected", "false"), 200);
  EXPECT_EQ(call("member@p", "DELETE", "/v2/images/" + kId).status, 204);
  EXPECT_EQ(queue(body()), 410);
}

TEST_F(AgentUpload, BadOnesAreRefused) {
  EXPECT_EQ(queue("{}"), 400);
  EXPECT_EQ(queue(R"({"image":{"name":"x"}})"), 400);
  EXPECT_EQ(queue(body(R"(,"properties":{"a":1})")), 400);
  EXPECT_EQ(queue(body(R"(,"min_disk":-1)")), 400);
  EXPECT_EQ(queue(body(R"(,"status":"active")")), 403);
  EXPECT_EQ(queue(R"({"image":{"project_id":"p"}})"), 400);
  EXPECT_EQ(queue(body(), "not-a-uuid"), 400);
  ASSERT_EQ(queue(body()), 200);
  EXPECT_EQ(agent_put("host0", std::string("QFI\xfb") + std::string(4096, '\0')), 400);
  EXPECT_EQ(agent_put("host0", std::string(1'000'001, 'x')), 413);
  EXPECT_EQ(show(kId)["status"].as_string(), "queued");
  EXPECT_EQ(files(), 0);
  for (int i = 0; i < 4; ++i) make("member@p");
  EXPECT_EQ(queue(body(), "22222222-2222-4333-8444-555555555555"), 413);
}

// What the header alone decides.
class EdgeOfImages : public ImageApi {
 protected:
  http::BodyPlan plan(const std::string& token, const std::string& path, uint64_t length,
                      std::optional<uint64_t> free = 10'000'000) {
    Request q;
    q.method = "PUT";
    q.target = q.path = path;
    if (!token.empty()) q.headers.set("X-Auth-Token", token);
    q.headers.set("Content-Type", "application/octet-stream");
    if (length > 0) q.headers.set("Content-Length", std::to_string(length));
    Edge edge(
        *router_, *api_, [free] { return free; }, 1000);
    return edge.plan(q);
  }
  int refused(const std::string& token, const std::string& path, uint64_t length,
              std::optional<uint64_t> free = 10'000'000) {
    http::BodyPlan p = plan(token, path, length, free);
    return p.refusal ? p.refusal->status : 0;
  }
};

TEST_F(EdgeOfImages, NothingIsReceivedThatWouldBeRefused) {
  std::string id = make("member@p"), at = "/v2/images/" + id + "/file";
  EXPECT_EQ(refused("member@p", at, 5), 0);
  EXPECT_EQ(refused("", at, 5), 401);
  EXPECT_EQ(refused("reader@p", at, 5), 403);
  EXPECT_EQ(refused("member@q", at, 5), 404);
  EXPECT_EQ(refused("member@p", at, 1'000'001), 413) << "over quota";
  EXPECT_EQ(refused("member@p", "/v2/images/none/file", 5), 404);
  EXPECT_EQ(refused("agent@host0", "/agent/v1/images/" + id + "/file", 5), 404);
  EXPECT_EQ(refused("member@p", "/v2/images/" + id + "/stage", 5), 0);
  ASSERT_EQ(upload("member@p", id, "data"), 204);
  EXPECT_EQ(refused("member@p", at, 5), 409);
  EXPECT_EQ(refused("member@p", "/v2/images/" + id + "/tags/x", 5), 0) << "no upload";
}

TEST_F(EdgeOfImages, ADiskWithoutRoomIsSaidToBeFull) {
  std::string at = "/v2/images/" + make("member@p") + "/file";
  EXPECT_EQ(refused("member@p", at, 5000, 6000), 0);
  EXPECT_EQ(refused("member@p", at, 5000, 5999), 507);
  EXPECT_EQ(refused("member@p", at, 0, 1000), 507);
  EXPECT_EQ(refused("member@p", at, 5000, std::nullopt), 0);
  // In chunks nobody knows the length: it is cut where the room ends.
  EXPECT_EQ(plan("member@p", at, 0, 6000).max_bytes, 5000u);
  EXPECT_EQ(plan("member@p", at, 0, 1ull << 50).max_bytes, limits_.upload_bytes);
}

}  // namespace
}  // namespace nuri::image
