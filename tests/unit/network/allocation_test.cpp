#include <random>

#include "network/domain/addresses.h"
#include "tests/unit/network/cloud.h"

namespace nuri::network::test {

// Over many subnets: pools cover every usable address but the gateway, once.
TEST(Allocation, DefaultPoolsCoverAllUsableAddressesButTheGateway) {
  std::mt19937 random(5);
  for (int round = 0; round < 200; ++round) {
    int prefix = 24 + static_cast<int>(random() % 7);
    Cidr cidr = *checked_cidr("10.0.0.0/" + std::to_string(prefix), 4);
    std::optional<std::string> gateway;
    if (random() % 3)
      gateway = cidr.network().plus(1 + random() % ((1u << (32 - prefix)) - 2)).str();
    std::set<std::string> seen;
    for (const Pool& p : default_pools(cidr, gateway)) {
      for (IpAddress a = *IpAddress::parse(p.start); a <= *IpAddress::parse(p.end); a = a.plus(1))
        EXPECT_TRUE(seen.insert(a.str()).second);
    }
    EXPECT_EQ(seen.size(), (1u << (32 - prefix)) - 2 - (gateway ? 1 : 0));
    EXPECT_FALSE(gateway && seen.contains(*gateway));
    for (const std::string& ip : seen) EXPECT_TRUE(usable(cidr, *IpAddress::parse(ip)));
  }
}

TEST(Allocation, NextBlockNeverOverlaps) {
  std::mt19937 random(9);
  std::vector<Cidr> pools = {*Cidr::parse("10.0.0.0/20"), *Cidr::parse("10.8.0.0/22")}, used;
  for (;;) {
    auto block = next_block(pools, 22 + static_cast<int>(random() % 5), used);
    if (!block) break;
    for (const Cidr& u : used) ASSERT_FALSE(u.overlaps(*block)) << u.str() << " " << block->str();
    used.push_back(*block);
    ASSERT_LT(used.size(), 2000u);
  }
  uint64_t total = 0;
  for (const Cidr& u : used) total += 1ull << (32 - u.prefix);
  EXPECT_GT(total, 4096u);  // more than the first pool
}

// Ports come and go at random: no address is ever held twice, none is lost.
TEST(Allocation, RandomPortsNeverShareAnAddress) {
  Cloud c;
  std::string net = c.network();
  c.subnet(net, "10.0.0.0/27");
  std::mt19937 random(3);
  std::map<std::string, std::string> held;  // address -> port
  int full = 0;
  for (int i = 0; i < 300; ++i) {
    if (random() % 3 || held.empty()) {
      Response r = c.send("POST", "/v2.0/ports", "member p1",
                          "{\"port\": {\"network_id\": \"" + net + "\"}}");
      if (r.status == 409) {
        EXPECT_EQ(held.size(), 28u);  // 30 usable, less the gateway and the metadata port
        ++full;
        continue;
      }
      ASSERT_EQ(r.status, 201) << r.body;
      Json port = (*parse_json(r.body))["port"];
      EXPECT_TRUE(
          held.emplace(port["fixed_ips"].at(0)["ip_address"].as_string(), port["id"].as_string())
              .second);
    } else {
      auto it = std::next(held.begin(), static_cast<long>(random() % held.size()));
      c.ask(204, "DELETE", "/v2.0/ports/" + it->second, "member p1");
      held.erase(it);
    }
  }
  EXPECT_GT(full, 0);
}

TEST(Allocation, SubnetPoolsHandOutBlocks) {
  Cloud c;
  std::string pool =
      c.ask(
           201, "POST", "/v2.0/subnetpools", "member p1",
           *parse_json(
               R"({"subnetpool": {"name": "p", "prefixes": ["10.20.0.0/23"], "default_prefixlen": 24}})"))
          ["subnetpool"]["id"]
              .as_string();
  std::string net = c.network();
  auto take = [&](int status) {
    return c.ask(
        status, "POST", "/v2.0/subnets", "member p1",
        Json::object(
            {{"subnet",
              Json::object({{"network_id", net}, {"subnetpool_id", pool}, {"ip_version", 4}})}}));
  };
  EXPECT_EQ(take(201)["subnet"]["cidr"].as_string(), "10.20.0.0/24");
  EXPECT_EQ(take(201)["subnet"]["cidr"].as_string(), "10.20.1.0/24");
  take(409);
  c.ask(409, "DELETE", "/v2.0/subnetpools/" + pool, "member p1");
}

}  // namespace nuri::network::test
