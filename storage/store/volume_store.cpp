#include "storage/store/volume_store.h"

#include "services/feed/outbox.h"

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
};

namespace {

const std::string kSelect =
    "SELECT v.id, v.project_id, v.user_id, v.name, v.description, v.status, v.size_gib, v.zone, "
    "v.metadata, v.bootable,"
    " v.image, v.image_metadata, v.host, v.path, v.error, v.revision, v.metered, v.created_us, "
    "v.updated_us,"
    " a.id, a.server_id, a.host, a.device, a.state, a.created_us, a.attached_us, v.growing_to_gib"
    " FROM volumes v LEFT JOIN attachments a ON a.volume_id=v.id";

Volume volume_of(const db::Row& r) {
  Volume v;
  v.id = r.text(0);
  v.project_id = r.text(1);
  v.user_id = r.text(2);
  v.name = r.opt_text(3);
  v.description = r.opt_text(4);
  v.status = r.text(5);
  v.size_gib = r.i64(6);
  v.zone = r.text(7);
  v.metadata = string_map_from(r.json(8));
  v.bootable = r.flag(9);
  v.image = r.json(10);
  v.image_metadata = string_map_from(r.json(11));
  v.host = r.text(12);
  v.path = r.text(13);
  v.error = r.text(14);
  v.revision = r.i64(15);
  v.metered = r.flag(16);
  v.created_us = r.i64(17);
  v.updated_us = r.i64(18);
  if (!r.null(19)) {
    v.attachment = Attachment{r.text(19), v.id,       r.text(20), r.text(21),
                              r.text(22), r.text(23), r.i64(24),  r.i64(25)};
  }
  v.growing_to_gib = r.i64(26);
  return v;
}

db::Args args_of(const Volume& v) {
  return {v.id,        v.project_id,  v.user_id,
          v.name,      v.description, v.status,
          v.size_gib,  v.zone,        string_map_json(v.metadata),
          v.bootable,  v.image,       string_map_json(v.image_metadata),
          v.host,      v.path,        v.error,
          v.revision,  v.metered,     v.created_us,
          v.updated_us, v.growing_to_gib};
}

}  // namespace

void insert(db::Session& s, const Volume& v) {
  s.exec(
      "INSERT INTO volumes (id, project_id, user_id, name, description, status, size_gib, zone, "
      "metadata, bootable, image,"
      " image_metadata, host, path, error, revision, metered, created_us, updated_us, growing_to_gib)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, "
      "?19, ?20)",
      args_of(v));
}

bool update(db::Session& s, Volume v, TimeUs now_us) {
  v.updated_us = now_us;
  return s.exec(
             "UPDATE volumes SET project_id=?2, user_id=?3, name=?4, description=?5, status=?6, "
             "size_gib=?7, zone=?8,"
             " metadata=?9, bootable=?10, image=?11, image_metadata=?12, host=?13, path=?14, "
             "error=?15, revision=?16,"
             " metered=?17, created_us=?18, updated_us=?19, growing_to_gib=?20 WHERE id=?1",
             args_of(v)) > 0;
}

std::optional<Volume> find(db::Session& s, std::string_view id) {
  return s.one(kSelect + " WHERE v.id=?1", {id}, volume_of);
}

void remove(db::Session& s, std::string_view id) {
  s.exec("DELETE FROM volumes WHERE id=?1", {id});
}

std::vector<Volume> list(db::Session& s, std::string_view project_id) {
  if (project_id.empty()) return s.all(kSelect, {}, volume_of);
  return s.all(kSelect + " WHERE v.project_id=?1", {project_id}, volume_of);
}

void put_attachment(db::Session& s, const Attachment& a) {
  s.exec(
      "INSERT INTO attachments (volume_id, id, server_id, host, device, state, created_us, "
      "attached_us)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (volume_id) DO UPDATE SET "
      "device=excluded.device,"
      " state=excluded.state, attached_us=excluded.attached_us WHERE attachments.id=excluded.id",
      {a.volume_id, a.id, a.server_id, a.host, a.device, a.state, a.created_us, a.attached_us});
}

bool remove_attachment(db::Session& s, std::string_view volume_id, std::string_view attachment_id) {
  return s.exec("DELETE FROM attachments WHERE volume_id=?1 AND id=?2",
                {volume_id, attachment_id}) > 0;
}

void put_host(db::Session& s, const Host& h) {
  s.exec(
      "INSERT INTO hosts (name, zone, disk_gib, disk_used_gib, seen_us) VALUES (?1, ?2, ?3, ?4, ?5)"
      " ON CONFLICT (name) DO UPDATE SET zone=excluded.zone, disk_gib=excluded.disk_gib,"
      " disk_used_gib=excluded.disk_used_gib, seen_us=excluded.seen_us",
      {h.name, h.zone, h.disk_gib, h.disk_used_gib, h.seen_us});
}

std::vector<Host> hosts(db::Session& s) {
  return s.all(
      "SELECT h.name, h.zone, h.disk_gib, h.disk_used_gib, h.seen_us,"
      " (SELECT coalesce(sum(CASE WHEN v.growing_to_gib>v.size_gib THEN v.growing_to_gib ELSE "
      "v.size_gib END), 0) FROM volumes v WHERE v.host=h.name) FROM hosts h "
      "ORDER BY h.name",
      {}, [](const db::Row& r) {
        return Host{r.text(0), r.text(1), r.i64(2), r.i64(3), r.i64(5), r.i64(4)};
      });
}

// Counted from the volumes themselves, in the transaction that adds one: there is no second number
// to drift. One on its way out is no more its project's: a host that is away may hold it for long.
Usage usage(db::Session& s, std::string_view project_id) {
  return *s.one(
      "SELECT count(*), coalesce(sum(CASE WHEN growing_to_gib>size_gib THEN growing_to_gib ELSE "
      "size_gib END), 0) FROM volumes"
      " WHERE project_id=?1 AND status<>'deleting'",
      {project_id}, [](const db::Row& r) {
        return Usage{r.i64(0), r.i64(1)};
      });
}

std::map<std::string, int64_t> quotas(db::Session& s, std::string_view project_id) {
  std::map<std::string, int64_t> out;
  s.each("SELECT resource, max FROM quotas WHERE project_id=?1", {project_id},
         [&](const db::Row& r) { out[r.text(0)] = r.i64(1); });
  return out;
}

void put_quota(db::Session& s, std::string_view project_id, std::string_view resource,
               int64_t limit) {
  s.exec(
      "INSERT INTO quotas (project_id, resource, max) VALUES (?1, ?2, ?3)"
      " ON CONFLICT (project_id, resource) DO UPDATE SET max=excluded.max",
      {project_id, resource, limit});
}

void remove_quotas(db::Session& s, std::string_view project_id) {
  s.exec("DELETE FROM quotas WHERE project_id=?1", {project_id});
}

void emit_usage(db::Session& s, const Volume& v, std::string_view type, TimeUs now_us) {
  feed::emit(s,
             {now_us, std::string(type), v.project_id, v.user_id, "volume", v.id,
              Json::object(
                  {{"name", v.name.value_or("")}, {"size_gib", v.size_gib}, {"type", kTypeName}})});
}

}  // namespace nuri::storage::store
