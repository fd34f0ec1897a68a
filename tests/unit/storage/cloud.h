#pragma once

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "services/feed/outbox.h"
#include "services/tasks/runner.h"
#include "storage/routes/api.h"
#include "storage/store/quota.h"
#include "storage/store/volume_store.h"
#include "storage/tasks/snapshot_task.h"
#include "storage/tasks/volume_task.h"
#include "tests/support/named_tokens.h"
#include "tests/support/sound_ledger.h"
#include "tests/support/temp_dir.h"

namespace nuri::storage {

class FixedImages final : public Images {
 public:
  std::map<std::string, Json> images;
  bool down = false;
  Result<Json> find(const std::string& id, const std::string&) override {
    if (down) return unavailable("The image service does not answer.");
    auto found = images.find(id);
    if (found == images.end()) return not_found("No image found.");
    return found->second;
  }
  // Queued by an upload: the image's body, until it is dropped.
  std::map<std::string, Json> queued;
  std::optional<Error> refusal;
  Status queue(const std::string& id, const Json& image) override {
    if (down) return unavailable("The image service does not answer.");
    if (refusal) return *refusal;
    queued[id] = image;
    return {};
  }
  Status drop(const std::string& id) override {
    if (down) return unavailable("The image service does not answer.");
    queued.erase(id);
    return {};
  }
};

// The storage service with an agent played by hand, on a clock of its own.
class Cloud : public ::testing::Test {
 protected:
  Cloud() {
    settings.quotas["volumes"] = 4;
    settings.quotas["gigabytes"] = 50;
    quota = std::make_unique<ledger::Ledger>(store::make_quota(settings.quotas));
    open();
  }
  // Whatever a test did, the ledger adds up.
  void TearDown() override { test::expect_sound(*db, {{quota.get(), store::quota_truth(), ""}}); }

  // Also what a restart does: all but the database is new.
  void open() {
    runner.reset();
    router.reset();
    api.reset();
    feed.reset();
    db.reset();
    db = std::move(db::Database::open({dir.file("storage.db")})).value();
    EXPECT_TRUE(db->migrate("outbox", feed::kOutboxMigrations));
    EXPECT_TRUE(db->migrate("tasks", tasks::kMigrations));
    EXPECT_TRUE(db->migrate("feed", feed::kMigrations));
    EXPECT_TRUE(db->migrate("ledger", ledger::kMigrations));
    EXPECT_TRUE(db->migrate("storage", store::kMigrations));
    feed = std::make_unique<feed::Feed>(*db, clock, random);
    feed->on_observed(on_observed(clock, [] {}));
    api =
        std::make_unique<Api>(Service{*db, clock, random, *feed, images, *quota, settings, [] {}});
    Router::Options options;
    options.microversions = kMicroversions;
    options.tokens = &tokens;
    router = std::make_unique<Router>(options);
    api->add_routes(*router);
    feed->add_routes(*router);
    feed::add_outbox_routes(*router, *db);
  }

  Response call(const std::string& token, const std::string& method, const std::string& target,
                const std::string& body = "", const std::string& version = "") {
    Request q;
    q.method = method;
    q.target = target;
    q.path = target.substr(0, target.find('?'));
    if (target.find('?') != std::string::npos)
      q.query = Query::parse(target.substr(target.find('?') + 1));
    if (!token.empty()) q.headers.set("X-Auth-Token", token);
    if (!version.empty()) q.headers.set("OpenStack-API-Version", "volume " + version);
    q.headers.set("Host", "cloud");
    q.body = body;
    return router->dispatch(q);
  }
  Json json(const Response& r) { return parse_json(r.body).value_or(Json()); }
  std::string make(const std::string& body = R"({"volume":{"size":1,"name":"v"}})") {
    Response r = call("member@p", "POST", "/v3/p/volumes", body);
    EXPECT_EQ(r.status, 202) << r.body;
    return json(r)["volume"]["id"].as_string();
  }
  Json show(const std::string& id, const std::string& token = "admin@p") {
    return json(call(token, "GET", "/v3/p/volumes/" + id))["volume"];
  }
  std::string status(const std::string& id) { return show(id)["status"].as_string(); }

  // What the task contract's crash points are for: the n-th one of this run throws.
  struct Crash {};
  bool run(int crash_at = -1) {
    int points = 0;
    tasks::Runner::Options options;
    options.at_point = [&](const tasks::Task&, tasks::CrashPoint) {
      if (points++ == crash_at) throw Crash();
      if (--until_meddling == 0) meddle();
    };
    TaskParts parts{*db, *feed, clock, random, images, *quota, settings.tasks, [] {}};
    tasks::Runner r(*db, clock, random, {volume_kind(parts), snapshot_kind(parts)}, options);
    try {
      for (int i = 0; i < 30 && r.run_due() > 0; ++i) {
      }
    } catch (const Crash&) {
      return false;
    }
    return true;
  }

