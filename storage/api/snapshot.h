#pragma once

#include "storage/api/volume.h"

// Snapshots as Cinder shows them. A snapshot is a copy of its own: neither its volume nor what is
// made from it depends on the other's files.
namespace nuri::storage {

struct Snapshot {
  std::string id, volume_id, project_id, user_id;
  std::optional<std::string> name, description;
  std::string status = "creating";  // creating, available, deleting, error, error_deleting
  std::string progress = "0%";
  int64_t size_gib = 0;
  StringMap metadata;
  // Of its volume at the time: they go on to what is made from it.
  std::string type_id = kTypeId, type_name = kTypeName;
  bool bootable = false;
  StringMap image_metadata;
  std::string host, path, error;
  int64_t revision = 0;
  bool metered = false;
  TimeUs created_us = 0, updated_us = 0;
};

struct SnapshotCreate {
  std::optional<std::string> volume_id, name, description;
  bool force = false;
  StringMap metadata;
};
extern const Fields<SnapshotCreate> kSnapshotCreate;

struct SnapshotUpdate {
  std::optional<std::string> name, description;
};
extern const Fields<SnapshotUpdate> kSnapshotUpdate;
Json snapshot_schema(int microversion);  // of what answers show

extern const Fields<Snapshot> kSnapshot;
Json snapshot_view(const Snapshot& snapshot, int microversion);
// With the extension's fields, as GET and the detailed list answer.
Json snapshot_detail(const Snapshot& snapshot, int microversion);

}  // namespace nuri::storage
