#include <algorithm>
#include <thread>

#include "tests/unit/image/image_fixture.h"

namespace nuri::image {
namespace {

// Each alone fits in the project's bytes; together they do not.
TEST_F(ImageApi, UploadsAtOnceShareTheQuota) {
  for (int round = 0; round < 3; ++round) {
    std::vector<std::string> ids{make("member@p"), make("member@p"), make("member@p")};
    std::vector<Request> requests;
    for (const std::string& id : ids) {
      Request q;
      q.method = "PUT";
      q.target = q.path = "/v2/images/" + id + "/file";
      q.headers.set("X-Auth-Token", "member@p");
      q.headers.set("Content-Type", "application/octet-stream");
      std::string path = dir_ + "/images/.spool/body" + std::to_string(++bodies_);
      std::ofstream(path) << std::string(600'000, 'x');
      q.body_file = std::make_shared<SpoolFile>(path);
      q.body_size = 600'000;
      requests.push_back(std::move(q));
    }
    std::vector<int> statuses(requests.size());
    std::vector<std::thread> threads;
    for (size_t i = 0; i < requests.size(); ++i)
      threads.emplace_back([&, i] { statuses[i] = router_->dispatch(requests[i]).status; });
    for (auto& t : threads) t.join();
    requests.clear();  // and with them what was received and not kept
    EXPECT_EQ(std::count(statuses.begin(), statuses.end(), 204), 1) << round;
    EXPECT_EQ(std::count(statuses.begin(), statuses.end(), 413), 2) << round;
    EXPECT_EQ(files(), 1) << "what was refused is not kept";
    for (const std::string& id : ids)
      EXPECT_EQ(call("member@p", "DELETE", "/v2/images/" + id).status, 204);
  }
}

TEST_F(ImageApi, RefusedDataLeavesNothing) {
  std::string id = make("member@p", R"({"disk_format":"qcow2","container_format":"bare"})");
  std::string evil =
      "QFI\xfb" + std::string("\0\0\0\3\0\0\0\0\0\0\2\0\0\0\0\x0b", 16) + std::string(4096, '\0');
  Response r =
      call("member@p", "PUT", "/v2/images/" + id + "/file", evil, "application/octet-stream");
  EXPECT_EQ(r.status, 400);
  EXPECT_NE(r.body.find("backing file"), std::string::npos);
  EXPECT_EQ(show(id)["status"].as_string(), "queued");
  EXPECT_EQ(files(), 0);
  EXPECT_TRUE(events().empty());
  EXPECT_EQ(call("member@p", "PUT", "/v2/images/" + id + "/file", "x", "text/plain").status, 415);
}

// The process ends at each point between two steps of an upload, a staging or a delete; it starts
// again, the image is whole or waits for data again, and its delete leaves nothing.
TEST_F(ImageApi, KilledAtEveryStep) {
  struct Point {
    const char* what;
    const char* row;   // the status that the row has by then
    bool spool, file;  // what lies on the disk
    const char* then;  // the status after the start, "" where it is gone
  };
  const Point kPoints[] = {
      {"while data comes in", "queued", true, false, "queued"},
      {"before the check", "saving", true, false, "queued"},
      {"between check and move", "saving", true, false, "queued"},
      {"after the move", "saving", false, true, "queued"},
      {"after the end", "active", false, true, "active"},
      {"after staging", "uploading", false, true, "uploading"},
      {"after a delete's mark", "deleted", false, true, ""},
      {"after its file", "deleted", false, false, ""},
  };
  for (const Point& point : kPoints) {
    std::string id = make("member@p");
    if (std::string(point.row) == "active") {
      ASSERT_EQ(upload("member@p", id, "whole"), 204);
    } else if (std::string(point.row) == "uploading") {
      ASSERT_EQ(put_data("member@p", "/v2/images/" + id + "/stage", "whole").status, 204);
    } else {
      ASSERT_TRUE(db_->write([&](db::Session& s) {
        s.exec("UPDATE images SET status=?2 WHERE id=?1", {id, point.row});
        if (std::string(point.row) == "deleted") api_->quota().release(s, id);
      }));
      if (point.file) std::ofstream(dir_ + "/images/" + id) << "partial";
    }
    if (point.spool) std::ofstream(dir_ + "/images/.spool/nuri-body-1") << "partial";
    open();
    Response shown = call("member@p", "GET", "/v2/images/" + id);
    if (!*point.then) {
      EXPECT_EQ(shown.status, 404) << point.what;
    } else {
      EXPECT_EQ(json(shown)["status"].as_string(), point.then) << point.what;
      EXPECT_EQ(files(), std::string(point.then) == "queued" ? 0 : 1) << point.what;
      EXPECT_EQ(upload("member@p", id, "again"), std::string(point.then) == "queued" ? 204 : 409);
      EXPECT_EQ(call("member@p", "DELETE", "/v2/images/" + id).status, 204) << point.what;
    }
    EXPECT_EQ(files(), 0) << point.what;
    EXPECT_EQ(
        db_->read([](db::Session& s) { return s.count("SELECT count(*) FROM images"); }).value(), 0)
        << point.what;
  }
}

TEST_F(ImageApi, Quota) {
  std::string a = make("member@p"), b = make("member@p");
  ASSERT_EQ(upload("member@p", a, std::string(600'000, 'x')), 204);
  EXPECT_EQ(upload("member@p", b, std::string(600'000, 'x')), 413);
  EXPECT_EQ(show(b)["status"].as_string(), "queued");
  for (int i = 0; i < 3; ++i) make("member@p");
  EXPECT_EQ(call("member@p", "POST", "/v2/images", "{}").status, 413);
}

}  // namespace
}  // namespace nuri::image
