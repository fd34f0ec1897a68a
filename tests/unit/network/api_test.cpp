#include "tests/unit/network/cloud.h"

namespace nuri::network::test {

TEST(NetworkApi, NetworkSubnetPortLifecycle) {
  Cloud c;
  Json made = c.ask(201, "POST", "/v2.0/networks", "member p1",
                    *parse_json(R"({"network": {"name": "web"}})"))["network"];
  EXPECT_EQ(made["status"].as_string(), "ACTIVE");
  EXPECT_EQ(made["project_id"].as_string(), "p1");
  EXPECT_EQ(made["tenant_id"].as_string(), "p1");
  EXPECT_EQ(made["mtu"].as_int(), 1442);
  EXPECT_FALSE(made.contains("provider:network_type"));
  std::string net = made["id"].as_string();
  std::string sub = c.subnet(net, "10.0.0.0/24");
  Json shown = c.ask(200, "GET", "/v2.0/subnets/" + sub, "member p1")["subnet"];
  EXPECT_EQ(shown["gateway_ip"].as_string(), "10.0.0.1");
  EXPECT_EQ(shown["allocation_pools"].dump(), R"([{"start":"10.0.0.2","end":"10.0.0.254"}])");
  Json port = c.port(net);
  EXPECT_EQ(port["fixed_ips"].at(0)["ip_address"].as_string(),
            "10.0.0.3");  // .2 is the metadata port's
  EXPECT_EQ(port["status"].as_string(), "DOWN");
  EXPECT_EQ(port["security_groups"].size(), 1u);
  EXPECT_EQ(c.error_type(409, "DELETE", "/v2.0/networks/" + net, "member p1"), "NetworkInUse");
  EXPECT_EQ(c.error_type(409, "DELETE", "/v2.0/subnets/" + sub, "member p1"), "SubnetInUse");
  c.ask(204, "DELETE", "/v2.0/ports/" + port["id"].as_string(), "member p1");
  c.ask(204, "DELETE", "/v2.0/networks/" + net, "member p1");
  EXPECT_EQ(c.error_type(404, "GET", "/v2.0/subnets/" + sub, "member p1"), "SubnetNotFound");
}

TEST(NetworkApi, VisibilityOfForeignSharedAndExternal) {
  Cloud c;
  std::string own = c.network("member p1"),
              shared = c.network("admin p0", Json::object({{"shared", true}}));
  std::string external = c.external();
  EXPECT_EQ(c.error_type(404, "GET", "/v2.0/networks/" + own, "member p2"), "NetworkNotFound");
  c.ask(200, "GET", "/v2.0/networks/" + shared, "member p2");
  c.ask(200, "GET", "/v2.0/networks/" + external, "reader p2");
  EXPECT_EQ(c.ask(200, "GET", "/v2.0/networks", "member p2")["networks"].size(), 2u);
  EXPECT_EQ(c.ask(200, "GET", "/v2.0/networks", "admin p0")["networks"].size(), 3u);
  c.ask(403, "PUT", "/v2.0/networks/" + shared, "member p2",
        *parse_json(R"({"network": {"name": "mine"}})"));
  c.ask(403, "DELETE", "/v2.0/networks/" + external, "member p2");
  c.ask(403, "POST", "/v2.0/networks", "member p2",
        *parse_json(R"({"network": {"shared": true}})"));
  c.ask(403, "POST", "/v2.0/networks", "member p2",
        *parse_json(R"({"network": {"router:external": true}})"));
  c.ask(400, "POST", "/v2.0/networks", "member p2",
        *parse_json(R"({"network": {"tenant_id": "p1"}})"));
  c.ask(201, "POST", "/v2.0/networks", "admin p0",
        *parse_json(R"({"network": {"tenant_id": "p1"}})"));
}

TEST(NetworkApi, BulkFiltersPagesAndFields) {
  Cloud c;
  Json made = c.ask(
      201, "POST", "/v2.0/networks", "member p1",
      *parse_json(R"({"networks": [{"name": "a"}, {"name": "b"}, {"name": "c"}]})"))["networks"];
  ASSERT_EQ(made.size(), 3u);
  c.ask(400, "POST", "/v2.0/networks", "member p1",
        *parse_json(R"({"networks": [{"name": "d"}, {"name": 5}]})"));
  EXPECT_EQ(c.ask(200, "GET", "/v2.0/networks", "member p1")["networks"].size(), 3u);
  EXPECT_EQ(c.ask(200, "GET", "/v2.0/networks?name=b&name=c", "member p1")["networks"].size(), 2u);
  EXPECT_EQ(
      c.ask(200, "GET", "/v2.0/networks?admin_state_up=False", "member p1")["networks"].size(), 0u);
  Json page = c.ask(200, "GET", "/v2.0/networks?limit=2&sort_key=name&sort_dir=desc&fields=name",
                    "member p1");
  EXPECT_EQ(page["networks"].size(), 2u);
  Json first = c.ask(200, "GET", "/v2.0/networks?limit=2&sort_key=name&sort_dir=desc", "member p1");
  EXPECT_EQ(first["networks"].at(0)["name"].as_string(), "c");
  ASSERT_EQ(first["networks_links"].size(), 1u);
  std::string next = first["networks_links"].at(0)["href"].as_string();
  next = next.substr(next.find("/v2.0"));
  Json second = c.ask(200, "GET", next, "member p1");
  ASSERT_EQ(second["networks"].size(), 1u);
  EXPECT_EQ(second["networks"].at(0)["name"].as_string(), "a");
  Json fields =
      c.ask(200, "GET", "/v2.0/networks?fields=id&fields=name", "member p1")["networks"].at(0);
  EXPECT_EQ(fields.size(), 2u);
  c.ask(400, "GET", "/v2.0/networks?nonsense=1", "member p1");
  c.ask(400, "GET", "/v2.0/networks?limit=-1", "member p1");
  c.ask(400, "GET", "/v2.0/networks?marker=none", "member p1");
}

TEST(NetworkApi, FixedAddresses) {
  Cloud c;
  std::string net = c.network(), sub = c.subnet(net, "10.0.0.0/29");
  auto with_ip = [&](const char* ip) {
    return Json::object(
        {{"port",
          Json::object({{"network_id", net},
                        {"fixed_ips", Json::array({Json::object({{"ip_address", ip}})})}})}});
  };
  c.ask(201, "POST", "/v2.0/ports", "member p1", with_ip("10.0.0.5"));
  EXPECT_EQ(c.error_type(409, "POST", "/v2.0/ports", "member p1", with_ip("10.0.0.5")),
            "IpAddressAlreadyAllocated");
  EXPECT_EQ(c.error_type(400, "POST", "/v2.0/ports", "member p1", with_ip("10.0.1.5")),
            "InvalidIpForNetwork");
  EXPECT_EQ(c.error_type(400, "POST", "/v2.0/ports", "member p1", with_ip("10.0.0.7")),
            "InvalidIpForNetwork");
  std::set<std::string> seen = {"10.0.0.5"};
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(seen.insert(c.port(net)["fixed_ips"].at(0)["ip_address"].as_string()).second);
  EXPECT_EQ(c.error_type(409, "POST", "/v2.0/ports", "member p1",
                         Json::object({{"port", Json::object({{"network_id", net}})}})),
            "IpAddressGenerationFailure");
}

TEST(NetworkApi, SlaacAddressComesFromTheMac) {
  Cloud c;
  std::string net = c.network();
  c.subnet(net, "2001:db8::/64", "member p1",
           *parse_json(R"({"ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"})"));
  Json port = c.port(net, "member p1", Json::object({{"mac_address", "FA:16:3E:00:11:22"}}));
  EXPECT_EQ(port["fixed_ips"].at(0)["ip_address"].as_string(), "2001:db8::f816:3eff:fe00:1122");
}

TEST(NetworkApi, RouterAndFloatingIp) {
  Cloud c;
  std::string external = c.external(), net = c.network(), sub = c.subnet(net, "10.0.0.0/24");
  std::string router = c.router_id(
      "member p1",
      Json::object({{"external_gateway_info", Json::object({{"network_id", external}})}}));
  Json port = c.port(net);
  std::string pid = port["id"].as_string();
  Json ask = Json::object(
      {{"floatingip", Json::object({{"floating_network_id", external}, {"port_id", pid}})}});
  EXPECT_EQ(c.error_type(404, "POST", "/v2.0/floatingips", "member p1", ask),
            "ExternalGatewayForFloatingIPNotFound");
  Json body = Json::object({{"subnet_id", sub}});
  Json added =
      c.ask(200, "PUT", "/v2.0/routers/" + router + "/add_router_interface", "member p1", body);
  EXPECT_EQ(added["subnet_id"].as_string(), sub);
  c.ask(400, "PUT", "/v2.0/routers/" + router + "/add_router_interface", "member p1", body);
  Json fip = c.ask(201, "POST", "/v2.0/floatingips", "member p1", ask)["floatingip"];
  EXPECT_EQ(fip["floating_ip_address"].as_string(), "172.24.4.11");  // .10 is the gateway's
  EXPECT_EQ(fip["router_id"].as_string(), router);
  EXPECT_EQ(fip["status"].as_string(), "ACTIVE");
  std::string fid = fip["id"].as_string();
  EXPECT_EQ(c.error_type(409, "PUT", "/v2.0/routers/" + router + "/remove_router_interface",
                         "member p1", body),
            "RouterInterfaceInUseByFloatingIP");
  EXPECT_EQ(c.error_type(409, "DELETE", "/v2.0/routers/" + router, "member p1"), "RouterInUse");
  Json list = c.ask(200, "GET", "/v2.0/ports?device_id=" + router, "member p1")["ports"];
  EXPECT_EQ(list.size(), 1u);
  EXPECT_EQ(c.error_type(409, "DELETE", "/v2.0/ports/" + list.at(0)["id"].as_string(), "member p1"),
            "ServicePortInUse");
  c.ask(204, "DELETE", "/v2.0/ports/" + pid, "member p1");
  Json after = c.ask(200, "GET", "/v2.0/floatingips/" + fid, "member p1")["floatingip"];
  EXPECT_TRUE(after["port_id"].is_null() && after["router_id"].is_null() &&
              after["fixed_ip_address"].is_null());
  c.ask(204, "DELETE", "/v2.0/floatingips/" + fid, "member p1");
  c.ask(200, "PUT", "/v2.0/routers/" + router + "/remove_router_interface", "member p1", body);
  c.ask(204, "DELETE", "/v2.0/routers/" + router, "member p1");
  Json events = c.ask(200, "GET", "/internal/v1/events?after=0&limit=10", "service")["events"];
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events.at(0)["type"].as_string(), "begin");
  EXPECT_EQ(events.at(1)["type"].as_string(), "end");
  EXPECT_EQ(events.at(0)["data"]["address"].as_string(), "172.24.4.11");
}

