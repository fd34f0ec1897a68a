#include "storage/store/volume_store.h"

#include "services/feed/outbox.h"

namespace nuri::storage::store {

namespace {

constexpr TimeUs kBuriedUs = 24 * 3600 * kSecondUs;  // no request is under way for so long

const std::string kSelect =
    "SELECT v.id, v.project_id, v.user_id, v.name, v.description, v.status, v.size_gib, v.zone, "
    "v.metadata, v.bootable,"
    " v.image, v.image_metadata, v.host, v.path, v.error, v.revision, v.metered, v.created_us, "
    "v.updated_us,"
    " a.id, a.server_id, a.host, a.device, a.state, a.created_us, a.attached_us, v.growing_to_gib,"
    " a.owner, a.mode, a.connector, v.type_id, t.name, v.snapshot_id, v.source_volid, "
    "v.wanted_host, v.readonly, v.upload_image, v.upload, v.written"
    " FROM volumes v LEFT JOIN attachments a ON a.volume_id=v.id"
    " LEFT JOIN volume_types t ON t.id=v.type_id";

// Most of what is stored as JSON is nothing, and need not be parsed.
Json stored(const db::Row& r, int column) {
  std::string text = r.text(column);
  if (text.empty() || text == "null") return Json();
  if (text == "{}") return Json::object();
  return parse_json(text).value_or(Json());
}

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
  v.metadata = string_map_from(stored(r, 8));
  v.bootable = r.flag(9);
  v.image = stored(r, 10);
  v.image_metadata = string_map_from(stored(r, 11));
  v.host = r.text(12);
  v.path = r.text(13);
  v.error = r.text(14);
  v.revision = r.i64(15);
  v.metered = r.flag(16);
  v.created_us = r.i64(17);
  v.updated_us = r.i64(18);
  if (!r.null(19)) {
    v.attachment = Attachment{r.text(19), v.id,      r.text(20), r.text(21), r.text(22), r.text(23),
                              r.i64(24),  r.i64(25), r.text(27), r.text(28), stored(r, 29)};
  }
  v.growing_to_gib = r.i64(26);
  v.type_id = r.text(30);
  v.type_name = r.text(31);
  v.snapshot_id = r.opt_text(32);
  v.source_volid = r.opt_text(33);
  v.wanted_host = r.text(34);
  if (!r.null(35)) v.readonly = r.flag(35);
  v.upload_image = r.text(36);
  v.upload = stored(r, 37);
  v.written = r.flag(38);
  return v;
}

db::Args args_of(const Volume& v) {
  return {v.id,          v.project_id,     v.user_id,
          v.name,        v.description,    v.status,
          v.size_gib,    v.zone,           string_map_json(v.metadata),
          v.bootable,    v.image,          string_map_json(v.image_metadata),
          v.host,        v.path,           v.error,
          v.revision,    v.metered,        v.created_us,
          v.updated_us,  v.growing_to_gib, v.type_id,
          v.snapshot_id, v.source_volid,   v.wanted_host,
          v.readonly,    v.upload_image,   v.upload,
          v.written};
}

}  // namespace

void insert(db::Session& s, const Volume& v) {
  s.exec(
      "INSERT INTO volumes (id, project_id, user_id, name, description, status, size_gib, zone, "
      "metadata, bootable, image,"
      " image_metadata, host, path, error, revision, metered, created_us, updated_us, "
      "growing_to_gib,"
      " type_id, snapshot_id, source_volid, wanted_host, readonly, upload_image, upload, written)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, "
      "?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28)",
      args_of(v));
}

bool update(db::Session& s, Volume v, TimeUs now_us) {
  v.updated_us = now_us;
  return s.exec(
             "UPDATE volumes SET project_id=?2, user_id=?3, name=?4, description=?5, status=?6, "
             "size_gib=?7, zone=?8,"
             " metadata=?9, bootable=?10, image=?11, image_metadata=?12, host=?13, path=?14, "
             "error=?15, revision=?16,"
             " metered=?17, created_us=?18, updated_us=?19, growing_to_gib=?20, type_id=?21,"
             " snapshot_id=?22, source_volid=?23, wanted_host=?24, readonly=?25, upload_image=?26,"
             " upload=?27, written=?28 WHERE id=?1",
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
      "attached_us, owner, mode, connector)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT (volume_id) DO UPDATE "
      "SET "
      "device=excluded.device, host=excluded.host, mode=excluded.mode, "
      "connector=excluded.connector,"
      " state=excluded.state, attached_us=excluded.attached_us WHERE attachments.id=excluded.id",
      {a.volume_id, a.id, a.server_id, a.host, a.device, a.state, a.created_us, a.attached_us,
       a.owner, a.mode, a.connector});
}

std::optional<Volume> find_by_attachment(db::Session& s, std::string_view attachment_id) {
  return s.one(kSelect + " WHERE a.id=?1", {attachment_id}, volume_of);
}

std::optional<Volume> find_by_upload(db::Session& s, std::string_view image_id) {
  return s.one(kSelect + " WHERE v.upload_image=?1", {image_id}, volume_of);
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
      "v.size_gib END), 0) FROM volumes v WHERE v.host=h.name)"
      " + (SELECT coalesce(sum(p.size_gib), 0) FROM snapshots p WHERE p.host=h.name),"
      " d.host, d.reason FROM hosts h LEFT JOIN disabled_hosts d ON d.host=h.name "
      "ORDER BY h.name",
      {}, [](const db::Row& r) {
        return Host{r.text(0), r.text(1), r.i64(2),   r.i64(3),
                    r.i64(5),  r.i64(4),  !r.null(6), r.opt_text(7)};
      });
}

void set_disabled(db::Session& s, std::string_view host, bool disabled,
                  const std::optional<std::string>& reason) {
  s.exec("DELETE FROM disabled_hosts WHERE host=?1", {host});
  if (disabled) s.exec("INSERT INTO disabled_hosts (host, reason) VALUES (?1, ?2)", {host, reason});
}

bool is_buried(db::Session& s, std::string_view id) {
  return s.count("SELECT count(*) FROM tombstones WHERE id=?1", {id}) > 0;
}

void bury(db::Session& s, std::string_view id, TimeUs now_us) {
  s.exec("INSERT INTO tombstones (id, at_us) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING",
         {id, now_us});
  s.exec("DELETE FROM tombstones WHERE at_us<?1", {now_us - kBuriedUs});
}

int64_t copies_of(db::Session& s, std::string_view kind, std::string_view id) {
  if (kind == "snapshot") {
    return s.count(
        "SELECT count(*) FROM volumes WHERE snapshot_id=?1 AND path='' AND status='creating'",
        {id});
  }
  return s.count(
             "SELECT count(*) FROM volumes WHERE source_volid=?1 AND path='' AND status='creating'",
             {id}) +
         s.count(
             "SELECT count(*) FROM snapshots WHERE volume_id=?1 AND path='' AND status='creating'",
             {id});
}

void emit_usage(db::Session& s, const Volume& v, std::string_view type, TimeUs now_us) {
  feed::emit(
      s, {now_us, std::string(type), v.project_id, v.user_id, "volume", v.id,
          Json::object(
              {{"name", v.name.value_or("")}, {"size_gib", v.size_gib}, {"type", v.type_name}})});
}

}  // namespace nuri::storage::store
