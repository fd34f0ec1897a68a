#include <algorithm>

#include "network/api/fields.h"
#include "network/domain/addresses.h"
#include "network/store/policy.h"

namespace nuri::network {

namespace {

constexpr int kMacTries = 16;

std::string lower(std::string s) {
  for (char& c : s) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return s;
}

Result<std::string> choose_mac(Work& w, const Port& p) {
  auto taken = [&](const std::string& mac) {
    return w.s.count(
               "SELECT COUNT(*) FROM ports WHERE network_id = ?1 AND mac_address = ?2 AND id <> ?3",
               {p.network_id, mac, p.id}) > 0;
  };
  if (!p.mac_address.empty()) {
    std::string mac = lower(p.mac_address);
    if (mac == "00:00:00:00:00:00" || std::stoi(mac.substr(0, 2), nullptr, 16) % 2 == 1) {
      return bad_request("'" + mac + "' is not the MAC address of one device.", "mac_address");
    }
    if (taken(mac)) {
      return neutron_error_of(ErrorCode::conflict, "MacAddressInUse",
                              "Unable to complete operation for network " + p.network_id +
                                  ". The mac address " + mac + " is in use.");
    }
    return mac;
  }
  for (int i = 0; i < kMacTries; ++i) {
    std::string mac = w.random.mac();
    if (!taken(mac)) return mac;
  }
  return internal("no free MAC address");
}

Result<std::vector<std::string>> choose_groups(Work& w, const Port& p, const Json& asked) {
  std::vector<std::string> out;
  if (asked.is_array()) {
    for (const Json& id : asked.as_array()) {
      SecurityGroup g = TRY(find_group(w, id.as_string()));
      if (std::find(out.begin(), out.end(), g.id) == out.end()) out.push_back(g.id);
    }
    return out;
  }
  if (p.of_network() || !p.port_security) return out;
  out.push_back(TRY(default_group(w, p.project_id)).id);
  return out;
}

Status check_security(const Port& p) {
  if (p.port_security) return {};
  if (!p.security_groups.empty()) {
    return neutron_error_of(
        ErrorCode::conflict, "PortSecurityPortHasSecurityGroup",
        "Port has security group associated. "
        "Cannot disable port security or IP address until security group is removed.");
  }
  if (!p.address_pairs.empty()) {
    return neutron_error_of(
        ErrorCode::conflict, "AddressPairAndPortSecurityRequired",
        "Port Security must be enabled in order to have allowed address pairs on a port.");
  }
  return {};
}

Status check_owner(Work& w, const Port& p, const std::string& before) {
  if (w.caller.admin || p.device_owner == before || !p.of_network()) return {};
  return forbidden("Policy does not allow the attribute device_owner to be set to '" +
                   p.device_owner.substr(0, 80) + "'.");
}

Status admin_fields(Work& w, const Json& body) {
  for (const char* field : {"binding:host_id", "binding:profile"}) {
    const Json& v = body[field];
    bool said = v.is_object() ? v.size() > 0 : !v.as_string().empty();
    TRYV(may_set(w.caller, "port", field, said));
  }
  return {};
}

// What would let a port speak in another's name is for the network's owner.
Status address_fields(Work& w, const Network& network, const Json& body, bool update) {
  bool owner = w.caller.owns(network);
  for (const char* field : {"port_security_enabled", "mac_address", "allowed_address_pairs"}) {
    const Json* v = body.find(field);
    // What says the default says nothing, but an update changes what an administrator may have set.
    bool said = v && (update || !(v->is_null() || (v->is_array() && v->size() == 0)));
    TRYV(may_set(w.caller, "port", field, said, owner));
  }
  for (const Json& item : body["fixed_ips"].as_array()) {
    bool said = item.is_object() && !item["ip_address"].is_null();
    TRYV(may_set(w.caller, "port", "fixed_ips:ip_address", said, owner));
  }
  return {};
}

void lower_pairs(Port& p) {
  for (AddressPair& a : p.address_pairs) {
    if (a.mac_address)
      a.mac_address = lower(*a.mac_address);
    else
      a.mac_address = p.mac_address;
  }
}

// Floating IPs of addresses the port has no more let go of it.
void release_floating(Work& w, const Port& p, bool all) {
  for (FloatingIp& f : floating_ips().where(w.s, "port_id = ?1", {p.id})) {
    bool kept = !all && std::any_of(p.fixed_ips.begin(), p.fixed_ips.end(), [&](const FixedIp& x) {
      return x.ip_address == f.fixed_ip_address;
    });
    if (kept) continue;
    f.port_id = f.fixed_ip_address = f.router_id = std::nullopt;
    f.status = "DOWN";
    touch(w, f);
    floating_ips().update(w.s, f);
  }
}

}  // namespace

Result<Port> create_port(Work& w, const Json& body, const PortOrder& order) {
  Port p = TRY(kPortCreate.read(body));
  TRYV(begin(w, p, body));
  if (!order.id.empty()) p.id = order.id;
  p.from_compute = order.from_compute;
  Network network = TRY(find_network(w, p.network_id));
  if (!w.caller.owns(network) && !network.shared_with_caller) {
    return forbidden("Policy does not allow create_port on network " + network.id +
                     ": it is external and another project's.");
  }
  if (!order.internal) TRYV(check_owner(w, p, ""));
  TRYV(admin_fields(w, body));
  TRYV(address_fields(w, network, body, false));
  const Json& security = body["port_security_enabled"];
  p.port_security = order.internal       ? false
                    : security.is_null() ? network.port_security
                                         : loose_bool(security);
  if (body["binding:profile"].is_object()) p.profile = body["binding:profile"];
  p.mac_address = TRY(choose_mac(w, p));
  lower_pairs(p);
  p.fixed_ips = TRY(choose_addresses(w, p, body["fixed_ips"]));
  if (!order.internal) {
    p.security_groups = TRY(choose_groups(w, p, body["security_groups"]));
    TRYV(check_security(p));
    TRYV(check_quota(w, p.project_id, "port"));
  }
  ports().insert(w.s, p);
  store_addresses(w.s, p);
  return p;
}

Result<Port> update_port(Work& w, Port row, const Json& body) {
  TRYV(must_own(w, row, "update_port"));
  Port next = row;
  TRYV(kPortUpdate.update(next, body));
  TRYV(check_owner(w, next, row.device_owner));
  TRYV(admin_fields(w, body));
  if (auto network = networks().find(w.s, row.network_id))
    TRYV(address_fields(w, *network, body, true));
  if (!row.device_owner.empty() && row.of_network() &&
      (next.device_owner != row.device_owner || next.device_id != row.device_id)) {
    return neutron_error_of(ErrorCode::conflict, "PortInUse",
                            "Unable to complete operation on port " + row.id +
                                ": its device_owner " + row.device_owner +
                                " is set by the network service.");
  }
  if (body["binding:profile"].is_object()) next.profile = body["binding:profile"];
  if (lower(next.mac_address) != row.mac_address) {
    if (!row.host_id.empty()) {
      return neutron_error_of(ErrorCode::conflict, "PortBound",
                              "Unable to complete operation on port " + row.id +
                                  ", port is already bound, port type: ovs, old_mac " +
                                  row.mac_address + ", new_mac " + next.mac_address + ".");
    }
    next.mac_address = TRY(choose_mac(w, next));
  }
  lower_pairs(next);
  if (body["fixed_ips"].is_array())
    next.fixed_ips = TRY(choose_addresses(w, next, body["fixed_ips"]));
  const Json* groups_asked = body.find("security_groups");
  if (groups_asked && groups_asked->is_null())
    next.security_groups.clear();
  else if (groups_asked)
    next.security_groups = TRY(choose_groups(w, next, *groups_asked));
  TRYV(check_security(next));
  if (!next.admin_state_up) next.status = "DOWN";
  touch(w, next);
  ports().update(w.s, next);
  store_addresses(w.s, next);
  release_floating(w, next, false);
  return next;
}

Status delete_port(Work& w, const Port& row) {
  TRYV(must_own(w, row, "delete_port"));
  bool held = row.device_owner == kOwnerRouterInterface ||
              row.device_owner == kOwnerRouterGateway || row.device_owner == kOwnerFloatingIp ||
              row.device_owner == kOwnerMetadata;
  if (held) {
    return neutron_error_of(ErrorCode::conflict, "ServicePortInUse",
                            "Port " + row.id +
                                " cannot be deleted directly via the port API: has device owner " +
                                row.device_owner + ".");
  }
  // Also what its user deletes: compute's order for it may still be on its way.
  bury_port(w, row.id);
  erase_port(w, row);
  return {};
}

void erase_port(Work& w, const Port& row) {
  release_floating(w, row, true);
  w.s.exec("DELETE FROM allocations WHERE port_id = ?1", {row.id});
  ports().erase(w.s, row.id);
}

Status bind_port(Work& w, Port row, const std::string& host, const std::string& device,
                 const std::string& owner) {
  if (!row.device_id.empty() && !device.empty() && row.device_id != device) {
    return neutron_error_of(ErrorCode::conflict, "PortInUse",
                            "Unable to complete operation on port " + row.id +
                                ": it is in use by the device " + row.device_id + ".");
  }
  if (row.host_id == host && row.device_id == device && row.device_owner == owner) return {};
  row.host_id = host;
  row.device_id = device;
  row.device_owner = owner;
  if (host.empty()) row.status = "DOWN";
  touch(w, row);
  ports().update(w.s, row);
  return {};
}

}  // namespace nuri::network
