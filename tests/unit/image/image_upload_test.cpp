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

TEST_F(ImageApi, KilledHalfWay) {
  std::string id = make("member@p"), gone = make("member@p"), kept = make("member@p");
  ASSERT_EQ(upload("member@p", kept, "kept"), 204);
  ASSERT_EQ(upload("member@p", gone, "gone"), 204);
  // As an upload cut off after its move, and a delete cut off after its mark, leave things.
  ASSERT_TRUE(db_->write([&](db::Session& s) {
    s.exec("UPDATE images SET status='saving' WHERE id=?1", {id});
    store::mark_deleted(s, gone, clock_.now_us());
    api_->quota().release(s, gone);
  }));
  std::ofstream(dir_ + "/images/" + id) << "partial";
  std::ofstream(dir_ + "/images/.spool/nuri-body-1") << "partial";
  open();
  EXPECT_EQ(show(id)["status"].as_string(), "queued");
  EXPECT_EQ(files(), 1);
  EXPECT_EQ(
      db_->read([](db::Session& s) { return s.count("SELECT count(*) FROM images"); }).value(), 2);
  EXPECT_EQ(upload("member@p", id, "whole"), 204);
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
