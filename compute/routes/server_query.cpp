#include "compute/routes/server_query.h"

#include <algorithm>
#include <map>
#include <set>

#include "services/base/fields.h"

namespace nuri::compute {

namespace {

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> out;
  size_t at = 0;
  while (at <= text.size() && !text.empty()) {
    size_t comma = std::min(text.find(',', at), text.size());
    out.push_back(text.substr(at, comma - at));
    at = comma + 1;
  }
  return out;
}

const std::set<std::string, std::less<>>& known_keys() {
  static const std::set<std::string, std::less<>> kKeys = {"name",
                                                           "status",
                                                           "image",
                                                           "flavor",
                                                           "host",
                                                           "ip",
                                                           "ip6",
                                                           "tenant_id",
                                                           "project_id",
                                                           "all_tenants",
                                                           "changes-since",
                                                           "changes-before",
                                                           "limit",
                                                           "marker",
                                                           "sort_key",
                                                           "sort_dir",
                                                           "tags",
                                                           "tags-any",
                                                           "not-tags",
                                                           "not-tags-any",
                                                           "user_id",
                                                           "key_name",
                                                           "reservation_id",
                                                           "uuid",
                                                           "hostname",
                                                           "availability_zone",
                                                           "config_drive",
                                                           "power_state",
                                                           "vm_state",
                                                           "task_state",
                                                           "locked",
                                                           "deleted",
                                                           "description",
                                                           "access_ip_v4",
                                                           "access_ip_v6",
                                                           "created_at",
                                                           "updated_at",
                                                           "launched_at",
                                                           "terminated_at",
                                                           "display_name",
                                                           "display_description",
                                                           "image_ref",
                                                           "instance_type_id",
                                                           "kernel_id",
                                                           "ramdisk_id",
                                                           "launch_index",
                                                           "node",
                                                           "progress",
                                                           "root_device_name",
                                                           "soft_deleted",
                                                           "locked_by",
                                                           "auto_disk_config",
                                                           "cleaned",
                                                           "created_at",
                                                           "internal_id"};
  return kKeys;
}

Status read_sort(const Request& request, ServerFilter& f) {
  static const std::map<std::string, std::string, std::less<>> kColumns = {
      {"created_at", "created_us"},
      {"updated_at", "updated_us"},
      {"launched_at", "launched_us"},
      {"display_name", "name"},
      {"name", "name"},
      {"uuid", "id"},
      {"vm_state", "vm_state"},
      {"task_state", "task_state"},
      {"power_state", "power_state"},
      {"host", "host"},
      {"project_id", "project_id"},
      {"user_id", "user_id"},
      {"hostname", "hostname"},
      {"key_name", "key_name"},
      {"image_ref", "image_id"},
      {"instance_type_id", "flavor_id"},
      {"availability_zone", "host_zone"},
      {"progress", "progress"},
      {"locked", "locked"},
      {"config_drive", "config_drive"},
      {"launch_index", "launch_index"},
      {"access_ip_v4", "access_ipv4"},
      {"access_ip_v6", "access_ipv6"},
      {"display_description", "description"},
      {"reservation_id", "reservation_id"},
      {"terminated_at", "terminated_us"}};
  if (const std::string* key = request.query.find("sort_key")) {
    auto column = kColumns.find(*key);
    if (column == kColumns.end())
      return bad_request("Sort key '" + key->substr(0, 80) +
                             "' is not supported: created_at, updated_at, display_name, uuid, "
                             "vm_state and their like are.",
                         "sort_key");
    f.sort_key = column->second;
  }
  if (const std::string* dir = request.query.find("sort_dir")) {
    if (*dir != "asc" && *dir != "desc")
      return bad_request("sort_dir must be asc or desc.", "sort_dir");
    f.ascending = *dir == "asc";
  }
  return {};
}

Result<std::optional<TimeUs>> time_of(const Request& request, const char* name) {
  const std::string* text = request.query.find(name);
  if (!text) return std::optional<TimeUs>();
  auto t = parse_iso(*text);
  if (!t)
    return bad_request(std::string("Invalid input for query parameters ") + name +
                           ". Value: " + text->substr(0, 80) + ". It must be an ISO 8601 time.",
                       name);
  return std::optional<TimeUs>(*t);
}

void read_status(const Request& request, bool admin, ServerFilter& f) {
  for (const auto& status : request.query.all("status")) {
    std::string upper = status;
    std::transform(upper.begin(), upper.end(), upper.begin(),
                   [](unsigned char ch) { return std::toupper(ch); });
    if (upper == "DELETED" && admin) f.deleted = true;
    for (auto& pair : states_of(upper)) f.states.push_back(pair);
  }
  f.no_such_status = request.query.contains("status") && f.states.empty();
}

Status read_tags(const Request& request, int version, ServerFilter& f) {
  if (version < 26) return {};
  f.tags = split(request.query.get("tags"));
  f.tags_any = split(request.query.get("tags-any"));
  f.not_tags = split(request.query.get("not-tags"));
  f.not_tags_any = split(request.query.get("not-tags-any"));
  size_t most =
      std::max({f.tags.size(), f.tags_any.size(), f.not_tags.size(), f.not_tags_any.size()});
  return most > 50 ? Status(bad_request("At most 50 tags can be filtered by.", "tags")) : Status{};
}

}  // namespace

