#include "network/domain/rules.h"
#include "network/driver/ovn/plan.h"
#include "services/base/net.h"

// Security groups as port groups with ACLs: one group drops all IP of filtered ports, the groups'
// own rules, a priority above, let through what they name and its replies.
namespace nuri::network::ovn {

namespace {

constexpr int64_t kDropPriority = 1001;
constexpr int64_t kAllowPriority = 1002;

std::string acl(Planner& p, const std::string& id, bool in, int64_t priority,
                const std::string& match, const char* action) {
  return p.add("ACL", "acl", id,
               {{"direction", Datum::text(in ? "to-lport" : "from-lport")},
                {"priority", Datum::number(priority)},
                {"match", Datum::text(match)},
                {"action", Datum::text(action)}});
}

std::string port_range(const std::string& proto, const Rule& r) {
  if (!r.port_min) return {};
  std::string field = proto + ".dst";
  if (r.port_min == r.port_max) return " && " + field + " == " + std::to_string(*r.port_min);
  return " && " + field + " >= " + std::to_string(*r.port_min) + " && " + field +
         " <= " + std::to_string(*r.port_max);
}

// " && tcp && tcp.dst == 22"; nullopt where OVN has no words for it.
std::optional<std::string> protocol_match(const Rule& r) {
  if (!r.protocol) return "";
  int number = protocol_number(*r.protocol).value_or(-1);
  if (number < 0) return "";
  if (r.ethertype == "IPv6" && number == 1) number = 58;
  switch (number) {
    case 6:
      return " && tcp" + port_range("tcp", r);
    case 17:
      return " && udp" + port_range("udp", r);
    case 132:
      return " && sctp" + port_range("sctp", r);
    case 1:
    case 58: {
      std::string proto = number == 1 ? "icmp4" : "icmp6";
      std::string out = " && " + proto;
      if (r.port_min) out += " && " + proto + ".type == " + std::to_string(*r.port_min);
      if (r.port_max) out += " && " + proto + ".code == " + std::to_string(*r.port_max);
      return out;
    }
    default:
      break;
  }
  if (r.port_min) return std::nullopt;
  return " && ip.proto == " + std::to_string(number);
}

void plan_drop_group(Planner& p) {
  std::vector<std::string> ports, acls;
  for (const Port& port : p.in.snapshot.ports) {
    if (filtered(port)) ports.push_back("Logical_Switch_Port/port:" + port.id);
  }
  std::string name = drop_group_name(p.in.owner), to = "outport == @" + name,
              from = "inport == @" + name;
  acls.push_back(acl(p, "drop:in", true, kDropPriority, to + " && ip", "drop"));
  acls.push_back(acl(p, "drop:out", false, kDropPriority, from + " && ip", "drop"));
  // Whatever its groups say, a guest may ask for its address and for its metadata.
  acls.push_back(acl(p, "dhcp4:out", false, kAllowPriority,
                     from + " && ip4 && udp.src == 68 && udp.dst == 67", "allow"));
  acls.push_back(acl(p, "dhcp6:out", false, kAllowPriority,
                     from + " && ip6 && udp.src == 546 && udp.dst == 547", "allow"));
  acls.push_back(acl(p, "dhcp6:in", true, kAllowPriority,
                     to + " && ip6 && udp.src == 547 && udp.dst == 546", "allow"));
  acls.push_back(acl(p, "metadata:out", false, kAllowPriority,
                     from + " && ip4.dst == 169.254.169.254 && tcp.dst == 80", "allow-related"));
  p.add("Port_Group", "drop", "drop",
        {{"name", Datum::text(name)}, {"ports", Datum::refs(ports)}, {"acls", Datum::refs(acls)}});
}

}  // namespace

std::string rule_match(const Rule& r) {
  bool in = r.direction == "ingress", v4 = r.ethertype == "IPv4";
  auto protocol = protocol_match(r);
  if (!protocol) return {};
  std::string out = std::string(in ? "outport" : "inport") + " == @" + port_group_name(r.group_id);
  out += v4 ? " && ip4" : " && ip6";
  std::string peer = std::string(v4 ? "ip4." : "ip6.") + (in ? "src" : "dst");
  if (r.remote_ip_prefix && *r.remote_ip_prefix != "0.0.0.0/0" && *r.remote_ip_prefix != "::/0") {
    // In OVN's own spelling, not the request's.
    auto cidr = Cidr::parse(*r.remote_ip_prefix);
    out += " && " + peer + " == " + (cidr ? cidr->str() : *r.remote_ip_prefix);
  }
  if (r.remote_group_id)
    out += " && " + peer + " == $" + port_group_name(*r.remote_group_id) + (v4 ? "_ip4" : "_ip6");
  if (r.remote_address_group_id)
    out += " && " + peer + " == $" + address_set_name(*r.remote_address_group_id, v4 ? 4 : 6);
  return out + *protocol;
}

// An address group is a set for each version of IP: a set of OVN's holds one of them.
void plan_address_sets(Planner& p) {
  for (const AddressGroup& g : p.in.snapshot.address_groups) {
    for (int version : {4, 6}) {
      std::vector<std::string> addresses;
      for (const std::string& text : g.addresses) {
        auto cidr = Cidr::parse(text);
        if (cidr && cidr->base.v4 == (version == 4)) addresses.push_back(text);
      }
      p.add("Address_Set", "addresses", g.id + ":" + std::to_string(version),
            {{"name", Datum::text(address_set_name(g.id, version))},
             {"addresses", Datum::texts(addresses)}});
    }
  }
}

void plan_groups(Planner& p) {
  plan_drop_group(p);
  plan_address_sets(p);
  std::map<std::string, std::vector<std::string>> members;
  for (const Port& port : p.in.snapshot.ports) {
    if (!filtered(port)) continue;
    for (const std::string& g : port.security_groups)
      members[g].push_back("Logical_Switch_Port/port:" + port.id);
  }
  for (const SecurityGroup& g : p.in.snapshot.groups) {
    std::vector<std::string> acls;
    for (const Rule& r : g.rules) {
      std::string match = rule_match(r);
      if (match.empty()) continue;
      acls.push_back(acl(p, r.id, r.direction == "ingress", kAllowPriority, match,
                         g.stateful ? "allow-related" : "allow-stateless"));
    }
    p.add("Port_Group", "group", g.id,
          {{"name", Datum::text(port_group_name(g.id))},
           {"ports", Datum::refs(members[g.id])},
           {"acls", Datum::refs(acls)}});
  }
}

}  // namespace nuri::network::ovn
