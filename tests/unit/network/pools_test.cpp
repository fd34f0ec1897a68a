#include "tests/unit/network/cloud.h"

// Subnet pools: what they hand out, to whom and how much.
namespace nuri::network::test {

namespace {

struct Pools : ::testing::Test {
  std::string pool(const char* text, const std::string& token = "member p1") {
    Json body = Json::object({{"subnetpool", *parse_json(text)}});
    return c.ask(201, "POST", "/v2.0/subnetpools", token, body)["subnetpool"]["id"].as_string();
  }
  Json take(int status, Json extra, const std::string& token = "member p1") {
    extra.set("network_id", net);
    if (!extra.contains("ip_version")) extra.set("ip_version", 4);
    return c.ask(status, "POST", "/v2.0/subnets", token, Json::object({{"subnet", extra}}));
  }
  Cloud c;
  std::string net = c.network();
};

}  // namespace

TEST_F(Pools, LengthsHaveBoundsAndADefault) {
  std::string id = pool(R"({"name": "p", "prefixes": ["10.20.0.0/16"], "min_prefixlen": "20",
                            "max_prefixlen": 28, "default_prefixlen": 26})");
  Json from = Json::object({{"subnetpool_id", id}});
  EXPECT_EQ(take(201, from)["subnet"]["cidr"].as_string(), "10.20.0.0/26");
  Json wide = from, narrow = from, named = from, outside = from, taken = from;
  EXPECT_EQ(take(400, wide.set("prefixlen", 19))["NeutronError"]["type"].as_string(),
            "MinPrefixSubnetAllocationError");
  EXPECT_EQ(take(400, narrow.set("prefixlen", 29))["NeutronError"]["type"].as_string(),
            "MaxPrefixSubnetAllocationError");
  take(201, named.set("cidr", "10.20.9.0/24"));
  take(409, outside.set("cidr", "10.21.0.0/24"));
  take(409, taken.set("cidr", "10.20.0.0/25"));
  Json six = from;
  take(400, six.set("ip_version", 6));
}

TEST_F(Pools, BadPoolsAreRefused) {
  for (const char* bad :
       {R"({"prefixes": []})", R"({"prefixes": "10.0.0.0/8"})", R"({"prefixes": ["x"]})",
        R"({"prefixes": ["10.0.0.0/8", "2001:db8::/32"]})",
        R"({"prefixes": ["10.0.0.0/8"], "min_prefixlen": 30, "max_prefixlen": 20})",
        R"({"prefixes": ["10.0.0.0/8"], "default_prefixlen": 33})",
        R"({"prefixes": ["10.0.0.0/8"], "max_prefixlen": 33})",
        R"({"prefixes": ["10.0.0.0/8"], "default_quota": -1})", R"({"name": "none"})"}) {
    c.ask(400, "POST", "/v2.0/subnetpools", "member p1",
          Json::object({{"subnetpool", *parse_json(bad)}}));
  }
  c.ask(403, "POST", "/v2.0/subnetpools", "member p1",
        *parse_json(R"({"subnetpool": {"prefixes": ["10.0.0.0/8"], "shared": true}})"));
  c.ask(403, "POST", "/v2.0/subnetpools", "member p1",
        *parse_json(R"({"subnetpool": {"prefixes": ["10.0.0.0/8"], "is_default": true}})"));
}

TEST_F(Pools, PrefixesAreKeptOnceAndGrowAndShrink) {
  std::string id = pool(R"({"prefixes": ["10.1.0.0/16", "10.1.2.0/24", "10.0.0.9/16"],
                            "default_prefixlen": 24})");
  std::string url = "/v2.0/subnetpools/" + id;
  auto prefixes = [&] {
    return c.ask(200, "GET", url, "member p1")["subnetpool"]["prefixes"].dump();
  };
  EXPECT_EQ(prefixes(), R"(["10.0.0.0/16","10.1.0.0/16"])");
  Json more = c.ask(200, "PUT", url + "/add_prefixes", "member p1",
                    *parse_json(R"({"prefixes": ["10.7.0.0/16"]})"));
  EXPECT_EQ(more["prefixes"].size(), 3u);
  take(201, Json::object({{"subnetpool_id", id}}));
  auto remove = [&](int status, const char* which) {
    c.ask(status, "PUT", url + "/remove_prefixes", "member p1", *parse_json(which));
  };
  remove(400, R"({"prefixes": ["10.0.0.0/16"]})");  // a subnet lies in it
  remove(400, R"({"prefixes": ["10.99.0.0/16"]})");
  remove(400, R"({"prefixes": 5})");
  remove(200, R"({"prefixes": ["10.7.0.0/16"]})");
  c.ask(400, "PUT", url, "member p1",
        *parse_json(R"({"subnetpool": {"prefixes": ["10.1.0.0/16"]}})"));
}

TEST_F(Pools, TheQuotaCountsAddressesOfTheProject) {
  std::string id = pool(R"({"prefixes": ["10.0.0.0/8"], "default_prefixlen": 24,
                            "default_quota": 512, "shared": true})",
                        "admin p0");
  Json from = Json::object({{"subnetpool_id", id}});
  take(201, from);
  take(201, from);
  EXPECT_EQ(take(409, from)["NeutronError"]["type"].as_string(), "SubnetPoolQuotaExceeded");
  net = c.network("member p2");
  take(201, from, "member p2");
}

TEST_F(Pools, OneDefaultAVersion) {
  Json by_default = Json::object({{"use_default_subnetpool", true}});
  take(400, by_default);
  std::string id = pool(R"({"prefixes": ["10.0.0.0/8"], "default_prefixlen": 24,
                            "is_default": true, "shared": true})",
                        "admin p0");
  c.ask(400, "POST", "/v2.0/subnetpools", "admin p0",
        *parse_json(R"({"subnetpool": {"prefixes": ["10.0.0.0/8"], "is_default": true}})"));
  pool(R"({"prefixes": ["2001:db8::/32"], "is_default": true})", "admin p0");
  EXPECT_EQ(take(201, by_default)["subnet"]["subnetpool_id"].as_string(), id);
  Json both = by_default;
  take(400, both.set("subnetpool_id", id));
}

}  // namespace nuri::network::test