Result<ServerFilter> read_server_filter(const Request& request, const Context& c) {
  ServerFilter f;
  const Query& q = request.query;
  bool admin = c.claims.is_admin();
  if (c.microversion >= 75) {
    for (const auto& [key, value] : q.items()) {
      if (!known_keys().contains(key))
        return bad_request("Invalid filter: '" + key.substr(0, 80) + "' is not known.",
                           key.substr(0, 80));
    }
  }
  f.limit = TRY(limit_of(request));
  f.marker = q.get("marker");
  TRYV(read_sort(request, f));
  bool all = TRY(flag_of(request, "all_tenants", false));
  if (all && !admin)
    return forbidden(
        "Policy doesn't allow os_compute_api:servers:index:get_all_tenants to be performed.");
  std::string project = q.get("project_id").empty() ? q.get("tenant_id") : q.get("project_id");
  f.project_id = admin && (all || !project.empty()) ? project : c.claims.project_id;
  if (admin && !all && !project.empty())
    f.project_id = c.claims.project_id;  // as Nova: only together with all_tenants
  read_status(request, admin, f);
  f.changes_since = TRY(time_of(request, "changes-since"));
  if (c.microversion >= 66) f.changes_before = TRY(time_of(request, "changes-before"));
  f.both = f.changes_since.has_value();
  if (admin && TRY(flag_of(request, "deleted", false))) f.deleted = true;
  f.name = q.contains("name") ? q.get("name") : q.get("display_name");
  f.image = q.get("image");
  f.flavor = q.get("flavor");
  f.ip = q.get("ip");
  if (admin || c.microversion >= 5) f.ip6 = q.get("ip6");
  f.reservation = q.get("reservation_id");
  f.key_name = q.get("key_name");
  f.uuid = q.get("uuid");
  f.zone = q.get("availability_zone");
  f.vm_state = q.get("vm_state");
  f.task_state = q.get("task_state");
  f.hostname = q.get("hostname");
  if (q.contains("power_state")) {
    FieldRules rules;
    rules.name = "power_state";
    rules.type = "integer";
    TRYV(check_field(rules, Json(q.get("power_state"))));
    f.power_state = std::stoll(q.get("power_state"));
  }
  if (q.contains("config_drive")) f.config_drive = TRY(flag_of(request, "config_drive", false));
  if (q.contains("locked") && c.microversion >= 73)
    f.locked = TRY(flag_of(request, "locked", false));
  if (admin) {
    f.host = q.get("host");
    f.user = q.get("user_id");
  } else if (q.contains("user_id") && q.get("user_id") != c.claims.user_id) {
    f.user = q.get("user_id");
  }
  TRYV(read_tags(request, c.microversion, f));
  return f;
}

}  // namespace nuri::compute
