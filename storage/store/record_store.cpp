#include "storage/store/record_store.h"

namespace nuri::storage::store {

namespace {

const std::string kTransfers =
    "SELECT id, volume_id, project_id, name, salt, hash, no_snapshots, created_us FROM transfers";

Transfer transfer_of(const db::Row& r) {
  return {r.text(0), r.text(1), r.text(2), r.opt_text(3),
          r.text(4), r.text(5), r.flag(6), r.i64(7)};
}

const std::string kMessages =
    "SELECT id, project_id, resource_type, resource_id, event_id, text, created_us FROM messages";

Message message_of(const db::Row& r) {
  return {r.text(0), r.text(1), r.text(2), r.text(3), r.text(4), r.text(5), r.i64(6)};
}

}  // namespace

void insert(db::Session& s, const Transfer& t) {
  s.exec(
      "INSERT INTO transfers (id, volume_id, project_id, name, salt, hash, no_snapshots, "
      "created_us) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
      {t.id, t.volume_id, t.project_id, t.name, t.salt, t.hash, t.no_snapshots, t.created_us});
}

std::optional<Transfer> find_transfer(db::Session& s, std::string_view id) {
  return s.one(kTransfers + " WHERE id=?1", {id}, transfer_of);
}

std::vector<Transfer> transfers(db::Session& s, std::string_view project_id) {
  const std::string order = " ORDER BY created_us DESC, id";
  if (project_id.empty()) return s.all(kTransfers + order, {}, transfer_of);
  return s.all(kTransfers + " WHERE project_id=?1" + order, {project_id}, transfer_of);
}

void remove_transfer(db::Session& s, std::string_view id) {
  s.exec("DELETE FROM transfers WHERE id=?1", {id});
}

void remove_transfers_of(db::Session& s, std::string_view volume_id) {
  s.exec("DELETE FROM transfers WHERE volume_id=?1", {volume_id});
}

void insert(db::Session& s, const Message& m) {
  s.exec(
      "INSERT INTO messages (id, project_id, resource_type, resource_id, event_id, text, "
      "created_us) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
      {m.id, m.project_id, m.resource_type, m.resource_id, m.event_id, m.text, m.created_us});
  s.exec("DELETE FROM messages WHERE created_us<?1", {m.created_us - kMessagesKeptUs});
}

std::optional<Message> find_message(db::Session& s, std::string_view id) {
  return s.one(kMessages + " WHERE id=?1", {id}, message_of);
}

std::vector<Message> messages(db::Session& s, std::string_view project_id) {
  const std::string order = " ORDER BY created_us DESC, id";
  if (project_id.empty()) return s.all(kMessages + order, {}, message_of);
  return s.all(kMessages + " WHERE project_id=?1" + order, {project_id}, message_of);
}

void remove_message(db::Session& s, std::string_view id) {
  s.exec("DELETE FROM messages WHERE id=?1", {id});
}

}  // namespace nuri::storage::store
