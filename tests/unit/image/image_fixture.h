#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "services/feed/outbox.h"
#include "services/image/routes/api.h"
#include "tests/support/named_tokens.h"
#include "tests/support/sound_ledger.h"

namespace nuri::image {

// The Image API through its router, with a database and files of its own.
class ImageApi : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/nuri-image-XXXXXX";
    dir_ = mkdtemp(name);
    open();
  }
  void TearDown() override {
    test::expect_sound(*db_, {{&api_->quota(), store::kQuotaTruth, ""}});
    api_.reset();
    db_.reset();
    std::filesystem::remove_all(dir_);
  }
  // Also what a restart does.
  void open() {
    api_.reset();
    db_.reset();
    db_ = std::move(db::Database::open({dir_ + "/image.db"})).value();
    ASSERT_TRUE(db_->migrate("outbox", feed::kOutboxMigrations));
    ASSERT_TRUE(db_->migrate("ledger", ledger::kMigrations));
    ASSERT_TRUE(db_->migrate("image", store::kMigrations));
    auto files = ImageFiles::open(dir_ + "/images");
    ASSERT_TRUE(files);
    api_ = std::make_unique<Api>(*db_, clock_, random_, *files, limits_);
    ASSERT_TRUE(api_->recover());
    Router::Options options;
    options.error_view = glance_error;
    options.tokens = &tokens_;
    router_ = std::make_unique<Router>(options);
    api_->add_routes(*router_);
    feed::add_outbox_routes(*router_, *db_);
  }

  Response call(const std::string& token, const std::string& method, const std::string& target,
                const std::string& body = "", const std::string& type = "application/json") {
    Request q;
    q.method = method;
    q.target = target;
    q.path = target.substr(0, target.find('?'));
    if (target.find('?') != std::string::npos)
      q.query = Query::parse(target.substr(target.find('?') + 1));
    if (!token.empty()) q.headers.set("X-Auth-Token", token);
    q.headers.set("Host", "cloud");
    q.headers.set("Content-Type", type);
    const Route* route = router_->match(method, q.path);
    if (route && route->body == Body::spool) {
      std::string path = dir_ + "/images/.spool/body" + std::to_string(++bodies_);
      std::ofstream(path) << body;
      q.body_file = std::make_shared<SpoolFile>(path);
      q.body_size = body.size();
    } else {
      q.body = body;
    }
    return router_->dispatch(q);
  }
  Json json(const Response& r) { return parse_json(r.body).value_or(Json()); }
  std::string make(
      const std::string& token,
      const std::string& body = R"({"name":"i","disk_format":"raw","container_format":"bare"})") {
    Response r = call(token, "POST", "/v2/images", body);
    EXPECT_EQ(r.status, 201) << r.body;
    return json(r)["id"].as_string();
  }
  Response put_data(const std::string& token, const std::string& at, const std::string& data) {
    return call(token, "PUT", at, data, "application/octet-stream");
  }
  int upload(const std::string& token, const std::string& id, const std::string& data) {
    return put_data(token, "/v2/images/" + id + "/file", data).status;
  }
  // A change by a JSON patch of one operation.
  int patch(const std::string& token, const std::string& id, const std::string& op,
            const std::string& path, const std::string& value = "") {
    std::string body = R"([{"op":")" + op + R"(","path":")" + path + '"' +
                       (value.empty() ? "" : R"(,"value":)" + value) + "}]";
    return call(token, "PATCH", "/v2/images/" + id, body,
                "application/openstack-images-v2.1-json-patch")
        .status;
  }
  Json show(const std::string& id) { return json(call("admin@adm", "GET", "/v2/images/" + id)); }
  std::vector<std::string> events() {
    std::vector<std::string> out;
    Json page = json(call("service@", "GET", "/internal/v1/events"));
    for (const Json& e : page["events"].as_array())
      out.push_back(e["type"].as_string() + " " + e["project_id"].as_string());
    return out;
  }
  int files() {
    int n = 0;
    for (const auto& e : std::filesystem::recursive_directory_iterator(dir_ + "/images"))
      n += e.is_regular_file();
    return n;
  }

  Limits limits_{5, 1'000'000, 1 << 20, false};
  std::string dir_;
  int bodies_ = 0;
  FakeClock clock_;
  SeededRandom random_{1};
  test::NamedTokens tokens_;
  std::unique_ptr<db::Database> db_;
  std::unique_ptr<Api> api_;
  std::unique_ptr<Router> router_;
};

}  // namespace nuri::image
