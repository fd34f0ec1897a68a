#pragma once

#include "services/tasks/task.h"
#include "storage/api/snapshot.h"
#include "storage/tasks/parts.h"

// The life of a snapshot: make ──> await ──> keep, all to failed when it cannot be; the delete
// signal leads to remove ──> await_gone ──> (row away). It is a copy of its volume's file: remove
// waits only for volumes that are being made from it.
namespace nuri::storage {

tasks::Kind snapshot_kind(const TaskParts& parts);
void create_snapshot_task(db::Session& s, const Snapshot& snapshot, TimeUs now_us,
                          const VolumeTaskOptions& options);
Json snapshot_spec(const Snapshot& snapshot);

}  // namespace nuri::storage
