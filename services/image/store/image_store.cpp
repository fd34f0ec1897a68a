#include "services/image/store/image_store.h"

namespace nuri::image::store {

namespace {

const std::string kColumns =
    "id, name, status, visibility, owner, disk_format, container_format, min_disk, min_ram, "
    "protected,"
    " hidden, checksum, hash_value, size, virtual_size, tags, properties, created_us, updated_us,"
    " queued_by, upload_host, user_id";

Image image_of(const db::Row& r) {
  Image i;
  i.id = r.text(0);
  i.name = r.opt_text(1);
  i.status = r.text(2);
  i.visibility = r.text(3);
  i.owner = r.opt_text(4);
  i.disk_format = r.opt_text(5);
  i.container_format = r.opt_text(6);
  i.min_disk = r.i64(7);
  i.min_ram = r.i64(8);
  i.is_protected = r.flag(9);
  i.hidden = r.flag(10);
  i.checksum = r.opt_text(11);
  i.hash_value = r.opt_text(12);
  i.size = r.opt_i64(13);
  i.virtual_size = r.opt_i64(14);
  i.tags = strings_from(r.json(15));
  i.properties = string_map_from(r.json(16));
  i.created_us = r.i64(17);
  i.updated_us = r.i64(18);
  i.queued_by = r.text(19);
  i.upload_host = r.text(20);
  i.user_id = r.text(21);
  return i;
}

db::Args args_of(const Image& i) {
  return {i.id,
          i.name,
          i.status,
          i.visibility,
          i.owner,
          i.disk_format,
          i.container_format,
          i.min_disk,
          i.min_ram,
          i.is_protected,
          i.hidden,
          i.checksum,
          i.hash_value,
          i.size,
          i.virtual_size,
          Json::strings(i.tags),
          string_map_json(i.properties),
          i.created_us,
          i.updated_us,
          i.queued_by,
          i.upload_host,
          i.user_id};
}

Member member_of(const db::Row& r) { return {r.text(0), r.text(1), r.text(2), r.i64(3), r.i64(4)}; }

std::string id_of(const db::Row& r) { return r.text(0); }

}  // namespace

void insert(db::Session& s, const Image& image) {
  s.exec("INSERT INTO images (" + kColumns +
             ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, "
             "?17, ?18, ?19, ?20, ?21, ?22)",
         args_of(image));
}

bool update(db::Session& s, const Image& image) {
  return s.exec(
             "UPDATE images SET name=?2, status=?3, visibility=?4, owner=?5, disk_format=?6, "
             "container_format=?7,"
             " min_disk=?8, min_ram=?9, protected=?10, hidden=?11, checksum=?12, hash_value=?13, "
             "size=?14,"
             " virtual_size=?15, tags=?16, properties=?17, created_us=?18, updated_us=?19,"
             " queued_by=?20, upload_host=?21, user_id=?22"
             " WHERE id=?1 AND status<>'deleted'",
             args_of(image)) > 0;
}

bool exists(db::Session& s, std::string_view id) {
  return s.count("SELECT count(*) FROM images WHERE id=?1", {id}) > 0;
}

std::optional<Image> find(db::Session& s, std::string_view id) {
  return s.one("SELECT " + kColumns + " FROM images WHERE id=?1 AND status<>'deleted'", {id},
               image_of);
}

bool visible(db::Session& s, const Image& image, const Viewer& viewer) {
  if (viewer.everything || image.visibility == "public" || image.visibility == "community")
    return true;
  if (!viewer.project_id.empty() && image.owner == viewer.project_id) return true;
  return image.visibility == "shared" && find_member(s, image.id, viewer.project_id).has_value();
}

std::vector<Image> list(db::Session& s, const Viewer& viewer, const ListQuery& query) {
  // Community images, and shared ones not accepted, are shown to those who ask for them.
  bool community = query.visibility == "community" || query.visibility == "all";
  std::string sql =
      "SELECT " + kColumns +
      " FROM images WHERE status<>'deleted' AND (?1='' OR ?1='all' OR visibility=?1)"
      " AND ((?2=1 AND (visibility<>'community' OR ?4=1)) OR visibility='public' OR (owner=?3 AND "
      "?3<>'')"
      " OR (visibility='community' AND ?4=1)"
      " OR (visibility='shared' AND EXISTS (SELECT 1 FROM members m WHERE m.image_id=images.id AND"
      " m.member_id=?3 AND (?5='all' OR m.status=?5))))";
  return s.all(
      sql, {query.visibility, viewer.everything, viewer.project_id, community, query.member_status},
      image_of);
}

void mark_deleted(db::Session& s, std::string_view id, TimeUs now_us) {
  s.exec("UPDATE images SET status='deleted', updated_us=?2 WHERE id=?1", {id, now_us});
}

void remove(db::Session& s, std::string_view id) {
  s.exec("DELETE FROM images WHERE id=?1 AND status='deleted'", {id});
}

std::vector<std::string> deleted(db::Session& s) {
  return s.all("SELECT id FROM images WHERE status='deleted'", {}, id_of);
}

std::vector<std::string> requeue_saving(db::Session& s, TimeUs now_us) {
  auto ids = s.all("SELECT id FROM images WHERE status='saving'", {}, id_of);
  s.exec("UPDATE images SET status='queued', updated_us=?1 WHERE status='saving'", {now_us});
  return ids;
}

std::vector<std::string> with_data(db::Session& s) {
  return s.all("SELECT id FROM images WHERE status IN ('active', 'deactivated', 'uploading')", {},
               id_of);
}

void note_gone(db::Session& s, std::string_view id, TimeUs now_us) {
  s.exec("INSERT INTO gone (id, at_us) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET at_us=?2",
         {id, now_us});
}

bool is_gone(db::Session& s, std::string_view id) {
  return s.count("SELECT count(*) FROM gone WHERE id=?1", {id}) > 0;
}

void forget_gone(db::Session& s, TimeUs before_us) {
  s.exec("DELETE FROM gone WHERE at_us<?1", {before_us});
}

void put_member(db::Session& s, const Member& m) {
  s.exec(
      "INSERT INTO members (image_id, member_id, status, created_us, updated_us) VALUES (?1, ?2, "
      "?3, ?4, ?5)"
      " ON CONFLICT (image_id, member_id) DO UPDATE SET status=excluded.status, "
      "updated_us=excluded.updated_us",
      {m.image_id, m.member_id, m.status, m.created_us, m.updated_us});
}

std::optional<Member> find_member(db::Session& s, std::string_view image_id,
                                  std::string_view member_id) {
  return s.one(
      "SELECT image_id, member_id, status, created_us, updated_us FROM members WHERE image_id=?1 "
      "AND member_id=?2",
      {image_id, member_id}, member_of);
}

std::vector<Member> members(db::Session& s, std::string_view image_id) {
  return s.all(
      "SELECT image_id, member_id, status, created_us, updated_us FROM members WHERE image_id=?1 "
      "ORDER BY created_us, member_id",
      {image_id}, member_of);
}

bool remove_member(db::Session& s, std::string_view image_id, std::string_view member_id) {
  return s.exec("DELETE FROM members WHERE image_id=?1 AND member_id=?2", {image_id, member_id}) >
         0;
}

}  // namespace nuri::image::store
