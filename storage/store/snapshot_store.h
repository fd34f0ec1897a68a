#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/db/database.h"
#include "storage/api/snapshot.h"

// The rows of snapshots. Functions run inside the caller's transaction.
namespace nuri::storage::store {

void insert(db::Session& s, const Snapshot& snapshot);
bool update(db::Session& s, Snapshot snapshot, TimeUs now_us);  // sets updated_us
std::optional<Snapshot> find_snapshot(db::Session& s, std::string_view id);
void remove_snapshot(db::Session& s, std::string_view id);
std::vector<Snapshot> snapshots(db::Session& s, std::string_view project_id);  // "": every one
std::vector<Snapshot> snapshots_of(db::Session& s, std::string_view volume_id);

void emit_usage(db::Session& s, const Snapshot& snapshot, std::string_view type, TimeUs now_us);

}  // namespace nuri::storage::store
