#include "compute/api/server_view.h"

#include "services/base/fields.h"

namespace nuri::compute {

namespace {

// A server with whoever looks at it.
struct Seen {
  const Server& s;
  const Viewer& v;
};

enum Part : unsigned { kUpdate = 1, kDetail = 2, kShow = 4, kAll = 7, kFull = kDetail | kShow };

struct ViewField {
  std::string name;
  unsigned parts;
  int since = 0, until = INT_MAX;
  bool admin_only = false;
  std::optional<Json> (*make)(const Seen&);
};

Json stored(const std::string& text) { return parse_json(text).value_or(Json()); }
Json null_if_empty(const std::string& s) { return s.empty() ? Json() : Json(s); }

Json image_of(const Seen& x) {
  if (x.s.image_id.empty()) return "";
  return Json::object(
      {{"id", x.s.image_id},
       {"links",
        Json::array({Json::object(
            {{"rel", "bookmark"}, {"href", x.v.base_url + "/images/" + x.s.image_id}})})}});
}

Json flavor_of(const Seen& x) {
  if (x.v.version >= 47) {
    return Json::object({{"vcpus", x.s.vcpus},
                         {"ram", x.s.ram_mib},
                         {"disk", x.s.disk_gib},
                         {"ephemeral", x.s.ephemeral_gib},
                         {"swap", x.s.swap_mib},
                         {"original_name", x.s.flavor_name},
                         {"extra_specs", stored(x.s.flavor_specs)}});
  }
  return Json::object(
      {{"id", x.s.flavor_id},
       {"links",
        Json::array({Json::object(
            {{"rel", "bookmark"}, {"href", x.v.base_url + "/flavors/" + x.s.flavor_id}})})}});
}

std::optional<Json> progress_of(const Seen& x) {
  auto status = status_of(x.s.vm_state, x.s.task_state);
  if (status != "ACTIVE" && status != "BUILD") return std::nullopt;
  return Json(x.s.progress);
}

std::optional<Json> fault_of(const Seen& x) {
  if (x.s.fault_message.empty() ||
      (x.s.vm_state != VmState::error && x.s.vm_state != VmState::deleted))
    return std::nullopt;
  Json out = Json::object({{"code", x.s.fault_code},
                           {"created", iso_seconds(x.s.fault_us)},
                           {"message", x.s.fault_message}});
  if (x.v.admin && !x.s.fault_details.empty()) out.set("details", x.s.fault_details);
  return out;
}

Json volumes_of(const Seen& x) {
  Json list = stored(x.s.volumes);
  if (x.v.version >= 3) {
    for (Json& v : list.array_ref()) v.set("delete_on_termination", false);
  }
  return list;
}

std::optional<Json> groups_of(const Seen& x) {
  Json list = stored(x.s.security_groups);
  if (list.size() == 0) return std::nullopt;
  return list;
}

std::string instance_name(const Server& s) { return "nuri-" + s.id.substr(0, 8); }
Json time_or_null(TimeUs t) { return t ? Json(iso_naive(t)) : Json(); }

// In Nova's order. Sources: nova/api/openstack/compute/views/servers.py,
// rest_api_version_history.rst.
#define NURI_MAKE(expr) []([[maybe_unused]] const Seen& x) -> std::optional<Json> { return expr; }
const std::vector<ViewField>& view_fields() {
  static const std::vector<ViewField> kFields = {
      {"id", kAll, 0, INT_MAX, false, NURI_MAKE(Json(x.s.id))},
      {"name", kAll, 0, INT_MAX, false, NURI_MAKE(Json(x.s.name))},
      {"status", kAll, 0, INT_MAX, false, NURI_MAKE(Json(status_of(x.s.vm_state, x.s.task_state)))},
      {"tenant_id", kAll, 0, INT_MAX, false, NURI_MAKE(Json(x.s.project_id))},
      {"user_id", kAll, 0, INT_MAX, false, NURI_MAKE(Json(x.s.user_id))},
      {"metadata", kAll, 0, INT_MAX, false, NURI_MAKE(stored(x.s.metadata))},
      {"hostId", kAll, 0, INT_MAX, false,
       NURI_MAKE(Json(x.s.host.empty() ? "" : sha224_hex(x.s.project_id + x.s.host)))},
      {"image", kAll, 0, INT_MAX, false, NURI_MAKE(image_of(x))},
      {"flavor", kAll, 0, INT_MAX, false, NURI_MAKE(flavor_of(x))},
      {"created", kAll, 0, INT_MAX, false, NURI_MAKE(Json(iso_seconds(x.s.created_us)))},
      {"updated", kAll, 0, INT_MAX, false, NURI_MAKE(Json(iso_seconds(x.s.updated_us)))},
      {"addresses", kFull, 0, INT_MAX, false, NURI_MAKE(stored(x.s.addresses))},
      {"addresses", kUpdate, 0, INT_MAX, false, NURI_MAKE(short_addresses(x.s.addresses))},
      {"accessIPv4", kAll, 0, INT_MAX, false, NURI_MAKE(Json(x.s.access_ipv4))},
      {"accessIPv6", kAll, 0, INT_MAX, false, NURI_MAKE(Json(x.s.access_ipv6))},
      {"links", kAll, 0, INT_MAX, false, NURI_MAKE(links(x.v, "servers", x.s.id))},
      {"OS-DCF:diskConfig", kAll, 0, INT_MAX, false, NURI_MAKE(Json(x.s.disk_config))},
      {"progress", kAll, 0, INT_MAX, false, progress_of},
      {"fault", kAll, 0, INT_MAX, false, fault_of},
      {"OS-EXT-AZ:availability_zone", kFull, 0, INT_MAX, false,
       NURI_MAKE(Json(x.s.host_zone.empty() ? x.s.zone : x.s.host_zone))},
      {"config_drive", kFull, 0, INT_MAX, false, NURI_MAKE(Json(x.s.config_drive ? "True" : ""))},
      {"key_name", kFull, 0, INT_MAX, false,
       NURI_MAKE(Json(x.s.key_name ? Json(*x.s.key_name) : Json()))},
      {"OS-SRV-USG:launched_at", kFull, 0, INT_MAX, false,
       NURI_MAKE(time_or_null(x.s.launched_us))},
      {"OS-SRV-USG:terminated_at", kFull, 0, INT_MAX, false,
       NURI_MAKE(time_or_null(x.s.terminated_us))},
      {"security_groups", kFull, 0, INT_MAX, false, groups_of},
      {"OS-EXT-SRV-ATTR:host", kFull, 0, INT_MAX, true, NURI_MAKE(null_if_empty(x.s.host))},
      {"OS-EXT-SRV-ATTR:instance_name", kFull, 0, INT_MAX, true,
       NURI_MAKE(Json(instance_name(x.s)))},
      {"OS-EXT-SRV-ATTR:hypervisor_hostname", kFull, 0, INT_MAX, true,
       NURI_MAKE(null_if_empty(x.s.host))},
      {"OS-EXT-SRV-ATTR:reservation_id", kFull, 3, INT_MAX, true,
       NURI_MAKE(Json(x.s.reservation_id))},
      {"OS-EXT-SRV-ATTR:launch_index", kFull, 3, INT_MAX, true, NURI_MAKE(Json(x.s.launch_index))},
      {"OS-EXT-SRV-ATTR:kernel_id", kFull, 3, INT_MAX, true, NURI_MAKE(Json(""))},
      {"OS-EXT-SRV-ATTR:ramdisk_id", kFull, 3, INT_MAX, true, NURI_MAKE(Json(""))},
      {"OS-EXT-SRV-ATTR:hostname", kFull, 3, 89, true, NURI_MAKE(Json(x.s.hostname))},
      {"OS-EXT-SRV-ATTR:hostname", kFull, 90, INT_MAX, false, NURI_MAKE(Json(x.s.hostname))},
      {"OS-EXT-SRV-ATTR:root_device_name", kFull, 3, INT_MAX, true, NURI_MAKE(Json("/dev/vda"))},
      {"OS-EXT-SRV-ATTR:user_data", kFull, 3, INT_MAX, true,
       NURI_MAKE(x.s.user_data ? Json(*x.s.user_data) : Json())},
      {"OS-EXT-STS:task_state", kFull, 0, INT_MAX, false,
       NURI_MAKE(null_if_empty(std::string(name_of(x.s.task_state))))},
      {"OS-EXT-STS:vm_state", kFull, 0, INT_MAX, false, NURI_MAKE(Json(name_of(x.s.vm_state)))},
      {"OS-EXT-STS:power_state", kFull, 0, INT_MAX, false, NURI_MAKE(Json(x.s.power_state))},
      {"os-extended-volumes:volumes_attached", kFull, 0, INT_MAX, false, NURI_MAKE(volumes_of(x))},
      {"locked", kAll, 9, INT_MAX, false, NURI_MAKE(Json(!x.s.locked.empty()))},
      {"host_status", kFull, 16, INT_MAX, true,
       NURI_MAKE(Json(x.s.host.empty() ? ""
                      : x.v.host_up    ? "UP"
                                       : "DOWN"))},
      {"description", kAll, 19, INT_MAX, false,
       NURI_MAKE(x.s.description ? Json(*x.s.description) : Json())},
      {"tags", kAll, 26, INT_MAX, false, NURI_MAKE(stored(x.s.tags))},
      {"trusted_image_certificates", kAll, 63, INT_MAX, false, NURI_MAKE(Json())},
      {"server_groups", kUpdate | kShow, 71, INT_MAX, false, NURI_MAKE(Json::array())},
      {"locked_reason", kAll, 73, INT_MAX, false, NURI_MAKE(null_if_empty(x.s.locked_reason))},
  };
  return kFields;
}
#undef NURI_MAKE

Json write(const Server& server, const Viewer& viewer, unsigned part) {
  // From 2.75 on a PUT answers with what a GET shows.
  if (part == kUpdate && viewer.version >= 75) part = kShow;
  Seen seen{server, viewer};
  Json out = Json::object();
  Json::Object& members = out.object_ref();
  members.reserve(view_fields().size());
  for (const ViewField& f : view_fields()) {
    if (!(f.parts & part) || viewer.version < f.since || viewer.version > f.until ||
        (f.admin_only && !viewer.admin))
      continue;
    if (auto value = f.make(seen)) members.emplace_back(f.name, std::move(*value));
  }
  return out;
}

}  // namespace

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

Json brief_server(const Server& server, const Viewer& viewer) {
  return Json::object(
      {{"id", server.id}, {"name", server.name}, {"links", links(viewer, "servers", server.id)}});
}

Json server_detail(const Server& server, const Viewer& viewer) {
  return write(server, viewer, kDetail);
}
Json server_shown(const Server& server, const Viewer& viewer) {
  return write(server, viewer, kShow);
}
Json server_updated(const Server& server, const Viewer& viewer) {
  return write(server, viewer, kUpdate);
}

Json attachment_json(const ServerVolume& v, const Viewer& viewer) {
  Json out = Json::object();
  if (viewer.version < 89) out.set("id", v.volume_id);
  out.set("volumeId", v.volume_id).set("serverId", v.server_id).set("device", v.device);
  if (viewer.version >= 70) out.set("tag", null_if_empty(v.tag));
  if (viewer.version >= 79) out.set("delete_on_termination", false);
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
  if (viewer.version >= 70) out.set("tag", null_if_empty(p.tag));
  return out;
}

}  // namespace nuri::compute
