#include "compute/api/server_view.h"

// Links, addresses, and what hangs on a server: volumes and interfaces.
namespace nuri::compute {

Json short_addresses(const std::string& shown) {
  Json all = parse_json(shown).value_or(Json::object());
  for (auto& [network, list] : all.object_ref()) {
    for (Json& a : list.array_ref()) {
      a.erase("OS-EXT-IPS:type");
      a.erase("OS-EXT-IPS-MAC:mac_addr");
    }
  }
  return all;
}

Json links(const Viewer& viewer, const char* collection, const std::string& id) {
  std::string tail = std::string(collection) + "/" + id;
  return Json::array({Json::object({{"rel", "self"}, {"href", viewer.base_url + "/v2.1/" + tail}}),
                      Json::object({{"rel", "bookmark"}, {"href", viewer.base_url + "/" + tail}})});
}

Json attachment_json(const ServerVolume& v, const Viewer& viewer) {
  Json out = Json::object();
  if (viewer.version < 89) out.set("id", v.volume_id);
  out.set("volumeId", v.volume_id).set("serverId", v.server_id).set("device", v.device);
  if (viewer.version >= 70) out.set("tag", v.tag.empty() ? Json() : Json(v.tag));
  if (viewer.version >= 79) out.set("delete_on_termination", v.delete_on_termination);
  if (viewer.version >= 89)
    out.set("attachment_id", v.attachment_id).set("bdm_uuid", v.attachment_id);
  return out;
}

Json interface_json(const ServerPort& p, const Viewer& viewer) {
  Json ips = Json::array();
  for (const Json& a : stored_list(p.addresses)) {
    ips.push_back(Json::object({{"subnet_id", a["subnet_id"]}, {"ip_address", a["ip"]}}));
  }
  Json out = Json::object({{"port_id", p.id},
                           {"net_id", p.network_id},
                           {"mac_addr", p.mac},
                           {"port_state", p.status},
                           {"fixed_ips", ips}});
  if (viewer.version >= 70) out.set("tag", p.tag.empty() ? Json() : Json(p.tag));
  return out;
}

}  // namespace nuri::compute
