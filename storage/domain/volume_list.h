#pragma once

#include "storage/api/snapshot.h"
#include "storage/domain/listing.h"

// What may be asked of the lists of volumes and of snapshots.
namespace nuri::storage {

extern const ListRules kVolumeRules, kSnapshotRules;
const ListView<Volume>& volume_list_view();
const ListView<Snapshot>& snapshot_list_view();

}  // namespace nuri::storage
