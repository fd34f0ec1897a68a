#include "compute/routes/resolve.h"

#include <algorithm>

namespace nuri::compute {

namespace {

constexpr int64_t kGib = int64_t{1} << 30;

// A 404 of another service about something named in this request is this request's fault.
Error refused(const Error& e, std::string text, const char* field) {
  if (e.code == ErrorCode::not_found) return bad_request(std::move(text), field);
  if (permanent(e) && e.code != ErrorCode::conflict) return bad_request(e.message, field);
  return e;
}

Result<std::vector<ServerPort>> automatic_ports(App& app, const Context& c) {
  Json got = TRY(app.peers.network.call("GET", "/v2.0/networks", {}, c.token));
  std::vector<std::string> usable;
  for (const Json& n : got["networks"].as_array()) {
    bool mine = n["project_id"].as_string() == c.claims.project_id || n["shared"].as_bool();
    if (mine && !n["router:external"].as_bool() && n["subnets"].size() > 0)
      usable.push_back(n["id"].as_string());
  }
  if (usable.size() > 1)
    return conflict("Multiple possible networks found, use a Network ID to be more specific.");
  std::vector<ServerPort> ports;
  for (const auto& id : usable) {
    ServerPort p;
    p.network_id = id;
    ports.push_back(p);
  }
  if (ports.empty() && c.microversion >= 37) {
    return bad_request("Unable to automatically allocate a network for project " +
                           c.claims.project_id +
                           ": make a network with a subnet, or ask for networks: \"none\".",
                       "networks");
  }
  return ports;
}

Result<ServerPort> listed_port(App& app, const Context& c, const NetworkWish& wish) {
  ServerPort p;
  p.tag = wish.tag;
  if (!wish.port_id.empty()) {
    auto got = app.peers.network.call("GET", "/v2.0/ports/" + wish.port_id, {}, c.token);
    if (!got)
      return refused(got.error(), "Port id " + wish.port_id + " could not be found.", "networks");
    const Json& port = (*got)["port"];
    if (port["project_id"].as_string() != c.claims.project_id)
      return bad_request("Port id " + wish.port_id + " could not be found.", "networks");
    if (!port["device_id"].as_string().empty())
      return conflict("Port " + wish.port_id + " is still in use.");
    p.id = wish.port_id;
    p.network_id = port["network_id"].as_string();
    p.ours = false;
    return p;
  }
  auto got = app.peers.network.call("GET", "/v2.0/networks/" + wish.network_id, {}, c.token);
  if (!got)
    return refused(got.error(), "Network " + wish.network_id + " could not be found.", "networks");
  const Json& network = (*got)["network"];
  if (network["subnets"].size() == 0)
    return bad_request(
        "Network " + wish.network_id + " requires a subnet in order to boot instances on.",
        "networks");
  bool foreign_external =
      network["router:external"].as_bool() && !network["shared"].as_bool() && !c.claims.is_admin();
  if (foreign_external)
    return forbidden("It is not allowed to create an interface on external network " +
                     wish.network_id);
  p.network_id = wish.network_id;
  if (!wish.fixed_ip.empty())
    p.fixed_ips = Json::array({Json::object({{"ip_address", wish.fixed_ip}})}).dump();
  return p;
}

Status resolve_groups(App& app, const Context& c, const ServerCreate& in, Resolved& out) {
  if (in.groups.empty()) {
    if (!out.ports.empty()) out.group_names.push_back(Json::object({{"name", "default"}}));
    return {};
  }
  out.group_ids = Json::array();
  for (const auto& name : in.groups) {
    Json group = TRY(find_group(app, c, name));
    out.group_ids.push_back(group["id"]);
    out.group_names.push_back(Json::object({{"name", group["name"]}}));
  }
  return {};
}

// "zone", or for an administrator "zone:host".
Status resolve_zone(App& app, const Context& c, const ServerCreate& in, Resolved& out) {
  out.zone = in.zone;
  out.host = !in.host.empty() ? in.host : in.hypervisor_hostname;
  if (size_t colon = in.zone.find(':'); colon != std::string::npos) {
    out.zone = in.zone.substr(0, colon);
    out.host = in.zone.substr(colon + 1);
    out.host = out.host.substr(0, out.host.find(':'));
  }
  if (!out.host.empty() && !c.claims.is_admin())
    return forbidden("Only an administrator may choose the host of a server.");
  auto hosts = TRY(app.db.read([&](db::Session& s) { return list_hosts(s); }));
  auto in_zone = [&](const Host& h) { return h.zone == out.zone; };
  if (!out.zone.empty() && std::none_of(hosts.begin(), hosts.end(), in_zone)) {
    return bad_request("The requested availability zone is not available", "availability_zone");
  }
  bool known = out.host.empty() || std::any_of(hosts.begin(), hosts.end(),
                                               [&](const Host& h) { return h.name == out.host; });
  if (!known)
    return bad_request("Compute host " + out.host + " could not be found.",
                       in.zone.empty() ? "host" : "availability_zone");
  return {};
}

}  // namespace

Result<Flavor> find_usable_flavor(App& app, const Context& c, const std::string& id) {
  return app.db.read([&](db::Session& s) -> Result<Flavor> {
    auto flavor = find_flavor(s, id);
    if (!flavor || (!c.claims.is_admin() && !flavor_visible(s, *flavor, c.claims.project_id))) {
      return bad_request("Invalid flavorRef provided: flavor " + id + " could not be found.",
                         "flavorRef");
    }
    return std::move(*flavor);
  });
}

Result<Json> find_usable_image(App& app, const Context& c, const std::string& id,
                               const Flavor& flavor, const char* field) {
  auto got = app.peers.image.call("GET", "/v2/images/" + id, {}, c.token);
  if (!got) return refused(got.error(), "Image " + id + " could not be found.", field);
  const Json& image = *got;
  if (image["status"].as_string() != "active")
    return bad_request("Image " + id + " is not active: it is " + image["status"].as_string() + ".",
                       field);
  const std::string& format = image["disk_format"].as_string();
  bool turned = format == "vmdk" || format == "vdi" || format == "vhd" || format == "vhdx";
  bool as_it_is = format == "qcow2" || format == "raw" || format == "iso" || format == "ami" ||
                  format == "aki" || format == "ari";
  if ((!turned && !as_it_is) || (turned && image["virtual_size"].as_int() == 0))
    return bad_request("Image " + id + " has disk_format " + format +
                           ": no disk can be made of it, only of qcow2, raw, iso, vmdk, vdi, vhd "
                           "and vhdx.",
                       field);
  if (image["min_ram"].as_int() > flavor.ram_mib) {
    return bad_request("Flavor's memory is too small for requested image: it has " +
                           std::to_string(flavor.ram_mib) + " MiB, the image needs " +
                           std::to_string(image["min_ram"].as_int()) + ".",
                       "flavorRef");
  }
  int64_t virtual_gib = (image["virtual_size"].as_int() + kGib - 1) / kGib;
  int64_t needed = std::max(image["min_disk"].as_int(), virtual_gib);
  if (flavor.disk_gib > 0 && needed > flavor.disk_gib) {
    return bad_request("Flavor's disk is too small for requested image: it has " +
                           std::to_string(flavor.disk_gib) + " GiB, the image needs " +
                           std::to_string(needed) + ".",
                       "flavorRef");
  }
  return Json::object({{"id", id},
                       {"disk_format", format},
                       {"size", image["size"]},
                       {"virtual_size", image["virtual_size"]},
                       {"sha512", image["os_hash_value"]}});
}

Result<Json> find_group(App& app, const Context& c, const std::string& name) {
  Json got = TRY(app.peers.network.call("GET", "/v2.0/security-groups", {}, c.token));
  Json found;
  for (const Json& g : got["security_groups"].as_array()) {
    if (g["project_id"].as_string() != c.claims.project_id) continue;
    bool by_id = g["id"].as_string() == name;
    if (!by_id && g["name"].as_string() != name) continue;
    if (!found.is_null() && !by_id)
      return conflict("Multiple security groups found matching '" + name +
                      "'. Use an ID to be more specific.");
    found = g;
    if (by_id) break;
  }
  if (found.is_null())
    return bad_request(
        "Security group " + name + " not found for project " + c.claims.project_id + ".",
        "security_groups");
  return found;
}

Result<Resolved> resolve(App& app, const Context& c, const ServerCreate& in) {
  Resolved out;
  out.flavor = TRY(find_usable_flavor(app, c, in.flavor_ref));
  if (in.key_name) {
    out.key = TRY(app.db.read(
        [&](db::Session& s) { return find_keypair(s, c.claims.user_id, *in.key_name); }));
    if (!out.key) return bad_request("Invalid key_name provided.", "key_name");
  }
  TRYV(resolve_zone(app, c, in, out));
  if (!in.image_id.empty())
    out.image = TRY(find_usable_image(app, c, in.image_id, out.flavor, "imageRef"));
  TRYV(resolve_devices(app, c, in, out));
  if (in.net == ServerCreate::Net::automatic) {
    out.ports = TRY(automatic_ports(app, c));
  } else {
    for (const auto& wish : in.wishes) out.ports.push_back(TRY(listed_port(app, c, wish)));
  }
  TRYV(resolve_groups(app, c, in, out));
  return out;
}

}  // namespace nuri::compute
