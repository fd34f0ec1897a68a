#pragma once

#include <thread>

#include "network/driver/driver.h"
#include "tests/unit/network/cloud.h"

// What every driver does, whatever its engine; the driver runs and is woken by the cloud's commits.
namespace nuri::network::test {

inline bool comes_true(const std::function<bool()>& f, int tenths = 100) {
  for (int i = 0; i < tenths; ++i) {
    if (f()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return false;
}

inline void expect_driver_contract(Cloud& cloud, Driver& driver) {
  auto status = [&](const std::string& id) {
    return cloud.ask(200, "GET", "/v2.0/ports/" + id, "admin p0")["port"]["status"].as_string();
  };
  std::string net = cloud.network(), sub = cloud.subnet(net, "10.79.0.0/24");
  cloud.subnet(net, "2001:db8:79::/64", "member p1",
               *parse_json(R"({"ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac",
                                   "dns_nameservers": ["2001:db8::53"]})"));
  std::string router = cloud.router_id();
  cloud.ask(200, "PUT", "/v2.0/routers/" + router + "/add_router_interface", "member p1",
            Json::object({{"subnet_id", sub}}));
  // Names, options and addresses that an engine's language has signs for.
  Json odd = *parse_json(R"({"name": "\"; drop) $pg @x", "description": "a && b || c",
      "extra_dhcp_opts": [{"opt_name": "mtu", "opt_value": "1400); drop; next("},
                          {"opt_name": "domain-name", "opt_value": "x\"; drop; \""},
                          {"opt_name": "tftp-server", "opt_value": "tftp.example"}],
      "allowed_address_pairs": [{"ip_address": "10.79.0.128/25"}]})");
  std::string port = cloud.port(net, "member p1", odd)["id"].as_string();
  std::string group =
      cloud
          .ask(201, "POST", "/v2.0/address-groups", "member p1",
               *parse_json(R"({"address_group": {"name": "$x", "addresses": ["10.0.0.0/8",
                    "2001:db8::/32"]}})"))["address_group"]["id"]
          .as_string();
  Json groups = cloud.ask(200, "GET", "/v2.0/security-groups?name=default", "member p1");
  for (const char* ethertype : {"IPv4", "IPv6"}) {
    cloud.ask(
        201, "POST", "/v2.0/security-group-rules", "member p1",
        Json::object({{"security_group_rule",
                       Json::object({{"security_group_id", groups["security_groups"].at(0)["id"]},
                                     {"direction", "ingress"},
                                     {"ethertype", ethertype},
                                     {"remote_address_group_id", group}})}}));
  }
  EXPECT_TRUE(comes_true([&] { return driver.realized(port); })) << "what is wanted is made";
  EXPECT_EQ(status(port), "DOWN") << "nobody plugs it anywhere";
  Json list = cloud.ask(200, "GET", "/v2.0/ports?device_id=" + router, "member p1")["ports"];
  std::string inner = list.at(0)["id"].as_string();
  EXPECT_TRUE(comes_true([&] { return status(inner) == "ACTIVE"; })) << "a router's port is up";
  EXPECT_FALSE(driver.realized(cloud.random.uuid()));
  EXPECT_TRUE(driver.agents().is_array());
  cloud.ask(204, "DELETE", "/v2.0/ports/" + port, "member p1");
  EXPECT_TRUE(comes_true([&] { return !driver.realized(port); })) << "what is not wanted goes";
}

}  // namespace nuri::network::test
