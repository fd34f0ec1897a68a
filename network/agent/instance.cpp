#include "network/agent/instance.h"

#include "services/auth/token.h"
#include "services/base/net.h"

namespace nuri::network::agent {

namespace {
Address address_from(const Json& j) {
  Address a;
  a.ip = j["ip"].as_string();
  a.prefix = static_cast<int>(j["prefix"].as_int());
  a.version = j["version"].as_int(4) == 6 ? 6 : 4;
  a.gateway = j["gateway"].as_string();
  for (const auto& d : j["dns"].as_array()) a.dns.push_back(d.as_string());
  return a;
}

InstancePort port_from(const Json& j) {
  InstancePort p;
  p.id = j["id"].as_string();
  p.mac = j["mac"].as_string();
  p.network_id = j["network_id"].as_string();
  p.mtu = j["mtu"].as_int(1442);
  for (const auto& a : j["addresses"].as_array()) {
    if (IpAddress::parse(a["ip"].as_string())) p.addresses.push_back(address_from(a));
  }
  for (const auto& f : j["floating"].as_array()) {
    if (IpAddress::parse(f.as_string())) p.floating.push_back(f.as_string());
  }
  const Json& md = j["metadata_port"];
  if (!is_mac(md["mac"].as_string())) return p;
  p.metadata.name = md["name"].as_string();
  p.metadata.mac = md["mac"].as_string();
  for (const auto& a : md["addresses"].as_array()) {
    if (Cidr::parse(a.as_string())) p.metadata.addresses.push_back(a.as_string());
  }
  return p;
}
}  // namespace

Instance instance_from(const std::string& id, const Json& spec) {
  Instance out;
  const Json& md = spec["metadata"];
  out.id = id;
  out.name = spec["name"].as_string();
  out.project_id = spec["project_id"].as_string();
  out.hostname = md["hostname"].as_string(out.name);
  out.availability_zone = md["availability_zone"].as_string();
  out.launch_index = md["launch_index"].as_int();
  out.flavor = spec["flavor"]["name"].as_string();
  out.image_id = spec["image"]["id"].as_string();
  for (const auto& k : md["keys"].as_array()) out.keys.emplace_back(k["name"].as_string(), k["data"].as_string());
  if (md["meta"].is_object()) out.meta = md["meta"];
  if (md["password_set"].is_bool()) out.password_set = md["password_set"].as_bool();
  if (md["user_data"].is_string()) {
    if (auto data = auth::base64_decode(md["user_data"].as_string())) out.user_data = *data;
  }
  for (const auto& p : spec["ports"].as_array()) out.ports.push_back(port_from(p));
  return out;
}

}  // namespace nuri::network::agent
