#include "tests/unit/network/cloud.h"

// Policies that let other projects use an object, and address groups.
namespace nuri::network::test {

namespace {

struct Sharing : ::testing::Test {
  Json policy(int status, const std::string& token, const char* type, const std::string& object,
              const char* target, const char* action = "access_as_shared") {
    Json body = Json::object({{"object_type", type},
                              {"object_id", object},
                              {"action", action},
                              {"target_tenant", target}});
    return c.ask(status, "POST", "/v2.0/rbac-policies", token,
                 Json::object({{"rbac_policy", body}}));
  }
  std::string policy_id(const std::string& token, const char* type, const std::string& object,
                        const char* target, const char* action = "access_as_shared") {
    return policy(201, token, type, object, target, action)["rbac_policy"]["id"].as_string();
  }
  Cloud c;
};

}  // namespace

TEST_F(Sharing, ANetworkIsSharedWithOneProject) {
  std::string net = c.network(), sub = c.subnet(net, "10.0.0.0/24"), url = "/v2.0/networks/" + net;
  std::string id = policy_id("member p1", "network", net, "p2");
  Json seen = c.ask(200, "GET", url, "member p2")["network"];
  EXPECT_TRUE(seen["shared"].as_bool());
  EXPECT_FALSE(c.ask(200, "GET", url, "member p1")["network"]["shared"].as_bool());
  EXPECT_EQ(c.ask(200, "GET", "/v2.0/networks?shared=true", "member p2")["networks"].size(), 1u);
  c.ask(200, "GET", "/v2.0/subnets/" + sub, "member p2");
  c.ask(404, "GET", url, "member p3");
  c.ask(404, "GET", "/v2.0/subnets/" + sub, "member p3");
  c.ask(403, "PUT", url, "member p2", *parse_json(R"({"network": {"name": "mine"}})"));
  std::string port = c.port(net, "member p2")["id"].as_string();
  EXPECT_EQ(c.error_type(409, "DELETE", "/v2.0/rbac-policies/" + id, "member p1"),
            "RbacPolicyInUse");
  EXPECT_EQ(c.error_type(409, "PUT", "/v2.0/rbac-policies/" + id, "member p1",
                         *parse_json(R"({"rbac_policy": {"target_tenant": "p3"}})")),
            "RbacPolicyInUse");
  // Another policy covers it too: then the first may go.
  std::string all = policy_id("admin p0", "network", net, "*");
  c.ask(204, "DELETE", "/v2.0/rbac-policies/" + id, "member p1");
  EXPECT_TRUE(c.ask(200, "GET", url, "member p1")["network"]["shared"].as_bool());
  EXPECT_EQ(c.error_type(409, "DELETE", "/v2.0/rbac-policies/" + all, "admin p0"),
            "RbacPolicyInUse");
  EXPECT_EQ(
      c.error_type(409, "PUT", url, "admin p0", *parse_json(R"({"network": {"shared": false}})")),
      "InvalidSharedSetting");
  c.ask(204, "DELETE", "/v2.0/ports/" + port, "member p2");
  c.ask(204, "DELETE", "/v2.0/rbac-policies/" + all, "admin p0");
  c.ask(404, "GET", url, "member p2");
  EXPECT_FALSE(c.ask(200, "GET", url, "member p1")["network"]["shared"].as_bool());
}

TEST_F(Sharing, TheSharedFlagAndThePolicyAreOne) {
  std::string net = c.network("admin p0", Json::object({{"shared", true}}));
  Json list = c.ask(200, "GET", "/v2.0/rbac-policies?object_id=" + net, "admin p0");
  ASSERT_EQ(list["rbac_policies"].size(), 1u);
  EXPECT_EQ(list["rbac_policies"].at(0)["target_tenant"].as_string(), "*");
  c.ask(200, "PUT", "/v2.0/networks/" + net, "admin p0",
        *parse_json(R"({"network": {"shared": false}})"));
  EXPECT_EQ(c.ask(200, "GET", "/v2.0/rbac-policies", "admin p0")["rbac_policies"].size(), 0u);
  c.ask(404, "GET", "/v2.0/networks/" + net, "member p2");
}

TEST_F(Sharing, ExternalForOneProjectOnly) {
  std::string net = c.network("admin p0");
  c.subnet(net, "172.30.0.0/24", "admin p0");
  policy(403, "member p1", "network", c.network(), "p2", "access_as_external");
  std::string id = policy_id("admin p0", "network", net, "p2", "access_as_external");
  EXPECT_TRUE(c.ask(200, "GET", "/v2.0/networks/" + net, "member p2")["network"]["router:external"]
                  .as_bool());
  c.ask(404, "GET", "/v2.0/networks/" + net, "member p3");
  Json gateway = Json::object({{"external_gateway_info", Json::object({{"network_id", net}})}});
  std::string router = c.router_id("member p2", gateway);
  c.ask(404, "POST", "/v2.0/routers", "member p3", Json::object({{"router", gateway}}));
  c.ask(403, "POST", "/v2.0/ports", "member p2",
        Json::object({{"port", Json::object({{"network_id", net}})}}));
  EXPECT_EQ(c.error_type(409, "DELETE", "/v2.0/rbac-policies/" + id, "admin p0"),
            "RbacPolicyInUse");
  c.ask(204, "DELETE", "/v2.0/routers/" + router, "member p2");
  c.ask(204, "DELETE", "/v2.0/rbac-policies/" + id, "admin p0");
  EXPECT_FALSE(c.ask(200, "GET", "/v2.0/networks/" + net, "admin p0")["network"]["router:external"]
                   .as_bool());
}

TEST_F(Sharing, OnlyTheOwnerSharesAndOnlyAdminsWithAll) {
  std::string net = c.network();
  policy(404, "member p2", "network", net, "p2");
  policy(403, "member p1", "network", net, "*");
  policy(404, "member p1", "network", "none", "p2");
  policy(400, "member p1", "router", net, "p2");
  policy(400, "member p1", "network", net, "");
  policy(400, "member p1", "security_group", net, "p2", "access_as_nothing");
  policy_id("member p1", "network", net, "p2");
  EXPECT_EQ(policy(409, "member p1", "network", net, "p2")["NeutronError"]["type"].as_string(),
            "DuplicatePolicyError");
  // One that only sees it may not pass it on.
  EXPECT_EQ(policy(400, "member p2", "network", net, "p3")["NeutronError"]["type"].as_string(),
            "InvalidInput");
  EXPECT_EQ(c.ask(200, "GET", "/v2.0/rbac-policies", "member p2")["rbac_policies"].size(), 0u);
  c.ask(204, "DELETE", "/v2.0/networks/" + net, "member p1");
  EXPECT_EQ(c.ask(200, "GET", "/v2.0/rbac-policies", "member p1")["rbac_policies"].size(), 0u);
}

TEST_F(Sharing, GroupsAndPoolsAreUsedByOthers) {
  std::string group =
      c.ask(201, "POST", "/v2.0/security-groups", "member p1",
            *parse_json(R"({"security_group": {"name": "web"}})"))["security_group"]["id"]
          .as_string();
  std::string pool = c.ask(201, "POST", "/v2.0/subnetpools", "member p1",
                           *parse_json(R"({"subnetpool": {"name": "p",
                               "prefixes": ["10.9.0.0/16"], "default_prefixlen": 24}})"))
                         ["subnetpool"]["id"]
                             .as_string();
  std::string mine = c.network("member p2");
  Json with_group = Json::object({{"security_groups", Json::array({group})}});
  Json order = Json::object(
      {{"subnet",
        Json::object({{"network_id", mine}, {"subnetpool_id", pool}, {"ip_version", 4}})}});
  c.ask(404, "POST", "/v2.0/subnets", "member p2", order);
  std::string g = policy_id("member p1", "security_group", group, "p2"),
              p = policy_id("member p1", "subnetpool", pool, "p2");
  Json shown = c.ask(200, "GET", "/v2.0/security-groups/" + group, "member p2")["security_group"];
  EXPECT_TRUE(shown["shared"].as_bool());
  EXPECT_EQ(shown["security_group_rules"].size(), 2u);
  c.ask(403, "PUT", "/v2.0/security-groups/" + group, "member p2",
        *parse_json(R"({"security_group": {"name": "x"}})"));
  c.ask(403, "DELETE", "/v2.0/security-groups/" + group, "member p2");
  c.ask(403, "POST", "/v2.0/security-group-rules", "member p2",
        Json::object({{"security_group_rule",
                       Json::object({{"security_group_id", group}, {"direction", "ingress"}})}}));
  c.ask(201, "POST", "/v2.0/subnets", "member p2", order);
  c.port(mine, "member p2", with_group);
  EXPECT_EQ(c.error_type(409, "DELETE", "/v2.0/rbac-policies/" + g, "member p1"),
            "RbacPolicyInUse");
  EXPECT_EQ(c.error_type(409, "DELETE", "/v2.0/rbac-policies/" + p, "member p1"),
            "RbacPolicyInUse");
}

