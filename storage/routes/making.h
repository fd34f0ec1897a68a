#pragma once

#include "storage/routes/service.h"

// How a volume or a snapshot comes to be, whoever asks: a user, or compute for a server.
namespace nuri::storage {

struct Making {
  VolumeCreate in;
  std::string id;
  std::string project_id, user_id;
  bool any_project = false;  // an administrator: images and sources of any project
  std::string host;          // "": wherever there is room
};
// Looks the image up, then writes the volume, its task and its claim in one transaction; `before`
// runs first in it and may return a volume that is already there.
// The answer is made in the transaction, so that it is kept with it (services/conduct).
using Before = std::function<Result<std::optional<Volume>>(db::Session&)>;
using Answer = std::function<Response(const Volume&)>;
Result<Response> make_volume(Service& p, const Making& making, const Answer& answer,
                             const Before& before = nullptr);

// Inside the caller's transaction: checks nothing of the volume's status.
Result<Snapshot> make_snapshot(Service& p, db::Session& s, const Volume& volume, Snapshot snapshot);

}  // namespace nuri::storage
