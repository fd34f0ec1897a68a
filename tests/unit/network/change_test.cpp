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

}  // namespace nuri::network::test
