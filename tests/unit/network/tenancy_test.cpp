#include "tests/unit/network/cloud.h"

// What one project may not do to another on a network they share, and what compute may not do in a
// project's name.
namespace nuri::network::test {

namespace {

Json port_body(const std::string& net, const char* extra) {
  Json port = *parse_json(extra);
  if (!net.empty()) port.set("network_id", net);
  return Json::object({{"port", port}});
}

}  // namespace

TEST(NetworkTenancy, NobodySpoofsOnASharedNetwork) {
  Cloud c;
  std::string net = c.network("admin p0", Json::object({{"shared", true}})),
              sub = c.subnet(net, "10.0.0.0/24", "admin p0");
  std::string own = c.port(net, "member p2")["id"].as_string();
  struct Try {
    const char *body, *field;
  };
  for (const Try& t :
       {Try{R"({"port_security_enabled": false})", "port_security_enabled"},
        {R"({"mac_address": "fa:16:3e:00:00:01"})", "mac_address"},
        {R"({"allowed_address_pairs": [{"ip_address": "10.0.0.1"}]})", "allowed_address_pairs"},
        {R"({"fixed_ips": [{"ip_address": "10.0.0.1"}]})", "fixed_ips"},
        {R"({"device_owner": "network:router_interface"})", "device_owner"}}) {
    for (bool update : {false, true}) {
      Json body = port_body(update ? "" : net, t.body);
      Json error = c.ask(403, update ? "PUT" : "POST",
                         update ? "/v2.0/ports/" + own : std::string("/v2.0/ports"), "member p2",
                         body)["NeutronError"];
      EXPECT_EQ(error["type"].as_string(), "PolicyNotAuthorized");
      EXPECT_NE(error["message"].as_string().find(t.field), std::string::npos) << error.dump();
    }
  }
  EXPECT_EQ(c.ask(200, "GET", "/v2.0/ports", "member p2")["ports"].size(), 1u);
  // A subnet without an address, and what says nothing, is theirs to ask for.
  Json with_subnet = port_body(net, R"({"allowed_address_pairs": [], "mac_address": null})");
  with_subnet["port"].set("fixed_ips", Json::array({Json::object({{"subnet_id", sub}})}));
  c.ask(201, "POST", "/v2.0/ports", "member p2", with_subnet);
  // The network's owner and an administrator may all of it.
  std::string mine = c.network("member p2");
  c.subnet(mine, "10.1.0.0/24", "member p2");
  const char* all = R"({"mac_address": "fa:16:3e:00:00:01",
                        "allowed_address_pairs": [{"ip_address": "10.1.0.9"}],
                        "fixed_ips": [{"ip_address": "10.1.0.7"}]})";
  c.ask(201, "POST", "/v2.0/ports", "member p2", port_body(mine, all));
  c.ask(200, "PUT", "/v2.0/ports/" + own, "admin p0",
        port_body("", R"({"allowed_address_pairs": [{"ip_address": "10.0.0.9"}]})"));
  c.ask(403, "PUT", "/v2.0/ports/" + own, "member p2",
        port_body("", R"({"allowed_address_pairs": []})"));
}

TEST(NetworkTenancy, ARouterTakesNoOtherProjectsGateway) {
  Cloud c;
  std::string net = c.network("admin p0", Json::object({{"shared", true}})),
              sub = c.subnet(net, "10.0.0.0/24", "admin p0");
  std::string url = "/v2.0/routers/" + c.router_id("member p2") + "/add_router_interface";
  EXPECT_EQ(c.error_type(403, "PUT", url, "member p2", Json::object({{"subnet_id", sub}})),
            "PolicyNotAuthorized");
  std::string theirs = c.port(net, "member p1")["id"].as_string();
  EXPECT_EQ(c.error_type(404, "PUT", url, "member p2", Json::object({{"port_id", theirs}})),
            "PortNotFound");
  // The owner of a network sees its ports and may still not take them.
  std::string own_net = c.network("member p2"),
              own_sub = c.subnet(own_net, "10.1.0.0/24", "member p2");
  std::string guest =
      c.port(own_net, "admin p0", Json::object({{"project_id", "p1"}}))["id"].as_string();
  EXPECT_EQ(c.error_type(403, "PUT", url, "member p2", Json::object({{"port_id", guest}})),
            "PolicyNotAuthorized");
  std::string own = c.port(net, "member p2")["id"].as_string();
  c.ask(200, "PUT", url, "member p2", Json::object({{"port_id", own}}));
  c.ask(200, "PUT", url, "member p2", Json::object({{"subnet_id", own_sub}}));
  c.ask(200, "PUT", "/v2.0/routers/" + c.router_id("member p1") + "/add_router_interface",
        "admin p0", Json::object({{"subnet_id", sub}}));
}

TEST(NetworkTenancy, ComputeBindsOnlyTheProjectsPorts) {
  Cloud c;
  std::string net = c.network();
  std::string id = c.port(net)["id"].as_string(), url = "/internal/v1/ports/" + id;
  auto bind = [](const char* project) {
    return Json::object(
        {{"host_id", "h"}, {"device_id", "s"}, {"device_owner", ""}, {"project_id", project}});
  };
  EXPECT_EQ(c.error_type(404, "PUT", url + "/binding", "service", bind("p2")), "PortNotFound");
  EXPECT_EQ(c.ask(200, "GET", url, "service")["port"]["device_id"].as_string(), "");
  c.ask(200, "PUT", url + "/binding", "service", bind("p1"));
  auto wish = [&](const char* project) {
    return Json::object({{"port", Json::object({{"network_id", net}, {"project_id", project}})}});
  };
  EXPECT_EQ(c.error_type(404, "PUT", url, "service", wish("p2")), "PortNotFound");
  c.ask(200, "PUT", url, "service", wish("p1"));
}

