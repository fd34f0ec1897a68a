#include <algorithm>

#include "network/api/fields.h"
#include "network/domain/addresses.h"
#include "network/store/policy.h"
#include "services/feed/outbox.h"

namespace nuri::network {

namespace {

Error refuse(ErrorCode code, const char* type, std::string message, std::string field = {}) {
  return neutron_error_of(code, type, std::move(message), std::move(field));
}

void emit(Work& w, const FloatingIp& f, const char* type) {
  feed::emit(w.s, feed::Event{.at_us = w.now,
                              .type = type,
                              .project_id = f.project_id,
                              .user_id = f.user_id,
                              .resource_type = "floating_ip",
                              .resource_id = f.id,
                              .data = Json::object({{"address", f.address}})});
}

void let_go(FloatingIp& f) {
  f.port_id = f.fixed_ip_address = f.router_id = std::nullopt;
  f.status = "DOWN";
}

// The address of the port that is meant: the one named, or its only IPv4 address.
Result<FixedIp> fixed_address(const Port& port, const Json& asked) {
  std::vector<FixedIp> fit;
  for (const FixedIp& f : port.fixed_ips) {
    bool v4 = IpAddress::parse(f.ip_address)->v4;
    if (v4 && (!asked.is_string() || f.ip_address == asked.as_string())) fit.push_back(f);
  }
  if (fit.empty() && asked.is_string()) {
    return refuse(ErrorCode::bad_request, "BadRequest",
                  "Bad floatingip request: Port " + port.id + " does not have fixed ip " +
                      asked.as_string() + ".",
                  "fixed_ip_address");
  }
  if (fit.empty()) {
    return refuse(ErrorCode::bad_request, "BadRequest",
                  "Bad floatingip request: Cannot add floating IP to port " + port.id +
                      " that has no fixed IPv4 addresses.",
                  "port_id");
  }
  if (fit.size() > 1) {
    return refuse(ErrorCode::bad_request, "BadRequest",
                  "Bad floatingip request: Port " + port.id +
                      " has multiple fixed IPv4 addresses. Must provide a specific IPv4 address "
                      "when assigning a floating IP.",
                  "fixed_ip_address");
  }
  return fit.front();
}

// The router that joins the fixed address's subnet with the floating IP's network.
Result<std::string> router_between(Work& w, const FloatingIp& f, const FixedIp& fixed,
                                   const std::string& port_id) {
  auto found = w.s.one(
      "SELECT r.id FROM routers r JOIN ports p ON p.device_id = r.id AND p.device_owner = "
      "'network:router_interface' JOIN allocations a ON a.port_id = p.id "
      "WHERE a.subnet_id = ?1 AND r.gateway_network_id = ?2 ORDER BY r.created_us",
      {fixed.subnet_id, f.network_id}, [](const db::Row& r) { return r.text(0); });
  if (found) return *found;
  return refuse(ErrorCode::not_found, "ExternalGatewayForFloatingIPNotFound",
                "External network " + f.network_id + " is not reachable from subnet " +
                    fixed.subnet_id + ". Therefore, cannot associate Port " + port_id +
                    " with a Floating IP.");
}

Status associate(Work& w, FloatingIp& f, const Json& port_id, const Json& fixed) {
  if (!port_id.is_string()) {
    if (fixed.is_string()) {
      return refuse(
          ErrorCode::bad_request, "BadRequest",
          "Bad floatingip request: fixed_ip_address cannot be specified without a port_id.",
          "fixed_ip_address");
    }
    let_go(f);
    return {};
  }
  Port port = TRY(find_port(w, port_id.as_string()));
  TRYV(must_own(w, port, "update_floatingip"));
  FixedIp inside = TRY(fixed_address(port, fixed));
  std::string router = TRY(router_between(w, f, inside, port.id));
  if (w.s.count("SELECT COUNT(*) FROM floating_ips WHERE network_id = ?1 AND port_id = ?2 AND "
                "fixed_ip_address = ?3 AND id <> ?4",
                {f.network_id, port.id, inside.ip_address, f.id}) > 0) {
    return refuse(ErrorCode::conflict, "FloatingIPPortAlreadyAssociated",
                  "Cannot associate floating IP " + f.address + " (" + f.id + ") with port " +
                      port.id + " using fixed IP " + inside.ip_address +
                      ", as that fixed IP already has a floating IP on external network " +
                      f.network_id + ".");
  }
  f.port_id = port.id;
  f.fixed_ip_address = inside.ip_address;
  f.router_id = router;
  f.status = "ACTIVE";
  return {};
}

// Its own port on the external network holds the address: one table for all of them.
Status allocate(Work& w, FloatingIp& f, const Network& network, const Json& body) {
  const Json &address = body["floating_ip_address"], &subnet = body["subnet_id"];
  TRYV(may_set(w.caller, "floatingip", "floating_ip_address", address.is_string()));
  Json ask = Json::object({{"network_id", network.id},
                           {"project_id", ""},
                           {"device_id", f.id},
                           {"device_owner", kOwnerFloatingIp}});
  std::string subnet_id = subnet.as_string();
  for (const Subnet& s : subnets().where(w.s, "network_id = ?1 AND ip_version = 4", {network.id})) {
    if (subnet_id.empty() && !address.is_string()) subnet_id = s.id;
  }
  if (subnet_id.empty() && !address.is_string()) {
    return refuse(
        ErrorCode::bad_request, "BadRequest",
        "Bad floatingip request: Network " + network.id + " does not contain any IPv4 subnet.",
        "floating_network_id");
  }
  Json fixed = Json::object();
  if (!subnet_id.empty()) fixed.set("subnet_id", subnet_id);
  if (address.is_string()) fixed.set("ip_address", address);
  ask.set("fixed_ips", Json::array({fixed}));
  Work cloud{w.s, w.settings, w.random, w.now, Caller{true, "", ""}};
  Port port = TRY(create_port(cloud, ask, PortOrder{.internal = true}));
  // Its status is its own affair: it is never plugged.
  port.status = "N/A";
  ports().update(w.s, port);
  f.own_port_id = port.id;
  f.address = port.fixed_ips.front().ip_address;
  return {};
}

}  // namespace

Result<FloatingIp> create_floating_ip(Work& w, const Json& body) {
  FloatingIp f = TRY(kFloatingIpCreate.read(body));
  TRYV(begin(w, f, body));
  f.user_id = w.caller.user_id;
  Network network = TRY(find_network(w, f.network_id));
  if (!network.external) {
    return refuse(
        ErrorCode::bad_request, "BadRequest",
        "Bad floatingip request: Network " + network.id + " is not a valid external network.",
        "floating_network_id");
  }
  TRYV(check_quota(w, f.project_id, "floatingip"));
  TRYV(allocate(w, f, network, body));
  TRYV(associate(w, f, body["port_id"], body["fixed_ip_address"]));
  floating_ips().insert(w.s, f);
  emit(w, f, "begin");
  return f;
}

Result<FloatingIp> update_floating_ip(Work& w, FloatingIp row, const Json& body) {
  FloatingIp next = row;
  TRYV(kFloatingIpUpdate.update(next, body));
  if (body.contains("port_id") || body.contains("fixed_ip_address")) {
    Json port = body.contains("port_id") ? body["port_id"]
                : next.port_id           ? Json(*next.port_id)
                                         : Json();
    TRYV(associate(w, next, port, body["fixed_ip_address"]));
  }
  touch(w, next);
  floating_ips().update(w.s, next);
  return next;
}

Status delete_floating_ip(Work& w, const FloatingIp& row) {
  floating_ips().erase(w.s, row.id);
  if (auto port = load_one(w.s, ports(), row.own_port_id)) erase_port(w, *port);
  emit(w, row, "end");
  return {};
}

}  // namespace nuri::network
