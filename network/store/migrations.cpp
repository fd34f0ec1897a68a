#include "network/store/rows.h"

namespace nuri::network {

// Columns that every resource has come first, in the order of Common.
const std::vector<db::Migration> kMigrations = {{1, R"sql(
CREATE TABLE networks (
  id TEXT PRIMARY KEY, project_id TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL, tags TEXT NOT NULL,
  revision BIGINT NOT NULL, created_us BIGINT NOT NULL, updated_us BIGINT NOT NULL,
  admin_state_up BIGINT NOT NULL, shared BIGINT NOT NULL, external BIGINT NOT NULL, is_default BIGINT NOT NULL,
  port_security BIGINT NOT NULL, status TEXT NOT NULL, mtu BIGINT NOT NULL, network_type TEXT NOT NULL,
  physical_network TEXT NOT NULL, segmentation_id BIGINT);
CREATE INDEX networks_project ON networks (project_id);
CREATE TABLE subnets (
  id TEXT PRIMARY KEY, project_id TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL, tags TEXT NOT NULL,
  revision BIGINT NOT NULL, created_us BIGINT NOT NULL, updated_us BIGINT NOT NULL,
  network_id TEXT NOT NULL REFERENCES networks (id), cidr TEXT NOT NULL, subnetpool_id TEXT, gateway_ip TEXT,
  ipv6_ra_mode TEXT, ipv6_address_mode TEXT, ip_version BIGINT NOT NULL, enable_dhcp BIGINT NOT NULL,
  pools TEXT NOT NULL, host_routes TEXT NOT NULL, dns_nameservers TEXT NOT NULL);
CREATE INDEX subnets_network ON subnets (network_id);
CREATE INDEX subnets_project ON subnets (project_id);
CREATE TABLE ports (
  id TEXT PRIMARY KEY, project_id TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL, tags TEXT NOT NULL,
  revision BIGINT NOT NULL, created_us BIGINT NOT NULL, updated_us BIGINT NOT NULL,
  network_id TEXT NOT NULL REFERENCES networks (id), mac_address TEXT NOT NULL, device_id TEXT NOT NULL,
  device_owner TEXT NOT NULL, host_id TEXT NOT NULL, admin_state_up BIGINT NOT NULL, port_security BIGINT NOT NULL,
  status TEXT NOT NULL, vnic_type TEXT NOT NULL, security_groups TEXT NOT NULL, address_pairs TEXT NOT NULL,
  dhcp_options TEXT NOT NULL, profile TEXT NOT NULL, from_compute BIGINT NOT NULL);
CREATE UNIQUE INDEX ports_mac ON ports (network_id, mac_address);
CREATE INDEX ports_project ON ports (project_id);
CREATE INDEX ports_device ON ports (device_id);
CREATE TABLE allocations (
  subnet_id TEXT NOT NULL REFERENCES subnets (id), ip_address TEXT NOT NULL,
  port_id TEXT NOT NULL REFERENCES ports (id), position BIGINT NOT NULL,
  PRIMARY KEY (subnet_id, ip_address));
CREATE INDEX allocations_port ON allocations (port_id);
CREATE TABLE routers (
  id TEXT PRIMARY KEY, project_id TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL, tags TEXT NOT NULL,
  revision BIGINT NOT NULL, created_us BIGINT NOT NULL, updated_us BIGINT NOT NULL,
  admin_state_up BIGINT NOT NULL, enable_snat BIGINT NOT NULL, status TEXT NOT NULL,
  gateway_network_id TEXT NOT NULL, gateway_port_id TEXT NOT NULL, routes TEXT NOT NULL);
CREATE INDEX routers_project ON routers (project_id);
CREATE TABLE floating_ips (
  id TEXT PRIMARY KEY, project_id TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL, tags TEXT NOT NULL,
  revision BIGINT NOT NULL, created_us BIGINT NOT NULL, updated_us BIGINT NOT NULL,
  network_id TEXT NOT NULL REFERENCES networks (id), address TEXT NOT NULL, own_port_id TEXT NOT NULL,
  port_id TEXT REFERENCES ports (id), fixed_ip_address TEXT, router_id TEXT REFERENCES routers (id),
  status TEXT NOT NULL, user_id TEXT NOT NULL);
CREATE UNIQUE INDEX floating_ips_fixed ON floating_ips (network_id, port_id, fixed_ip_address);
CREATE INDEX floating_ips_project ON floating_ips (project_id);
CREATE INDEX floating_ips_port ON floating_ips (port_id);
CREATE TABLE security_groups (
  id TEXT PRIMARY KEY, project_id TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL, tags TEXT NOT NULL,
  revision BIGINT NOT NULL, created_us BIGINT NOT NULL, updated_us BIGINT NOT NULL,
  stateful BIGINT NOT NULL, is_default BIGINT NOT NULL);
CREATE INDEX security_groups_project ON security_groups (project_id);
CREATE TABLE default_groups (project_id TEXT PRIMARY KEY, group_id TEXT NOT NULL REFERENCES security_groups (id));
CREATE TABLE rules (
  id TEXT PRIMARY KEY, project_id TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL, tags TEXT NOT NULL,
  revision BIGINT NOT NULL, created_us BIGINT NOT NULL, updated_us BIGINT NOT NULL,
  group_id TEXT NOT NULL REFERENCES security_groups (id), direction TEXT NOT NULL, ethertype TEXT NOT NULL,
  protocol TEXT, remote_group_id TEXT REFERENCES security_groups (id), remote_ip_prefix TEXT,
  port_min BIGINT, port_max BIGINT);
CREATE INDEX rules_group ON rules (group_id);
CREATE INDEX rules_project ON rules (project_id);
CREATE INDEX rules_remote ON rules (remote_group_id);
CREATE TABLE subnet_pools (
  id TEXT PRIMARY KEY, project_id TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL, tags TEXT NOT NULL,
  revision BIGINT NOT NULL, created_us BIGINT NOT NULL, updated_us BIGINT NOT NULL,
  prefixes TEXT NOT NULL, ip_version BIGINT NOT NULL, default_prefix BIGINT NOT NULL, min_prefix BIGINT NOT NULL,
  max_prefix BIGINT NOT NULL, default_quota BIGINT, shared BIGINT NOT NULL, is_default BIGINT NOT NULL);
CREATE TABLE quotas (project_id TEXT NOT NULL, resource TEXT NOT NULL, most BIGINT NOT NULL,
  PRIMARY KEY (project_id, resource))
)sql"},
                                                {2, R"sql(
CREATE TABLE deleted_ports (id TEXT PRIMARY KEY, deleted_us BIGINT NOT NULL)
)sql"},
                                                {3, R"sql(
CREATE TABLE rbac_policies (
  id TEXT PRIMARY KEY, project_id TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL, tags TEXT NOT NULL,
  revision BIGINT NOT NULL, created_us BIGINT NOT NULL, updated_us BIGINT NOT NULL,
  object_type TEXT NOT NULL, object_id TEXT NOT NULL, action TEXT NOT NULL, target TEXT NOT NULL);
CREATE UNIQUE INDEX rbac_policies_object ON rbac_policies (object_id, action, target);
CREATE INDEX rbac_policies_target ON rbac_policies (target, object_type);
CREATE INDEX rbac_policies_project ON rbac_policies (project_id);
CREATE TABLE address_groups (
  id TEXT PRIMARY KEY, project_id TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL, tags TEXT NOT NULL,
  revision BIGINT NOT NULL, created_us BIGINT NOT NULL, updated_us BIGINT NOT NULL,
  addresses TEXT NOT NULL);
CREATE INDEX address_groups_project ON address_groups (project_id);
ALTER TABLE rules ADD COLUMN remote_address_group_id TEXT REFERENCES address_groups (id);
CREATE INDEX rules_address_group ON rules (remote_address_group_id);
CREATE INDEX subnets_pool ON subnets (subnetpool_id);
CREATE INDEX ports_network ON ports (network_id);
CREATE INDEX routers_gateway ON routers (gateway_network_id);
INSERT INTO rbac_policies (id, project_id, name, description, tags, revision, created_us, updated_us,
  object_type, object_id, action, target)
  SELECT substr(id, 29, 8) || '-' || substr(id, 10, 15) || substr(id, 1, 8) || substr(id, 25, 4), project_id, '',
    '', '[]', 1, created_us, created_us, 'network', id, 'access_as_shared', '*' FROM networks WHERE shared = 1;
INSERT INTO rbac_policies (id, project_id, name, description, tags, revision, created_us, updated_us,
  object_type, object_id, action, target)
  SELECT substr(id, 25, 8) || '-' || substr(id, 10, 15) || substr(id, 33, 4) || substr(id, 1, 8), project_id, '',
    '', '[]', 1, created_us, created_us, 'network', id, 'access_as_external', '*' FROM networks WHERE external = 1;
INSERT INTO rbac_policies (id, project_id, name, description, tags, revision, created_us, updated_us,
  object_type, object_id, action, target)
  SELECT substr(id, 29, 8) || '-' || substr(id, 10, 15) || substr(id, 1, 8) || substr(id, 25, 4), project_id, '',
    '', '[]', 1, created_us, created_us, 'subnetpool', id, 'access_as_shared', '*' FROM subnet_pools WHERE shared = 1
)sql"},
                                                {4, R"sql(
CREATE TABLE deleted_devices (id TEXT PRIMARY KEY, deleted_us BIGINT NOT NULL);
UPDATE ports SET project_id = '' WHERE device_owner = 'network:distributed'
)sql"},
                                                {5, R"sql(
ALTER TABLE networks ADD COLUMN zone_hints TEXT NOT NULL DEFAULT '[]';
ALTER TABLE routers ADD COLUMN zone_hints TEXT NOT NULL DEFAULT '[]'
)sql"},
                                                {6, R"sql(
CREATE INDEX deleted_ports_time ON deleted_ports (deleted_us);
CREATE INDEX deleted_devices_time ON deleted_devices (deleted_us)
)sql"}};

}  // namespace nuri::network
