#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "network/routes/routes.h"
#include "services/base/random.h"
#include "services/feed/outbox.h"
#include "tests/support/sound_ledger.h"

namespace nuri::network::test {

// Tokens are "ROLE PROJECT": "member p1", "reader p1", "admin p0", "nobody p1" (no role), and
// "service", "agent".
class WordTokens final : public TokenChecker {
 public:
  Result<std::shared_ptr<const Claims>> check(std::string_view token) override {
    std::string text(token);
    size_t space = text.find(' ');
    std::string role = text.substr(0, space);
    auto c = std::make_shared<Claims>();
    if (role == "service" || role == "agent") {
      c->service = role == "agent" ? "agent" : "compute";
    } else if (role == "nobody") {
      c->project_id = text.substr(space + 1);
    } else if (role == "member" || role == "reader" || role == "admin") {
      c->roles.push_back({role, role});
      c->project_id = space == std::string::npos ? "" : text.substr(space + 1);
      c->user_id = "user-of-" + c->project_id;
    } else {
      return Error(ErrorCode::unauthorized, "no such token");
    }
    return std::shared_ptr<const Claims>(c);
  }
};

// A network service on a database of its own, without a server.
class Cloud {
 public:
  Cloud() {
    char name[] = "/tmp/nuri-network-test-XXXXXX";
    folder_ = mkdtemp(name);
    auto opened = db::Database::open({.path = folder_ + "/network.db"});
    database = std::move(opened).value();
    EXPECT_TRUE(database->migrate("outbox", feed::kOutboxMigrations));
    EXPECT_TRUE(database->migrate("ledger", ledger::kMigrations));
    EXPECT_TRUE(database->migrate("network", kMigrations));
    service = std::make_shared<Service>(Service{
        .db = *database, .clock = clock, .random = random, .settings = {.dns = {"9.9.9.9"}}});
    add_routes(router, service);
  }
  ~Cloud() {
    nuri::test::expect_sound(*database, audited());
    database.reset();
    std::filesystem::remove_all(folder_);
  }

  Response send(const std::string& method, const std::string& target, const std::string& token,
                const std::string& body = {}, const Headers::Item& header = {}) {
    Request r;
    if (!header.first.empty()) r.headers.set(header.first, header.second);
    r.method = method;
    r.target = target;
    size_t mark = target.find('?');
    r.path = target.substr(0, mark);
    if (mark != std::string::npos) r.query = Query::parse(target.substr(mark + 1));
    if (!token.empty()) r.headers.set("X-Auth-Token", token);
    r.headers.set("Host", "cloud");
    r.body = body;
    r.body_size = body.size();
    return router.dispatch(r);
  }
  // After whatever was done, a list from kept texts is the list made from the rows.
  void expect_true_lists() {
    for (const char* who : {"admin p0", "member p1"}) {
      std::string kept, sorted, all;
      // A live driver may bring a port up between two looks; a list that is wrong stays wrong.
      for (int look = 0; look == 0 || (look < 5 && (kept != sorted || kept != all)); ++look) {
        kept = send("GET", "/v2.0/ports?limit=500", who).body;
        // Sorting by what the order is already has the list made from all rows.
        sorted = send("GET", "/v2.0/ports?limit=500&sort_key=created_at", who).body;
        all = send("GET", "/v2.0/ports", who).body;
      }
      EXPECT_EQ(kept, sorted) << who;
      EXPECT_EQ(kept, all) << who;
    }
  }
  // The answer's JSON; fails the test on another status.
  Json ask(int status, const std::string& method, const std::string& target,
           const std::string& token, const Json& body = {}) {
    clock.advance(1000);
    Response r = send(method, target, token, body.is_null() ? "" : body.dump());
    EXPECT_EQ(r.status, status) << method << " " << target << " " << body.dump() << "\n" << r.body;
    if (method != "GET") expect_true_lists();
    return r.body.empty() ? Json() : parse_json(r.body).value_or(Json());
  }
  std::string error_type(int status, const std::string& method, const std::string& target,
                         const std::string& token, const Json& body = {}) {
    return ask(status, method, target, token, body)["NeutronError"]["type"].as_string();
  }

  // Shortcuts for what most tests start with.
  std::string network(const std::string& token = "member p1", Json extra = Json::object()) {
    extra.set("name", "n");
    return ask(201, "POST", "/v2.0/networks", token,
               Json::object({{"network", extra}}))["network"]["id"]
        .as_string();
  }
  std::string subnet(const std::string& network_id, const std::string& cidr,
                     const std::string& token = "member p1", Json extra = Json::object()) {
    extra.set("network_id", network_id).set("cidr", cidr);
    if (!extra.contains("ip_version"))
      extra.set("ip_version", cidr.find(':') == std::string::npos ? 4 : 6);
    return ask(201, "POST", "/v2.0/subnets", token,
               Json::object({{"subnet", extra}}))["subnet"]["id"]
        .as_string();
  }
  Json port(const std::string& network_id, const std::string& token = "member p1",
            Json extra = Json::object()) {
    extra.set("network_id", network_id);
    return ask(201, "POST", "/v2.0/ports", token, Json::object({{"port", extra}}))["port"];
  }
  std::string router_id(const std::string& token = "member p1", Json extra = Json::object()) {
    return ask(201, "POST", "/v2.0/routers", token,
               Json::object({{"router", extra}}))["router"]["id"]
        .as_string();
  }
  std::string external() {
    EXPECT_TRUE(ensure_external_network(*service, ExternalPlan()));
    return ask(200, "GET", "/v2.0/networks?router:external=true", "member p1")["networks"]
        .at(0)["id"]
        .as_string();
  }

  FakeClock clock;
  SeededRandom random{7};
  WordTokens tokens;
  std::unique_ptr<db::Database> database;
  std::shared_ptr<Service> service;
  nuri::Router router{{.error_view = neutron_error, .tokens = &tokens}};

 private:
  std::string folder_;
};

}  // namespace nuri::network::test
