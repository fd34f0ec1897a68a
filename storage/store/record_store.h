#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/base/clock.h"
#include "services/db/database.h"

// Transfers of volumes to other projects, and messages to users. Functions run inside the caller's
// transaction.
namespace nuri::storage::store {

// An offer of a volume to whoever has its key, of which only a salted hash is kept.
struct Transfer {
  std::string id, volume_id, project_id;
  std::optional<std::string> name;
  std::string salt, hash;
  bool no_snapshots = false;
  TimeUs created_us = 0;
};
void insert(db::Session& s, const Transfer& transfer);
std::optional<Transfer> find_transfer(db::Session& s, std::string_view id);
std::vector<Transfer> transfers(db::Session& s, std::string_view project_id);  // "": every one
void remove_transfer(db::Session& s, std::string_view id);
void remove_transfers_of(db::Session& s, std::string_view volume_id);

// Why something that was answered with 202 did not come about.
struct Message {
  std::string id, project_id, resource_type, resource_id, event_id, text;
  TimeUs created_us = 0;
};
inline constexpr TimeUs kMessagesKeptUs = 30ll * 24 * 3600 * kSecondUs;
void insert(db::Session& s, const Message& message);  // and drops those whose time is over
std::optional<Message> find_message(db::Session& s, std::string_view id);
std::vector<Message> messages(db::Session& s, std::string_view project_id);
void remove_message(db::Session& s, std::string_view id);

}  // namespace nuri::storage::store
