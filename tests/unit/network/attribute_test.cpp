#include "network/store/policy.h"
#include "tests/unit/network/cloud.h"

namespace nuri::network::test {

// Every attribute of the table: refused to a member by name, not to an administrator.
TEST(NetworkWalk, AttributesTakeWhatTheirTableSays) {
  Cloud c;
  std::string external = c.external();
  std::string shared = c.network("admin p0", Json::object({{"shared", true}})), own = c.network();
  c.subnet(shared, "10.0.0.0/24", "admin p0");
  const std::map<std::string, std::string> values = {
      {"network shared", R"({"shared": true})"},
      {"network router:external", R"({"router:external": true})"},
      {"network is_default", R"({"is_default": true})"},
      {"network provider:network_type", R"({"provider:network_type": "geneve"})"},
      {"network provider:physical_network", R"({"provider:physical_network": "p9"})"},
      {"network provider:segmentation_id", R"({"provider:segmentation_id": 7})"},
      {"port binding:host_id", R"({"binding:host_id": "h"})"},
      {"port binding:profile", R"({"binding:profile": {"a": 1}})"},
      {"port port_security_enabled", R"({"port_security_enabled": false})"},
      {"port mac_address", R"({"mac_address": "fa:16:3e:00:00:01"})"},
      {"port allowed_address_pairs", R"({"allowed_address_pairs": [{"ip_address": "10.0.0.9"}]})"},
      {"port fixed_ips:ip_address", R"({"fixed_ips": [{"ip_address": "10.0.0.77"}]})"},
      {"router external_gateway_info:enable_snat",
       R"({"external_gateway_info": {"network_id": "EXT", "enable_snat": false}})"},
      {"router external_gateway_info:external_fixed_ips",
       R"({"external_gateway_info": {"network_id": "EXT",
           "external_fixed_ips": [{"ip_address": "172.24.4.99"}]}})"},
      {"floatingip floating_ip_address",
       R"({"floating_network_id": "EXT", "floating_ip_address": "172.24.4.98"})"},
      {"subnetpool shared", R"({"prefixes": ["10.0.0.0/8"], "shared": true})"},
      {"subnetpool is_default", R"({"prefixes": ["10.0.0.0/8"], "is_default": true})"},
      {"rbac_policy target_tenant:*", R"({"object_type": "network", "object_id": "OWN",
           "action": "access_as_shared", "target_tenant": "*"})"},
      {"rbac_policy action:access_as_external", R"({"object_type": "network", "object_id": "OWN",
           "action": "access_as_external", "target_tenant": "p2"})"}};
  for (const AttributeRule& rule : kAttributeRules) {
    std::string resource(rule.resource), attribute(rule.attribute);
    auto it = values.find(resource + " " + attribute);
    ASSERT_NE(it, values.end()) << resource << " " << attribute << " has no case here";
    std::string text = it->second;
    for (const auto& [word, id] : {std::pair{"EXT", external}, std::pair{"OWN", own}}) {
      if (size_t at = text.find(word); at != std::string::npos) text.replace(at, 3, id);
    }
    Json body = *parse_json(text);
    if (resource == "port") body.set("network_id", shared);
    std::string path = "/v2.0/" + (resource == "rbac_policy" ? "rbac-policies" : resource + "s");
    Json order = Json::object({{resource, body}});
    std::string why =
        c.ask(403, "POST", path, "member p1", order)["NeutronError"]["message"].as_string();
    EXPECT_NE(why.find(attribute), std::string::npos) << why;
    EXPECT_NE(c.send("POST", path, "admin p0", order.dump()).status, 403) << attribute;
  }
}

}  // namespace nuri::network::test
