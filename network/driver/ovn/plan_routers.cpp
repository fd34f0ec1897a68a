#include <algorithm>

#include "network/driver/ovn/plan.h"
#include "services/base/net.h"

// Logical routers: ports, routes, address translation, and where a gateway lives.
namespace nuri::network::ovn {

namespace {

using Texts = std::map<std::string, std::string>;

std::vector<std::string> networks_of(const Planner& p, const Port& port) {
  std::vector<std::string> out;
  for (const FixedIp& f : port.fixed_ips) {
    auto s = p.subnets.find(f.subnet_id);
    if (s != p.subnets.end())
      out.push_back(f.ip_address + "/" + std::to_string(Cidr::parse(s->second->cidr)->prefix));
  }
  return out;
}

// Router advertisements on an interface with an IPv6 subnet whose mode asks for them. A gateway
// port says nothing: its network has routers of its own.
Texts advertisements(const Planner& p, const Port& port) {
  if (port.device_owner != kOwnerRouterInterface) return {};
  for (const FixedIp& f : port.fixed_ips) {
    auto s = p.subnets.find(f.subnet_id);
    if (s == p.subnets.end() || s->second->ip_version != 6 || !s->second->ipv6_ra_mode) continue;
    std::string mode = *s->second->ipv6_ra_mode;
    std::replace(mode.begin(), mode.end(), '-', '_');
    Texts out = {{"address_mode", mode},
                 {"send_periodic", "true"},
                 {"mtu", std::to_string(p.networks.at(port.network_id)->mtu)}};
    // OVN advertises one DNS server; DHCPv6 tells of all.
    for (const std::string& d : s->second->dns_nameservers) {
      if (!out.contains("rdnss")) out["rdnss"] = d;
    }
    return out;
  }
  return {};
}

// FNV-1a: spreads gateways over hosts, the same way each time.
uint64_t spread(const std::string& a, const std::string& b) {
  uint64_t h = 1469598103934665603ull;
  for (char c : a + "/" + b) h = (h ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  return h;
}

// Hosts that reach the physical network; all of them where none says it does.
std::vector<std::string> plan_gateway_hosts(Planner& p, const Port& port) {
  const std::string& physical = p.networks.at(port.network_id)->physical_network;
  std::vector<std::string> hosts;
  for (const Chassis& c : p.in.chassis) {
    const auto& have = c.physical_networks;
    if (std::find(have.begin(), have.end(), physical) != have.end()) hosts.push_back(c.name);
  }
  if (hosts.empty()) {
    for (const Chassis& c : p.in.chassis) hosts.push_back(c.name);
  }
  std::sort(hosts.begin(), hosts.end(), [&](const std::string& a, const std::string& b) {
    return std::pair(spread(port.device_id, a), a) < std::pair(spread(port.device_id, b), b);
  });
  std::vector<std::string> out;
  auto priority = static_cast<int64_t>(hosts.size());
  for (const std::string& host : hosts) {
    out.push_back(p.add("Gateway_Chassis", "gateway_chassis", port.id + ":" + host,
                        {{"name", Datum::text(router_port_name(port.id) + "_" + host)},
                         {"chassis_name", Datum::text(host)},
                         {"priority", Datum::number(priority--)}}));
  }
  return out;
}

std::string plan_port(Planner& p, const Port& port) {
  std::map<std::string, Datum> columns = {{"name", Datum::text(router_port_name(port.id))},
                                          {"mac", Datum::text(port.mac_address)},
                                          {"networks", Datum::texts(networks_of(p, port))},
                                          {"ipv6_ra_configs", Datum::map(advertisements(p, port))}};
  if (port.device_owner == kOwnerRouterGateway)
    columns["gateway_chassis"] = Datum::refs(plan_gateway_hosts(p, port));
  return p.add("Logical_Router_Port", "router_port", port.id, std::move(columns));
}

std::string plan_route(Planner& p, const std::string& id, const HostRoute& r,
                       const std::string& port) {
  Datum out = port.empty() ? Datum::empty() : Datum::text(port);
  return p.add("Logical_Router_Static_Route", "route", id,
               {{"ip_prefix", Datum::text(r.destination)},
                {"nexthop", Datum::text(r.nexthop)},
                {"output_port", out}});
}

std::vector<std::string> plan_routes(Planner& p, const VirtualRouter& r, const Port* gateway) {
  std::vector<std::string> out;
  for (const HostRoute& route : r.routes) {
    out.push_back(plan_route(p, r.id + ":" + route.destination + ":" + route.nexthop, route, ""));
  }
  if (!gateway) return out;
  for (const FixedIp& f : gateway->fixed_ips) {
    auto s = p.subnets.find(f.subnet_id);
    if (s == p.subnets.end() || !s->second->gateway_ip) continue;
    HostRoute all{s->second->ip_version == 4 ? "0.0.0.0/0" : "::/0", *s->second->gateway_ip};
    out.push_back(
        plan_route(p, r.id + ":default:" + s->second->id, all, router_port_name(gateway->id)));
  }
  return out;
}

std::string gateway_ipv4(const Port& gateway) {
  for (const FixedIp& f : gateway.fixed_ips) {
    if (IpAddress::parse(f.ip_address)->v4) return f.ip_address;
  }
  return {};
}

std::vector<std::string> plan_nat(Planner& p, const VirtualRouter& r, const Port& gateway,
                                  const std::vector<const Port*>& inside) {
  std::vector<std::string> out;
  auto nat = [&](const std::string& id, const char* type, const std::string& external,
                 const std::string& logical) {
    out.push_back(p.add("NAT", "nat", id,
                        {{"type", Datum::text(type)},
                         {"external_ip", Datum::text(external)},
                         {"logical_ip", Datum::text(logical)}}));
  };
  std::string address = gateway_ipv4(gateway);
  for (const Port* port : inside) {
    for (const FixedIp& f : port->fixed_ips) {
      auto s = p.subnets.find(f.subnet_id);
      bool v4 = s != p.subnets.end() && s->second->ip_version == 4;
      if (v4 && r.enable_snat && !address.empty())
        nat(r.id + ":snat:" + f.subnet_id, "snat", address, s->second->cidr);
    }
  }
  for (const FloatingIp& f : p.in.snapshot.floating_ips) {
    if (f.router_id == r.id && f.fixed_ip_address)
      nat(f.id, "dnat_and_snat", f.address, *f.fixed_ip_address);
  }
  return out;
}

}  // namespace

void plan_routers(Planner& p) {
  for (const VirtualRouter& r : p.in.snapshot.routers) {
    const Port* gateway = nullptr;
    std::vector<const Port*> inside;
    std::vector<std::string> ports, nat;
    for (const Port* port : p.ports_of_device[r.id]) {
      if (port->device_owner == kOwnerRouterGateway)
        gateway = port;
      else if (port->device_owner == kOwnerRouterInterface)
        inside.push_back(port);
      else
        continue;
      ports.push_back(plan_port(p, *port));
    }
    if (gateway) nat = plan_nat(p, r, *gateway, inside);
    std::vector<std::string> routes = plan_routes(p, r, gateway);
    p.add("Logical_Router", "router", r.id,
          {{"name", Datum::text("nuri-" + r.id)},
           {"enabled", Datum::flag(r.admin_state_up)},
           {"options", Datum::map({{"always_learn_from_arp_request", "false"},
                                   {"dynamic_neigh_routers", "true"}})},
           {"ports", Datum::refs(ports)},
           {"static_routes", Datum::refs(routes)},
           {"nat", Datum::refs(nat)}});
  }
}

}  // namespace nuri::network::ovn
