#include "tests/unit/network/cloud.h"

// Lists: pages, filters by tags, small collections.
namespace nuri::network::test {

// A page made by the database is the page made from all.
TEST(Listing, PagesAreTheSameWhoeverMakesThem) {
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

TEST(Listing, TagsFilterEveryTaggedResource) {
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
    EXPECT_TRUE(found("tags-any=green&tags-any=red")) << "the same as tags-any=green,red";
    EXPECT_TRUE(found("not-tags=green&not-tags=red"));
    EXPECT_FALSE(found("tags=red&tags=green"));
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

TEST(Listing, SmallCollectionsSayWhatThereIs) {
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

}  // namespace nuri::network::test
