#include <algorithm>

#include "network/api/fields.h"
#include "network/domain/addresses.h"
#include "network/store/work.h"

namespace nuri::network {

namespace {

// Takes an address of the subnet for the port, now: two orders in one transaction see each other.
class Chooser {
 public:
  Chooser(Work& w, const Port& port) : w_(w), port_(port) {
    subnets_ = subnets().where(w.s, "network_id = ?1", {port.network_id});
  }

  Result<std::vector<FixedIp>> as_asked(const Json& asked) {
    for (const Json& item : asked.as_array()) {
      FixedIp want = TRY(kFixedIp.read(item));
      if (want.subnet_id.empty() && want.ip_address.empty()) {
        return bad_request("an entry of fixed_ips needs a subnet_id or an ip_address.",
                           "fixed_ips");
      }
      TRYV(want.ip_address.empty() ? any_of_subnet(want) : given(want));
    }
    add_automatic();
    return std::move(out_);
  }

  // One address of each IP version, and each subnet's automatic one.
  Result<std::vector<FixedIp>> by_default() {
    for (int64_t version : {4, 6}) {
      bool wanted = false, found = false;
      for (const Subnet& s : subnets_) {
        if (found || s.ip_version != version || s.auto_address()) continue;
        wanted = true;
        found = take_next(s);
      }
      if (wanted && !found) return exhausted();
    }
    add_automatic();
    return std::move(out_);
  }

 private:
  const Subnet* by_id(const std::string& id) const {
    for (const Subnet& s : subnets_) {
      if (s.id == id) return &s;
    }
    return nullptr;
  }
  Error exhausted() const {
    return neutron_error_of(ErrorCode::conflict, "IpAddressGenerationFailure",
                            "No more IP addresses available on network " + port_.network_id + ".");
  }
  bool taken(const Subnet& s, const std::string& ip) const {
    bool ours = std::any_of(out_.begin(), out_.end(), [&](const FixedIp& f) {
      return f.subnet_id == s.id && f.ip_address == ip;
    });
    return ours || w_.s.count(
                       "SELECT COUNT(*) FROM allocations WHERE subnet_id = ?1 AND ip_address = ?2 "
                       "AND port_id <> ?3",
                       {s.id, ip, port_.id}) > 0;
  }
  bool take_next(const Subnet& s) {
    // What the port has already stays its own through an update.
    for (const FixedIp& f : port_.fixed_ips) {
      if (f.subnet_id == s.id && !taken(s, f.ip_address)) {
        out_.push_back(f);
        return true;
      }
    }
    auto ip = next_free(s.pools, [&](const std::string& text) { return taken(s, text); });
    if (!ip) return false;
    out_.push_back({s.id, *ip});
    return true;
  }
  Status any_of_subnet(const FixedIp& want) {
    const Subnet* s = by_id(want.subnet_id);
    if (!s) {
      return neutron_error_of(
          ErrorCode::bad_request, "InvalidInput",
          "Invalid input for operation: Failed to create port on network " + port_.network_id +
              ", because fixed_ips included invalid subnet " + want.subnet_id + ".",
          "fixed_ips");
    }
    if (s->auto_address() && !port_.of_network()) return {};  // comes by itself
    if (!take_next(*s)) return exhausted();
    return {};
  }
  Status given(const FixedIp& want) {
    IpAddress ip = *IpAddress::parse(want.ip_address);
    const Subnet* home = nullptr;
    for (const Subnet& s : subnets_) {
      if ((want.subnet_id.empty() || s.id == want.subnet_id) && usable(*Cidr::parse(s.cidr), ip))
        home = &s;
    }
    if (!home && !want.subnet_id.empty()) {
      return neutron_error_of(
          ErrorCode::bad_request, "InvalidIpForSubnet",
          "IP address " + want.ip_address + " is not a valid IP for the specified subnet.",
          "fixed_ips");
    }
    if (!home) {
      return neutron_error_of(
          ErrorCode::bad_request, "InvalidIpForNetwork",
          "IP address " + want.ip_address +
              " is not a valid IP for any of the subnets on the specified network.",
          "fixed_ips");
    }
    std::string text = ip.str();
    if (home->auto_address() && !port_.of_network() &&
        text != eui64_address(*Cidr::parse(home->cidr), port_.mac_address)) {
      return neutron_error_of(ErrorCode::bad_request, "AllocationOnAutoAddressSubnet",
                              "IPv6 address " + text +
                                  " cannot be directly assigned to a port on subnet " + home->id +
                                  " as the subnet is configured for automatic addresses",
                              "fixed_ips");
    }
    if (taken(*home, text)) {
      return neutron_error_of(
          ErrorCode::conflict, "IpAddressAlreadyAllocated",
          "IP address " + text + " already allocated in subnet " + home->id + ".");
    }
    out_.push_back({home->id, text});
    return {};
  }
  void add_automatic() {
    if (port_.of_network()) return;
    for (const Subnet& s : subnets_) {
      if (!s.auto_address()) continue;
      std::string ip = eui64_address(*Cidr::parse(s.cidr), port_.mac_address);
      if (!taken(s, ip)) out_.push_back({s.id, ip});
    }
  }

