#include <algorithm>

#include "network/api/fields.h"
#include "network/domain/addresses.h"
#include "network/store/router_parts.h"

// The ports by which a router stands in subnets.
namespace nuri::network {

namespace {

Status check_overlap(Work& w, const VirtualRouter& r, const Subnet& fresh) {
  for (const Port& p : interfaces(w, r.id)) {
    for (const FixedIp& f : p.fixed_ips) {
      auto other = subnets().find(w.s, f.subnet_id);
      if (!other) continue;
      if (other->id == fresh.id) {
        return refuse(ErrorCode::bad_request, "BadRequest",
                      "Bad router request: Router already has a port on subnet " + fresh.id + ".",
                      "subnet_id");
      }
      if (Cidr::parse(other->cidr)->overlaps(*Cidr::parse(fresh.cidr))) {
        return refuse(ErrorCode::bad_request, "BadRequest",
                      "Bad router request: Cidr " + fresh.cidr + " of subnet " + fresh.id +
                          " overlaps with cidr " + other->cidr + " of subnet " + other->id + ".",
                      "subnet_id");
      }
    }
  }
  return {};
}

Json interface_json(const VirtualRouter& r, const Port& p) {
  Json ids = Json::array();
  for (const FixedIp& f : p.fixed_ips) ids.push_back(f.subnet_id);
  return Json::object({{"id", r.id},
                       {"tenant_id", r.project_id},
                       {"project_id", r.project_id},
                       {"port_id", p.id},
                       {"network_id", p.network_id},
                       {"subnet_id", ids.at(0)},
                       {"subnet_ids", ids},
                       {"tags", Json::strings(r.tags)}});
}

Result<Port> interface_by_port(Work& w, const VirtualRouter& r, const std::string& port_id) {
  Port port = TRY(find_port(w, port_id));
  TRYV(must_own(w, port, "add_router_interface"));
  if (!port.device_id.empty()) {
    return refuse(ErrorCode::conflict, "PortInUse",
                  "Unable to complete operation on port " + port.id + " for network " +
                      port.network_id + ". Port already has an attached device " + port.device_id +
                      ".");
  }
  if (port.fixed_ips.empty()) {
    return refuse(ErrorCode::bad_request, "BadRequest",
                  "Bad router request: Router port must have at least one fixed IP.", "port_id");
  }
  for (const FixedIp& f : port.fixed_ips)
    TRYV(check_overlap(w, r, *subnets().find(w.s, f.subnet_id)));
  port.device_id = r.id;
  port.device_owner = kOwnerRouterInterface;
  port.security_groups.clear();
  port.port_security = false;
  port.address_pairs.clear();
  touch(w, port);
  ports().update(w.s, port);
  return port;
}

Result<Port> interface_by_subnet(Work& w, const VirtualRouter& r, const std::string& subnet_id) {
  Subnet subnet = TRY(find_subnet(w, subnet_id));
  // The interface takes the subnet's gateway address: whoever has it has all of the subnet's
  // traffic.
  auto network = networks().find(w.s, subnet.network_id);
  if (!network || !(w.caller.owns(*network) || w.caller.owns(subnet))) {
    return forbidden("Policy does not allow add_router_interface with subnet_id " + subnet.id +
                     ": it is another project's. A port of your own on it is allowed.");
  }
  if (!subnet.gateway_ip) {
    return refuse(ErrorCode::bad_request, "BadRequest",
                  "Bad router request: Subnet for router interface must have a gateway IP.",
                  "subnet_id");
  }
  TRYV(check_overlap(w, r, subnet));
  Json body = Json::object(
      {{"network_id", subnet.network_id},
       {"project_id", r.project_id},
       {"device_id", r.id},
       {"device_owner", kOwnerRouterInterface},
       {"fixed_ips", Json::array({Json::object(
                         {{"subnet_id", subnet.id}, {"ip_address", *subnet.gateway_ip}})})}});
  Work cloud = as_cloud(w);
  return create_port(cloud, body, PortOrder{.internal = true});
}

}  // namespace

Work as_cloud(Work& w) {
  return Work{w.s, w.settings, w.random, w.now, Caller{true, "", w.caller.user_id}};
}

std::vector<Port> interfaces(Work& w, const std::string& router_id) {
  return load(w.s, ports(), "device_id = ?1 AND device_owner = ?2",
              {router_id, kOwnerRouterInterface});
}

namespace {
void touch_router(Work& w, VirtualRouter row) {
  touch(w, row);
  routers().update(w.s, row);
}
}  // namespace

Result<Json> add_interface(Work& w, const VirtualRouter& row, const Json& body) {
  const Json &port = body["port_id"], &subnet = body["subnet_id"];
  for (const auto& [key, value] : body.as_object()) {
    if (key != "port_id" && key != "subnet_id")
      return bad_request(
          "'" + key.substr(0, 80) + "' is not allowed here: subnet_id or port_id is.",
          key.substr(0, 80));
  }
  if (port.is_string() == subnet.is_string()) {
    return refuse(
        ErrorCode::bad_request, "BadRequest",
        "Bad router request: either subnet_id or port_id must be specified, and not both.",
        "subnet_id");
  }
  Port made = port.is_string() ? TRY(interface_by_port(w, row, port.as_string()))
                               : TRY(interface_by_subnet(w, row, subnet.as_string()));
  touch_router(w, row);
  return interface_json(row, made);
}

Result<Json> remove_interface(Work& w, const VirtualRouter& row, const Json& body) {
  const Json &port_id = body["port_id"], &subnet_id = body["subnet_id"];
  if (!port_id.is_string() && !subnet_id.is_string()) {
    return refuse(ErrorCode::bad_request, "BadRequest",
                  "Bad router request: either subnet_id or port_id must be specified.",
                  "subnet_id");
  }
  std::vector<Port> all = interfaces(w, row.id);
  auto on_subnet = [&](const Port& p) {
    return std::any_of(p.fixed_ips.begin(), p.fixed_ips.end(),
                       [&](const FixedIp& f) { return f.subnet_id == subnet_id.as_string(); });
  };
  auto found = std::find_if(all.begin(), all.end(), [&](const Port& p) {
    return (!port_id.is_string() || p.id == port_id.as_string()) &&
           (!subnet_id.is_string() || on_subnet(p));
  });
  if (found == all.end()) {
    if (port_id.is_string())
      return refuse(ErrorCode::not_found, "RouterInterfaceNotFound",
                    "Router " + row.id + " does not have an interface with id " +
                        port_id.as_string().substr(0, 80));
    TRYV(find_subnet(w, subnet_id.as_string()));
    return refuse(
        ErrorCode::not_found, "RouterInterfaceNotFoundForSubnet",
        "Router " + row.id + " has no interface on subnet " + subnet_id.as_string().substr(0, 80));
  }
  for (const FloatingIp& f : floating_ips().where(w.s, "router_id = ?1", {row.id})) {
    auto inside = f.port_id ? load_one(w.s, ports(), *f.port_id) : std::nullopt;
    for (const FixedIp& x : inside ? inside->fixed_ips : std::vector<FixedIp>()) {
      bool through =
          std::any_of(found->fixed_ips.begin(), found->fixed_ips.end(),
                      [&](const FixedIp& mine) { return mine.subnet_id == x.subnet_id; });
      if (through && x.ip_address == f.fixed_ip_address) {
        return refuse(ErrorCode::conflict, "RouterInterfaceInUseByFloatingIP",
                      "Router interface for subnet " + x.subnet_id + " on router " + row.id +
                          " cannot be deleted, as it is required by one or more floating IPs.");
      }
    }
  }
  TRYV(check_routes_without(w, row, *found));
  Json answer = interface_json(row, *found);
  if (subnet_id.is_string()) answer.set("subnet_id", subnet_id);
  erase_port(w, *found);
  touch_router(w, row);
  return answer;
}

}  // namespace nuri::network