  // The agent: pulls everything wanted, makes and removes "files", says what it has.
  Json desired() {
    return json(call("agent@h1", "GET", "/agent/v1/desired?host=h1&after=0&wait_ms=0"));
  }
  void observe(const std::string& kind, const std::string& id, const Json& state) {
    observe_from("h1", kind, id, state);
  }
  void observe_from(const std::string& host, const std::string& kind, const std::string& id,
                    const Json& state) {
    Json item = Json::object({{"kind", kind}, {"id", id}, {"seq", ++seq}, {"state", state}});
    Response r = call("agent@" + host, "POST", "/agent/v1/observed?host=" + host,
                      Json::object({{"items", Json::array({item})}}).dump());
    EXPECT_EQ(r.status, 204) << r.body;
  }
  void host_lives() {
    observe("host", "h1",
            Json::object({{"zone", "nova"}, {"disk_gib", 100}, {"disk_used_gib", 10}}));
  }
  void agent() {
    host_lives();
    Json wanted = desired();
    for (const Json& item : wanted["items"].as_array()) {
      const std::string& id = item["id"].as_string();
      const std::string& kind = item["kind"].as_string();
      const Json& source = item["spec"]["source"];
      bool gone =
          !source.is_null() && !files.contains(id) && !files.contains(source["id"].as_string());
      if (gone) ++copied_from_nothing;
      if (item["spec"].is_null()) {
        files.erase(id);
        observe(kind, id, Json::object({{"absent", true}, {"revision", item["revision"]}}));
      } else if (broken.empty() && kind == "upload") {
        sent.insert(id);
        observe(kind, id, Json::object({{"status", "done"}, {"revision", item["revision"]}}));
      } else if (broken.empty()) {
        files[id] = item["spec"]["size_gib"].as_int();
        observe(kind, id,
                Json::object({{"status", "available"},
                              {"path", "/volumes/" + id},
                              {"revision", item["revision"]}}));
      } else {
        observe(kind, id,
                Json::object(
                    {{"status", "failed"}, {"error", broken}, {"revision", item["revision"]}}));
      }
    }
  }
  void settle() {
    for (int i = 0; i < 6; ++i) {
      agent();
      run();
      clock.advance(3 * kSecondUs);
    }
  }
  std::vector<std::string> events() {
    std::vector<std::string> out;
    Json page = json(call("service@", "GET", "/internal/v1/events"));
    for (const Json& e : page["events"].as_array())
      out.push_back(e["type"].as_string() + " " + e["data"]["size_gib"].dump());
    return out;
  }
  std::string snapshot(const std::string& volume, const std::string& more = "") {
    Response r = call("member@p", "POST", "/v3/p/snapshots",
                      R"({"snapshot":{"volume_id":")" + volume + "\"" + more + "}}");
    EXPECT_EQ(r.status, 202) << r.body;
    return json(r)["snapshot"]["id"].as_string();
  }
  Json show_snapshot(const std::string& id) {
    return json(call("admin@p", "GET", "/v3/p/snapshots/" + id))["snapshot"];
  }
  Response act(const std::string& id, const std::string& body,
               const std::string& token = "member@p", const std::string& version = "") {
    return call(token, "POST", "/v3/p/volumes/" + id + "/action", body, version);
  }
  // How much of a resource project p has taken.
  int64_t used(const std::string& resource, const std::string& project = "p") {
    return db->read([&](db::Session& s) { return quota->used(s, project, resource); }).value();
  }
  void expect_nothing_left() {
    EXPECT_TRUE(files.empty());
    for (const char* table : {"volumes", "snapshots", "attachments", "transfers", "tasks",
                              "feed_desired", "ledger_claims"})
      EXPECT_EQ(rows(table), 0) << table;
  }
  int64_t rows(const std::string& table) {
    return db->read([&](db::Session& s) { return s.count("SELECT count(*) FROM " + table); })
        .value();
  }

  test::TempDir dir;
  FakeClock clock;
  SeededRandom random{1};
  test::NamedTokens tokens;
  FixedImages images;
  Settings settings;
  std::unique_ptr<ledger::Ledger> quota;
  std::unique_ptr<db::Database> db;
  std::unique_ptr<feed::Feed> feed;
  std::unique_ptr<Api> api;
  std::unique_ptr<Router> router;
  std::unique_ptr<tasks::Runner> runner;
  int64_t seq = 0;
  std::map<std::string, int64_t> files;  // what lies on the host
  std::set<std::string> sent;            // images whose data the host has uploaded
  int copied_from_nothing = 0;           // copies whose source was not there
  std::function<void()> meddle;  // called at that crash point from now, between a step's look and
  int until_meddling = 0;        // its write for instance; 0: never
  std::string broken;            // what the agent says instead of making a volume
};

}  // namespace nuri::storage
