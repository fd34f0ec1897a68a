#include "compute/store/columns.h"
#include "compute/store/placement_store.h"

// Server groups and the hints that put servers into them.
namespace nuri::compute {

namespace {

const Table<ServerGroup>& groups() {
  using G = ServerGroup;
  static const Table<G> kTable("server_groups", 1,
                               {
                                   column("id", &G::id),
                                   column("project_id", &G::project_id),
                                   column("user_id", &G::user_id),
                                   column("name", &G::name),
                                   column("policy", &G::policy),
                                   column("max_per_host", &G::max_per_host),
                                   column("created_us", &G::created_us),
                               });
  return kTable;
}

}  // namespace

void insert_server_group(db::Session& s, const ServerGroup& group) { groups().insert(s, group); }

void erase_server_group(db::Session& s, std::string_view id) {
  s.exec("UPDATE server_hints SET group_id='' WHERE group_id=?1", {id});
  s.exec("DELETE FROM server_groups WHERE id=?1", {id});
}

std::optional<ServerGroup> find_server_group(db::Session& s, std::string_view id) {
  return groups().one(s, "WHERE id=?1", {id});
}

std::vector<ServerGroup> list_server_groups(db::Session& s, std::string_view project_id,
                                            int64_t offset, int64_t limit) {
  if (project_id.empty())
    return groups().all(s, "ORDER BY created_us, id LIMIT ?1 OFFSET ?2", {limit, offset});
  return groups().all(s, "WHERE project_id=?1 ORDER BY created_us, id LIMIT ?2 OFFSET ?3",
                      {project_id, limit, offset});
}

std::vector<std::string> group_members(db::Session& s, std::string_view group_id) {
  return s.all(
      "SELECT h.server_id FROM server_hints h JOIN servers v ON v.id=h.server_id WHERE "
      "h.group_id=?1 AND v.deleted=0 ORDER BY v.created_us, v.id",
      {group_id}, [](const db::Row& r) { return r.text(0); });
}

int64_t count_group_members(db::Session& s, std::string_view group_id, std::string_view user_id) {
  return s.count(
      "SELECT count(*) FROM server_hints h JOIN servers v ON v.id=h.server_id WHERE h.group_id=?1 "
      "AND v.deleted=0 AND v.user_id=?2",
      {group_id, user_id});
}

std::string group_of(db::Session& s, std::string_view server_id) {
  return s
      .one("SELECT group_id FROM server_hints WHERE server_id=?1", {server_id},
           [](const db::Row& r) { return r.text(0); })
      .value_or("");
}

void insert_hints(db::Session& s, std::string_view server_id, const Hints& h) {
  if (h.empty()) return;
  s.exec(
      "INSERT INTO server_hints (server_id, group_id, same_host, different_host) VALUES (?1, ?2, "
      "?3, ?4)",
      {server_id, h.group_id, Json::strings(h.same_host), Json::strings(h.different_host)});
}

}  // namespace nuri::compute
