#include <iostream>

#include "tests/unit/network/cloud.h"

namespace nuri::network::test {

namespace {

std::string filled(std::string pattern, const std::string& id) {
  for (const char* name : {"{id}", "{tag}", "{project}", "{alias}"}) {
    size_t at;
    while ((at = pattern.find(name)) != std::string::npos) {
      pattern.replace(at, std::string(name).size(), std::string(name) == "{project}" ? "p1" : id);
    }
  }
  return pattern;
}

}  // namespace

// Every route by every persona: the one table says who gets to the handler.
TEST(NetworkWalk, EachPersonaGetsWhatTheTableSays) {
  using Who = std::set<Access>;
  const Who token = {Access::open, Access::token};
  Who reader = token, member, admin, service = token;
  reader.insert(Access::reader);
  member = reader;
  member.insert(Access::member);
  admin = member;
  admin.insert(Access::admin);
  service = admin;
  service.insert(Access::service);
  Who agent = token;
  agent.insert(Access::agent);
  struct Persona {
    const char* token;
    Who may;
  };
  const Persona personas[] = {
      {"", {Access::open}},  {"forged", {Access::open}}, {"nobody p1", token},
      {"reader p1", reader}, {"member p1", member},      {"member p2", member},
      {"admin p0", admin},   {"service", service},       {"agent", agent}};
  Cloud c;
  std::string id = c.random.uuid();
  int tried = 0;
  std::set<std::string> seen;
  for (const Route& r : c.router.routes()) {
    seen.insert(r.method + " " + r.pattern);
    std::string path = filled(r.pattern, id);
    for (const Persona& p : personas) {
      Response answer = c.send(r.method, path, p.token, r.method == "GET" ? "" : "{}");
      bool anonymous = *p.token == '\0' || std::string(p.token) == "forged";
      bool turned_away =
          answer.status == 401 ||
          (answer.status == 403 && answer.body.find("it needs") != std::string::npos);
      EXPECT_EQ(turned_away, !p.may.contains(r.access))
          << r.method << " " << path << " by '" << p.token << "': " << answer.status;
      if (turned_away) {
        EXPECT_EQ(answer.status, anonymous ? 401 : 403);
      }
      EXPECT_LT(answer.status, 500) << r.method << " " << path << " by " << p.token;
      ++tried;
    }
  }
  std::cout << "personas by routes: " << tried << "\n";
  // The table and the routes are the same list, but for what services/feed and ledger add.
  for (const AccessRule& r : kAccess)
    EXPECT_TRUE(seen.erase(std::string(r.method) + " " + std::string(r.pattern)))
        << r.method << " " << r.pattern << " is in the table only";
  EXPECT_EQ(seen,
            (std::set<std::string>{"GET /internal/v1/events", "GET /internal/v1/ledger/check"}));
}

TEST(NetworkWalk, AnotherProjectSeesNothing) {
  Cloud c;
  std::string net = c.network(), sub = c.subnet(net, "10.0.0.0/24"), router = c.router_id();
  c.ask(200, "PUT", "/v2.0/routers/" + router + "/add_router_interface", "member p1",
        Json::object({{"subnet_id", sub}}));
  std::string port = c.port(net)["id"].as_string();
  Json groups = c.ask(200, "GET", "/v2.0/security-groups", "member p1")["security_groups"];
  std::string group = groups.at(0)["id"].as_string(),
              rule = groups.at(0)["security_group_rules"].at(0)["id"].as_string();
  std::string external = c.external();
  std::string fip =
      c.ask(201, "POST", "/v2.0/floatingips", "member p1",
            Json::object({{"floatingip",
                           Json::object({{"floating_network_id", external}})}}))["floatingip"]["id"]
          .as_string();
  std::string pool =
      c.ask(
           201, "POST", "/v2.0/subnetpools", "member p1",
           *parse_json(
               R"({"subnetpool": {"name": "p", "prefixes": ["10.9.0.0/16"]}})"))["subnetpool"]["id"]
          .as_string();
  std::string addresses =
      c.ask(201, "POST", "/v2.0/address-groups", "member p1",
            *parse_json(R"({"address_group": {"name": "a"}})"))["address_group"]["id"]
          .as_string();
  std::string policy =
      c.ask(201, "POST", "/v2.0/rbac-policies", "member p1",
            Json::object(
                {{"rbac_policy", Json::object({{"object_type", "network"},
                                               {"object_id", net},
                                               {"action", "access_as_shared"},
                                               {"target_tenant", "p3"}})}}))["rbac_policy"]["id"]
          .as_string();
  struct Thing {
    const char *path, *singular;
    std::string id;
  };
  for (const Thing& t : {Thing{"networks", "network", net},
                         {"subnets", "subnet", sub},
                         {"ports", "port", port},
                         {"routers", "router", router},
                         {"security-groups", "security_group", group},
                         {"floatingips", "floatingip", fip},
                         {"subnetpools", "subnetpool", pool},
                         {"address-groups", "address_group", addresses},
                         {"rbac-policies", "rbac_policy", policy}}) {
    bool tagged = std::string(t.path) != "address-groups" && std::string(t.path) != "rbac-policies";
    std::string url = std::string("/v2.0/") + t.path + "/" + t.id;
    c.ask(404, "GET", url, "member p2");
    c.ask(404, "PUT", url, "member p2",
          Json::object({{t.singular, Json::object({{"nonsense", "mine"}})}}));
    c.ask(404, "DELETE", url, "member p2");
    if (tagged) c.ask(404, "PUT", url + "/tags/x", "member p2", Json::object());
    Json list = c.ask(200, "GET", std::string("/v2.0/") + t.path, "member p2");
    for (const Json& item : list.as_object().at(0).second.as_array())
      EXPECT_NE(item["id"].as_string(), t.id);
    if (tagged) c.ask(201, "PUT", url + "/tags/mine", "member p1", Json::object());
  }
  c.ask(404, "DELETE", "/v2.0/security-group-rules/" + rule, "member p2");
  c.ask(404, "PUT", "/v2.0/routers/" + router + "/remove_router_interface", "member p2",
        Json::object({{"subnet_id", sub}}));
  // Building on another's things fails the same way.
  c.ask(404, "POST", "/v2.0/ports", "member p2",
        Json::object({{"port", Json::object({{"network_id", net}})}}));
  c.ask(404, "POST", "/v2.0/subnets", "member p2",
        Json::object(
            {{"subnet",
              Json::object({{"network_id", net}, {"cidr", "10.5.0.0/24"}, {"ip_version", 4}})}}));
  std::string other = c.network("member p2");
  c.ask(404, "POST", "/v2.0/ports", "member p2",
        Json::object({{"port", Json::object({{"network_id", other},
                                             {"security_groups", Json::array({group})}})}}));
  c.ask(404, "POST", "/v2.0/floatingips", "member p2",
        Json::object({{"floatingip",
                       Json::object({{"floating_network_id", external}, {"port_id", port}})}}));
  EXPECT_EQ(c.ask(200, "GET", "/v2.0/networks?tags=mine", "member p1")["networks"].size(), 1u);
}

TEST(NetworkWalk, BadInputGets4xxAndMakesNothing) {
  Cloud c;
  std::string net = c.network();
  c.subnet(net, "10.0.0.0/24");
  auto refused = [&](const char* path, const std::string& body) {
    Response r = c.send("POST", std::string("/v2.0/") + path, "member p1", body);
    EXPECT_TRUE(r.status >= 400 && r.status < 500) << path << " " << body << " gave " << r.status;
    EXPECT_FALSE((*parse_json(r.body))["NeutronError"]["message"].as_string().empty());
  };
  const char* paths[] = {"networks",
                         "subnets",
                         "ports",
                         "routers",
                         "floatingips",
                         "security-groups",
                         "security-group-rules",
                         "subnetpools",
                         "address-groups",
                         "rbac-policies"};
  for (const char* path : paths) {
    for (const char* body : {"", "{", "[]", "null", "5", "{}", "\"x\"", R"({"wrong": {}})"})
      refused(path, body);
  }
  for (const char* singular : {"network", "router", "security_group"}) {
    std::string path =
        std::string(singular) == "security_group" ? "security-groups" : std::string(singular) + "s";
    for (const char* field :
         {R"("name": 5)", R"("name": [])", R"("admin_state_up": "maybe", "stateful": "maybe")",
          R"("nonsense": 1)", R"("id": "x")"}) {
      refused(path.c_str(), "{\"" + std::string(singular) + "\": {" + field + "}}");
    }
    refused(path.c_str(),
            "{\"" + std::string(singular) + "\": {\"name\": \"" + std::string(256, 'x') + "\"}}");
  }
  for (const char* s :
       {R"("cidr": "10.0.0.0")", R"("cidr": "10.0.0.0/33")", R"("cidr": "10.0.0.0/24")",
        R"("cidr": "10.1.0.0/24", "gateway_ip": "10.2.0.1")",
        R"("cidr": "10.1.0.0/24", "gateway_ip": "no")",
        R"("cidr": "10.1.0.0/24", "allocation_pools": [{"start": "10.1.0.9", "end": "10.1.0.2"}])",
        R"("cidr": "10.1.0.0/24", "allocation_pools": [{"start": "10.3.0.9", "end": "10.3.0.12"}])",
        R"("cidr": "10.1.0.0/24", "allocation_pools": ["x"])",
        R"("cidr": "10.1.0.0/24", "dns_nameservers": ["x"])",
        R"("cidr": "10.1.0.0/24", "host_routes": [{"destination": "x", "nexthop": "y"}])",
        R"("cidr": "127.0.0.0/8")", R"("cidr": "224.0.0.0/8")", R"("cidr": "0.0.0.0/0")",
        R"("cidr": 5)", R"("cidr": "::/64")",
        R"("cidr": "10.1.0.0/24", "ipv6_ra_mode": "slaac")"}) {
    refused("subnets",
            "{\"subnet\": {\"network_id\": \"" + net + "\", \"ip_version\": 4, " + s + "}}");
  }
  for (const char* s :
       {R"("mac_address": "zz")", R"("mac_address": "01:00:00:00:00:01")", R"("fixed_ips": "x")",
        R"("fixed_ips": [{}])", R"("fixed_ips": [{"ip_address": "999.1.1.1"}])",
        R"("security_groups": ["none"])", R"("security_groups": 5)", R"("binding:host_id": "h")",
        R"("device_owner": "network:dhcp")", R"("allowed_address_pairs": [{"ip_address": "x"}])",
        R"("binding:vnic_type": "direct")", R"("extra_dhcp_opts": [{}])"}) {
    refused("ports", "{\"port\": {\"network_id\": \"" + net + "\", " + s + "}}");
  }
  EXPECT_EQ(c.ask(200, "GET", "/v2.0/networks", "member p1")["networks"].size(), 1u);
  EXPECT_EQ(c.ask(200, "GET", "/v2.0/ports?device_owner=", "member p1")["ports"].size(), 0u);
}

TEST(NetworkWalk, RulesAreCheckedWithNeutronsWords) {
  Cloud c;
  std::string group = c.ask(200, "GET", "/v2.0/security-groups", "member p1")["security_groups"]
                          .at(0)["id"]
                          .as_string();
  auto message = [&](int status, const std::string& fields) {
    Json body = *parse_json("{\"security_group_rule\": {\"security_group_id\": \"" + group +
                            "\", \"direction\": \"ingress\", " + fields + "}}");
    return c
        .ask(status, "POST", "/v2.0/security-group-rules", "member p1",
             body)["NeutronError"]["message"]
        .as_string();
  };
  EXPECT_NE(message(400, R"("protocol": "tcp", "port_range_min": -16, "port_range_max": 80)")
                .find("Invalid value for port -16"),
            std::string::npos);
  EXPECT_NE(message(400, R"("protocol": "tcp", "port_range_min": 80, "port_range_max": 79)")
                .find("port_range_min must be <= port_range_max"),
            std::string::npos);
  EXPECT_NE(message(400, R"("protocol": "tcp", "port_range_min": 80, "port_range_max": 65536)")
                .find("Invalid value for port 65536"),
            std::string::npos);
  EXPECT_NE(message(400, R"("protocol": "tcp", "port_range_max": 6)")
                .find("port_range_min must be <= port_range_max"),
            std::string::npos);
  EXPECT_NE(message(400, R"("protocol": "icmp", "port_range_min": 1, "port_range_max": 256)")
                .find("Invalid value for ICMP code"),
            std::string::npos);
  EXPECT_NE(
      message(400, R"("protocol": "icmp", "port_range_max": 6)").find("ICMP type (port-range-min)"),
      std::string::npos);
  EXPECT_NE(message(400, R"("protocol": "icmp", "port_range_max": 6)").find("is missing"),
            std::string::npos);
  EXPECT_NE(message(400, R"("protocol": "icmp", "port_range_min": 300, "port_range_max": 1)")
                .find("Invalid value for ICMP type"),
            std::string::npos);
  EXPECT_NE(
      message(400, R"("protocol": "tcp", "ethertype": "IPv6", "remote_ip_prefix": "10.0.0.0/8")")
          .find("Conflicting value ethertype"),
      std::string::npos);
  message(400, R"("protocol": "bad_protocol")");
  message(400, R"("ethertype": "bad")");
  message(400, R"("remote_ip_prefix": "bad")");
  message(201, R"("protocol": 17)");
  message(409, R"("protocol": "udp")");
  message(201, R"("protocol": "icmp", "port_range_min": 8, "port_range_max": 0)");
  message(201, R"("protocol": "icmp", "port_range_min": 11, "port_range_max": null)");
}

}  // namespace nuri::network::test
