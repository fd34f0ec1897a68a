#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/db/database.h"
#include "storage/api/volume.h"
#include "storage/domain/placement.h"

// The rows of volumes, their attachments, hosts and quotas. Functions run inside the caller's
// transaction.
namespace nuri::storage::store {

extern const std::vector<db::Migration> kMigrations;  // component "storage"

void insert(db::Session& s, const Volume& volume);
// All but the attachment; sets updated_us. False where the row is gone.
bool update(db::Session& s, Volume volume, TimeUs now_us);
std::optional<Volume> find(db::Session& s, std::string_view id);
void remove(db::Session& s, std::string_view id);
// project "": every one.
std::vector<Volume> list(db::Session& s, std::string_view project_id);

// At most one attachment a volume: the volume's id is the key.
void put_attachment(db::Session& s, const Attachment& attachment);
bool remove_attachment(db::Session& s, std::string_view volume_id, std::string_view attachment_id);

void put_host(db::Session& s, const Host& host);
std::vector<Host> hosts(db::Session& s);  // with what is allocated on each

struct Usage {
  int64_t volumes = 0, gigabytes = 0;
};
Usage usage(db::Session& s, std::string_view project_id);
// Overrides of a project: "volumes", "gigabytes", ... Missing ones have the default.
std::map<std::string, int64_t> quotas(db::Session& s, std::string_view project_id);
void put_quota(db::Session& s, std::string_view project_id, std::string_view resource,
               int64_t limit);
void remove_quotas(db::Session& s, std::string_view project_id);

// Usage event of a volume: "begin", "change", "end".
void emit_usage(db::Session& s, const Volume& volume, std::string_view type, TimeUs now_us);

}  // namespace nuri::storage::store