TEST(NetworkApi, DefaultGroupIsMadeOnceAndDeniesByDefault) {
  Cloud c;
  Json list = c.ask(200, "GET", "/v2.0/security-groups", "member p1")["security_groups"];
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list.at(0)["name"].as_string(), "default");
  EXPECT_EQ(list.at(0)["security_group_rules"].size(), 4u);
  std::string id = list.at(0)["id"].as_string();
  EXPECT_EQ(c.ask(200, "GET", "/v2.0/security-groups", "member p1")["security_groups"]
                .at(0)["id"]
                .as_string(),
            id);
  Json named = Json::object({{"security_group", Json::object({{"name", "default"}})}});
  EXPECT_EQ(c.error_type(409, "POST", "/v2.0/security-groups", "member p1", named),
            "SecurityGroupDefaultAlreadyExists");
  EXPECT_EQ(c.error_type(404, "GET", "/v2.0/security-groups/" + id, "member p2"),
            "SecurityGroupNotFound");
  Json fresh = c.ask(201, "POST", "/v2.0/security-groups", "member p1",
                     *parse_json(R"({"security_group": {"name": "web"}})"))["security_group"];
  EXPECT_EQ(fresh["security_group_rules"].size(), 2u);
}

TEST(NetworkApi, InternalPortIsIdempotent) {
  Cloud c;
  std::string net = c.network(), sub = c.subnet(net, "10.0.0.0/24"), id = c.random.uuid(),
              url = "/internal/v1/ports/" + id;
  Json wish = Json::object({{"port", Json::object({{"network_id", net},
                                                   {"project_id", "p1"},
                                                   {"device_id", "server1"},
                                                   {"device_owner", "compute:nova"},
                                                   {"security_groups", nullptr},
                                                   {"fixed_ips", nullptr},
                                                   {"mac_address", nullptr},
                                                   {"name", ""},
                                                   {"binding:host_id", "host1"}})}});
  Json first = c.ask(200, "PUT", url, "service", wish),
       again = c.ask(200, "PUT", url, "service", wish);
  EXPECT_EQ(first, again);
  EXPECT_EQ(first["port"]["id"].as_string(), id);
  EXPECT_EQ(first["port"]["binding:host_id"].as_string(), "host1");
  EXPECT_EQ(first["network"]["mtu"].as_int(), 1442);
  EXPECT_EQ(first["addresses"].at(0)["gateway"].as_string(), "10.0.0.1");
  EXPECT_EQ(first["addresses"].at(0)["dns"].at(0).as_string(), "9.9.9.9");
  EXPECT_EQ(first["metadata_port"]["name"].as_string(), "md-" + net);
  EXPECT_EQ(first["metadata_port"]["addresses"].at(0).as_string(), "10.0.0.2/24");
  c.ask(403, "PUT", url, "member p1", wish);
  EXPECT_EQ(c.ask(200, "GET", "/internal/v1/ports?device_id=server1", "service")["ports"].size(),
            1u);
  c.ask(204, "DELETE", url, "service");
  c.ask(204, "DELETE", url, "service");
  c.ask(404, "GET", url, "service");
  std::string own = c.port(net)["id"].as_string();
  Json bind =
      *parse_json(R"({"host_id": "host1", "device_id": "s1", "device_owner": "compute:nova"})");
  c.ask(200, "PUT", "/internal/v1/ports/" + own + "/binding", "service", bind);
  EXPECT_EQ(c.error_type(409, "PUT", "/internal/v1/ports/" + own + "/binding", "service",
                         *parse_json(R"({"host_id": "h", "device_id": "s2", "device_owner": ""})")),
            "PortInUse");
  c.ask(204, "DELETE", "/internal/v1/ports/" + own + "/binding", "service");
  EXPECT_EQ(c.ask(200, "GET", "/v2.0/ports/" + own, "member p1")["port"]["device_id"].as_string(),
            "");
}

TEST(NetworkApi, QuotaStopsWhatIsOver) {
  Cloud c;
  c.ask(200, "PUT", "/v2.0/quotas/p1", "admin p0", *parse_json(R"({"quota": {"network": 1}})"));
  c.network();
  EXPECT_EQ(
      c.error_type(409, "POST", "/v2.0/networks", "member p1", *parse_json(R"({"network": {}})")),
      "OverQuota");
  EXPECT_EQ(c.ask(200, "GET", "/v2.0/quotas/p1", "reader p1")["quota"]["network"].as_int(), 1);
  EXPECT_EQ(
      c.ask(200, "GET", "/v2.0/quotas/p1/details.json", "reader p1")["quota"]["network"]["used"]
          .as_int(),
      1);
  c.ask(403, "GET", "/v2.0/quotas/p1", "reader p2");
  c.ask(403, "PUT", "/v2.0/quotas/p1", "member p1", *parse_json(R"({"quota": {"network": 5}})"));
  c.ask(400, "PUT", "/v2.0/quotas/p1", "admin p0",
        *parse_json(R"({"quota": {"network": "many"}})"));
  c.ask(204, "DELETE", "/v2.0/quotas/p1", "admin p0");
  c.network();
}

}  // namespace nuri::network::test
