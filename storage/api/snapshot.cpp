#include "storage/api/snapshot.h"

namespace nuri::storage {

namespace {

const Fields<Snapshot> kExtended = {
    text("os-extended-snapshot-attributes:progress", &Snapshot::progress),
    text("os-extended-snapshot-attributes:project_id", &Snapshot::project_id),
    computed<Snapshot>("group_snapshot_id", [](const Snapshot&) { return Json(); }).since_(14),
};

}  // namespace

const Fields<Snapshot> kSnapshot = {
    text("id", &Snapshot::id),
    text("name", &Snapshot::name),
    text("description", &Snapshot::description),
    text("volume_id", &Snapshot::volume_id),
    text("status", &Snapshot::status),
    number("size", &Snapshot::size_gib),
    string_map("metadata", &Snapshot::metadata),
    computed<Snapshot>("created_at", [](const Snapshot& s) { return iso_naive(s.created_us); }),
    computed<Snapshot>("updated_at", [](const Snapshot& s) { return iso_naive(s.updated_us); }),
    text("user_id", &Snapshot::user_id).since_(41),
    computed<Snapshot>("consumes_quota", [](const Snapshot&) { return true; }).since_(65),
};

Json snapshot_schema(int microversion) {
  Json out = kSnapshot.schema(microversion), extra = kExtended.schema(microversion);
  for (const auto& [name, schema] : extra["properties"].as_object()) out["properties"].set(name, schema);
  return out;
}

const Fields<SnapshotCreate> kSnapshotCreate{
    "snapshot",
    Fields<SnapshotCreate>::Unknown::refuse,
    {
        text("volume_id", &SnapshotCreate::volume_id).length(0, 64).nullable_(),
        text("name", &SnapshotCreate::name).length(0, 255).nullable_(),
        text("display_name", &SnapshotCreate::name).length(0, 255).nullable_(),
        text("description", &SnapshotCreate::description).length(0, 255).nullable_(),
        text("display_description", &SnapshotCreate::description).length(0, 255).nullable_(),
        boolean("force", &SnapshotCreate::force).nullable_(),
        string_map("metadata", &SnapshotCreate::metadata).length(0, kMaxMetadata).nullable_(),
    }};

const Fields<SnapshotUpdate> kSnapshotUpdate{
    "snapshot",
    Fields<SnapshotUpdate>::Unknown::refuse,
    {
        text("name", &SnapshotUpdate::name).length(0, 255).nullable_(),
        text("display_name", &SnapshotUpdate::name).length(0, 255).nullable_(),
        text("description", &SnapshotUpdate::description).length(0, 255).nullable_(),
        text("display_description", &SnapshotUpdate::description).length(0, 255).nullable_(),
    }};

Json snapshot_view(const Snapshot& snapshot, int microversion) {
  return kSnapshot.write(snapshot, microversion);
}

Json snapshot_detail(const Snapshot& snapshot, int microversion) {
  Json out = snapshot_view(snapshot, microversion);
  kExtended.write_into(out, snapshot, microversion);
  return out;
}

}  // namespace nuri::storage
