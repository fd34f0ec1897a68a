#pragma once

#include "services/feed/feed.h"
#include "services/tasks/task.h"
#include "storage/api/volume.h"
#include "storage/tasks/parts.h"

// The life of a volume, one task from its creation to its end:
//
//   place ──> await ──> keep <──> extend             delete signal, from anywhere
//     │         │ failed │ ↑         │ failed                     │
//     └─late────┴──────> failed <────┘                          remove ──> await_gone ──> (row
//     away)
//                        │ ↑
//             queue_upload ──> await_upload ──> end_upload ──> keep
//
// place: picks a host and tells its agent through the feed. await: until the agent has the file.
// keep: nothing to do but to look at signals; back to place where a volume that nobody has written
// to follows its server. remove: waits for what is being copied from it and for
// its snapshots' end, then tells the agent; await_gone: until it confirms. failed: an administrator
// who resets the status leads back to await, keep or extend. The steps of an upload make an image
// of it: queued at the image service, then copied by the agent.
namespace nuri::storage {

tasks::Kind volume_kind(const TaskParts& parts);

// In the transaction that writes the volume.
void create_volume_task(db::Session& s, const Volume& volume, TimeUs now_us,
                        const VolumeTaskOptions& options);

// The agents' observations: hosts into their table, volumes as signals to their tasks.
feed::Feed::OnObserved on_observed(Clock& clock, std::function<void()> wake);

// What the agent is asked for.
Json volume_spec(const Volume& volume);
Json upload_spec(const Volume& volume);

}  // namespace nuri::storage
