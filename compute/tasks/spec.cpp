#include "compute/tasks/server_task.h"

// The shape is docs/internal-protocols.md's.
namespace nuri::compute {

namespace {

Json stored(const std::string& text) { return parse_json(text).value_or(Json()); }

Json port_spec(const ServerPort& p) {
  Json addresses = Json::array();
  for (const Json& a : stored_list(p.addresses)) {
    addresses.push_back(Json::object({{"ip", a["ip"]},
                                      {"prefix", a["prefix"]},
                                      {"version", a["version"]},
                                      {"gateway", a["gateway"]},
                                      {"dns", a["dns"]}}));
  }
  Json floating = Json::array();
  for (const Json& f : stored_list(p.floating)) floating.push_back(f["floating_ip_address"]);
  return Json::object({{"id", p.id},
                       {"mac", p.mac},
                       {"network_id", p.network_id},
                       {"mtu", p.mtu},
                       {"addresses", addresses},
                       {"floating", floating},
                       {"metadata_port", stored(p.metadata_port)}});
}

Json volume_spec(const ServerVolume& v) {
  return Json::object({{"attachment_id", v.attachment_id},
                       {"volume_id", v.volume_id},
                       {"path", v.path},
                       {"format", v.format},
                       {"device", v.device},
                       {"serial", v.serial}});
}

Json metadata_spec(const Server& s) {
  Json keys = Json::array();
  if (s.key_name && s.key_data)
    keys.push_back(Json::object({{"name", *s.key_name}, {"data", *s.key_data}}));
  return Json::object({{"hostname", s.hostname},
                       {"keys", keys},
                       {"meta", stored(s.metadata)},
                       {"user_data", s.user_data ? Json(*s.user_data) : Json()},
                       {"availability_zone", s.host_zone},
                       {"password_set", !s.password.empty()},
                       {"launch_index", s.launch_index}});
}

// Once its image is there and the server is as it is to be copied.
Json snapshot_spec(const Server& s) {
  Json wish = stored(s.snapshot);
  if (wish["state"].as_string() != "wanted") return {};
  return Json::object({{"number", wish["number"]}, {"image_id", wish["image_id"]}});
}

}  // namespace

Json server_spec(const Server& s, const std::vector<ServerPort>& ports,
                 const std::vector<ServerVolume>& volumes) {
  Json port_list = Json::array(), volume_list = Json::array();
  for (const auto& p : ports) {
    if (p.state == "bound") port_list.push_back(port_spec(p));
  }
  for (const auto& v : volumes) {
    if (v.state == "connected" || v.state == "attached") volume_list.push_back(volume_spec(v));
  }
  return Json::object({
      {"id", s.id},
      {"name", s.name},
      {"project_id", s.project_id},
      {"user_id", s.user_id},
      {"power", power_wish(s)},
      {"reboot", Json::object({{"count", s.reboot_count}, {"type", s.reboot_type}})},
      {"flavor", Json::object({{"name", s.flavor_name},
                               {"vcpus", s.vcpus},
                               {"ram_mib", s.ram_mib},
                               {"disk_gib", s.disk_gib}})},
      {"image", stored(s.image)},
      {"ports", port_list},
      {"volumes", volume_list},
      {"disk", Json::object({{"number", s.disk_number}, {"keep", s.disk_keep}})},
      {"rescue", stored(s.rescue)},
      {"snapshot", snapshot_spec(s)},
      {"metadata", metadata_spec(s)},
      {"config_drive", s.config_drive},
  });
}

}  // namespace nuri::compute
