#include "services/image/store/import_store.h"

namespace nuri::image::store {

namespace {

const std::string kColumns = "id, image_id, owner, user_id, request_id, input, created_us";

Import import_of(const db::Row& r) {
  return {r.text(0), r.text(1), r.text(2), r.text(3), r.text(4), r.json(5), r.i64(6)};
}

}  // namespace

void insert_import(db::Session& s, const Import& i) {
  s.exec("INSERT INTO imports (" + kColumns + ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
         {i.id, i.image_id, i.owner, i.user_id, i.request_id, i.input, i.created_us});
}

std::optional<Import> find_import(db::Session& s, std::string_view id) {
  return s.one("SELECT " + kColumns + " FROM imports WHERE id=?1", {id}, import_of);
}

std::vector<Import> imports(db::Session& s, std::string_view image_id, int64_t limit) {
  return s.all("SELECT " + kColumns +
                   " FROM imports WHERE ?1='' OR image_id=?1 ORDER BY created_us DESC, id LIMIT ?2",
               {image_id, limit}, import_of);
}

void forget_imports(db::Session& s, TimeUs before_us) {
  s.exec("DELETE FROM imports WHERE created_us<?1", {before_us});
}

}  // namespace nuri::image::store
