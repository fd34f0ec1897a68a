// How long a page of servers takes with many in the database, by filter and order. Fills a
// database through the store, then asks the service's own routes. Prints a line a filter:
//   name <tab> p50 ms <tab> p99 ms
//   nuri_bench_pages DIRECTORY [SERVERS [REQUESTS]]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "compute/routes/app.h"
#include "compute/store/schema.h"
#include "services/base/random.h"

using namespace nuri;
using namespace nuri::compute;

namespace {

constexpr int kProjects = 20, kHosts = 100, kImages = 50, kFlavors = 20, kBatch = 1000;
const std::string kProject = "0000000000000000000000000000000a";

struct Nobody final : Peer {
  Result<Json> call(std::string_view, const std::string&, const Json&,
                    const std::string&) override {
    return unavailable("no other service runs here");
  }
};

struct Tokens final : TokenChecker {
  Result<std::shared_ptr<const Claims>> check(std::string_view token) override {
    auto c = std::make_shared<Claims>();
    c->user_id = "user";
    c->scope = Claims::Scope::project;
    c->project_id = kProject;
    c->roles = {{"r", token == "admin" ? "admin" : "member"}};
    return std::shared_ptr<const Claims>(c);
  }
};

std::string project_of(int i) {
  return i == 0 ? kProject : "000000000000000000000000000000" + std::to_string(10 + i);
}

// Half of all servers are one project's, as in a cloud with one large tenant.
Server server_of(Random& random, int i, TimeUs at) {
  Server s;
  s.id = random.uuid();
  s.project_id = project_of(i % 2 ? 0 : static_cast<int>(random.below(kProjects)));
  s.user_id = "user-" + std::to_string(random.below(200));
  s.name = "server-" + std::to_string(i) + (i % 1000 == 7 ? "-rare" : "-worker");
  s.hostname = s.name;
  s.image_id = "image-" + std::to_string(random.below(kImages));
  s.image = R"({"id":"x","disk_format":"qcow2","size":1000000,"sha512":"00112233"})";
  s.flavor_id = std::to_string(random.below(kFlavors));
  s.flavor_name = "m1." + s.flavor_id;
  s.vcpus = 1;
  s.ram_mib = 512;
  s.disk_gib = 10;
  s.host = "host" + std::to_string(random.below(kHosts));
  s.host_zone = "nova";
  s.metadata = R"({"role":"worker","team":"a"})";
  s.tags = i % 3000 == 5 ? R"(["blue","rare"])" : i % 3 ? R"(["blue"])" : "[]";
  s.addresses = R"({"private":[{"version":4,"addr":"10.)" + std::to_string(i / 65536) + "." +
                std::to_string(i / 256 % 256) + "." + std::to_string(i % 256) +
                R"(","OS-EXT-IPS:type":"fixed","OS-EXT-IPS-MAC:mac_addr":"fa:16:3e:00:00:01"}]})";
  s.security_groups = R"([{"name":"default"}])";
  s.vm_state = i % 5000 == 3 ? VmState::error : i % 7 ? VmState::active : VmState::stopped;
  s.task_state = TaskState::none;
  s.locked = i % 2000 == 1 ? "owner" : "";
  s.deleted = i % 10 == 9;
  if (s.deleted) s.vm_state = VmState::deleted;
  s.reservation_id = "r-" + std::to_string(i / 10);
  s.created_us = s.updated_us = s.launched_us = at;
  return s;
}

Status fill(db::Database& database, Random& random, int servers) {
  TimeUs at = 1'700'000'000 * kSecondUs;
  for (int i = 0; i < servers;) {
    TRYV(database.write([&](db::Session& s) {
      for (int k = 0; k < kBatch && i < servers; ++k, ++i)
        insert_server(s, server_of(random, i, at += kSecondUs));
    }));
  }
  return {};
}

