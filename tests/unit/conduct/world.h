#pragma once

#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "services/conduct/conduct.h"
#include "services/conduct/openapi.h"
#include "tests/support/named_tokens.h"
#include "tests/support/temp_dir.h"

namespace nuri::conduct {

// A small service of things: POST /v1/things makes one, in the ways that handlers do.
class World {
 public:
  explicit World(const std::string& folder) : folder_(folder) {
    database = std::move(db::Database::open({folder + "/w.db", 2})).value();
    (void)database->migrate("world", {{1, "CREATE TABLE things (id TEXT PRIMARY KEY, name TEXT)"}});
    (void)database->migrate("conduct", kMigrations);
    conduct = std::make_unique<Conduct>(*database, clock, random, std::string(32, 'k'));
    // The answer is what the write's function returns.
    router.add("POST", "/v1/things", Access::member,
               [this](const Request& q, Context& c) { return make(q, c); });
    // The answer comes after it.
    router.add("POST", "/v1/others", Access::member,
               [this](const Request& q, Context&) -> Result<Response> {
                 std::string id =
                     TRY(database->write([&](db::Session& s) { return insert(s, q.body); }));
                 if (die_after_write) raise(SIGKILL);
                 return Response::json(200, Json::object({{"other", Json::object({{"id", id}})}}));
               });
    router.add("POST", "/v1/things/{id}/action", Access::member,
               [](const Request&, Context&) -> Result<Response> { return Response::empty(202); });
    router.add("DELETE", "/v1/things/{id}", Access::admin,
               [this](const Request&, Context& c) -> Result<Response> {
                 TRYV(database->write([&](db::Session& s) {
                   s.exec("DELETE FROM things WHERE id=?1", {c.param("id")});
                 }));
                 return Response::empty(204);
               });
    router.add("POST", "/login", Access::open, [](const Request&, Context&) -> Result<Response> {
      return Response::text(201, "token");
    });
    router.add("POST", "/agent", Access::agent,
               [](const Request&, Context&) -> Result<Response> { return Response::empty(204); });
    router.add("GET", "/v1/things/{id}", Access::reader,
               [](const Request&, Context&) -> Result<Response> { return Response::empty(200); });
    conduct->attach(router, "things");
    conduct->audit().start();
  }

  Result<Response> make(const Request& q, Context& c) {
    if (meanwhile) meanwhile();
    if (fail) return *fail;
    auto made = database->write([&](db::Session& s) -> Result<Response> {
      std::string id = insert(s, q.body);
      Response r = Response::json(
          201, Json::object({{"thing", Json::object({{"id", id}, {"adminPass", "hunter2"}})}}));
      r.headers.set("Location", c.base_url + "/v1/things/" + id);
      return r;
    });
    if (die_after_write) raise(SIGKILL);
    if (fail_after_write) return *fail_after_write;
    return made;
  }
  std::string insert(db::Session& s, const std::string& name) {
    std::string id = random.uuid();
    s.exec("INSERT INTO things VALUES (?1, ?2)", {id, name});
    return id;
  }

  Response send(const std::string& method, const std::string& path, const std::string& body = "",
                const std::string& key = "", const std::string& token = "member@p") {
    Request r;
    r.method = method;
    size_t mark = path.find('?');
    r.path = path.substr(0, mark);
    if (mark != std::string::npos) r.query = Query::parse(path.substr(mark + 1));
    r.body = body;
    r.peer = "192.0.2.7";
    if (!token.empty()) r.headers.set("X-Auth-Token", token);
    if (!key.empty()) r.headers.set("Idempotency-Key", key);
    return router.dispatch(r);
  }
  int64_t count(const std::string& table) {
    return *database->read(
        [&](db::Session& s) { return s.count("SELECT count(*) FROM " + table); });
  }
  Json events(const std::string& query = "", const std::string& token = "admin@a") {
    Response r = send("GET", "/audit/v1/events" + query, "", "", token);
    return r.status == 200 ? *parse_json(r.body) : Json::object({{"status", r.status}});
  }
  // All that lies in the database's files.
  std::string bytes() const {
    std::stringstream out;
    for (const char* name : {"/w.db", "/w.db-wal"})
      out << std::ifstream(folder_ + name, std::ios::binary).rdbuf();
    return out.str();
  }

  std::unique_ptr<db::Database> database;
  FakeClock clock;
  SystemRandom random;
  test::NamedTokens tokens;
  Router router{Router::Options{nova_error, {}, &tokens, ""}};
  std::unique_ptr<Conduct> conduct;
  std::function<void()> meanwhile;
  std::optional<Error> fail, fail_after_write;
  bool die_after_write = false;

 private:
  std::string folder_;
};

}  // namespace nuri::conduct
