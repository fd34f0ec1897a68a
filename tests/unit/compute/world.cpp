#include "tests/unit/compute/world.h"

#include <unistd.h>

#include "compute/store/console_store.h"
#include "compute/store/schema.h"
#include "services/feed/outbox.h"
#include "tests/support/sound_ledger.h"

namespace nuri::compute::test {

namespace {

std::unique_ptr<db::Database> open(const std::filesystem::path& dir) {
  auto database = db::Database::open({(dir / "compute.db").string()});
  EXPECT_TRUE(database.ok()) << (database ? "" : database.error().detail);
  for (auto [name, list] : {std::pair{"tasks", &tasks::kMigrations},
                            {"feed", &feed::kMigrations},
                            {"outbox", &feed::kOutboxMigrations},
                            {"ledger", &ledger::kMigrations},
                            {"consoles", &kConsoleMigrations},
                            {"compute", &kMigrations}}) {
    auto done = (*database)->migrate(name, *list);
    EXPECT_TRUE(done.ok()) << (done ? "" : done.error().detail);
  }
  return std::move(*database);
}

Router::Options options_of(World& w) {
  Router::Options o;
  o.microversions = {"compute", "X-OpenStack-Nova-API-Version", 2, 1, 93};
  o.tokens = &w.tokens;
  return o;
}

tasks::Runner::Options runner_options(World& w) {
  tasks::Runner::Options o;
  o.at_point = [&w](const tasks::Task& t, tasks::CrashPoint p) {
    if (w.at_point) w.at_point(t, p);
  };
  return o;
}

}  // namespace

Json body_of(const Response& r) { return parse_json(r.body).value_or(Json()); }

Control::Control(World& w)
    : database(open(w.dir)),
      feed(*database, w.clock, w.random),
      task(*database, w.clock, w.random, feed, {w.network, w.storage, w.image}),
      runner(*database, w.clock, w.random, {task.kind()}, runner_options(w)),
      app{*database, w.clock, w.random, feed, {w.network, w.storage, w.image}, task},
      router(options_of(w)) {
  feed.on_observed([this](db::Session& s, const std::string& host, const std::string& kind,
                          const std::string& id,
                          const Json& state) { return task.observed(s, host, kind, id, state); });
  add_all_routes(router, app);
  feed.add_routes(router);
  feed::add_outbox_routes(router, *database);
}

World::World() {
  static int number = 0;
  dir = std::filesystem::temp_directory_path() /
        ("nuri-compute-" + std::to_string(getpid()) + "-" + std::to_string(number++));
  std::filesystem::create_directories(dir);
  image.images[kImage] = Json::object({{"id", kImage},
                                       {"status", "active"},
                                       {"disk_format", "qcow2"},
                                       {"size", 1000},
                                       {"os_hash_value", "ab"},
                                       {"min_ram", 0},
                                       {"min_disk", 0},
                                       {"virtual_size", 1 << 20}});
  storage.volumes[kVolume] = Json::object({{"id", kVolume}, {"status", "available"}});
  network.groups =
      Json::array({Json::object({{"id", "g1"}, {"name", "default"}, {"project_id", kProject}}),
                   Json::object({{"id", "g2"}, {"name", "web"}, {"project_id", kProject}})});
  agent.image = &image;
  restart();
  agent.say_host(*control);
  add_flavor("1");
}

World::~World() {
  if (control) nuri::test::expect_sound(*control->database, audited());  // whatever a test did
  control.reset();
  std::filesystem::remove_all(dir);
}

void World::restart() {
  control.reset();
  control = std::make_unique<Control>(*this);
}

Response World::send_raw(const std::string& method, const std::string& target,
                         const std::string& token, const std::string& body, int version) {
  Request r;
  r.method = method;
  r.target = target;
  r.path = target.substr(0, target.find('?'));
  if (size_t q = target.find('?'); q != std::string::npos)
    r.query = Query::parse(target.substr(q + 1));
  r.headers.set("Host", "cloud");
  if (!token.empty()) r.headers.set("X-Auth-Token", token);
  r.headers.set("X-OpenStack-Nova-API-Version", "2." + std::to_string(version));
  r.body = body;
  return control->router.dispatch(r);
}

Response World::send(const std::string& method, const std::string& path, const std::string& token,
                     const Json& body, int version) {
  return send_raw(method, path, token, body.is_null() ? "" : body.dump(), version);
}

bool World::run_until(const std::function<bool()>& over, int rounds) {
  for (int i = 0; i < rounds; ++i) {
    if (over()) return true;
    control->runner.run_due();
    agent.step(*control);
    if (!agent.dead && i % 5 == 0) agent.say_host(*control);
    clock.advance(kSecondUs);
  }
  return over();
}

void World::add_flavor(const std::string& id, int64_t ram, int64_t vcpus, int64_t disk) {
  auto r = send("POST", "/v2.1/flavors", "admin",
                Json::object({{"flavor", Json::object({{"name", "f" + id},
                                                       {"id", id},
                                                       {"ram", ram},
                                                       {"vcpus", vcpus},
                                                       {"disk", disk}})}}));
  EXPECT_EQ(r.status, 200) << r.body;
}

std::string World::create_server(const Json& more) {
  Json server = Json::object({{"name", "vm"},
                              {"imageRef", kImage},
                              {"flavorRef", "1"},
                              {"networks", Json::array({Json::object({{"uuid", kNetwork}})})}});
  for (const auto& [k, v] : more.as_object()) server.set(k, v);
  auto r = send("POST", "/v2.1/servers", "member", Json::object({{"server", server}}));
  EXPECT_EQ(r.status, 202) << r.body;
  return body_of(r)["server"]["id"].as_string();
}

Json World::show(const std::string& id, int version, const std::string& token) {
  return body_of(send("GET", "/v2.1/servers/" + id, token, {}, version))["server"];
}

std::string World::status(const std::string& id) {
  auto r = send("GET", "/v2.1/servers/" + id, "member");
  return r.status == 404 ? "gone" : body_of(r)["server"]["status"].as_string();
}

int64_t World::count(const std::string& sql) {
  return control->database->read([&](db::Session& s) { return s.count(sql); }).value_or(-1);
}

void World::expect_nothing_left() {
  EXPECT_EQ(network.ports.size(), network.user_ports.size());
  EXPECT_TRUE(storage.attachments.empty());
  EXPECT_TRUE(agent.servers.empty());
  EXPECT_EQ(count("SELECT count(*) FROM ledger_claims"), 0);
  EXPECT_EQ(count("SELECT count(*) FROM tasks"), 0);
  EXPECT_EQ(count("SELECT count(*) FROM feed_desired"), 0);
  EXPECT_EQ(count("SELECT count(*) FROM server_ports"), 0);
  EXPECT_EQ(count("SELECT count(*) FROM server_volumes"), 0);
  // Each interval that was begun was ended, once.
  Json events = body_of(send("GET", "/internal/v1/events?after=0&limit=1000", "service"))["events"];
  std::map<std::string, bool> open;
  for (const Json& e : events.as_array()) {
    const std::string& type = e["type"].as_string();
    bool& is_open = open[e["resource_id"].as_string()];
    EXPECT_EQ(is_open, type != "begin") << e.dump();
    is_open = type != "end";
  }
  for (const auto& [id, is_open] : open) EXPECT_FALSE(is_open) << id;
}

}  // namespace nuri::compute::test