TEST(NetworkTenancy, ADeletedPortsIdIsNotUsedAgain) {
  Cloud c;
  std::string net = c.network();
  Json wish = Json::object({{"port", Json::object({{"network_id", net}, {"project_id", "p1"}})}});
  std::string early = "/internal/v1/ports/" + c.random.uuid(),
              made = "/internal/v1/ports/" + c.random.uuid();
  c.ask(204, "DELETE", early, "service");  // overtakes the order
  EXPECT_EQ(c.error_type(410, "PUT", early, "service", wish), "PortGone");
  c.ask(200, "PUT", made, "service", wish);
  c.ask(204, "DELETE", made, "service");
  c.ask(204, "DELETE", made, "service");
  c.ask(410, "PUT", made, "service", wish);
  EXPECT_EQ(c.ask(200, "GET", "/v2.0/ports", "member p1")["ports"].size(), 0u);
  c.clock.advance(3601 * kSecondUs);
  c.ask(204, "DELETE", made, "service");
  auto kept = c.database->read(
      [](db::Session& s) { return s.count("SELECT COUNT(*) FROM deleted_ports"); });
  EXPECT_EQ(*kept, 1);  // the other's time is over
}

TEST(NetworkTenancy, TheDefaultGroupStaysWithItsProject) {
  Cloud c;
  auto groups = [&] {
    return c.ask(200, "GET", "/v2.0/security-groups", "member p1")["security_groups"];
  };
  std::string first = groups().at(0)["id"].as_string(), url = "/v2.0/security-groups/" + first;
  EXPECT_EQ(c.error_type(409, "DELETE", url, "member p1"), "SecurityGroupCannotRemoveDefault");
  std::string net = c.network(), port = c.port(net)["id"].as_string();
  EXPECT_EQ(c.error_type(409, "DELETE", url, "admin p0"), "SecurityGroupInUse");
  c.ask(204, "DELETE", "/v2.0/ports/" + port, "member p1");
  c.ask(204, "DELETE", url, "admin p0");
  Json again = groups();
  ASSERT_EQ(again.size(), 1u);
  EXPECT_NE(again.at(0)["id"].as_string(), first);
  EXPECT_EQ(again.at(0)["security_group_rules"].size(), 4u);
}

TEST(NetworkTenancy, ABulkWithOneBadMemberMakesNothing) {
  Cloud c;
  std::string net = c.network();
  c.subnet(net, "10.0.0.0/24");
  auto count = [&](const char* plural) {
    return c.ask(200, "GET", std::string("/v2.0/") + plural, "member p1")[plural].size();
  };
  size_t ports_before = count("ports");
  Json good = Json::object({{"network_id", net}});
  for (const Json& bad :
       {Json::object({{"network_id", c.random.uuid()}}), Json(5), Json(),
        Json::object({{"network_id", net}, {"security_groups", Json::array({"none"})}})}) {
    Response r = c.send("POST", "/v2.0/ports", "member p1",
                        Json::object({{"ports", Json::array({good, good, bad})}}).dump());
    EXPECT_TRUE(r.status == 400 || r.status == 404) << r.status << " " << r.body;
    EXPECT_EQ(count("ports"), ports_before);
  }
  // The third is over the quota: the first two go with it.
  c.ask(200, "PUT", "/v2.0/quotas/p1", "admin p0", *parse_json(R"({"quota": {"network": 3}})"));
  Json three = *parse_json(R"({"networks": [{"name": "a"}, {"name": "b"}, {"name": "c"}]})");
  EXPECT_EQ(c.error_type(409, "POST", "/v2.0/networks", "member p1", three), "OverQuota");
  EXPECT_EQ(count("networks"), 1u);
}

TEST(NetworkTenancy, NulIsRefusedAndOtherControlCharactersAreKept) {
  Cloud c;
  std::string net = c.network();
  for (const char* field : {"name", "description", "device_id", "device_owner"}) {
    std::string body =
        R"({"port": {"network_id": ")" + net + R"(", ")" + field + R"(": "a\u0000b"}})";
    Response r = c.send("POST", "/v2.0/ports", "member p1", body);
    EXPECT_EQ(r.status, 400) << field;
    EXPECT_NE(r.body.find(field), std::string::npos) << r.body;
  }
  std::string url = "/v2.0/networks/" + net;
  EXPECT_EQ(c.send("PUT", url + "/tags", "member p1", R"({"tags": ["a\u0000b"]})").status, 400);
  EXPECT_EQ(c.send("PUT", url + "/tags/a%00b", "member p1").status, 400);
  // Neutron keeps them; they travel escaped.
  Json odd = Json::object({{"network", Json::object({{"name", "a\n\x1b[31m\x7f\"b"}})}});
  EXPECT_EQ(c.ask(201, "POST", "/v2.0/networks", "member p1", odd)["network"]["name"].as_string(),
            "a\n\x1b[31m\x7f\"b");
}

}  // namespace nuri::network::test
