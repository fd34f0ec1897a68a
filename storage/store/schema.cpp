#include "storage/store/schema.h"

namespace nuri::storage::store {

const std::vector<db::Migration> kMigrations = {
    {1, R"sql(
CREATE TABLE volumes (
  id TEXT PRIMARY KEY,
  project_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  name TEXT,
  description TEXT,
  status TEXT NOT NULL,
  size_gib BIGINT NOT NULL,
  zone TEXT NOT NULL,
  metadata TEXT NOT NULL,
  bootable BIGINT NOT NULL,
  image TEXT NOT NULL,
  image_metadata TEXT NOT NULL,
  host TEXT NOT NULL,
  path TEXT NOT NULL,
  error TEXT NOT NULL,
  revision BIGINT NOT NULL,
  metered BIGINT NOT NULL,
  created_us BIGINT NOT NULL,
  updated_us BIGINT NOT NULL
);
CREATE INDEX volumes_project ON volumes (project_id);
CREATE INDEX volumes_host ON volumes (host);
CREATE TABLE attachments (
  volume_id TEXT PRIMARY KEY REFERENCES volumes (id) ON DELETE CASCADE,
  id TEXT NOT NULL,
  server_id TEXT NOT NULL,
  host TEXT NOT NULL,
  device TEXT NOT NULL,
  state TEXT NOT NULL,
  created_us BIGINT NOT NULL,
  attached_us BIGINT NOT NULL
);
CREATE TABLE hosts (
  name TEXT PRIMARY KEY,
  zone TEXT NOT NULL,
  disk_gib BIGINT NOT NULL,
  disk_used_gib BIGINT NOT NULL,
  seen_us BIGINT NOT NULL
);
CREATE TABLE quotas (
  project_id TEXT NOT NULL,
  resource TEXT NOT NULL,
  max BIGINT NOT NULL,
  PRIMARY KEY (project_id, resource)
);
)sql"},
    // The size asked for stands beside the one there is, until the host has grown the volume.
    {2, "ALTER TABLE volumes ADD COLUMN growing_to_gib BIGINT NOT NULL DEFAULT 0;"},
    // Types, snapshots, transfers, messages; and what a volume is made from. Limits move to the ledger,
    // whose migrations come before these.
    {3, R"sql(
ALTER TABLE volumes ADD COLUMN type_id TEXT NOT NULL DEFAULT '3c0e7b1a-52d4-4f6e-9a8b-0d1f6e5c4b3a';
ALTER TABLE volumes ADD COLUMN snapshot_id TEXT;
ALTER TABLE volumes ADD COLUMN source_volid TEXT;
ALTER TABLE volumes ADD COLUMN wanted_host TEXT NOT NULL DEFAULT '';
ALTER TABLE volumes ADD COLUMN readonly BIGINT;
ALTER TABLE volumes ADD COLUMN upload_image TEXT NOT NULL DEFAULT '';
ALTER TABLE volumes ADD COLUMN upload TEXT NOT NULL DEFAULT 'null';
ALTER TABLE attachments ADD COLUMN owner TEXT NOT NULL DEFAULT '';
ALTER TABLE attachments ADD COLUMN mode TEXT NOT NULL DEFAULT 'rw';
ALTER TABLE attachments ADD COLUMN connector TEXT NOT NULL DEFAULT 'null';
UPDATE attachments SET owner='compute' WHERE host<>'';
CREATE INDEX attachments_id ON attachments (id);
CREATE INDEX volumes_type ON volumes (type_id);
CREATE INDEX volumes_upload ON volumes (upload_image);
CREATE TABLE snapshots (
  id TEXT PRIMARY KEY,
  volume_id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  name TEXT,
  description TEXT,
  status TEXT NOT NULL,
  progress TEXT NOT NULL,
  size_gib BIGINT NOT NULL,
  metadata TEXT NOT NULL,
  type_id TEXT NOT NULL,
  bootable BIGINT NOT NULL,
  image_metadata TEXT NOT NULL,
  host TEXT NOT NULL,
  path TEXT NOT NULL,
  error TEXT NOT NULL,
  revision BIGINT NOT NULL,
  metered BIGINT NOT NULL,
  created_us BIGINT NOT NULL,
  updated_us BIGINT NOT NULL
);
CREATE INDEX snapshots_project ON snapshots (project_id);
CREATE INDEX snapshots_volume ON snapshots (volume_id);
CREATE TABLE volume_types (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  description TEXT,
  is_public BIGINT NOT NULL,
  extra_specs TEXT NOT NULL,
  created_us BIGINT NOT NULL,
  updated_us BIGINT NOT NULL
);
INSERT INTO volume_types (id, name, description, is_public, extra_specs, created_us, updated_us)
 VALUES ('3c0e7b1a-52d4-4f6e-9a8b-0d1f6e5c4b3a', '__DEFAULT__',
 'A qcow2 file on the host of the server that uses it', 1, '{}', 0, 0);
CREATE TABLE volume_type_access (
  type_id TEXT NOT NULL REFERENCES volume_types (id) ON DELETE CASCADE,
  project_id TEXT NOT NULL,
  PRIMARY KEY (type_id, project_id)
);
CREATE TABLE default_types (
  project_id TEXT PRIMARY KEY,
  type_id TEXT NOT NULL REFERENCES volume_types (id) ON DELETE CASCADE
);
CREATE TABLE transfers (
  id TEXT PRIMARY KEY,
  volume_id TEXT NOT NULL UNIQUE REFERENCES volumes (id) ON DELETE CASCADE,
  project_id TEXT NOT NULL,
  name TEXT,
  salt TEXT NOT NULL,
  hash TEXT NOT NULL,
  no_snapshots BIGINT NOT NULL,
  created_us BIGINT NOT NULL
);
CREATE TABLE messages (
  id TEXT PRIMARY KEY,
  project_id TEXT NOT NULL,
  resource_type TEXT NOT NULL,
  resource_id TEXT NOT NULL,
  event_id TEXT NOT NULL,
  text TEXT NOT NULL,
  created_us BIGINT NOT NULL
);
CREATE INDEX messages_project ON messages (project_id);
INSERT INTO ledger_limits (book, holder, resource, amount)
 SELECT 'project', project_id, resource, max FROM quotas;
DROP TABLE quotas;
CREATE TABLE disabled_hosts (
  host TEXT PRIMARY KEY,
  reason TEXT
);
CREATE TABLE tombstones (
  id TEXT PRIMARY KEY,
  at_us BIGINT NOT NULL
);
)sql"},
    // Whether a server may have written to it: until then it can be made anew beside a server.
    {4, "ALTER TABLE volumes ADD COLUMN written BIGINT NOT NULL DEFAULT 1;"},
};

}  // namespace nuri::storage::store
