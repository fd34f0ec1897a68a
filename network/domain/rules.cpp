#include "network/domain/rules.h"

#include <charconv>
#include <map>

#include "network/domain/addresses.h"

namespace nuri::network {

namespace {

Error refuse(std::string type, std::string message, std::string field) {
  return neutron_error_of(ErrorCode::bad_request, std::move(type), std::move(message),
                          std::move(field));
}

const std::map<std::string, int, std::less<>> kProtocols = {
    {"any", -1},        {"icmp", 1},       {"igmp", 2},        {"ipip", 4},
    {"tcp", 6},         {"egp", 8},        {"udp", 17},        {"dccp", 33},
    {"rsvp", 46},       {"gre", 47},       {"esp", 50},        {"ah", 51},
    {"icmpv6", 58},     {"ipv6-icmp", 58}, {"ipv6-nonxt", 59}, {"ipv6-opts", 60},
    {"ipv6-route", 43}, {"ipv6-frag", 44}, {"ipv6-encap", 41}, {"ospf", 89},
    {"pgm", 113},       {"vrrp", 112},     {"sctp", 132},      {"udplite", 136}};

bool has_ports(int protocol) {
  return protocol == 6 || protocol == 17 || protocol == 33 || protocol == 132 || protocol == 136;
}

Result<std::optional<int64_t>> read_port(const Json& value, const char* field) {
  if (value.is_null()) return std::optional<int64_t>();
  int64_t v = value.as_int();
  bool fine = value.is_int();
  if (value.is_string()) {
    const std::string& s = value.as_string();
    auto r = std::from_chars(s.data(), s.data() + s.size(), v);
    fine = !s.empty() && r.ec == std::errc() && r.ptr == s.data() + s.size();
  }
  if (!fine) {
    return refuse("SecurityGroupInvalidPortValue",
                  "Invalid value for port " + value.dump().substr(0, 80) + ". " + field +
                      " must be an integer or null.",
                  field);
  }
  return std::optional<int64_t>(v);
}

Status check_icmp(const Rule& rule) {
  struct Part {
    const std::optional<int64_t>& value;
    const char* what;
    const char* field;
  };
  for (const Part& p : {Part{rule.port_min, "type", "port_range_min"},
                        Part{rule.port_max, "code", "port_range_max"}}) {
    if (p.value && (*p.value < 0 || *p.value > 255)) {
      return refuse("SecurityGroupInvalidIcmpValue",
                    std::string("Invalid value for ICMP ") + p.what + " (" + p.field + ") " +
                        std::to_string(*p.value) + ". It must be 0 to 255.",
                    p.field);
    }
  }
  if (!rule.port_min && rule.port_max) {
    return refuse("SecurityGroupMissingIcmpType",
                  "ICMP code (port-range-max) " + std::to_string(*rule.port_max) +
                      " is provided but ICMP type (port-range-min) is missing.",
                  "port_range_min");
  }
  return {};
}

Status check_ports(const Rule& rule, int protocol) {
  if (protocol == 1 || protocol == 58) return check_icmp(rule);
  for (auto [value, field] :
       {std::pair{rule.port_min, "port_range_min"}, std::pair{rule.port_max, "port_range_max"}}) {
    if (value && !has_ports(protocol)) {
      return refuse("SecurityGroupInvalidProtocolForPort",
                    std::string(field) +
                        " is allowed only with the protocols "
                        "tcp, udp, sctp, dccp and udplite.",
                    field);
    }
    if (value && (*value < 1 || *value > 65535)) {
      return refuse("SecurityGroupInvalidPortValue",
                    "Invalid value for port " + std::to_string(*value) + ". " + field +
                        " must be from 1 to 65535.",
                    field);
    }
  }
  if (rule.port_min.has_value() != rule.port_max.has_value() ||
      (rule.port_min && *rule.port_min > *rule.port_max)) {
    return refuse("SecurityGroupInvalidPortRange",
                  "For TCP/UDP protocols, port_range_min must be <= port_range_max",
                  "port_range_min");
  }
  return {};
}

Status read_prefix(Rule& rule, const Json& body) {
  const std::string& text = body["remote_ip_prefix"].as_string();
  if (text.empty()) return {};
  auto cidr = Cidr::parse(text);
  if (!cidr) {
    if (auto address = IpAddress::parse(text)) cidr = Cidr{*address, address->v4 ? 32 : 128};
  }
  if (!cidr) {
    return refuse(
        "HTTPBadRequest",
        "Invalid input for remote_ip_prefix. Reason: '" + text + "' is not a valid IP subnet.",
        "remote_ip_prefix");
  }
  if (cidr->base.v4 != (rule.ethertype == "IPv4")) {
    return refuse("SecurityGroupRuleParameterConflict",
                  "Conflicting value ethertype " + rule.ethertype + " for CIDR " + text,
                  "remote_ip_prefix");
  }
  rule.remote_ip_prefix = text;
  return {};
}

}  // namespace

std::optional<int> protocol_number(const std::string& name) {
  if (auto it = kProtocols.find(name); it != kProtocols.end()) return it->second;
  int v = 0;
  auto r = std::from_chars(name.data(), name.data() + name.size(), v);
  if (name.empty() || r.ec != std::errc() || r.ptr != name.data() + name.size() || v < 0 || v > 255)
    return std::nullopt;
  return v;
}

Status read_rule(Rule& rule, const Json& body) {
  const Json& ether = body["ethertype"];
  if (!ether.is_null()) {
    std::string text = ether.as_string();
    if (text == "ipv4") text = "IPv4";
    if (text == "ipv6") text = "IPv6";
    if (text != "IPv4" && text != "IPv6") {
      return refuse("SecurityGroupRuleInvalidEtherType",
                    "Security group rule for ethertype '" + ether.as_string().substr(0, 80) +
                        "' not supported. Allowed values are IPv4 and IPv6.",
                    "ethertype");
    }
    rule.ethertype = text;
  }
  const Json& protocol = body["protocol"];
  int number = -1;
  if (!protocol.is_null()) {
    std::string text = protocol.is_int() ? std::to_string(protocol.as_int()) : protocol.as_string();
    for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    auto known = protocol_number(text);
    if (!known) {
      return refuse("SecurityGroupRuleInvalidProtocol",
                    "Security group rule protocol " + protocol.dump().substr(0, 80) +
                        " not supported. Only protocol values any, icmp, icmpv6, tcp, "
                        "udp, sctp, dccp, gre, esp, ah, vrrp, ... and integer representations 0 to "
                        "255 are supported.",
                    "protocol");
    }
    number = *known;
    if (number >= 0) rule.protocol = text;
    bool six_only = number == 58 || text.starts_with("ipv6");
    if (six_only && rule.ethertype == "IPv4") {
      return refuse("SecurityGroupEthertypeConflictWithProtocol",
                    "Invalid ethertype IPv4 for protocol " + text + ".", "protocol");
    }
  }
  if (rule.protocol == "icmp" && rule.ethertype == "IPv6") number = 58;
  rule.port_min = TRY(read_port(body["port_range_min"], "port_range_min"));
  rule.port_max = TRY(read_port(body["port_range_max"], "port_range_max"));
  TRYV(check_ports(rule, number));
  TRYV(read_prefix(rule, body));
  int remotes = rule.remote_group_id.has_value() + rule.remote_ip_prefix.has_value() +
                rule.remote_address_group_id.has_value();
  if (remotes > 1) {
    return refuse("SecurityGroupMultipleRemoteEntites",
                  "Only remote_ip_prefix or remote_group_id or remote_address_group_id may be "
                  "provided.",
                  "remote_group_id");
  }
  return {};
}

bool same_rule(const Rule& a, const Rule& b) {
  auto number = [](const Rule& r) {
    return r.protocol ? protocol_number(*r.protocol) : std::optional<int>(-1);
  };
  auto any = [](const std::optional<std::string>& p) {
    return p && p != "0.0.0.0/0" && p != "::/0" ? *p : std::string();
  };
  return a.group_id == b.group_id && a.direction == b.direction && a.ethertype == b.ethertype &&
         number(a) == number(b) && a.port_min == b.port_min && a.port_max == b.port_max &&
         a.remote_group_id == b.remote_group_id &&
         a.remote_address_group_id == b.remote_address_group_id &&
         any(a.remote_ip_prefix) == any(b.remote_ip_prefix);
}

}  // namespace nuri::network
