#include "compute/routes/server_query.h"

#include <algorithm>
#include <map>
#include <set>

#include "services/base/fields.h"

namespace nuri::compute {

namespace {

constexpr int kFirstStrict = 75;        // unknown parameters are refused
constexpr int kFirstOpenFilters = 83;   // members may filter by what administrators could before
constexpr int kFirstStrictStatus = 38;  // an unknown status is refused
constexpr size_t kMaxTags = 50, kMaxSortKeys = 10;

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

// Nova's names of what a list is sorted by; most of them are filters too.
const std::map<std::string, SortKey, std::less<>>& sort_keys() {
  static const std::map<std::string, SortKey, std::less<>> kKeys = {
      {"created_at", SortKey::created},
      {"updated_at", SortKey::updated},
      {"launched_at", SortKey::launched},
      {"terminated_at", SortKey::terminated},
      {"display_name", SortKey::name},
      {"name", SortKey::name},
      {"uuid", SortKey::id},
      {"vm_state", SortKey::vm_state},
      {"task_state", SortKey::task_state},
      {"power_state", SortKey::power_state},
      {"host", SortKey::host},
      {"node", SortKey::host},
      {"project_id", SortKey::project},
      {"user_id", SortKey::user},
      {"hostname", SortKey::hostname},
      {"key_name", SortKey::key_name},
      {"image_ref", SortKey::image},
      {"instance_type_id", SortKey::flavor},
      {"availability_zone", SortKey::zone},
      {"progress", SortKey::progress},
      {"locked", SortKey::locked},
      {"locked_by", SortKey::locked},
      {"config_drive", SortKey::config_drive},
      {"launch_index", SortKey::launch_index},
      {"access_ip_v4", SortKey::access_ipv4},
      {"access_ip_v6", SortKey::access_ipv6},
      {"display_description", SortKey::description},
      {"reservation_id", SortKey::reservation}};
  return kKeys;
}

const std::set<std::string, std::less<>>& other_keys() {
  static const std::set<std::string, std::less<>> kKeys = {
      "status",          "image",        "flavor",           "ip",          "ip6",
      "tenant_id",       "all_tenants",  "changes-since",    "limit",       "marker",
      "sort_key",        "sort_dir",     "deleted",          "description", "kernel_id",
      "ramdisk_id",      "soft_deleted", "auto_disk_config", "cleaned",     "internal_id",
      "root_device_name"};
  return kKeys;
}

Status check_keys(const Query& q, int version) {
  if (version < kFirstStrict) return {};
  static const std::set<std::string, std::less<>> kTags = {"tags", "tags-any", "not-tags",
                                                           "not-tags-any", "changes-before"};
  for (const auto& [key, value] : q.items()) {
    if (!sort_keys().contains(key) && !other_keys().contains(key) && !kTags.contains(key))
      return bad_request(
          "Additional properties are not allowed ('" + key.substr(0, 80) + "' was unexpected).",
          key.substr(0, 80));
  }
  return {};
}

// sort_key and sort_dir may be given several times, in pairs; a missing direction is the last one.
Status read_sort(const Query& q, ServerFilter& f) {
  auto keys = q.all("sort_key"), directions = q.all("sort_dir");
  if (keys.size() > kMaxSortKeys || directions.size() > std::max<size_t>(keys.size(), 1))
    return bad_request("sort_key can be given ten times, each with one sort_dir.", "sort_key");
  for (const auto& d : directions) {
    if (d != "asc" && d != "desc") return bad_request("sort_dir must be asc or desc.", "sort_dir");
  }
  if (keys.empty() && !directions.empty()) keys.push_back("created_at");
  for (size_t i = 0; i < keys.size(); ++i) {
    auto found = sort_keys().find(keys[i]);
    if (found == sort_keys().end())
      return bad_request("Sort key '" + keys[i].substr(0, 80) +
                             "' is not supported: created_at, updated_at, display_name, uuid, "
                             "vm_state and their like are.",
                         "sort_key");
    bool ascending = i < directions.size() ? directions[i] == "asc"
                     : f.sort.empty()      ? false
                                           : f.sort.back().ascending;
    f.sort.push_back({found->second, ascending});
  }
  return {};
}

Status read_status(const Query& q, const Context& c, ServerFilter& f) {
  for (const auto& status : q.all("status")) {
    std::string upper = status;
    std::transform(upper.begin(), upper.end(), upper.begin(),
                   [](unsigned char ch) { return std::toupper(ch); });
    auto states = states_of(upper);
    if (states.empty() && c.microversion >= kFirstStrictStatus)
      return bad_request("Invalid status value: " + status.substr(0, 80), "status");
    if (upper == "DELETED" && !c.claims.is_admin())
      return forbidden("Only administrators may list deleted instances");
    f.deleted = f.deleted || upper == "DELETED";
    f.states.insert(f.states.end(), states.begin(), states.end());
  }
  f.no_such_status = q.contains("status") && f.states.empty();
  return {};
}

Status read_tags(const Query& q, ServerFilter& f) {
  for (auto [name, list] :
       {std::pair{"tags", &f.tags}, std::pair{"tags-any", &f.tags_any},
        std::pair{"not-tags", &f.not_tags}, std::pair{"not-tags-any", &f.not_tags_any}}) {
    *list = split(q.get(name));
    if (list->size() > kMaxTags) return bad_request("At most 50 tags can be filtered by.", name);
  }
  return {};
}

// Whose servers. Without all_tenants another project's id counts for nothing, as in Nova.
Status read_project(const Request& request, const Context& c, ServerFilter& f) {
  bool all = TRY(flag_of(request, "all_tenants", false));
  if (all && !c.claims.is_admin())
    return forbidden(
        "Policy doesn't allow os_compute_api:servers:index:get_all_tenants to be performed.");
  TRYV(need_own_list(c));
  const Query& q = request.query;
  std::string asked = q.get("project_id").empty() ? q.get("tenant_id") : q.get("project_id");
  f.project_id = all ? asked : c.claims.project_id;
  return {};
}

// What only administrators filter by before 2.83.
Status read_open_filters(const Request& request, ServerFilter& f) {
  const Query& q = request.query;
  f.zone = q.get("availability_zone");
  f.key_name = q.get("key_name");
  f.vm_state = q.get("vm_state");
  f.task_state = q.get("task_state");
  f.user = q.get("user_id");
  f.power_state = TRY(number_of(request, "power_state"));
  f.progress = TRY(number_of(request, "progress"));
  f.created = TRY(time_of(request, "created_at"));
  f.launched = TRY(time_of(request, "launched_at"));
  f.terminated = TRY(time_of(request, "terminated_at"));
  if (q.contains("config_drive")) f.config_drive = TRY(flag_of(request, "config_drive", false));
  return {};
}

Status read_admin_filters(const Request& request, ServerFilter& f) {
  const Query& q = request.query;
  f.host = q.get("host").empty() ? q.get("node") : q.get("host");
  f.uuid = q.get("uuid");
  f.hostname = q.get("hostname");
  f.access_ipv4 = q.get("access_ip_v4");
  f.access_ipv6 = q.get("access_ip_v6");
  f.description = q.contains("description") ? q.get("description") : q.get("display_description");
  f.launch_index = TRY(number_of(request, "launch_index"));
  if (TRY(flag_of(request, "deleted", false))) f.deleted = true;
  if (f.image.empty()) f.image = q.get("image_ref");
  if (f.flavor.empty()) f.flavor = q.get("instance_type_id");
  return {};
}

}  // namespace

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

Result<std::optional<int64_t>> number_of(const Request& request, const char* name) {
  const std::string* text = request.query.find(name);
  if (!text) return std::optional<int64_t>();
  FieldRules rules;
  rules.name = name;
  rules.type = "integer";
  rules.min = INT32_MIN;
  rules.max = INT32_MAX;
  TRYV(check_field(rules, Json(*text)));
  return std::optional<int64_t>(std::stoll(*text));
}

Result<ServerFilter> read_server_filter(const Request& request, const Context& c) {
  ServerFilter f;
  const Query& q = request.query;
  bool admin = c.claims.is_admin();
  int version = c.microversion;
  TRYV(check_keys(q, version));
  f.limit = TRY(limit_of(request));
  if (q.get("limit") == "0") f.limit = 0;  // a page of servers may be empty; others' 0 is no limit
  f.marker = q.get("marker");
  TRYV(read_sort(q, f));
  TRYV(read_project(request, c, f));
  TRYV(read_status(q, c, f));
  f.changes_since = TRY(time_of(request, "changes-since"));
  if (version >= 66) f.changes_before = TRY(time_of(request, "changes-before"));
  if (f.changes_since && f.changes_before && *f.changes_since > *f.changes_before)
    return bad_request("The value of changes-since must be less than or equal to changes-before.",
                       "changes-since");
  f.both = f.changes_since || f.changes_before;
  f.name = q.contains("name") ? q.get("name") : q.get("display_name");
  f.image = q.get("image");
  f.flavor = q.get("flavor");
  f.ip = q.get("ip");
  if (admin || version >= 5) f.ip6 = q.get("ip6");
  f.reservation = q.get("reservation_id");
  if (q.contains("locked") && version >= 73) f.locked = TRY(flag_of(request, "locked", false));
  if (version >= 26) TRYV(read_tags(q, f));
  if (admin || version >= kFirstOpenFilters) TRYV(read_open_filters(request, f));
  if (admin) TRYV(read_admin_filters(request, f));
  return f;
}

}  // namespace nuri::compute
