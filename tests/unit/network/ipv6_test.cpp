#include "tests/unit/network/cloud.h"

// IPv6 subnets: which modes go together, and how ports come by their addresses.
namespace nuri::network::test {

namespace {

constexpr const char* kMac = "fa:16:3e:00:11:22";
constexpr const char* kFormed = "2001:db8::f816:3eff:fe00:1122";

Json modes(const char* ra, const char* address) {
  Json out = Json::object();
  if (*ra) out.set("ipv6_ra_mode", ra);
  if (*address) out.set("ipv6_address_mode", address);
  return out;
}

std::string first_ip(const Json& port) { return port["fixed_ips"].at(0)["ip_address"].as_string(); }

}  // namespace

TEST(Ipv6, ModesGoTogetherAsNeutronHasThem) {
  const char* all[] = {"", "slaac", "dhcpv6-stateful", "dhcpv6-stateless"};
  for (const char* ra : all) {
    for (const char* address : all) {
      Cloud c;
      std::string net = c.network();
      bool fine = !*ra || !*address || std::string(ra) == address;
      Json body = modes(ra, address);
      body.set("network_id", net).set("cidr", "2001:db8::/64").set("ip_version", 6);
      c.ask(fine ? 201 : 400, "POST", "/v2.0/subnets", "member p1",
            Json::object({{"subnet", body}}));
      if (!fine) continue;
      Json port = c.port(net, "member p1", Json::object({{"mac_address", kMac}}));
      bool formed = *address && std::string(address) != "dhcpv6-stateful";
      EXPECT_EQ(first_ip(port) == kFormed, formed) << ra << "+" << address << port.dump();
    }
  }
}

TEST(Ipv6, WhatNeedsAPrefixOf64OrDhcpSaysSo) {
  Cloud c;
  std::string net = c.network();
  auto refused = [&](Json body, const char* word) {
    body.set("network_id", net).set("ip_version", 6);
    std::string text = c.ask(400, "POST", "/v2.0/subnets", "member p1",
                             Json::object({{"subnet", body}}))["NeutronError"]["message"]
                           .as_string();
    EXPECT_NE(text.find(word), std::string::npos) << text;
  };
  Json narrow = modes("slaac", "slaac");
  refused(narrow.set("cidr", "2001:db8::/80"), "/64");
  Json no_dhcp = modes("", "slaac");
  refused(no_dhcp.set("cidr", "2001:db8::/64").set("enable_dhcp", false), "enable_dhcp");
  Json four = modes("", "slaac");
  refused(four.set("cidr", "10.0.0.0/24"), "ip_version");
  std::string sub = c.subnet(net, "2001:db8:1::/64", "member p1", modes("slaac", "slaac"));
  c.ask(400, "PUT", "/v2.0/subnets/" + sub, "member p1",
        *parse_json(R"({"subnet": {"enable_dhcp": false}})"));
  c.ask(400, "PUT", "/v2.0/subnets/" + sub, "member p1",
        *parse_json(R"({"subnet": {"ipv6_ra_mode": "dhcpv6-stateful"}})"));
}

TEST(Ipv6, PortsThatAreThereFormAnAddressInANewSubnet) {
  Cloud c;
  std::string net = c.network();
  c.subnet(net, "10.0.0.0/24");
  std::string id =
      c.port(net, "member p1", Json::object({{"mac_address", kMac}}))["id"].as_string();
  auto ips = [&] {
    return c.ask(200, "GET", "/v2.0/ports/" + id, "member p1")["port"]["fixed_ips"];
  };
  std::string sub = c.subnet(net, "2001:db8::/64", "member p1", modes("slaac", "slaac"));
  ASSERT_EQ(ips().size(), 2u);
  EXPECT_EQ(ips().at(1)["ip_address"].as_string(), kFormed);
  // The subnet may go under them: what forms itself is nobody's to give back.
  c.ask(204, "DELETE", "/v2.0/subnets/" + sub, "member p1");
  EXPECT_EQ(ips().size(), 1u);
}

TEST(Ipv6, AFormedAddressIsTheOnlyOneToAskFor) {
  Cloud c;
  std::string net = c.network();
  std::string sub = c.subnet(net, "2001:db8::/64", "member p1", modes("slaac", "slaac"));
  auto with = [&](const char* ip) {
    Json fixed = Json::array({Json::object({{"subnet_id", sub}, {"ip_address", ip}})});
    return Json::object(
        {{"port",
          Json::object({{"network_id", net}, {"mac_address", kMac}, {"fixed_ips", fixed}})}});
  };
  EXPECT_EQ(c.error_type(400, "POST", "/v2.0/ports", "member p1", with("2001:db8::5")),
            "AllocationOnAutoAddressSubnet");
  Json port = c.ask(201, "POST", "/v2.0/ports", "member p1", with(kFormed))["port"];
  EXPECT_EQ(port["fixed_ips"].size(), 1u);
}

TEST(Ipv6, ARouterStandsInBothVersions) {
  Cloud c;
  std::string net = c.network(), url = "/v2.0/routers/" + c.router_id() + "/add_router_interface";
  std::string six = c.subnet(net, "2001:db8::/64", "member p1", modes("slaac", "slaac"));
  std::string four = c.subnet(net, "10.0.0.0/24");
  Json added = c.ask(200, "PUT", url, "member p1", Json::object({{"subnet_id", six}}));
  Json port = c.ask(200, "GET", "/v2.0/ports/" + added["port_id"].as_string(), "member p1")["port"];
  EXPECT_EQ(first_ip(port), "2001:db8::1");
  c.ask(200, "PUT", url, "member p1", Json::object({{"subnet_id", four}}));
  EXPECT_EQ(c.error_type(409, "DELETE", "/v2.0/subnets/" + six, "member p1"), "SubnetInUse");
}

}  // namespace nuri::network::test
