#include "services/image/store/image_store.h"

namespace nuri::image::store {

const std::vector<db::Migration> kMigrations = {
    {1, R"sql(
CREATE TABLE images (
  id TEXT PRIMARY KEY,
  name TEXT,
  status TEXT NOT NULL,
  visibility TEXT NOT NULL,
  owner TEXT,
  disk_format TEXT,
  container_format TEXT,
  min_disk BIGINT NOT NULL,
  min_ram BIGINT NOT NULL,
  protected BIGINT NOT NULL,
  hidden BIGINT NOT NULL,
  checksum TEXT,
  hash_value TEXT,
  size BIGINT,
  virtual_size BIGINT,
  tags TEXT NOT NULL,
  properties TEXT NOT NULL,
  created_us BIGINT NOT NULL,
  updated_us BIGINT NOT NULL
);
CREATE INDEX images_owner ON images (owner);
CREATE INDEX images_status ON images (status);
CREATE INDEX images_visibility ON images (visibility);
CREATE TABLE members (
  image_id TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE,
  member_id TEXT NOT NULL,
  status TEXT NOT NULL,
  created_us BIGINT NOT NULL,
  updated_us BIGINT NOT NULL,
  PRIMARY KEY (image_id, member_id)
);
CREATE INDEX members_member ON members (member_id);
)sql"},
    // Images that a service queued for an agent's upload; imports of staged data.
    {2, R"sql(
ALTER TABLE images ADD COLUMN queued_by TEXT NOT NULL DEFAULT '';
ALTER TABLE images ADD COLUMN upload_host TEXT NOT NULL DEFAULT '';
ALTER TABLE images ADD COLUMN user_id TEXT NOT NULL DEFAULT '';
CREATE TABLE gone (id TEXT PRIMARY KEY, at_us BIGINT NOT NULL);
CREATE TABLE imports (
  id TEXT PRIMARY KEY,
  image_id TEXT NOT NULL,
  owner TEXT NOT NULL,
  user_id TEXT NOT NULL,
  request_id TEXT NOT NULL,
  input TEXT NOT NULL,
  created_us BIGINT NOT NULL
);
CREATE INDEX imports_image ON imports (image_id);
CREATE INDEX imports_created ON imports (created_us);
)sql"},
    // Metadata definitions.
    {3, R"sql(
CREATE TABLE metadef_namespaces (
  name TEXT PRIMARY KEY,
  display_name TEXT,
  description TEXT,
  visibility TEXT NOT NULL,
  protected BIGINT NOT NULL,
  owner TEXT NOT NULL,
  created_us BIGINT NOT NULL,
  updated_us BIGINT NOT NULL
);
CREATE TABLE metadef_items (
  namespace TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  body TEXT NOT NULL,
  created_us BIGINT NOT NULL,
  updated_us BIGINT NOT NULL,
  PRIMARY KEY (namespace, kind, name)
);
)sql"},
};

}  // namespace nuri::image::store
