#pragma once

#include "services/base/clock.h"
#include "services/feed/feed.h"
#include "services/tasks/task.h"
#include "storage/api/volume.h"

// The life of a volume, one task from its creation to its end:
//
//   place ──> await ──> keep <──> extend          delete signal, from anywhere
//     │         │ failed   │ failed                        │
//     └─late────┴──> failed (waits for a signal)        remove ──> await_gone ──> (row away)
//
// place: picks a host and tells its agent through the feed. await: until the agent has the file.
// keep: nothing to do but to look at signals. remove: tells the agent; await_gone: until it
// confirms. failed: an administrator who resets the status leads back to await, keep or extend.
namespace nuri::storage {

struct VolumeTaskOptions {
  TimeUs place_us = 60 * kSecondUs;            // to find a host
  TimeUs make_blank_us = 5 * 60 * kSecondUs;   // for the agent to make the file
  TimeUs make_image_us = 60 * 60 * kSecondUs;  // with an image to fetch and copy
  TimeUs extend_us = 5 * 60 * kSecondUs;
  TimeUs remove_us = 10 * 60 * kSecondUs;  // then an incident says so; the removal goes on
  int64_t overcommit = 10;
};

tasks::Kind volume_kind(db::Database& database, feed::Feed& feed, Clock& clock,
                        VolumeTaskOptions options);

// In the transaction that writes the volume.
void create_volume_task(db::Session& s, const Volume& volume, TimeUs now_us,
                        const VolumeTaskOptions& options);

// The agents' observations: hosts into their table, volumes as signals to their tasks.
feed::Feed::OnObserved on_observed(Clock& clock, std::function<void()> wake);

// What the agent is asked for.
Json volume_spec(const Volume& volume);

}  // namespace nuri::storage
