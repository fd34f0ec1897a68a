#include "network/driver/sim/driver.h"
#include "tests/unit/network/cloud.h"

// Changes: their conditions, their order, what they leave behind.
namespace nuri::network::test {

TEST(Change, IfMatchLetsThroughOnlyThatRevision) {
  Cloud c;
  std::string url = "/v2.0/networks/" + c.network();
  auto put = [&](const std::string& value) {
    return c.send("PUT", url, "member p1", R"({"network": {"name": "b"}})", {"If-Match", value})
        .status;
  };
  int64_t now = c.ask(200, "GET", url, "member p1")["network"]["revision_number"].as_int();
  EXPECT_EQ(put("revision_number=" + std::to_string(now + 1)), 412);
  EXPECT_EQ(put("revision_number=" + std::to_string(now)), 200);
  EXPECT_EQ(put("revision_number=" + std::to_string(now)), 412) << "it is another one now";
  for (const char* bad : {"", "5", "revision_number=", "revision_number=x", "revision_number=-1",
                          "revision_number=99999999999999999999"})
    EXPECT_EQ(put(bad), 400) << bad;
  Headers::Item old = {"If-Match", "revision_number=" + std::to_string(now)};
  EXPECT_EQ(c.send("DELETE", url, "member p1", "", old).status, 412);
  EXPECT_EQ(c.send("DELETE", url, "member p2", "", old).status, 404)
      << "not another's to ask about";
  EXPECT_EQ(c.send("POST", "/v2.0/networks", "member p1", R"({"network": {}})", old).status, 400);
  Headers::Item fresh = {"If-Match", "revision_number=" + std::to_string(now + 1)};
  EXPECT_EQ(c.send("DELETE", url, "member p1", "", fresh).status, 204);
}

TEST(Change, WhatHangsOnAResourceMakesItAnotherRevision) {
  Cloud c;
  std::string net = c.network(), router = c.router_id();
  auto revision = [&](const std::string& path) {
    Json one = c.ask(200, "GET", "/v2.0/" + path, "member p1").as_object().at(0).second;
    return one["revision_number"].as_int();
  };
  int64_t n = revision("networks/" + net), r = revision("routers/" + router);
  std::string sub = c.subnet(net, "10.0.0.0/24");
  EXPECT_EQ(revision("networks/" + net), n + 1);
  Json by_subnet = Json::object({{"subnet_id", sub}});
  c.ask(200, "PUT", "/v2.0/routers/" + router + "/add_router_interface", "member p1", by_subnet);
  EXPECT_EQ(revision("routers/" + router), r + 1);
  c.ask(200, "PUT", "/v2.0/routers/" + router + "/remove_router_interface", "member p1", by_subnet);
  EXPECT_EQ(revision("routers/" + router), r + 2);
  c.ask(204, "DELETE", "/v2.0/subnets/" + sub, "member p1");
  EXPECT_EQ(revision("networks/" + net), n + 2);
}

// A page made by the database is the page made from all.
TEST(Change, PagesAreTheSameWhoeverMakesThem) {
  Cloud c;
  std::string net = c.network(), other = c.network();
  for (int i = 0; i < 11; ++i)
    c.port(i % 3 ? net : other, "member p1", Json::object({{"name", i % 2 ? "odd" : "even"}}));
  c.port(c.network("member p2"), "member p2");
  const std::vector<std::string> filters = {"", "&name=odd", "&network_id=" + net,
                                            "&network_id=" + net + "&name=even", "&name=none"};
  for (const std::string& filter : filters) {
    for (const char* who : {"member p1", "admin p0", "member p2"}) {
      for (const char* reverse : {"", "&page_reverse=True"}) {
        std::string marker;
        for (int page = 0; page < 9; ++page) {
          std::string query = "/v2.0/ports?limit=3" + filter + reverse;
          if (!marker.empty()) query += "&marker=" + marker;
          // sort_key on the order of creation changes nothing but who does the work.
          Json quick = c.ask(200, "GET", query, who);
          Json slow = c.ask(200, "GET", query + "&sort_key=created_at", who);
          ASSERT_EQ(quick["ports"].dump(), slow["ports"].dump()) << query << " by " << who;
          ASSERT_EQ(quick["ports_links"].size(), slow["ports_links"].size()) << query;
          if (quick["ports"].size() == 0) break;
          size_t last = *reverse ? 0 : quick["ports"].size() - 1;
          marker = quick["ports"].at(last)["id"].as_string();
        }
      }
    }
  }
  c.ask(400, "GET", "/v2.0/ports?limit=3&marker=none", "member p1");
  c.ask(400, "GET", "/v2.0/ports?limit=-3", "member p1");
  c.ask(400, "GET", "/v2.0/ports?limit=3&nonsense=1", "member p1");
}

TEST(Change, TagsFilterEveryTaggedResource) {
  Cloud c;
  std::string external = c.external(), net = c.network(), sub = c.subnet(net, "10.0.0.0/24");
  std::string port = c.port(net)["id"].as_string(), router = c.router_id();
  Json fip_order =
      Json::object({{"floatingip", Json::object({{"floating_network_id", external}})}});
  std::string fip =
      c.ask(201, "POST", "/v2.0/floatingips", "member p1", fip_order)["floatingip"]["id"]
          .as_string();
  std::string pool =
      c.ask(201, "POST", "/v2.0/subnetpools", "member p1",
            *parse_json(R"({"subnetpool": {"prefixes": ["10.9.0.0/16"]}})"))["subnetpool"]["id"]
          .as_string();
  std::string group = c.ask(200, "GET", "/v2.0/security-groups", "member p1")["security_groups"]
                          .at(0)["id"]
                          .as_string();
  const std::pair<std::string, std::string> things[] = {
      {"networks", net},    {"subnets", sub},      {"ports", port},           {"routers", router},
      {"floatingips", fip}, {"subnetpools", pool}, {"security-groups", group}};
  for (const auto& [path, id] : things) {
    std::string all = "/v2.0/" + path, tags = all + "/" + id + "/tags";
    int64_t before = c.ask(200, "GET", all + "/" + id, "member p1")
                         .as_object()
                         .at(0)
                         .second["revision_number"]
                         .as_int();
    c.ask(200, "PUT", tags, "member p1", *parse_json(R"({"tags": ["red", "it's \"blue\""]})"));
    c.ask(204, "GET", tags + "/red", "member p1");
    c.ask(404, "GET", tags + "/green", "member p1");
    auto found = [&](const std::string& query) {
      Json list = c.ask(200, "GET", all + "?" + query, "member p1").as_object().at(0).second;
      for (const Json& item : list.as_array()) {
        if (item["id"].as_string() == id) return true;
      }
      return false;
    };
    EXPECT_TRUE(found("tags=red")) << path;
    EXPECT_FALSE(found("tags=red,green"));
    EXPECT_TRUE(found("tags-any=red,green"));
    EXPECT_FALSE(found("not-tags=red"));
    EXPECT_TRUE(found("not-tags=red,green"));
    EXPECT_FALSE(found("not-tags-any=red,green"));
    EXPECT_TRUE(found("tags=it%27s%20%22blue%22"));
    EXPECT_GT(c.ask(200, "GET", all + "/" + id, "member p1")
                  .as_object()
                  .at(0)
                  .second["revision_number"]
                  .as_int(),
              before);
    c.ask(204, "DELETE", tags, "member p1");
    EXPECT_FALSE(found("tags-any=red"));
  }
}

TEST(Change, ExtraRoutesOneByOneAndHeldByInterfaces) {
  Cloud c;
  std::string net = c.network(), sub = c.subnet(net, "10.0.0.0/24"), id = c.router_id();
  std::string url = "/v2.0/routers/" + id;
  c.ask(200, "PUT", url + "/add_router_interface", "member p1", Json::object({{"subnet_id", sub}}));
  auto routes = [](const char* text) {
    return Json::object({{"router", Json::object({{"routes", *parse_json(text)}})}});
  };
  const char* one = R"([{"destination": "10.9.0.0/24", "nexthop": "10.0.0.9"}])";
  const char* two = R"([{"destination": "10.8.0.0/24", "nexthop": "10.0.0.8"}])";
  c.ask(200, "PUT", url + "/add_extraroutes", "member p1", routes(one));
  c.ask(200, "PUT", url + "/add_extraroutes", "member p1", routes(one));
  Json now = c.ask(200, "PUT", url + "/add_extraroutes", "member p1", routes(two))["router"];
  EXPECT_EQ(now["routes"].size(), 2u);
  for (const char* bad : {R"([{"destination": "10.9.0.0/24", "nexthop": "10.7.0.9"}])",
                          R"([{"destination": "10.9.0.0/24", "nexthop": "2001:db8::1"}])",
                          R"([{"destination": "x", "nexthop": "10.0.0.9"}])", "5", "[5]", "null"})
    c.ask(400, "PUT", url + "/add_extraroutes", "member p1", routes(bad));
  c.ask(400, "PUT", url + "/add_extraroutes", "member p1", Json::object());
  EXPECT_EQ(c.error_type(409, "PUT", url + "/remove_router_interface", "member p1",
                         Json::object({{"subnet_id", sub}})),
            "RouterInterfaceInUseByRoute");
  Json left = c.ask(200, "PUT", url + "/remove_extraroutes", "member p1", routes(one))["router"];
  EXPECT_EQ(left["routes"].size(), 1u);
  c.ask(404, "PUT", url + "/add_extraroutes", "member p2", routes(one));
  c.ask(200, "PUT", url, "member p1", routes("[]"));
  c.ask(200, "PUT", url + "/remove_router_interface", "member p1",
        Json::object({{"subnet_id", sub}}));
}

TEST(Change, WhatAUserDeletesAnOrderOnItsWayDoesNotBringBack) {
  Cloud c;
  std::string net = c.network(), server = c.random.uuid(), id = c.random.uuid();
  Json wish = Json::object(
      {{"port", Json::object({{"network_id", net}, {"project_id", "p1"}, {"device_id", server}})}});
  c.ask(200, "PUT", "/internal/v1/ports/" + id, "service", wish);
  c.ask(204, "DELETE", "/v2.0/ports/" + id, "member p1");
  EXPECT_EQ(c.error_type(410, "PUT", "/internal/v1/ports/" + id, "service", wish), "PortGone");
}

TEST(Change, AServerThatIsGoneLeavesNoPort) {
  Cloud c;
  std::string net = c.network(), server = c.random.uuid();
  auto url = [&] { return "/internal/v1/ports/" + c.random.uuid(); };
  Json wish = Json::object({{"port", Json::object({{"network_id", net},
                                                   {"project_id", "p1"},
                                                   {"device_id", server},
                                                   {"binding:host_id", "h"}})}});
  c.ask(200, "PUT", url(), "service", wish);
  std::string own = c.port(net)["id"].as_string();
  Json bind = Json::object({{"host_id", "h"}, {"device_id", server}, {"project_id", "p1"}});
  std::string binding = "/internal/v1/ports/" + own + "/binding";
  c.ask(200, "PUT", binding, "service", bind);
  for (int i = 0; i < 2; ++i)
    c.ask(204, "DELETE", "/internal/v1/ports?device_id=" + server, "service");
  Json left = c.ask(200, "GET", "/v2.0/ports", "member p1")["ports"];
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left.at(0)["id"].as_string(), own);
  EXPECT_EQ(left.at(0)["device_id"].as_string(), "");
  // An attach that was on its way when the server went.
  EXPECT_EQ(c.error_type(410, "PUT", url(), "service", wish), "PortGone");
  EXPECT_EQ(c.error_type(410, "PUT", binding, "service", bind), "PortGone");
  c.ask(400, "DELETE", "/internal/v1/ports?device_id=", "service");
  c.ask(400, "DELETE", "/internal/v1/ports", "service");
}

TEST(Change, AnExternalNetworkTakesItsIdleFloatingIpsWithIt) {
  Cloud c;
  std::string net = c.network("admin p0", Json::object({{"router:external", true}}));
  c.subnet(net, "172.31.0.0/24", "admin p0", Json::object({{"enable_dhcp", false}}));
  Json order = Json::object({{"floatingip", Json::object({{"floating_network_id", net}})}});
  c.ask(201, "POST", "/v2.0/floatingips", "member p1", order);
  c.ask(204, "DELETE", "/v2.0/networks/" + net, "admin p0");
  EXPECT_EQ(c.ask(200, "GET", "/v2.0/floatingips", "member p1")["floatingips"].size(), 0u);
}

TEST(Change, ZoneHintsNameTheOneZone) {
  Cloud c;
  for (const char* kind : {"network", "router"}) {
    auto order = [&](const char* hints) {
      return Json::object(
          {{kind, Json::object({{"availability_zone_hints", *parse_json(hints)}})}});
    };
    std::string path = std::string("/v2.0/") + kind + "s";
    Json made = c.ask(201, "POST", path, "member p1", order(R"(["nova"])"))[kind];
    EXPECT_EQ(made["availability_zone_hints"].dump(), R"(["nova"])");
    EXPECT_EQ(c.error_type(404, "POST", path, "member p1", order(R"(["mars"])")),
              "AvailabilityZoneNotFound");
    c.ask(400, "POST", path, "member p1", order("5"));
  }
}

TEST(Change, SmallCollectionsSayWhatThereIs) {
  Cloud c;
  std::string net = c.network();
  c.subnet(net, "10.0.0.0/24");
  c.subnet(net, "2001:db8::/64");
  c.port(net);
  Json one = c.ask(200, "GET", "/v2.0/network-ip-availabilities/" + net,
                   "admin p0")["network_ip_availability"];
  ASSERT_EQ(one["subnet_ip_availability"].size(), 2u);
  EXPECT_EQ(one["subnet_ip_availability"].at(0)["total_ips"].as_int(), 253);
  EXPECT_EQ(one["subnet_ip_availability"].at(0)["used_ips"].as_int(), 2);  // and the metadata port
  EXPECT_EQ(one["total_ips"].as_int(), INT64_MAX);
  EXPECT_FALSE(one.contains("id"));
  Json four = c.ask(200, "GET", "/v2.0/network-ip-availabilities?ip_version=4&network_id=" + net,
                    "admin p0")["network_ip_availabilities"];
  ASSERT_EQ(four.size(), 1u);
  EXPECT_EQ(four.at(0)["total_ips"].as_int(), 253);
  c.ask(404, "GET", "/v2.0/network-ip-availabilities/none", "admin p0");
  c.ask(403, "GET", "/v2.0/network-ip-availabilities", "member p1");
  EXPECT_EQ(c.ask(200, "GET", "/v2.0/service-providers", "reader p1")["service_providers"].size(),
            1u);
  c.service->agents = [] { return *parse_json(R"([{"id": "c1", "host": "h1"}])"); };
  EXPECT_EQ(c.ask(200, "GET", "/v2.0/agents", "admin p0")["agents"].size(), 1u);
  EXPECT_EQ(c.ask(200, "GET", "/v2.0/agents?host=other", "admin p0")["agents"].size(), 0u);
  EXPECT_EQ(c.ask(200, "GET", "/v2.0/agents", "member p1")["agents"].size(), 0u);
  c.ask(404, "GET", "/v2.0/agents/c1", "member p1");
  std::string why =
      c.ask(404, "GET", "/v2.0/auto-allocated-topology/p1", "member p1")["NeutronError"]["message"]
          .as_string();
  EXPECT_NE(why.find("not served"), std::string::npos) << why;
}

// Whatever is written into a name comes back as it was, and nothing else changes.
TEST(Change, HostileTextIsOnlyText) {
  Cloud c;
  c.external();
  SimDriver driver(*c.database);
  const char* hostile[] = {"'; DROP TABLE ports; --",
                           "\" OR \"1\"=\"1",
                           "<script>alert(1)</script>",
                           "../../etc/passwd",
                           "%00%0a",
                           "${jndi:ldap://x}",
                           "{{7*7}}",
                           "<!ENTITY x SYSTEM \"file:///etc/passwd\">",
                           "[\"set\",[]]",
                           "\\\"\n\t"};
  for (const char* text : hostile) {
    for (const char* path : {"networks", "routers", "security-groups", "address-groups"}) {
      std::string plural = path, singular = plural.substr(0, plural.size() - 1);
      std::replace(singular.begin(), singular.end(), '-', '_');
      Json body = Json::object({{"name", text}, {"description", text}});
      Json made = c.ask(201, "POST", "/v2.0/" + plural, "member p1",
                        Json::object({{singular, body}}))[singular];
      EXPECT_EQ(made["name"].as_string(), text);
      EXPECT_EQ(made["description"].as_string(), text);
      Json found =
          c.ask(200, "GET", "/v2.0/" + plural + "?name=" + percent_encode(text), "member p1")
              .as_object()
              .at(0)
              .second;
      EXPECT_EQ(found.size(), 1u) << path << " " << text;
      std::string one = "/v2.0/" + plural + "/" + made["id"].as_string();
      c.ask(404, "GET", "/v2.0/" + plural + "/" + percent_encode(text), "member p1");
      if (plural != "address-groups" && std::string(text).find(',') == std::string::npos)
        c.ask(201, "PUT", one + "/tags/" + percent_encode(text), "member p1", Json::object());
      c.ask(204, "DELETE", one, "member p1");
    }
    EXPECT_TRUE(driver.run_once());
  }
}

// Rows of before the policies: what was shared stays so, by a policy.
TEST(Change, MigrationsGiveSharedObjectsTheirPolicies) {
  char name[] = "/tmp/nuri-network-test-XXXXXX";
  std::string folder = mkdtemp(name);
  auto database = *db::Database::open({.path = folder + "/network.db"});
  std::vector<db::Migration> old(kMigrations.begin(), kMigrations.begin() + 2);
  ASSERT_TRUE(database->migrate("ledger", ledger::kMigrations));
  ASSERT_TRUE(database->migrate("network", old));
  const std::string both = "11111111-2222-4333-8444-555566667777";
  ASSERT_TRUE(database->write([&](db::Session& s) {
    s.exec(
        "INSERT INTO networks VALUES (?1, 'p0', 'n', '', '[]', 1, 5, 5, 1, 1, 1, 0, 1, 'ACTIVE', "
        "1442, 'geneve', '', 1)",
        {both});
    s.exec(
        "INSERT INTO networks VALUES ('aaaaaaaa-2222-4333-8444-555566667777', 'p1', 'n', '', "
        "'[]', 1, 5, 5, 1, 0, 0, 0, 1, 'ACTIVE', 1442, 'geneve', '', 2)");
    s.exec(
        "INSERT INTO subnet_pools VALUES ('bbbbbbbb-2222-4333-8444-555566667777', 'p0', 'p', '', "
        "'[]', 1, 5, 5, '[\"10.0.0.0/8\"]', 4, 8, 8, 32, NULL, 1, 0)");
    s.exec(
        "INSERT INTO ports VALUES ('cccccccc-2222-4333-8444-555566667777', 'p0', '', '', '[]', 1, "
        "5, 5, ?1, 'fa:16:3e:00:00:01', 'ovnmeta', 'network:distributed', '', 1, 0, 'DOWN', "
        "'normal', '[]', '[]', '[]', '{}', 0)",
        {both});
    return 0;
  }));
  ASSERT_TRUE(database->migrate("network", kMigrations));
  EXPECT_TRUE(database->write([](db::Session& s) { adopt_quotas(s); }));
  auto found = *database->read([](db::Session& s) { return load(s, rbac_policies()); });
  std::set<std::string> ids, seen;
  for (const RbacPolicy& p : found) {
    EXPECT_TRUE(is_uuid(p.id)) << p.id;
    EXPECT_EQ(p.project_id, "p0");
    ids.insert(p.id);
    seen.insert(p.object_type + " " + p.action + " " + p.target);
  }
  EXPECT_EQ(ids.size(), 3u);
  EXPECT_EQ(seen,
            (std::set<std::string>{"network access_as_shared *", "network access_as_external *",
                                   "subnetpool access_as_shared *"}));
  nuri::test::expect_sound(*database, audited());
  database.reset();
  std::filesystem::remove_all(folder);
}

// A database of before the ledger is taken over as it is.
TEST(Change, AnOlderDatabaseIsTakenOver) {
  Cloud c;
  std::string shared = c.network("admin p0", Json::object({{"shared", true}}));
  c.network("member p1");
  EXPECT_TRUE(c.database->write([](db::Session& s) {
    for (const char* table : {"ledger_claims", "ledger_counters"})
      s.exec(std::string("DELETE FROM ") + table);
    s.exec("INSERT INTO quotas (project_id, resource, most) VALUES ('p1', 'network', 2)");
    return 0;
  }));
  for (int i = 0; i < 2; ++i)
    EXPECT_TRUE(c.database->write([](db::Session& s) { adopt_quotas(s); }));
  c.network("member p1");
  EXPECT_EQ(
      c.error_type(409, "POST", "/v2.0/networks", "member p1", *parse_json(R"({"network": {}})")),
      "OverQuota");
}

}  // namespace nuri::network::test
