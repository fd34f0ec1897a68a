#pragma once

#include <functional>
#include <map>
#include <string>

#include "services/base/router.h"
#include "services/ledger/ledger.h"
#include "storage/api/snapshot.h"
#include "storage/api/volume_type.h"
#include "storage/domain/listing.h"
#include "storage/tasks/parts.h"

// What every handler of storage is given, and what several of them do.
namespace nuri::storage {

struct Settings {
  std::string default_zone = "nova";
  std::map<std::string, int64_t> quotas = {{"volumes", 10},
                           {"gigabytes", 1000},
                           {"snapshots", 10},
                           {"backups", 10},
                           {"backup_gigabytes", 1000},
                           {"groups", 10},
                           {"per_volume_gigabytes", -1}};  // -1: no limit
  VolumeTaskOptions tasks;
};

struct Service {
  db::Database& db;
  Clock& clock;
  Random& random;
  feed::Feed& feed;
  Images& images;
  const ledger::Ledger& quota;
  Settings settings;
  std::function<void()> wake = [] {};

  void wake_after(db::Session& s) { s.after_commit(wake); }
};

using HandlerFn = Result<Response>(Service&, const Request&, Context&);

// {id} of the path as far as the caller sees it. Error: not_found, the same for a foreign one as
// for none.
Result<Volume> own_volume(db::Session& s, const Context& context, const std::string& id);
Result<Volume> own_volume(db::Session& s, const Context& context);
Result<Snapshot> own_snapshot(db::Session& s, const Context& context, const std::string& id);
Result<Snapshot> own_snapshot(db::Session& s, const Context& context);
Result<VolumeType> own_type(db::Session& s, const Context& context, const std::string& id_or_name);

// Reads, changes and writes in one transaction.
using VolumeChange = std::function<Status(db::Session&, Volume&)>;
Result<Volume> change_any_volume(Service& p, Context& context, const VolumeChange& f);
// As change_any_volume, but refused (400) for a volume on its way out.
Result<Volume> change_volume(Service& p, Context& context, const VolumeChange& f);
using SnapshotChange = std::function<Status(db::Session&, Snapshot&)>;
Result<Snapshot> change_snapshot(Service& p, Context& context, const SnapshotChange& f);

// From here on it is gone for its owner's bill and quota; its row stays until the host has let go
// of it. Asked for again, it is done already.
Status start_delete(Service& p, db::Session& s, Volume& volume, bool cascade, bool force);
Status start_delete(Service& p, db::Session& s, Snapshot& snapshot, bool force);

Status need_admin(const Context& context, const std::string& action);
VolumeLook look_of(const Context& context);
// Whose things a list shows: the path's project, or "" for every one (administrators who ask).
std::string list_scope(const ListQuery& query, const Context& context);
// Adds the link to the next page, and the count, to an answer of a list.
void finish_list(Json& out, const std::string& what, const Request& request,
                 const Context& context, const ListQuery& query, const std::string& last,
                 int64_t count);

// In the transaction that makes or grows a volume. Errors: too_large (413), as Cinder.
Status claim_volume(Service& p, db::Session& s, const Volume& volume);
Status claim_snapshot(Service& p, db::Session& s, const Snapshot& snapshot);

// Metadata routes are the same for volumes and snapshots.
Status check_metadata_count(const StringMap& metadata);
Result<StringMap> read_metadata_body(const Request& request);
Result<std::pair<std::string, std::string>> read_meta_item(const Request& request,
                                                           const Context& context);
Json metadata_answer(const StringMap& metadata);
Error no_such_key(const std::string& what, const Context& context);

}  // namespace nuri::storage
