#include "storage/store/type_store.h"

namespace nuri::storage::store {

namespace {

const std::string kSelect =
    "SELECT id, name, description, is_public, extra_specs, created_us, updated_us FROM "
    "volume_types";

VolumeType type_of(const db::Row& r) {
  VolumeType t;
  t.id = r.text(0);
  t.name = r.text(1);
  t.description = r.opt_text(2);
  t.is_public = r.flag(3);
  t.extra_specs = string_map_from(r.json(4));
  t.created_us = r.i64(5);
  t.updated_us = r.i64(6);
  return t;
}

}  // namespace

void insert(db::Session& s, const VolumeType& t) {
  s.exec(
      "INSERT INTO volume_types (id, name, description, is_public, extra_specs, created_us, "
      "updated_us) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
      {t.id, t.name, t.description, t.is_public, string_map_json(t.extra_specs), t.created_us,
       t.updated_us});
}

void update(db::Session& s, const VolumeType& t) {
  s.exec(
      "UPDATE volume_types SET name=?2, description=?3, is_public=?4, extra_specs=?5, "
      "updated_us=?6 WHERE id=?1",
      {t.id, t.name, t.description, t.is_public, string_map_json(t.extra_specs), t.updated_us});
}

void remove_type(db::Session& s, std::string_view id) {
  s.exec("DELETE FROM volume_types WHERE id=?1", {id});
}

std::optional<VolumeType> find_type(db::Session& s, std::string_view id) {
  return s.one(kSelect + " WHERE id=?1", {id}, type_of);
}

std::optional<VolumeType> find_type_named(db::Session& s, std::string_view id_or_name) {
  if (auto by_id = find_type(s, id_or_name)) return by_id;
  return s.one(kSelect + " WHERE name=?1", {id_or_name}, type_of);
}

std::vector<VolumeType> types(db::Session& s) { return s.all(kSelect, {}, type_of); }

int64_t volumes_of_type(db::Session& s, std::string_view id) {
  return s.count("SELECT count(*) FROM volumes WHERE type_id=?1", {id}) +
         s.count("SELECT count(*) FROM snapshots WHERE type_id=?1", {id});
}

void grant(db::Session& s, std::string_view type_id, std::string_view project_id) {
  s.exec("INSERT INTO volume_type_access (type_id, project_id) VALUES (?1, ?2)",
         {type_id, project_id});
}

bool revoke(db::Session& s, std::string_view type_id, std::string_view project_id) {
  return s.exec("DELETE FROM volume_type_access WHERE type_id=?1 AND project_id=?2",
                {type_id, project_id}) > 0;
}

std::vector<std::string> projects_of(db::Session& s, std::string_view type_id) {
  return s.all("SELECT project_id FROM volume_type_access WHERE type_id=?1 ORDER BY project_id",
               {type_id}, [](const db::Row& r) { return r.text(0); });
}

bool may_use(db::Session& s, const VolumeType& type, std::string_view project_id) {
  return type.is_public ||
         s.count("SELECT count(*) FROM volume_type_access WHERE type_id=?1 AND project_id=?2",
                 {type.id, project_id}) > 0;
}

void set_default_type(db::Session& s, std::string_view project_id, std::string_view type_id) {
  s.exec(
      "INSERT INTO default_types (project_id, type_id) VALUES (?1, ?2)"
      " ON CONFLICT (project_id) DO UPDATE SET type_id=excluded.type_id",
      {project_id, type_id});
}

bool remove_default_type(db::Session& s, std::string_view project_id) {
  return s.exec("DELETE FROM default_types WHERE project_id=?1", {project_id}) > 0;
}

std::optional<std::string> default_type(db::Session& s, std::string_view project_id) {
  return s.one("SELECT type_id FROM default_types WHERE project_id=?1", {project_id},
               [](const db::Row& r) { return r.text(0); });
}

std::vector<std::pair<std::string, std::string>> default_types(db::Session& s) {
  return s.all("SELECT project_id, type_id FROM default_types ORDER BY project_id", {},
               [](const db::Row& r) { return std::make_pair(r.text(0), r.text(1)); });
}

}  // namespace nuri::storage::store
