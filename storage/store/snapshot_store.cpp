#include "storage/store/snapshot_store.h"

#include "services/feed/outbox.h"

namespace nuri::storage::store {

namespace {

const std::string kSelect =
    "SELECT p.id, p.volume_id, p.project_id, p.user_id, p.name, p.description, p.status, "
    "p.progress, p.size_gib, p.metadata, p.type_id, t.name, p.bootable, p.image_metadata, p.host, "
    "p.path, p.error, p.revision, p.metered, p.created_us, p.updated_us"
    " FROM snapshots p LEFT JOIN volume_types t ON t.id=p.type_id";

Snapshot snapshot_of(const db::Row& r) {
  Snapshot out;
  out.id = r.text(0);
  out.volume_id = r.text(1);
  out.project_id = r.text(2);
  out.user_id = r.text(3);
  out.name = r.opt_text(4);
  out.description = r.opt_text(5);
  out.status = r.text(6);
  out.progress = r.text(7);
  out.size_gib = r.i64(8);
  out.metadata = string_map_from(r.json(9));
  out.type_id = r.text(10);
  out.type_name = r.text(11);
  out.bootable = r.flag(12);
  out.image_metadata = string_map_from(r.json(13));
  out.host = r.text(14);
  out.path = r.text(15);
  out.error = r.text(16);
  out.revision = r.i64(17);
  out.metered = r.flag(18);
  out.created_us = r.i64(19);
  out.updated_us = r.i64(20);
  return out;
}

db::Args args_of(const Snapshot& p) {
  return {p.id,       p.volume_id, p.project_id, p.user_id,  p.name,
          p.description, p.status, p.progress,   p.size_gib, string_map_json(p.metadata),
          p.type_id,  p.bootable,  string_map_json(p.image_metadata),
          p.host,     p.path,      p.error,      p.revision, p.metered,
          p.created_us, p.updated_us};
}

}  // namespace

void insert(db::Session& s, const Snapshot& p) {
  s.exec(
      "INSERT INTO snapshots (id, volume_id, project_id, user_id, name, description, status, "
      "progress, size_gib, metadata, type_id, bootable, image_metadata, host, path, error, "
      "revision, metered, created_us, updated_us)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, "
      "?19, ?20)",
      args_of(p));
}

bool update(db::Session& s, Snapshot p, TimeUs now_us) {
  p.updated_us = now_us;
  return s.exec(
             "UPDATE snapshots SET volume_id=?2, project_id=?3, user_id=?4, name=?5, "
             "description=?6, status=?7, progress=?8, size_gib=?9, metadata=?10, type_id=?11, "
             "bootable=?12, image_metadata=?13, host=?14, path=?15, error=?16, revision=?17, "
             "metered=?18, created_us=?19, updated_us=?20 WHERE id=?1",
             args_of(p)) > 0;
}

std::optional<Snapshot> find_snapshot(db::Session& s, std::string_view id) {
  return s.one(kSelect + " WHERE p.id=?1", {id}, snapshot_of);
}

void remove_snapshot(db::Session& s, std::string_view id) {
  s.exec("DELETE FROM snapshots WHERE id=?1", {id});
}

std::vector<Snapshot> snapshots(db::Session& s, std::string_view project_id) {
  if (project_id.empty()) return s.all(kSelect, {}, snapshot_of);
  return s.all(kSelect + " WHERE p.project_id=?1", {project_id}, snapshot_of);
}

std::vector<Snapshot> snapshots_of(db::Session& s, std::string_view volume_id) {
  return s.all(kSelect + " WHERE p.volume_id=?1", {volume_id}, snapshot_of);
}

void emit_usage(db::Session& s, const Snapshot& p, std::string_view type, TimeUs now_us) {
  feed::emit(s, {now_us, std::string(type), p.project_id, p.user_id, "snapshot", p.id,
                 Json::object({{"name", p.name.value_or("")},
                               {"size_gib", p.size_gib},
                               {"type", p.type_name},
                               {"volume_id", p.volume_id}})});
}

}  // namespace nuri::storage::store