struct Case {
  const char *name, *query, *token = "member";
  int version = 90;
};
const std::vector<Case> kCases = {
    {"no filter", "limit=100"},
    {"all projects", "limit=100&all_tenants=1", "admin"},
    {"name, common", "limit=100&name=worker"},
    {"name, 1 of 1,000", "limit=100&name=rare"},
    {"name, none", "limit=100&name=nothing-is-called-so"},
    {"name, expression", "limit=100&name=%5Eserver-%5B0-9%5D%2B7-rare%24"},
    {"status, common", "limit=100&status=ACTIVE"},
    {"status, 1 of 5,000", "limit=100&status=ERROR"},
    {"image", "limit=100&image=image-7"},
    {"flavor", "limit=100&flavor=3"},
    {"host", "limit=100&host=host42&all_tenants=1", "admin"},
    {"address", "limit=100&ip=10.1.7.7"},
    {"tag, 1 of 3,000", "limit=100&tags=rare"},
    {"not tag", "limit=100&not-tags=blue"},
    {"locked", "limit=100&locked=true"},
    {"reservation", "limit=100&reservation_id=r-4321"},
    {"changes since", "limit=100&changes-since=2023-11-15T22:00:00Z"},
    {"deleted", "limit=100&deleted=true&all_tenants=1", "admin"},
    {"by name", "limit=100&sort_key=display_name&sort_dir=asc"},
    {"by host and name", "limit=100&sort_key=host&sort_key=display_name"},
    {"from the middle", "limit=100&marker=MIDDLE"},
    {"by name from the middle", "limit=100&sort_key=display_name&marker=MIDDLE"},
};

Response ask(Router& router, const Case& c, const std::string& middle) {
  Request r;
  r.method = "GET";
  r.path = "/v2.1/servers/detail";
  std::string query = c.query;
  if (size_t at = query.find("MIDDLE"); at != std::string::npos) query.replace(at, 6, middle);
  r.query = Query::parse(query);
  r.target = r.path + "?" + query;
  r.headers.set("Host", "cloud");
  r.headers.set("X-Auth-Token", c.token);
  r.headers.set("X-OpenStack-Nova-API-Version", "2." + std::to_string(c.version));
  return router.dispatch(r);
}

Status run(const std::string& directory, int servers, int requests) {
  SystemClock clock;
  SeededRandom random(1);
  auto database = TRY(db::Database::open({directory + "/compute.db"}));
  TRYV(database->migrate("tasks", tasks::kMigrations));
  TRYV(database->migrate("feed", feed::kMigrations));
  TRYV(database->migrate("ledger", ledger::kMigrations));
  TRYV(database->migrate("compute", kMigrations));
  TRYV(fill(*database, random, servers));
  feed::Feed feed(*database, clock, random);
  Nobody nobody;
  ServerTask task(*database, clock, random, feed, {nobody, nobody, nobody});
  App app{*database, clock, random, feed, {nobody, nobody, nobody}, task};
  Tokens tokens;
  Router::Options options;
  options.microversions = {"compute", "X-OpenStack-Nova-API-Version", 2, 1, 93};
  options.tokens = &tokens;
  Router router(options);
  add_all_routes(router, app);
  std::string middle = TRY(database->read([&](db::Session& s) {
    return s
        .one("SELECT id FROM servers WHERE project_id=?1 AND deleted=0 LIMIT 1 OFFSET ?2",
             {kProject, servers / 5}, [](const db::Row& row) { return row.text(0); })
        .value_or("");
  }));
  using Clock = std::chrono::steady_clock;
  for (const Case& c : kCases) {
    std::vector<double> took;
    Response first = ask(router, c, middle);  // fills the index, warms the statements
    if (first.status != 200) return internal(std::string(c.name) + ": " + first.body);
    for (int i = 0; i < requests; ++i) {
      auto begin = Clock::now();
      ask(router, c, middle);
      took.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
    }
    std::sort(took.begin(), took.end());
    std::printf("%s\t%.3f\t%.3f\n", c.name, took[took.size() / 2], took[took.size() * 99 / 100]);
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: nuri_bench_pages DIRECTORY [SERVERS [REQUESTS]]\n");
    return 2;
  }
  auto status =
      run(argv[1], argc > 2 ? std::atoi(argv[2]) : 100'000, argc > 3 ? std::atoi(argv[3]) : 200);
  if (status) return 0;
  std::fprintf(stderr, "%s %s\n", status.error().message.c_str(), status.error().detail.c_str());
  return 1;
}
