#include "compute/store/schema.h"

namespace nuri::compute {

const std::vector<db::Migration> kMigrations = {
    {1, R"sql(
CREATE TABLE servers (
  id TEXT PRIMARY KEY, project_id TEXT NOT NULL, user_id TEXT NOT NULL, name TEXT NOT NULL,
  hostname TEXT NOT NULL, request_id TEXT NOT NULL, description TEXT,
  image_id TEXT NOT NULL, image TEXT NOT NULL,
  flavor_id TEXT NOT NULL, flavor_name TEXT NOT NULL, flavor_specs TEXT NOT NULL,
  vcpus BIGINT NOT NULL, ram_mib BIGINT NOT NULL, disk_gib BIGINT NOT NULL,
  ephemeral_gib BIGINT NOT NULL, swap_mib BIGINT NOT NULL,
  key_name TEXT, key_data TEXT, user_data TEXT, config_drive BIGINT NOT NULL,
  zone TEXT NOT NULL, forced_host TEXT NOT NULL, host TEXT NOT NULL, host_zone TEXT NOT NULL,
  access_ipv4 TEXT NOT NULL, access_ipv6 TEXT NOT NULL, disk_config TEXT NOT NULL,
  metadata TEXT NOT NULL, tags TEXT NOT NULL, security_groups TEXT NOT NULL,
  security_group_ids TEXT NOT NULL, addresses TEXT NOT NULL, volumes TEXT NOT NULL,
  locked TEXT NOT NULL, locked_reason TEXT NOT NULL,
  vm_state TEXT NOT NULL, task_state TEXT NOT NULL, task_since_us BIGINT NOT NULL,
  power_state BIGINT NOT NULL, wants_running BIGINT NOT NULL, reboot_count BIGINT NOT NULL,
  reboot_type TEXT NOT NULL, spec_revision BIGINT NOT NULL, progress BIGINT NOT NULL,
  created_us BIGINT NOT NULL, updated_us BIGINT NOT NULL, launched_us BIGINT NOT NULL,
  terminated_us BIGINT NOT NULL, deleted BIGINT NOT NULL,
  fault_code BIGINT NOT NULL, fault_message TEXT NOT NULL, fault_details TEXT NOT NULL,
  fault_us BIGINT NOT NULL, reservation_id TEXT NOT NULL, launch_index BIGINT NOT NULL,
  placement TEXT NOT NULL, trace TEXT NOT NULL, stages TEXT NOT NULL, usage_state TEXT NOT NULL
);
CREATE INDEX servers_project ON servers (project_id, deleted, created_us);
CREATE INDEX servers_created ON servers (deleted, created_us);
CREATE INDEX servers_host ON servers (host, deleted);
CREATE TABLE server_ports (
  id TEXT PRIMARY KEY, server_id TEXT NOT NULL, network_id TEXT NOT NULL, position BIGINT NOT NULL,
  ours BIGINT NOT NULL, fixed_ips TEXT NOT NULL, state TEXT NOT NULL, mac TEXT NOT NULL,
  network_name TEXT NOT NULL, mtu BIGINT NOT NULL, addresses TEXT NOT NULL, floating TEXT NOT NULL,
  metadata_port TEXT NOT NULL, status TEXT NOT NULL, tag TEXT NOT NULL
);
CREATE INDEX server_ports_server ON server_ports (server_id, position);
CREATE TABLE server_volumes (
  attachment_id TEXT PRIMARY KEY, server_id TEXT NOT NULL, volume_id TEXT NOT NULL, project_id TEXT NOT NULL,
  device TEXT NOT NULL, state TEXT NOT NULL, path TEXT NOT NULL, format TEXT NOT NULL,
  serial TEXT NOT NULL, tag TEXT NOT NULL, size_gib BIGINT NOT NULL, since_us BIGINT NOT NULL
);
CREATE UNIQUE INDEX server_volumes_once ON server_volumes (server_id, volume_id);
CREATE TABLE allocations (
  server_id TEXT PRIMARY KEY, project_id TEXT NOT NULL, host TEXT NOT NULL,
  vcpus BIGINT NOT NULL, ram_mib BIGINT NOT NULL, disk_gib BIGINT NOT NULL
);
CREATE INDEX allocations_project ON allocations (project_id);
CREATE INDEX allocations_host ON allocations (host);
CREATE TABLE quotas (
  project_id TEXT PRIMARY KEY, instances BIGINT NOT NULL, cores BIGINT NOT NULL, ram_mib BIGINT NOT NULL,
  key_pairs BIGINT NOT NULL, metadata_items BIGINT NOT NULL,
  server_groups BIGINT NOT NULL, server_group_members BIGINT NOT NULL
);
CREATE TABLE flavors (
  id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, description TEXT, vcpus BIGINT NOT NULL,
  ram_mib BIGINT NOT NULL, disk_gib BIGINT NOT NULL, ephemeral_gib BIGINT NOT NULL,
  swap_mib BIGINT NOT NULL, rxtx_factor DOUBLE PRECISION NOT NULL, is_public BIGINT NOT NULL,
  specs TEXT NOT NULL, created_us BIGINT NOT NULL
);
CREATE TABLE flavor_access (
  flavor_id TEXT NOT NULL REFERENCES flavors (id) ON DELETE CASCADE, project_id TEXT NOT NULL,
  PRIMARY KEY (flavor_id, project_id)
);
CREATE TABLE keypairs (
  user_id TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, public_key TEXT NOT NULL,
  fingerprint TEXT NOT NULL, number BIGINT NOT NULL, created_us BIGINT NOT NULL,
  PRIMARY KEY (user_id, name)
);
CREATE TABLE hosts (
  name TEXT PRIMARY KEY, id TEXT NOT NULL, zone TEXT NOT NULL, hypervisor_type TEXT NOT NULL,
  driver TEXT NOT NULL, arch TEXT NOT NULL, address TEXT NOT NULL, hypervisor_version BIGINT NOT NULL,
  vcpus BIGINT NOT NULL, memory_mib BIGINT NOT NULL, disk_gib BIGINT NOT NULL,
  memory_used_mib BIGINT NOT NULL, disk_used_gib BIGINT NOT NULL, running BIGINT NOT NULL,
  seen_us BIGINT NOT NULL, created_us BIGINT NOT NULL, enabled BIGINT NOT NULL,
  forced_down BIGINT NOT NULL, disabled_reason TEXT NOT NULL
);
CREATE TABLE actions (
  request_id TEXT NOT NULL, server_id TEXT NOT NULL, action TEXT NOT NULL, user_id TEXT NOT NULL,
  project_id TEXT NOT NULL, start_us BIGINT NOT NULL, updated_us BIGINT NOT NULL,
  finish_us BIGINT NOT NULL, event TEXT NOT NULL, result TEXT NOT NULL, message TEXT NOT NULL,
  PRIMARY KEY (server_id, request_id, action)
);
CREATE TABLE answers (
  key TEXT PRIMARY KEY, body_hash TEXT NOT NULL, answer TEXT NOT NULL, created_us BIGINT NOT NULL
);
)sql"},
    {2, R"sql(
CREATE INDEX server_volumes_volume ON server_volumes (volume_id);
)sql"},
    {3, R"sql(
ALTER TABLE servers ADD COLUMN held TEXT NOT NULL DEFAULT '';
ALTER TABLE servers ADD COLUMN disk_number BIGINT NOT NULL DEFAULT 0;
ALTER TABLE servers ADD COLUMN disk_keep BIGINT NOT NULL DEFAULT 0;
ALTER TABLE servers ADD COLUMN disk_kept BIGINT NOT NULL DEFAULT 0;
ALTER TABLE servers ADD COLUMN snapshot TEXT NOT NULL DEFAULT 'null';
ALTER TABLE servers ADD COLUMN snapshot_count BIGINT NOT NULL DEFAULT 0;
ALTER TABLE servers ADD COLUMN resize TEXT NOT NULL DEFAULT 'null';
ALTER TABLE servers ADD COLUMN rescue TEXT NOT NULL DEFAULT 'null';
ALTER TABLE servers ADD COLUMN shelve TEXT NOT NULL DEFAULT 'null';
ALTER TABLE servers ADD COLUMN extra_vcpus BIGINT NOT NULL DEFAULT 0;
ALTER TABLE servers ADD COLUMN extra_ram_mib BIGINT NOT NULL DEFAULT 0;
ALTER TABLE servers ADD COLUMN extra_disk_gib BIGINT NOT NULL DEFAULT 0;
ALTER TABLE servers ADD COLUMN password TEXT NOT NULL DEFAULT '';
ALTER TABLE server_volumes ADD COLUMN source TEXT NOT NULL DEFAULT 'null';
ALTER TABLE server_volumes ADD COLUMN delete_on_termination BIGINT NOT NULL DEFAULT 0;
)sql"},
    // Needs the ledger's tables, which take over quotas and allocations. change_number grows with
    // each write of a server: the list index reads what is new by it.
    {4, R"sql(
CREATE TABLE server_groups (
  id TEXT PRIMARY KEY, project_id TEXT NOT NULL, user_id TEXT NOT NULL, name TEXT NOT NULL,
  policy TEXT NOT NULL, max_per_host BIGINT NOT NULL, created_us BIGINT NOT NULL
);
CREATE INDEX server_groups_project ON server_groups (project_id, created_us);
CREATE TABLE server_hints (
  server_id TEXT PRIMARY KEY, group_id TEXT NOT NULL, same_host TEXT NOT NULL,
  different_host TEXT NOT NULL
);
CREATE INDEX server_hints_group ON server_hints (group_id);
CREATE TABLE aggregates (
  id BIGINT PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, name TEXT NOT NULL UNIQUE,
  metadata TEXT NOT NULL, created_us BIGINT NOT NULL, updated_us BIGINT NOT NULL
);
CREATE TABLE aggregate_hosts (
  aggregate_id BIGINT NOT NULL REFERENCES aggregates (id) ON DELETE CASCADE, host TEXT NOT NULL,
  PRIMARY KEY (aggregate_id, host)
);
INSERT INTO ledger_limits (book, holder, resource, amount)
  SELECT 'project', project_id, 'instances', instances FROM quotas UNION ALL
  SELECT 'project', project_id, 'cores', cores FROM quotas UNION ALL
  SELECT 'project', project_id, 'ram', ram_mib FROM quotas UNION ALL
  SELECT 'project', project_id, 'key_pairs', key_pairs FROM quotas UNION ALL
  SELECT 'project', project_id, 'metadata_items', metadata_items FROM quotas UNION ALL
  SELECT 'project', project_id, 'server_groups', server_groups FROM quotas UNION ALL
  SELECT 'project', project_id, 'server_group_members', server_group_members FROM quotas;
DROP TABLE quotas;
DROP TABLE allocations;
DROP TABLE answers;
ALTER TABLE hosts ADD COLUMN uptime_s BIGINT NOT NULL DEFAULT 0;
ALTER TABLE servers ADD COLUMN change_number BIGINT NOT NULL DEFAULT 0;
CREATE INDEX servers_change ON servers (change_number);
CREATE TABLE server_changes (
  one BIGINT PRIMARY KEY, last BIGINT NOT NULL, purged_us BIGINT NOT NULL
);
INSERT INTO server_changes (one, last, purged_us) VALUES (1, 0, 0);
)sql"},
};

}  // namespace nuri::compute
