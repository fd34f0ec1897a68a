#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

#include "services/feed/outbox.h"
#include "services/image/routes/api.h"
#include "tests/support/named_tokens.h"

// The Image API through its router, with a database and files of its own.
namespace nuri::image {
namespace {

class ImageApi : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/nuri-image-XXXXXX";
    dir_ = mkdtemp(name);
    open();
  }
  void TearDown() override {
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
    ASSERT_TRUE(db_->migrate("image", store::kMigrations));
    auto files = ImageFiles::open(dir_ + "/images");
    ASSERT_TRUE(files);
    api_ = std::make_unique<Api>(*db_, clock_, random_, *files, Limits{5, 1'000'000, 1 << 20});
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
  int upload(const std::string& token, const std::string& id, const std::string& data) {
    return call(token, "PUT", "/v2/images/" + id + "/file", data, "application/octet-stream")
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

  std::string dir_;
  int bodies_ = 0;
  FakeClock clock_;
  SeededRandom random_{1};
  test::NamedTokens tokens_;
  std::unique_ptr<db::Database> db_;
  std::unique_ptr<Api> api_;
  std::unique_ptr<Router> router_;
};

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

TEST_F(ImageApi, WhoSeesWhat) {
  std::string own = make("member@p"), shared = make("member@q"),
              pub = make("admin@adm", R"({"visibility":"public"})");
  std::string community = make("member@q", R"({"visibility":"community"})");
  auto names = [&](const std::string& query) {
    std::set<std::string> out;
    Json page = json(call("reader@p", "GET", "/v2/images" + query));
    for (const Json& i : page["images"].as_array()) out.insert(i["id"].as_string());
    return out;
  };
  EXPECT_EQ(names(""), (std::set<std::string>{own, pub}));
  EXPECT_EQ(names("?visibility=community"), (std::set<std::string>{community}));
  EXPECT_EQ(names("?visibility=all"), (std::set<std::string>{own, pub, community}));
  EXPECT_EQ(call("reader@p", "GET", "/v2/images/" + shared).status, 404);
  EXPECT_EQ(call("member@p", "DELETE", "/v2/images/" + shared).status, 404);
  EXPECT_EQ(call("member@p", "DELETE", "/v2/images/" + pub).status, 403);

  EXPECT_EQ(
      call("member@q", "POST", "/v2/images/" + shared + "/members", R"({"member":"p"})").status,
      200);
  EXPECT_EQ(
      call("member@q", "POST", "/v2/images/" + shared + "/members", R"({"member":"p"})").status,
      409);
  EXPECT_EQ(call("reader@p", "GET", "/v2/images/" + shared).status, 200);
  EXPECT_EQ(names("").count(shared), 0u);
  EXPECT_EQ(names("?member_status=pending").count(shared), 1u);
  EXPECT_EQ(
      call("member@q", "PUT", "/v2/images/" + shared + "/members/p", R"({"status":"accepted"})")
          .status,
      403);
  EXPECT_EQ(call("member@p", "PUT", "/v2/images/" + shared + "/members/p", R"({"status":"maybe"})")
                .status,
            400);
  EXPECT_EQ(
      call("member@p", "PUT", "/v2/images/" + shared + "/members/p", R"({"status":"accepted"})")
          .status,
      200);
  EXPECT_EQ(names("").count(shared), 1u);
  EXPECT_EQ(json(call("member@p", "GET", "/v2/images/" + shared + "/members"))["members"].size(),
            1u);
  EXPECT_EQ(call("member@p", "DELETE", "/v2/images/" + shared + "/members/p").status, 403);
  EXPECT_EQ(call("member@q", "DELETE", "/v2/images/" + shared + "/members/p").status, 204);
  EXPECT_EQ(call("reader@p", "GET", "/v2/images/" + shared).status, 404);
}

TEST_F(ImageApi, PagesLink) {
  for (int i = 0; i < 5; ++i) {
    clock_.advance(kSecondUs);
    make("member@p");
  }
  std::string at = "/v2/images?limit=2";
  std::set<std::string> seen;
  int pages = 0;
  while (!at.empty() && ++pages < 9) {
    Json page = json(call("reader@p", "GET", at));
    for (const Json& i : page["images"].as_array())
      EXPECT_TRUE(seen.insert(i["id"].as_string()).second);
    EXPECT_EQ(page["first"].as_string(), "/v2/images?limit=2");
    at = page["next"].as_string();
  }
  EXPECT_EQ(seen.size(), 5u);
  EXPECT_EQ(pages, 3);
}

TEST_F(ImageApi, PatchTagsProtection) {
  std::string id = make("member@p");
  const std::string type = "application/openstack-images-v2.1-json-patch";
  std::string at = "/v2/images/" + id;
  EXPECT_EQ(call("member@p", "PATCH", at, R"([{"op":"replace","path":"/protected","value":true}])")
                .status,
            415);
  EXPECT_EQ(
      call("member@p", "PATCH", at, R"([{"op":"replace","path":"/protected","value":true}])", type)
          .status,
      200);
  EXPECT_EQ(call("member@p", "DELETE", at).status, 403);
  EXPECT_EQ(call("member@p", "PATCH", at,
                 R"([{"op":"replace","path":"/visibility","value":"public"}])", type)
                .status,
            403);
  EXPECT_EQ(call("admin@adm", "PATCH", at,
                 R"([{"op":"replace","path":"/visibility","value":"public"}])", type)
                .status,
            200);
  EXPECT_EQ(call("member@p", "PATCH", at, R"([{"op":"replace","path":"/owner","value":"q"}])", type)
                .status,
            403);
  EXPECT_EQ(call("member@p", "PUT", at + "/tags/new%20one").status, 204);
  EXPECT_EQ(show(id)["tags"].dump(), R"(["new one"])");
  EXPECT_EQ(call("member@p", "PUT", at + "/tags/" + std::string(256, 'x')).status, 400);
  EXPECT_EQ(call("member@p", "DELETE", at + "/tags/none").status, 404);
  EXPECT_EQ(call("member@p", "DELETE", at + "/tags/new%20one").status, 204);
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

TEST_F(ImageApi, Quota) {
  std::string a = make("member@p"), b = make("member@p");
  ASSERT_EQ(upload("member@p", a, std::string(600'000, 'x')), 204);
  EXPECT_EQ(upload("member@p", b, std::string(600'000, 'x')), 413);
  EXPECT_EQ(show(b)["status"].as_string(), "queued");
  for (int i = 0; i < 3; ++i) make("member@p");
  EXPECT_EQ(call("member@p", "POST", "/v2/images", "{}").status, 413);
}

TEST_F(ImageApi, BadCreates) {
  const std::tuple<const char*, int, const char*> kBad[] = {
      {"", 400, ""},
      {"not json", 400, ""},
      {"[]", 400, "image"},
      {R"({"name":1})", 400, "name"},
      {R"({"id":"nope"})", 400, "id"},
      {R"({"visibility":"all"})", 400, "visibility"},
      {R"({"disk_format":"floppy"})", 400, "disk_format"},
      {R"({"container_format":"tin"})", 400, "container_format"},
      {R"({"min_disk":-1})", 400, "min_disk"},
      {R"({"min_ram":"many"})", 400, "min_ram"},
      {R"({"min_ram":99999999999})", 400, "min_ram"},
      {R"({"protected":"perhaps"})", 400, "protected"},
      {R"({"tags":"a"})", 400, "tags"},
      {R"({"tags":[1]})", 400, "tags"},
      {R"({"os":1})", 400, "os"},
      {R"({"os":null})", 400, "os"},
      {R"({"status":"active"})", 403, "status"},
      {R"({"size":1})", 403, "size"},
      {R"({"deleted":"x"})", 403, "deleted"},
      {R"({"owner":"q"})", 403, "q"},
      {R"({"visibility":"public"})", 403, "public"},
  };
  for (const auto& [body, status, word] : kBad) {
    Response r = call("member@p", "POST", "/v2/images", body);
    EXPECT_EQ(r.status, status) << body << " " << r.body;
    EXPECT_NE(r.body.find(word), std::string::npos) << body << " " << r.body;
  }
  std::string longest = R"({"name":")" + std::string(256, 'n') + R"("})";
  EXPECT_EQ(call("member@p", "POST", "/v2/images", longest).status, 400);
  EXPECT_EQ(
      db_->read([](db::Session& s) { return s.count("SELECT count(*) FROM images"); }).value(), 0);
}

TEST_F(ImageApi, EveryRouteAsksWhoComes) {
  std::string id = make("member@q");
  for (const Route& route : router_->routes()) {
    std::string at = route.pattern;
    for (const char* name : {"{id}", "{tag}", "{member}"}) {
      size_t from = at.find(name);
      if (from != std::string::npos)
        at.replace(from, std::string(name).size(), std::string(name) == "{id}" ? id : "x");
    }
    int anonymous = call("", route.method, at).status;
    int forged = call("forged", route.method, at).status;
    if (route.access == Access::open) {
      EXPECT_LT(anonymous, 400) << at;
      continue;
    }
    EXPECT_EQ(anonymous, 401) << at;
    EXPECT_EQ(forged, 401) << at;
    if (route.access == Access::member) {
      EXPECT_EQ(call("reader@q", route.method, at).status, 403) << at;
    }
    if (route.access == Access::service) {
      EXPECT_EQ(call("admin@q", route.method, at).status, 403) << at;
    }
    if (route.access == Access::agent) {
      EXPECT_EQ(call("admin@q", route.method, at).status, 403) << at;
    }
    // A foreign project's id answers as one that is not there.
    bool foreign = route.pattern.find("{id}") != std::string::npos &&
                   route.access != Access::service && route.access != Access::agent;
    if (!foreign) continue;
    std::string type = route.method == "PATCH" ? "application/openstack-images-v2.1-json-patch"
                       : route.pattern.ends_with("/file") ? "application/octet-stream"
                                                          : "application/json";
    std::string body = route.method == "PATCH"  ? "[]"
                       : route.method == "POST" ? R"({"member":"p"})"
                                                : R"({"status":"accepted"})";
    EXPECT_EQ(call("member@p", route.method, at, body, type).status, 404)
        << route.method << " " << at;
  }
  EXPECT_EQ(show(id)["status"].as_string(), "queued");
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
