#pragma once

#include <optional>
#include <string_view>

#include "services/base/result.h"
#include "storage/api/snapshot.h"
#include "storage/api/volume.h"

// What may be done to a volume or a snapshot in which state. Pure. Errors: bad_request in Cinder's
// words for its API; conflict for the other services.
namespace nuri::storage {

// The status of a volume that has snapshots, or is half way through something, is in the way.
Status may_delete(const Volume& volume, bool has_snapshots, bool force);
// The volume's size in GiB after it. Error also where new_size does not grow it.
Status may_extend(const Volume& volume, int64_t new_size_gib, int microversion);
// By an administrator: what was never made cannot be called available.
Status may_reset(const Volume& volume, const std::string& status);
// Whether `wish` may hold the volume: it is free, or already held by the same attachment.
Status may_attach(const Volume& volume, const Attachment& wish);
// Whether it may be made anew on another host: blank or from an image, and no server has had it.
bool may_follow(const Volume& volume);
// Whether it can be copied: to a snapshot, another volume, an image. In use: with `live`.
Status may_copy(const Volume& volume, bool live, const std::string& what);
// The status that follows from what is attached, once the volume exists.
std::string_view status_by_attachment(const Volume& volume);

Status may_delete(const Snapshot& snapshot, bool force);

}  // namespace nuri::storage