  Work& w_;
  const Port& port_;
  std::vector<Subnet> subnets_;
  std::vector<FixedIp> out_;
};

}  // namespace

Result<std::vector<FixedIp>> choose_addresses(Work& w, const Port& port, const Json& asked) {
  Chooser chooser(w, port);
  if (asked.is_array()) return chooser.as_asked(asked);
  return chooser.by_default();
}

void add_automatic_addresses(Work& w, const Subnet& subnet) {
  if (!subnet.auto_address()) return;
  for (Port& p : load(w.s, ports(), "network_id = ?1", {subnet.network_id})) {
    if (p.of_network()) continue;
    // A new subnet's addresses are all free, and MACs are unique on a network.
    p.fixed_ips.push_back({subnet.id, eui64_address(*Cidr::parse(subnet.cidr), p.mac_address)});
    touch(w, p);
    ports().update(w.s, p);
    store_addresses(w.s, p);
  }
}

Status keep_metadata_port(Work& w, const std::string& network_id) {
  auto network = networks().find(w.s, network_id);
  if (!network) return {};
  std::vector<Subnet> served;
  for (const Subnet& s : subnets().where(w.s, "network_id = ?1", {network_id})) {
    if (s.enable_dhcp && s.ip_version == 4) served.push_back(s);
  }
  auto found =
      load(w.s, ports(), "network_id = ?1 AND device_owner = ?2", {network_id, kOwnerMetadata});
  if (served.empty() || network->external) {
    for (const Port& p : found) erase_port(w, p);
    return {};
  }
  Port port;
  if (found.empty()) {
    Json body = Json::object({{"network_id", network_id},
                              {"project_id", ""},
                              {"device_owner", kOwnerMetadata},
                              {"device_id", "ovnmeta-" + network_id},
                              {"fixed_ips", Json::array()}});
    Work own{w.s, w.settings, w.random, w.now, Caller{true, "", ""}};
    port = TRY(create_port(own, body, PortOrder{.internal = true}));
  } else {
    port = found.front();
  }
  std::vector<FixedIp> wanted;
  for (const Subnet& s : served) {
    auto ips = choose_addresses(w, port, Json::array({Json::object({{"subnet_id", s.id}})}));
    // A subnet with no address left does without metadata over the network; the config drive stays.
    if (ips) wanted.insert(wanted.end(), ips->begin(), ips->end());
  }
  auto same = [](const FixedIp& a, const FixedIp& b) {
    return a.subnet_id == b.subnet_id && a.ip_address == b.ip_address;
  };
  if (std::equal(wanted.begin(), wanted.end(), port.fixed_ips.begin(), port.fixed_ips.end(), same))
    return {};
  port.fixed_ips = wanted;
  touch(w, port);
  ports().update(w.s, port);
  store_addresses(w.s, port);
  return {};
}

}  // namespace nuri::network