TEST_F(Sharing, AddressGroupsStandInRules) {
  auto addresses = [](const char* text) {
    return Json::object({{"addresses", *parse_json(text)}});
  };
  Json made = c.ask(201, "POST", "/v2.0/address-groups", "member p1",
                    *parse_json(R"({"address_group": {"name": "office",
                        "addresses": ["192.0.2.7", "192.0.2.7/32", "2001:db8::/64"]}})"))
                  ["address_group"];
  std::string id = made["id"].as_string(), url = "/v2.0/address-groups/" + id;
  EXPECT_EQ(made["addresses"].dump(), R"(["192.0.2.7/32","2001:db8::/64"])");
  Json more = c.ask(200, "PUT", url + "/add_addresses", "member p1",
                    addresses(R"(["198.51.100.9/24"])"))["address_group"];
  EXPECT_EQ(more["addresses"].at(2).as_string(), "198.51.100.0/24");
  EXPECT_EQ(c.error_type(404, "PUT", url + "/remove_addresses", "member p1",
                         addresses(R"(["203.0.113.0/24"])")),
            "AddressesNotFound");
  for (const char* bad : {R"(["x"])", R"("x")", "[5]", "null"})
    c.ask(400, "PUT", url + "/add_addresses", "member p1", addresses(bad));
  c.ask(400, "PUT", url + "/add_addresses", "member p1", Json::object());
  std::string group = c.ask(200, "GET", "/v2.0/security-groups", "member p1")["security_groups"]
                          .at(0)["id"]
                          .as_string();
  auto rule = [&](const char* more_text) {
    Json r = *parse_json(more_text);
    r.set("security_group_id", group).set("direction", "ingress");
    r.set("remote_address_group_id", id);
    return Json::object({{"security_group_rule", r}});
  };
  EXPECT_EQ(c.error_type(400, "POST", "/v2.0/security-group-rules", "member p1",
                         rule(R"({"remote_ip_prefix": "10.0.0.0/8"})")),
            "SecurityGroupMultipleRemoteEntites");
  Json stored = c.ask(201, "POST", "/v2.0/security-group-rules", "member p1",
                      rule("{}"))["security_group_rule"];
  EXPECT_EQ(stored["remote_address_group_id"].as_string(), id);
  c.ask(409, "POST", "/v2.0/security-group-rules", "member p1", rule("{}"));
  EXPECT_EQ(c.error_type(409, "DELETE", url, "member p1"), "AddressGroupInUse");
  c.ask(204, "DELETE", "/v2.0/security-group-rules/" + stored["id"].as_string(), "member p1");
  c.ask(200, "PUT", url + "/remove_addresses", "member p1", addresses(R"(["192.0.2.7"])"));
  c.ask(204, "DELETE", url, "member p1");
}

}  // namespace nuri::network::test
