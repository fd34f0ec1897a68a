#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/db/database.h"
#include "storage/api/volume.h"
#include "storage/domain/placement.h"
#include "storage/store/schema.h"

// The rows of volumes, their attachments, hosts and quotas. Functions run inside the caller's
// transaction.
namespace nuri::storage::store {

void insert(db::Session& s, const Volume& volume);
// All but the attachment; sets updated_us. False where the row is gone.
bool update(db::Session& s, Volume volume, TimeUs now_us);
std::optional<Volume> find(db::Session& s, std::string_view id);
void remove(db::Session& s, std::string_view id);
// project "": every one.
std::vector<Volume> list(db::Session& s, std::string_view project_id);

// At most one attachment a volume: the volume's id is the key.
void put_attachment(db::Session& s, const Attachment& attachment);
std::optional<Volume> find_by_attachment(db::Session& s, std::string_view attachment_id);
std::optional<Volume> find_by_upload(db::Session& s, std::string_view image_id);
bool remove_attachment(db::Session& s, std::string_view volume_id, std::string_view attachment_id);

void put_host(db::Session& s, const Host& host);
std::vector<Host> hosts(db::Session& s);  // with what is allocated on each

// An administrator's word: nothing new goes there.
void set_disabled(db::Session& s, std::string_view host, bool disabled,
                  const std::optional<std::string>& reason);

// Ids that compute has deleted: a create that comes late must not bring them back.
bool is_buried(db::Session& s, std::string_view id);
void bury(db::Session& s, std::string_view id, TimeUs now_us);

// How many volumes and snapshots are being copied from this one ("volume" or "snapshot").
int64_t copies_of(db::Session& s, std::string_view kind, std::string_view id);

// Usage event of a volume: "begin", "change", "end".
void emit_usage(db::Session& s, const Volume& volume, std::string_view type, TimeUs now_us);

}  // namespace nuri::storage::store
