#include "network/agent/metadata_views.h"
#include "services/base/net.h"

namespace nuri::network::agent {

namespace {
constexpr std::string_view kMetadataAddress = "169.254.169.254";

std::string netmask_of(const Address& a) {
  if (a.version == 6) return std::to_string(a.prefix);
  auto cidr = Cidr::parse(a.ip + "/" + std::to_string(a.prefix));
  return cidr ? cidr->netmask() : "255.255.255.255";
}

Json route(std::string_view network, std::string_view netmask, std::string_view gateway) {
  return Json::object({{"network", network}, {"netmask", netmask}, {"gateway", gateway}});
}

Json routes_of(const InstancePort& port, const Address& a) {
  Json routes = Json::array();
  if (a.version == 6) {
    if (!a.gateway.empty()) routes.push_back(route("::", "::", a.gateway));
    return routes;
  }
  if (!a.gateway.empty()) routes.push_back(route("0.0.0.0", "0.0.0.0", a.gateway));
  // Without DHCP the way to the metadata service is told here.
  auto own = Cidr::parse(a.ip + "/" + std::to_string(a.prefix));
  for (const auto& text : port.metadata.addresses) {
    auto md = Cidr::parse(text);
    if (!own || !md || !md->base.v4 || !own->contains(md->base)) continue;
    routes.push_back(route(kMetadataAddress, "255.255.255.255", md->base.str()));
  }
  return routes;
}
}  // namespace

Json openstack_meta_data(const Instance& i) {
  Json out = Json::object({{"uuid", i.id}, {"name", i.name}, {"hostname", i.hostname}, {"project_id", i.project_id},
                           {"availability_zone", i.availability_zone}, {"launch_index", i.launch_index}, {"meta", i.meta},
                           {"devices", Json::array()}, {"dedicated_cpus", Json::array()}});
  if (i.keys.empty()) return out;
  Json keys = Json::array(), named = Json::object();
  for (const auto& [name, data] : i.keys) {
    keys.push_back(Json::object({{"name", name}, {"type", "ssh"}, {"data", data}}));
    named.set(name, data);
  }
  out.set("keys", std::move(keys)).set("public_keys", std::move(named));
  return out;
}

Json openstack_network_data(const Instance& i) {
  Json links = Json::array(), networks = Json::array(), services = Json::array();
  std::vector<std::string> seen_dns;
  for (const auto& p : i.ports) {
    std::string link = "tap" + p.id.substr(0, 11);
    links.push_back(Json::object({{"id", link}, {"vif_id", p.id}, {"type", "ovs"}, {"mtu", p.mtu}, {"ethernet_mac_address", p.mac}}));
    for (const auto& a : p.addresses) {
      Json dns = Json::array();
      for (const auto& d : a.dns) {
        dns.push_back(Json::object({{"type", "dns"}, {"address", d}}));
        bool seen = false;
        for (const auto& s : seen_dns) seen = seen || s == d;
        if (!seen) services.push_back(Json::object({{"type", "dns"}, {"address", d}}));
        if (!seen) seen_dns.push_back(d);
      }
      networks.push_back(Json::object({{"id", "network" + std::to_string(networks.size())},
                                       {"type", a.version == 6 ? "ipv6" : "ipv4"}, {"link", link}, {"ip_address", a.ip},
                                       {"netmask", netmask_of(a)}, {"routes", routes_of(p, a)},
                                       {"network_id", p.network_id}, {"services", std::move(dns)}}));
    }
  }
  return Json::object({{"links", std::move(links)}, {"networks", std::move(networks)}, {"services", std::move(services)}});
}

}  // namespace nuri::network::agent
