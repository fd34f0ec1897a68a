#include "services/image/store/metadef_store.h"

namespace nuri::image::store {

namespace {

const std::string kSpace =
    "name, display_name, description, visibility, protected, owner, created_us, updated_us";
const std::string kItem = "namespace, kind, name, body, created_us, updated_us";

Namespace space_of(const db::Row& r) {
  Namespace n;
  n.name = r.text(0);
  n.display_name = r.opt_text(1);
  n.description = r.opt_text(2);
  n.visibility = r.text(3);
  n.is_protected = r.flag(4);
  n.owner = r.text(5);
  n.created_us = r.i64(6);
  n.updated_us = r.i64(7);
  return n;
}

Item item_of(const db::Row& r) {
  return {r.text(0), r.text(1), r.text(2), r.json(3), r.i64(4), r.i64(5)};
}

}  // namespace

void insert_namespace(db::Session& s, const Namespace& n) {
  s.exec("INSERT INTO metadef_namespaces (" + kSpace + ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
         {n.name, n.display_name, n.description, n.visibility, n.is_protected, n.owner,
          n.created_us, n.updated_us});
}

void update_namespace(db::Session& s, const std::string& name, const Namespace& n) {
  s.exec(
      "UPDATE metadef_namespaces SET name=?2, display_name=?3, description=?4, visibility=?5,"
      " protected=?6, owner=?7, updated_us=?8 WHERE name=?1",
      {name, n.name, n.display_name, n.description, n.visibility, n.is_protected, n.owner,
       n.updated_us});
  if (name != n.name)
    s.exec("UPDATE metadef_items SET namespace=?2 WHERE namespace=?1", {name, n.name});
}

void remove_namespace(db::Session& s, std::string_view name) {
  s.exec("DELETE FROM metadef_items WHERE namespace=?1", {name});
  s.exec("DELETE FROM metadef_namespaces WHERE name=?1", {name});
}

std::optional<Namespace> find_namespace(db::Session& s, std::string_view name) {
  return s.one("SELECT " + kSpace + " FROM metadef_namespaces WHERE name=?1", {name}, space_of);
}

std::vector<Namespace> namespaces(db::Session& s, std::string_view project_id, bool all) {
  return s.all("SELECT " + kSpace +
                   " FROM metadef_namespaces WHERE ?2=1 OR visibility='public' OR"
                   " (owner=?1 AND ?1<>'') ORDER BY name",
               {project_id, all}, space_of);
}

int64_t count_namespaces(db::Session& s) {
  return s.count("SELECT count(*) FROM metadef_namespaces");
}

void insert_item(db::Session& s, const Item& i) {
  s.exec("INSERT INTO metadef_items (" + kItem + ") VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
         {i.namespace_name, i.kind, i.name, i.body, i.created_us, i.updated_us});
}

void update_item(db::Session& s, const std::string& name, const Item& i) {
  s.exec(
      "UPDATE metadef_items SET name=?4, body=?5, updated_us=?6 WHERE namespace=?1 AND kind=?2 AND"
      " name=?3",
      {i.namespace_name, i.kind, name, i.name, i.body, i.updated_us});
}

int64_t remove_item(db::Session& s, std::string_view space, std::string_view kind,
                    std::string_view name) {
  return s.exec("DELETE FROM metadef_items WHERE namespace=?1 AND kind=?2 AND name=?3",
                {space, kind, name});
}

void remove_items(db::Session& s, std::string_view space, std::string_view kind) {
  s.exec("DELETE FROM metadef_items WHERE namespace=?1 AND kind=?2", {space, kind});
}

std::optional<Item> find_item(db::Session& s, std::string_view space, std::string_view kind,
                              std::string_view name) {
  return s.one("SELECT " + kItem + " FROM metadef_items WHERE namespace=?1 AND kind=?2 AND name=?3",
               {space, kind, name}, item_of);
}

std::vector<Item> items(db::Session& s, std::string_view space, std::string_view kind) {
  return s.all(
      "SELECT " + kItem + " FROM metadef_items WHERE namespace=?1 AND kind=?2 ORDER BY name",
      {space, kind}, item_of);
}

std::vector<std::string> resource_types(db::Session& s) {
  return s.all("SELECT DISTINCT name FROM metadef_items WHERE kind='resource_type' ORDER BY name",
               {}, [](const db::Row& r) { return r.text(0); });
}

}  // namespace nuri::image::store
