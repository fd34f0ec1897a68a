#include "compute/api/server_view.h"

#include <climits>

#include "services/base/json.h"

namespace nuri::compute {

namespace {

// A server with whoever looks at it.
struct Seen {
  const Server& s;
  const Viewer& v;
};

enum Part : unsigned { kUpdate = 1, kDetail = 2, kShow = 4, kAll = 7, kFull = kDetail | kShow };

struct ViewField {
  std::string_view name;
  unsigned parts;
  int since = 0, until = INT_MAX;
  bool admin_only = false;
  bool (*write)(const Seen&, JsonText&);  // the value; false: leave the field out
};

void null_if_empty(JsonText& o, std::string_view s) { s.empty() ? o.null() : o.text(s); }
void time_or_null(JsonText& o, TimeUs t) { t ? o.text(iso_naive(t)) : o.null(); }

void bookmark(const Seen& x, JsonText& o, std::string_view collection, const std::string& id) {
  o.open('{').key("id").text(id).key("links").open('[').open('{');
  o.key("rel").text("bookmark").key("href").text(x.v.base_url + std::string(collection) + id);
  o.close('}').close(']').close('}');
}

bool image_of(const Seen& x, JsonText& o) {
  if (x.s.image_id.empty())
    o.text("");
  else
    bookmark(x, o, "/images/", x.s.image_id);
  return true;
}

bool flavor_of(const Seen& x, JsonText& o) {
  if (x.v.version < 47) {
    bookmark(x, o, "/flavors/", x.s.flavor_id);
    return true;
  }
  o.open('{').key("vcpus").number(x.s.vcpus).key("ram").number(x.s.ram_mib);
  o.key("disk").number(x.s.disk_gib).key("ephemeral").number(x.s.ephemeral_gib);
  o.key("swap").number(x.s.swap_mib).key("original_name").text(x.s.flavor_name);
  o.key("extra_specs").raw(x.s.flavor_specs).close('}');
  return true;
}

bool links_of(const Seen& x, JsonText& o) {
  std::string tail = "/servers/" + x.s.id;
  o.open('[').open('{').key("rel").text("self").key("href").text(x.v.base_url + "/v2.1" + tail);
  o.close('}').open('{').key("rel").text("bookmark").key("href").text(x.v.base_url + tail);
  o.close('}').close(']');
  return true;
}

bool progress_of(const Seen& x, JsonText& o) {
  auto status = status_of(x.s.vm_state, x.s.task_state);
  o.number(x.s.progress);
  return status == "ACTIVE" || status == "BUILD" || status == "REBOOT" || status == "REBUILD" ||
         status == "RESIZE" || status == "VERIFY_RESIZE" || status == "MIGRATING";
}

bool fault_of(const Seen& x, JsonText& o) {
  bool shown = !x.s.fault_message.empty() &&
               (x.s.vm_state == VmState::error || x.s.vm_state == VmState::deleted);
  if (!shown) return false;
  o.open('{').key("code").number(x.s.fault_code).key("created").text(iso_seconds(x.s.fault_us));
  o.key("message").text(x.s.fault_message);
  if (x.v.admin && !x.s.fault_details.empty()) o.key("details").text(x.s.fault_details);
  o.close('}');
  return true;
}

// What is stored has delete_on_termination, which is shown from 2.3 on.
bool volumes_of(const Seen& x, JsonText& o) {
  bool has = x.s.volumes.find("delete_on_termination") != std::string::npos;
  if (x.s.volumes == "[]" || (has && x.v.version >= 3)) {
    o.raw(x.s.volumes);
    return true;
  }
  Json list = parse_json(x.s.volumes).value_or(Json());
  for (Json& v : list.array_ref()) {
    if (x.v.version < 3)
      v.erase("delete_on_termination");
    else if (!v.contains("delete_on_termination"))
      v.set("delete_on_termination", false);
  }
  o.raw(list.dump());
  return true;
}

bool groups_of(const Seen& x, JsonText& o) {
  o.raw(x.s.security_groups);
  return x.s.security_groups.size() > 2;
}

bool host_id_of(const Seen& x, JsonText& o) {
  if (x.s.host.empty()) {
    o.text("");
    return true;
  }
  std::string& id = x.v.host_ids[x.s.project_id + x.s.host];
  if (id.empty()) id = sha224_hex(x.s.project_id + x.s.host);
  o.text(id);
  return true;
}

bool host_status_of(const Seen& x, JsonText& o) {
  auto state = x.v.host_states.find(x.s.host);
  o.text(x.s.host.empty() ? "" : state == x.v.host_states.end() ? "UNKNOWN" : state->second);
  return true;
}

bool groups_served(const Seen& x, JsonText& o) {
  o.open('[');
  if (!x.v.server_group.empty()) o.text(x.v.server_group);
  o.close(']');
  return true;
}

std::string instance_name(const Server& s) { return "nuri-" + s.id.substr(0, 8); }
std::string brief_addresses(const Seen& x) { return short_addresses(x.s.addresses).dump(); }

// In Nova's order. Sources: nova/api/openstack/compute/views/servers.py,
// rest_api_version_history.rst.
#define NURI_WRITE(call)                                                     \
  []([[maybe_unused]] const Seen& x, [[maybe_unused]] JsonText& o) -> bool { \
    call;                                                                    \
    return true;                                                             \
  }
const std::vector<ViewField>& view_fields() {
  static const std::vector<ViewField> kFields = {
      {"id", kAll, 0, INT_MAX, false, NURI_WRITE(o.text(x.s.id))},
      {"name", kAll, 0, INT_MAX, false, NURI_WRITE(o.text(x.s.name))},
      {"status", kAll, 0, INT_MAX, false,
       NURI_WRITE(o.text(status_of(x.s.vm_state, x.s.task_state)))},
      {"tenant_id", kAll, 0, INT_MAX, false, NURI_WRITE(o.text(x.s.project_id))},
      {"user_id", kAll, 0, INT_MAX, false, NURI_WRITE(o.text(x.s.user_id))},
      {"metadata", kAll, 0, INT_MAX, false, NURI_WRITE(o.raw(x.s.metadata))},
      {"hostId", kAll, 0, INT_MAX, false, host_id_of},
      {"image", kAll, 0, INT_MAX, false, image_of},
      {"flavor", kAll, 0, INT_MAX, false, flavor_of},
      {"created", kAll, 0, INT_MAX, false, NURI_WRITE(o.text(iso_seconds(x.s.created_us)))},
      {"updated", kAll, 0, INT_MAX, false, NURI_WRITE(o.text(iso_seconds(x.s.updated_us)))},
      {"addresses", kFull, 0, INT_MAX, false, NURI_WRITE(o.raw(x.s.addresses))},
      {"addresses", kUpdate, 0, INT_MAX, false, NURI_WRITE(o.raw(brief_addresses(x)))},
      {"accessIPv4", kAll, 0, INT_MAX, false, NURI_WRITE(o.text(x.s.access_ipv4))},
      {"accessIPv6", kAll, 0, INT_MAX, false, NURI_WRITE(o.text(x.s.access_ipv6))},
      {"links", kAll, 0, INT_MAX, false, links_of},
      {"OS-DCF:diskConfig", kAll, 0, INT_MAX, false, NURI_WRITE(o.text(x.s.disk_config))},
      {"progress", kAll, 0, INT_MAX, false, progress_of},
      {"fault", kAll, 0, INT_MAX, false, fault_of},
      {"OS-EXT-AZ:availability_zone", kFull, 0, INT_MAX, false,
       NURI_WRITE(o.text(x.s.host_zone.empty() ? x.s.zone : x.s.host_zone))},
      {"config_drive", kFull, 0, INT_MAX, false,
       NURI_WRITE(o.text(x.s.config_drive ? "True" : ""))},
      {"key_name", kFull, 0, INT_MAX, false,
       NURI_WRITE(x.s.key_name ? o.text(*x.s.key_name) : o.null())},
      {"OS-SRV-USG:launched_at", kFull, 0, INT_MAX, false,
       NURI_WRITE(time_or_null(o, x.s.launched_us))},
      {"OS-SRV-USG:terminated_at", kFull, 0, INT_MAX, false,
       NURI_WRITE(time_or_null(o, x.s.terminated_us))},
      {"security_groups", kFull, 0, INT_MAX, false, groups_of},
      {"OS-EXT-SRV-ATTR:host", kFull, 0, INT_MAX, true, NURI_WRITE(null_if_empty(o, x.s.host))},
      {"OS-EXT-SRV-ATTR:instance_name", kFull, 0, INT_MAX, true,
       NURI_WRITE(o.text(instance_name(x.s)))},
      {"OS-EXT-SRV-ATTR:hypervisor_hostname", kFull, 0, INT_MAX, true,
       NURI_WRITE(null_if_empty(o, x.s.host))},
      {"OS-EXT-SRV-ATTR:reservation_id", kFull, 3, INT_MAX, true,
       NURI_WRITE(o.text(x.s.reservation_id))},
      {"OS-EXT-SRV-ATTR:launch_index", kFull, 3, INT_MAX, true,
       NURI_WRITE(o.number(x.s.launch_index))},
      {"OS-EXT-SRV-ATTR:kernel_id", kFull, 3, INT_MAX, true, NURI_WRITE(o.text(""))},
      {"OS-EXT-SRV-ATTR:ramdisk_id", kFull, 3, INT_MAX, true, NURI_WRITE(o.text(""))},
      {"OS-EXT-SRV-ATTR:hostname", kFull, 3, 89, true, NURI_WRITE(o.text(x.s.hostname))},
      {"OS-EXT-SRV-ATTR:hostname", kFull, 90, INT_MAX, false, NURI_WRITE(o.text(x.s.hostname))},
      {"OS-EXT-SRV-ATTR:root_device_name", kFull, 3, INT_MAX, true, NURI_WRITE(o.text("/dev/vda"))},
      {"OS-EXT-SRV-ATTR:user_data", kFull, 3, INT_MAX, true,
       NURI_WRITE(x.s.user_data ? o.text(*x.s.user_data) : o.null())},
      {"OS-EXT-STS:task_state", kFull, 0, INT_MAX, false,
       NURI_WRITE(null_if_empty(o, name_of(x.s.task_state)))},
      {"OS-EXT-STS:vm_state", kFull, 0, INT_MAX, false, NURI_WRITE(o.text(name_of(x.s.vm_state)))},
      {"OS-EXT-STS:power_state", kFull, 0, INT_MAX, false, NURI_WRITE(o.number(x.s.power_state))},
      {"os-extended-volumes:volumes_attached", kFull, 0, INT_MAX, false, volumes_of},
      {"locked", kAll, 9, INT_MAX, false, NURI_WRITE(o.boolean(!x.s.locked.empty()))},
      {"host_status", kFull, 16, INT_MAX, true, host_status_of},
      {"description", kAll, 19, INT_MAX, false,
       NURI_WRITE(x.s.description ? o.text(*x.s.description) : o.null())},
      {"tags", kAll, 26, INT_MAX, false, NURI_WRITE(o.raw(x.s.tags))},
      {"trusted_image_certificates", kAll, 63, INT_MAX, false, NURI_WRITE(o.null())},
      {"server_groups", kUpdate | kShow, 71, INT_MAX, false, groups_served},
      {"locked_reason", kAll, 73, INT_MAX, false, NURI_WRITE(null_if_empty(o, x.s.locked_reason))},
  };
  return kFields;
}
#undef NURI_WRITE

void write(JsonText& out, const Server& server, const Viewer& viewer, unsigned part) {
  // From 2.75 on a PUT answers with what a GET shows.
  if (part == kUpdate && viewer.version >= 75) part = kShow;
  Seen seen{server, viewer};
  out.open('{');
  for (const ViewField& f : view_fields()) {
    if (!(f.parts & part) || viewer.version < f.since || viewer.version > f.until ||
        (f.admin_only && !viewer.admin))
      continue;
    size_t before = out.out().size();
    out.key(f.name);
    if (!f.write(seen, out)) out.out().resize(before);
  }
  out.close('}');
}

Json as_json(const Server& server, const Viewer& viewer, unsigned part) {
  std::string text;
  JsonText out(text);
  write(out, server, viewer, part);
  return parse_json(text).value_or(Json::object());
}

}  // namespace

void write_brief(JsonText& out, const Server& server, const Viewer& viewer) {
  out.open('{').key("id").text(server.id).key("name").text(server.name).key("links");
  links_of({server, viewer}, out);
  out.close('}');
}
void write_detail(JsonText& out, const Server& server, const Viewer& viewer) {
  write(out, server, viewer, kDetail);
}
void write_shown(JsonText& out, const Server& server, const Viewer& viewer) {
  write(out, server, viewer, kShow);
}
Json server_updated(const Server& server, const Viewer& viewer) {
  return as_json(server, viewer, kUpdate);
}

Json server_schema(int version, bool alone) {
  static const std::map<std::string_view, const char*> kTypes = {
      {"metadata", "object"},
      {"flavor", "object"},
      {"addresses", "object"},
      {"links", "array"},
      {"fault", "object"},
      {"progress", "integer"},
      {"security_groups", "array"},
      {"locked", "boolean"},
      {"OS-EXT-STS:power_state", "integer"},
      {"server_groups", "array"},
      {"tags", "array"},
      {"OS-EXT-SRV-ATTR:launch_index", "integer"},
      {"os-extended-volumes:volumes_attached", "array"}};
  Json properties = Json::object();
  for (const ViewField& f : view_fields()) {
    if (!(f.parts & (alone ? kShow : kDetail)) || version < f.since || version > f.until) continue;
    auto type = kTypes.find(f.name);
    // An image is "" where a server has none, and texts may be null.
    properties.set(f.name, f.name == "image" ? Json::object()
                           : type != kTypes.end()
                               ? Json::object({{"type", type->second}})
                               : Json::object({{"type", Json::array({"string", "null"})}}));
  }
  return Json::object({{"type", "object"}, {"properties", properties}});
}

}  // namespace nuri::compute
