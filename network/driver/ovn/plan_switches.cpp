#include <algorithm>

#include "network/driver/ovn/plan.h"
#include "services/base/net.h"

// Logical switches, their ports, and DHCP.
namespace nuri::network::ovn {

namespace {

using Texts = std::map<std::string, std::string>;

constexpr const char* kMetadataRoute = "169.254.169.254/32";
constexpr const char* kLeaseSeconds = "43200";

std::string braces(const std::vector<std::string>& items) {
  std::string out = "{";
  for (const std::string& i : items) out += (out.size() > 1 ? ", " : "") + i;
  return out + "}";
}

// A MAC of our own for the DHCP server of a subnet: always the same for the same subnet.
std::string server_mac(const std::string& subnet_id) {
  uint32_t h = 2166136261u;
  for (char c : subnet_id) h = (h ^ static_cast<unsigned char>(c)) * 16777619u;
  char out[24];
  std::snprintf(out, sizeof out, "fa:16:3f:%02x:%02x:%02x", h >> 16 & 0xff, h >> 8 & 0xff,
                h & 0xff);
  return out;
}

std::vector<std::string> dns_of(const Planner& p, const Subnet& s) {
  std::vector<std::string> out;
  for (const std::string& d : s.dns_nameservers.empty() ? p.in.dns : s.dns_nameservers) {
    auto a = IpAddress::parse(d);
    if (a && a->v4 == (s.ip_version == 4)) out.push_back(d);
  }
  return out;
}

std::string metadata_address(const Planner& p, const Subnet& s) {
  auto found = p.ports_of_network.find(s.network_id);
  if (found == p.ports_of_network.end()) return {};
  for (const Port* port : found->second) {
    if (port->device_owner != kOwnerMetadata) continue;
    for (const FixedIp& f : port->fixed_ips) {
      if (f.subnet_id == s.id) return f.ip_address;
    }
  }
  return {};
}

// Nothing where the subnet has neither a gateway nor a metadata address to answer from.
Texts dhcp4_options(const Planner& p, const Subnet& s) {
  std::string md = metadata_address(p, s);
  std::string server = s.gateway_ip.value_or(md);
  if (server.empty()) return {};
  Texts o = {{"lease_time", kLeaseSeconds},
             {"server_id", server},
             {"server_mac", server_mac(s.id)},
             {"mtu", std::to_string(p.networks.at(s.network_id)->mtu)}};
  if (s.gateway_ip) o["router"] = *s.gateway_ip;
  if (auto dns = dns_of(p, s); !dns.empty()) o["dns_server"] = braces(dns);
  // RFC 3442: a client that takes option 121 ignores option 3, so the default route is in both.
  std::vector<std::string> routes;
  if (!md.empty()) routes.push_back(std::string(kMetadataRoute) + "," + md);
  for (const HostRoute& r : s.host_routes) routes.push_back(r.destination + "," + r.nexthop);
  if (!routes.empty() && s.gateway_ip) routes.push_back("0.0.0.0/0," + *s.gateway_ip);
  if (!routes.empty()) o["classless_static_route"] = braces(routes);
  return o;
}

// With SLAAC alone nobody asks a server.
Texts dhcp6_options(const Planner& p, const Subnet& s) {
  if (s.ipv6_address_mode == "slaac") return {};
  Texts o = {{"server_id", server_mac(s.id)}};
  if (auto dns = dns_of(p, s); !dns.empty()) o["dns_server"] = braces(dns);
  if (s.ipv6_address_mode == "dhcpv6-stateless") o["dhcpv6_stateless"] = "true";
  return o;
}

// northd writes a value as it stands into the actions of a flow: nothing may end the option there.
bool plain_value(const std::string& value) {
  return !value.empty() && value.find_first_not_of("0123456789abcdefABCDEF.:/, {}") == value.npos;
}
bool quotable(const std::string& value) {
  return std::none_of(value.begin(), value.end(), [](char c) {
    return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
}

// A port's extra_dhcp_opts in OVN's names. What OVN does not know is left out.
void add_extra(Texts& o, const Port& port, int64_t version) {
  static const Texts kPlain4 = {{"router", "router"},
                                {"mtu", "mtu"},
                                {"dns-server", "dns_server"},
                                {"ntp-server", "ntp_server"},
                                {"server-ip-address", "tftp_server_address"},
                                {"netmask", "netmask"},
                                {"lease-time", "lease_time"},
                                {"classless-static-route", "classless_static_route"},
                                {"default-ttl", "default_ttl"},
                                {"log-server", "log_server"}};
  static const Texts kQuoted4 = {{"bootfile-name", "bootfile_name"},
                                 {"tftp-server", "tftp_server"},
                                 {"domain-name", "domain_name"},
                                 {"path-prefix", "path_prefix"},
                                 {"wpad", "wpad"}};
  static const Texts kPlain6 = {{"dns-server", "dns_server"}};
  static const Texts kQuoted6 = {{"domain-search", "domain_search"}};
  const Texts &plain = version == 4 ? kPlain4 : kPlain6,
              &quoted = version == 4 ? kQuoted4 : kQuoted6;
  for (const DhcpOption& x : port.dhcp_options) {
    if (x.ip_version != version || !x.opt_value) continue;
    if (auto it = plain.find(x.opt_name); it != plain.end() && plain_value(*x.opt_value))
      o[it->second] = *x.opt_value;
    if (auto it = quoted.find(x.opt_name); it != quoted.end() && quotable(*x.opt_value))
      o[it->second] = "\"" + *x.opt_value + "\"";
  }
}

// The options row that serves the port over this version of IP; "" where nothing does.
std::string dhcp_row(Planner& p, const Port& port, int64_t version) {
  for (const FixedIp& f : port.fixed_ips) {
    auto found = p.subnets.find(f.subnet_id);
    if (found == p.subnets.end()) continue;
    const Subnet& s = *found->second;
    if (s.ip_version != version || !s.enable_dhcp || p.networks.at(s.network_id)->external)
      continue;
    bool extra = std::any_of(port.dhcp_options.begin(), port.dhcp_options.end(),
                             [&](const DhcpOption& o) { return o.ip_version == version; });
    std::string kind = version == 4 ? "dhcp4" : "dhcp6";
    Texts o = version == 4 ? dhcp4_options(p, s) : dhcp6_options(p, s);
    if (o.empty()) return {};
    if (!extra) return "DHCP_Options/" + kind + ":" + s.id;
    add_extra(o, port, version);
    return p.add("DHCP_Options", kind, s.id + ":" + port.id,
                 {{"cidr", Datum::text(s.cidr)}, {"options", Datum::map(o)}});
  }
  return {};
}

void plan_dhcp(Planner& p) {
  for (const Subnet& s : p.in.snapshot.subnets) {
    auto network = p.networks.find(s.network_id);
    if (!s.enable_dhcp || network == p.networks.end() || network->second->external) continue;
    Texts o = s.ip_version == 4 ? dhcp4_options(p, s) : dhcp6_options(p, s);
    if (o.empty()) continue;
    p.add("DHCP_Options", s.ip_version == 4 ? "dhcp4" : "dhcp6", s.id,
          {{"cidr", Datum::text(s.cidr)}, {"options", Datum::map(o)}});
  }
}

std::string with_ips(const std::string& mac, const std::vector<std::string>& ips) {
  std::string out = mac;
  for (const std::string& ip : ips) out += " " + ip;
  return out;
}

struct PortAddresses {
  std::vector<std::string> addresses, security;
};

PortAddresses addresses_of(const Port& port) {
  std::vector<std::string> own;
  for (const FixedIp& f : port.fixed_ips) own.push_back(f.ip_address);
  PortAddresses out;
  out.addresses.push_back(with_ips(port.mac_address, own));
  if (!port.port_security) {
    out.addresses.push_back("unknown");
    return out;
  }
  std::map<std::string, std::vector<std::string>> by_mac;
  by_mac[port.mac_address] = own;
  for (const AddressPair& a : port.address_pairs)
    by_mac[a.mac_address.value_or(port.mac_address)].push_back(a.ip_address);
  for (const auto& [mac, ips] : by_mac) {
    out.security.push_back(with_ips(mac, ips));
    if (mac != port.mac_address) out.addresses.push_back(mac);
  }
  return out;
}

std::string plan_router_side(Planner& p, const Port& port) {
  Texts options = {{"router-port", router_port_name(port.id)}};
  if (port.device_owner == kOwnerRouterGateway) {
    options["nat-addresses"] = "router";
    options["exclude-lb-vips-from-garp"] = "true";
  }
  return p.add("Logical_Switch_Port", "port", port.id,
               {{"name", Datum::text(port.id)},
                {"type", Datum::text("router")},
                {"options", Datum::map(options)},
                {"addresses", Datum::text("router")},
                {"port_security", Datum::empty()},
                {"enabled", Datum::flag(true)}});
}

// The metadata service's end, the same on each host.
std::string plan_metadata(Planner& p, const Port& port) {
  std::vector<std::string> ips;
  for (const FixedIp& f : port.fixed_ips) ips.push_back(f.ip_address);
  return p.add("Logical_Switch_Port", "metadata", port.id,
               {{"name", Datum::text(metadata_port_name(port.network_id))},
                {"type", Datum::text("localport")},
                {"addresses", Datum::text(with_ips(port.mac_address, ips))},
                {"enabled", Datum::flag(true)}});
}

std::string plan_guest(Planner& p, const Port& port) {
  PortAddresses a = addresses_of(port);
  auto option = [&](int64_t version) {
    std::string row = dhcp_row(p, port, version);
    return row.empty() ? Datum::empty() : Datum::ref(row);
  };
  return p.add("Logical_Switch_Port", "port", port.id,
               {{"name", Datum::text(port.id)},
                {"type", Datum::text("")},
                {"options", Datum::map({})},
                {"addresses", Datum::texts(a.addresses)},
                {"port_security", Datum::texts(a.security)},
                {"enabled", Datum::flag(port.admin_state_up)},
                {"dhcpv4_options", option(4)},
                {"dhcpv6_options", option(6)}});
}

std::string plan_localnet(Planner& p, const Network& n) {
  Datum tag = n.segmentation_id ? Datum::number(*n.segmentation_id) : Datum::empty();
  return p.add("Logical_Switch_Port", "localnet", n.id,
               {{"name", Datum::text("provnet-" + n.id)},
                {"type", Datum::text("localnet")},
                {"tag_request", Datum::empty()},
                {"tag", tag},
                {"addresses", Datum::text("unknown")},
                {"options", Datum::map({{"network_name", n.physical_network}})}});
}

}  // namespace

void plan_switches(Planner& p) {
  plan_dhcp(p);
  for (const Network& n : p.in.snapshot.networks) {
    std::vector<std::string> ports;
    if (!n.physical_network.empty()) ports.push_back(plan_localnet(p, n));
    for (const Port* port : p.ports_of_network[n.id]) {
      if (port->device_owner == kOwnerFloatingIp) continue;
      if (port->device_owner == kOwnerMetadata)
        ports.push_back(plan_metadata(p, *port));
      else if (port->device_owner == kOwnerRouterInterface ||
               port->device_owner == kOwnerRouterGateway)
        ports.push_back(plan_router_side(p, *port));
      else
        ports.push_back(plan_guest(p, *port));
    }
    p.add("Logical_Switch", "network", n.id,
          {{"name", Datum::text("nuri-" + n.id)}, {"ports", Datum::refs(ports)}});
  }
}

}  // namespace nuri::network::ovn
