#include "compute/store/server_store.h"

#include "compute/store/columns.h"

namespace nuri::compute {

namespace {

const Table<Server>& servers() {
  using S = Server;
  static const Table<S> kTable("servers", 1,
                               {
                                   column("id", &S::id),
                                   column("project_id", &S::project_id),
                                   column("user_id", &S::user_id),
                                   column("name", &S::name),
                                   column("hostname", &S::hostname),
                                   column("request_id", &S::request_id),
                                   column("description", &S::description),
                                   column("image_id", &S::image_id),
                                   column("image", &S::image),
                                   column("flavor_id", &S::flavor_id),
                                   column("flavor_name", &S::flavor_name),
                                   column("flavor_specs", &S::flavor_specs),
                                   column("vcpus", &S::vcpus),
                                   column("ram_mib", &S::ram_mib),
                                   column("disk_gib", &S::disk_gib),
                                   column("ephemeral_gib", &S::ephemeral_gib),
                                   column("swap_mib", &S::swap_mib),
                                   column("key_name", &S::key_name),
                                   column("key_data", &S::key_data),
                                   column("user_data", &S::user_data),
                                   column("config_drive", &S::config_drive),
                                   column("zone", &S::zone),
                                   column("forced_host", &S::forced_host),
                                   column("host", &S::host),
                                   column("host_zone", &S::host_zone),
                                   column("access_ipv4", &S::access_ipv4),
                                   column("access_ipv6", &S::access_ipv6),
                                   column("disk_config", &S::disk_config),
                                   column("metadata", &S::metadata),
                                   column("tags", &S::tags),
                                   column("security_groups", &S::security_groups),
                                   column("security_group_ids", &S::security_group_ids),
                                   column("addresses", &S::addresses),
                                   column("volumes", &S::volumes),
                                   column("locked", &S::locked),
                                   column("locked_reason", &S::locked_reason),
                                   word("vm_state", &S::vm_state, vm_state_of),
                                   word("task_state", &S::task_state, task_state_of),
                                   column("task_since_us", &S::task_since_us),
                                   column("power_state", &S::power_state),
                                   column("wants_running", &S::wants_running),
                                   column("reboot_count", &S::reboot_count),
                                   column("reboot_type", &S::reboot_type),
                                   column("spec_revision", &S::spec_revision),
                                   column("progress", &S::progress),
                                   column("created_us", &S::created_us),
                                   column("updated_us", &S::updated_us),
                                   column("launched_us", &S::launched_us),
                                   column("terminated_us", &S::terminated_us),
                                   column("deleted", &S::deleted),
                                   column("fault_code", &S::fault_code),
                                   column("fault_message", &S::fault_message),
                                   column("fault_details", &S::fault_details),
                                   column("fault_us", &S::fault_us),
                                   column("reservation_id", &S::reservation_id),
                                   column("launch_index", &S::launch_index),
                                   column("placement", &S::placement),
                                   column("trace", &S::trace),
                                   column("stages", &S::stages),
                                   column("usage_state", &S::usage_state),
                               });
  return kTable;
}

// A pattern as Nova's clients write it (a regular expression) as far as LIKE goes: ^ $ . and .*
std::string like_of(std::string_view pattern) {
  bool start = pattern.starts_with('^'), end = pattern.ends_with('$');
  if (start) pattern.remove_prefix(1);
  if (end && !pattern.empty()) pattern.remove_suffix(1);
  std::string out = start ? "" : "%";
  for (size_t i = 0; i < pattern.size(); ++i) {
    char c = pattern[i];
    if (c == '.' && i + 1 < pattern.size() && pattern[i + 1] == '*') {
      out += '%';
      ++i;
    } else if (c == '\\' && i + 1 < pattern.size()) {
      out += pattern[++i];
    } else if (c == '%' || c == '_' || c == '!') {
      out += '!';
      out += c;
    } else {
      out += c;
    }
  }
  return out + (end ? "" : "%");
}

// Collects conditions and their parameters.
struct Where {
  std::string sql = "WHERE 1=1";
  db::Args args;
  std::string mark(db::Arg a) {
    args.push_back(std::move(a));
    return "?" + std::to_string(args.size());
  }
  void equal(const char* name, const std::string& value) {
    if (!value.empty()) sql += std::string(" AND ") + name + "=" + mark(value);
  }
  void like(const char* name, const std::string& pattern) {
    sql += std::string(" AND lower(") + name + ") LIKE lower(" + mark(pattern) + ") ESCAPE '!'";
  }
  // Tags are a JSON list of strings: a tag is in it where its quoted form is.
  std::string has_tag(const std::string& tag) {
    return "tags LIKE " + mark("%" + escaped(Json(tag).dump()) + "%") + " ESCAPE '!'";
  }
  static std::string escaped(const std::string& text) {
    std::string out;
    for (char c : text) {
      if (c == '%' || c == '_' || c == '!') out += '!';
      out += c;
    }
    return out;
  }
};

void add_states(Where& w, const ServerFilter& f) {
  if (f.states.empty()) return;
  std::string any;
  for (const StatePair& p : f.states) {
    std::string one = "(vm_state=" + w.mark(name_of(p.vm));
    std::string tasks;
    for (TaskState t : p.tasks) tasks += (tasks.empty() ? "" : ",") + w.mark(name_of(t));
    if (tasks.empty() && p.vm == VmState::active)
      one += " AND task_state NOT IN ('rebooting','rebooting_hard')";
    if (tasks.empty() && p.vm == VmState::stopped) one += " AND task_state<>'rebooting_hard'";
    if (!tasks.empty()) one += " AND task_state IN (" + tasks + ")";
    any += (any.empty() ? "" : " OR ") + one + ")";
  }
  w.sql += " AND (" + any + ")";
}

void add_tags(Where& w, const ServerFilter& f) {
  auto any_of = [&](const std::vector<std::string>& tags, const char* join) {
    std::string out;
    for (const auto& t : tags) out += (out.empty() ? "" : join) + w.has_tag(t);
    return "(" + out + ")";
  };
  if (!f.tags.empty()) w.sql += " AND " + any_of(f.tags, " AND ");
  if (!f.tags_any.empty()) w.sql += " AND " + any_of(f.tags_any, " OR ");
  if (!f.not_tags.empty()) w.sql += " AND NOT " + any_of(f.not_tags, " AND ");
  if (!f.not_tags_any.empty()) w.sql += " AND NOT " + any_of(f.not_tags_any, " OR ");
}

Where where_of(const ServerFilter& f) {
  Where w;
  w.equal("project_id", f.project_id);
  if (!f.both) w.sql += std::string(" AND deleted=") + (f.deleted ? "1" : "0");
  if (f.no_such_status) w.sql += " AND 1=0";
  add_states(w, f);
  w.equal("image_id", f.image);
  w.equal("flavor_id", f.flavor);
  w.equal("host", f.host);
  w.equal("host_zone", f.zone);
  w.equal("user_id", f.user);
  w.equal("key_name", f.key_name);
  w.equal("reservation_id", f.reservation);
  w.equal("id", f.uuid);
  w.equal("hostname", f.hostname);
  w.equal("vm_state", f.vm_state);
  w.equal("task_state", f.task_state);
  if (!f.name.empty()) w.like("name", like_of(f.name));
  if (!f.description.empty()) w.like("description", like_of(f.description));
  for (const std::string* ip : {&f.ip, &f.ip6}) {
    if (!ip->empty()) w.like("addresses", "%\"addr\":\"" + like_of(*ip) + "%");
  }
  if (f.locked) w.sql += *f.locked ? " AND locked<>''" : " AND locked=''";
  if (f.config_drive) w.sql += " AND config_drive=" + w.mark(*f.config_drive);
  if (f.power_state) w.sql += " AND power_state=" + w.mark(*f.power_state);
  if (f.changes_since) w.sql += " AND updated_us>=" + w.mark(*f.changes_since);
  if (f.changes_before) w.sql += " AND updated_us<=" + w.mark(*f.changes_before);
  add_tags(w, f);
  return w;
}

}  // namespace

void insert_server(db::Session& s, const Server& server) { servers().insert(s, server); }
bool save_server(db::Session& s, const Server& server) { return servers().update(s, server); }

std::optional<Server> find_server(db::Session& s, std::string_view id) {
  return servers().one(s, "WHERE id=?1", {id});
}

Result<std::vector<Server>> list_servers(db::Session& s, const ServerFilter& f) {
  Where w = where_of(f);
  if (!f.marker.empty()) {
    bool known = s.count("SELECT count(*) FROM servers WHERE id=?1 AND (?2='' OR project_id=?2)",
                         {f.marker, f.project_id}) > 0;
    if (!known) return bad_request("marker [" + f.marker + "] not found", "marker");
    std::string m = w.mark(f.marker), key = f.sort_key, than = f.ascending ? ">" : "<";
    std::string at = "(SELECT " + key + " FROM servers WHERE id=" + m + ")";
    w.sql += " AND (" + key + than + at + " OR (" + key + "=" + at + " AND id" + than + m + "))";
  }
  std::string direction = f.ascending ? " ASC" : " DESC";
  w.sql += " ORDER BY " + f.sort_key + direction + ", id" + direction + " LIMIT " + w.mark(f.limit);
  return servers().all(s, w.sql, w.args);
}

void purge_deleted(db::Session& s, TimeUs before_us) {
  s.exec(
      "DELETE FROM actions WHERE server_id IN (SELECT id FROM servers WHERE deleted=1 AND "
      "terminated_us<?1)",
      {before_us});
  s.exec("DELETE FROM servers WHERE deleted=1 AND terminated_us<?1", {before_us});
  s.exec("DELETE FROM answers WHERE created_us<?1", {before_us});
}

}  // namespace nuri::compute
