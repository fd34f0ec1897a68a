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
                                   column("held", &S::held),
                                   column("disk_number", &S::disk_number),
                                   column("disk_keep", &S::disk_keep),
                                   column("disk_kept", &S::disk_kept),
                                   column("snapshot", &S::snapshot),
                                   column("snapshot_count", &S::snapshot_count),
                                   column("resize", &S::resize),
                                   column("rescue", &S::rescue),
                                   column("shelve", &S::shelve),
                                   column("password", &S::password),
                                   column("extra_vcpus", &S::extra_vcpus),
                                   column("extra_ram_mib", &S::extra_ram_mib),
                                   column("extra_disk_gib", &S::extra_disk_gib),
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
                               },
                               "change_number", "(SELECT last FROM server_changes WHERE one=1)");
  return kTable;
}

// What a list shows: the large texts stay where they are.
const Table<Server>& listed() {
  using S = Server;
  static const Table<S> kTable("servers", 1,
                               {
                                   column("id", &S::id),
                                   column("project_id", &S::project_id),
                                   column("user_id", &S::user_id),
                                   column("name", &S::name),
                                   column("hostname", &S::hostname),
                                   column("description", &S::description),
                                   column("image_id", &S::image_id),
                                   column("flavor_id", &S::flavor_id),
                                   column("flavor_name", &S::flavor_name),
                                   column("flavor_specs", &S::flavor_specs),
                                   column("vcpus", &S::vcpus),
                                   column("ram_mib", &S::ram_mib),
                                   column("disk_gib", &S::disk_gib),
                                   column("ephemeral_gib", &S::ephemeral_gib),
                                   column("swap_mib", &S::swap_mib),
                                   column("key_name", &S::key_name),
                                   column("config_drive", &S::config_drive),
                                   column("zone", &S::zone),
                                   column("host", &S::host),
                                   column("host_zone", &S::host_zone),
                                   column("access_ipv4", &S::access_ipv4),
                                   column("access_ipv6", &S::access_ipv6),
                                   column("disk_config", &S::disk_config),
                                   column("metadata", &S::metadata),
                                   column("tags", &S::tags),
                                   column("security_groups", &S::security_groups),
                                   column("addresses", &S::addresses),
                                   column("volumes", &S::volumes),
                                   column("locked", &S::locked),
                                   column("locked_reason", &S::locked_reason),
                                   word("vm_state", &S::vm_state, vm_state_of),
                                   word("task_state", &S::task_state, task_state_of),
                                   column("power_state", &S::power_state),
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
                               });
  return kTable;
}

// The next change_number; the writes that follow in this transaction carry it.
void next_change(db::Session& s) {
  s.exec("UPDATE server_changes SET last=last+1 WHERE one=1");
}

}  // namespace

void insert_server(db::Session& s, const Server& server) {
  next_change(s);
  servers().insert(s, server);
}
bool save_server(db::Session& s, const Server& server) {
  next_change(s);
  return servers().update(s, server);
}

std::optional<Server> find_server(db::Session& s, std::string_view id) {
  return servers().one(s, "WHERE id=?1", {id});
}

std::vector<Server> listed_servers(db::Session& s, const std::vector<std::string>& ids,
                                   bool user_data) {
  std::vector<Server> out;
  out.reserve(ids.size());
  for (const auto& id : ids) {
    auto server = listed().one(s, "WHERE id=?1", {id});
    if (!server) continue;
    out.push_back(std::move(*server));
    if (!user_data) continue;
    s.each("SELECT user_data FROM servers WHERE id=?1", {id},
           [&](const db::Row& r) { out.back().user_data = r.opt_text(0); });
  }
  return out;
}

std::vector<Server> servers_on(db::Session& s, std::string_view host) {
  return listed().all(s, "WHERE host=?1 AND deleted=0 ORDER BY created_us, id", {host});
}

std::vector<Server> servers_used(db::Session& s, std::string_view project_id, TimeUs begin_us,
                                 TimeUs end_us) {
  std::string project = project_id.empty() ? "" : " AND project_id=?3";
  db::Args args = {begin_us, end_us};
  if (!project_id.empty()) args.push_back(project_id);
  return listed().all(s,
                      "WHERE launched_us>0 AND launched_us<?2 AND (terminated_us=0 OR "
                      "terminated_us>?1)" +
                          project + " ORDER BY created_us, id",
                      args);
}

void purge_deleted(db::Session& s, TimeUs before_us) {
  const std::string gone = "(SELECT id FROM servers WHERE deleted=1 AND terminated_us<?1)";
  s.exec("DELETE FROM actions WHERE server_id IN " + gone, {before_us});
  s.exec("DELETE FROM server_hints WHERE server_id IN " + gone, {before_us});
  int64_t rows = s.exec("DELETE FROM servers WHERE deleted=1 AND terminated_us<?1", {before_us});
  if (rows > 0) s.exec("UPDATE server_changes SET purged_us=?1 WHERE one=1", {before_us});
}

}  // namespace nuri::compute
