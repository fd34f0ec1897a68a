#include "storage/domain/volume_list.h"

namespace nuri::storage {

const ListRules kVolumeRules = {
    "Volume",
    {"name", "status", "bootable", "availability_zone", "id", "size", "user_id", "project_id",
     "host", "metadata", "volume_type", "volume_type_id", "snapshot_id", "source_volid", "group_id",
     "created_at", "updated_at", "description", "consumes_quota"},
    {"id", "status", "size", "availability_zone", "name", "bootable", "created_at", "updated_at"}};

const ListRules kSnapshotRules = {
    "Snapshot",
    {"name", "status", "id", "volume_id", "volume_size", "user_id", "project_id", "metadata",
     "created_at", "updated_at", "description", "consumes_quota"},
    {"id", "status", "volume_size", "size", "name", "created_at", "updated_at", "volume_id"}};

namespace {

std::string volume_text(const Volume& v, const std::string& field) {
  if (field == "name") return v.name.value_or("");
  if (field == "description") return v.description.value_or("");
  if (field == "status") return v.status;
  if (field == "bootable") return v.bootable ? "true" : "false";
  if (field == "availability_zone") return v.zone;
  if (field == "size") return std::to_string(v.size_gib);
  if (field == "user_id") return v.user_id;
  if (field == "project_id") return v.project_id;
  if (field == "host") return v.host.empty() ? "" : v.host + "@file#file";
  if (field == "volume_type") return v.type_name;
  if (field == "volume_type_id") return v.type_id;
  if (field == "snapshot_id") return v.snapshot_id.value_or("");
  if (field == "source_volid") return v.source_volid.value_or("");
  if (field == "group_id") return "";
  if (field == "consumes_quota") return "true";
  return v.id;
}

std::string volume_order(const Volume& v, const std::string& key) {
  if (key == "created_at") return sortable(v.created_us);
  if (key == "updated_at") return sortable(v.updated_us);
  if (key == "size") return sortable(v.size_gib);
  return volume_text(v, key);
}

std::string snapshot_text(const Snapshot& s, const std::string& field) {
  if (field == "name") return s.name.value_or("");
  if (field == "description") return s.description.value_or("");
  if (field == "status") return s.status;
  if (field == "volume_id") return s.volume_id;
  if (field == "volume_size" || field == "size") return std::to_string(s.size_gib);
  if (field == "user_id") return s.user_id;
  if (field == "project_id") return s.project_id;
  if (field == "consumes_quota") return "true";
  return s.id;
}

std::string snapshot_order(const Snapshot& s, const std::string& key) {
  if (key == "created_at") return sortable(s.created_us);
  if (key == "updated_at") return sortable(s.updated_us);
  if (key == "volume_size" || key == "size") return sortable(s.size_gib);
  return snapshot_text(s, key);
}

template <class T>
TimeUs time_of(const T& t, const std::string& field) {
  return field == "updated_at" ? t.updated_us : t.created_us;
}

}  // namespace

const ListView<Volume>& volume_list_view() {
  static const ListView<Volume> kView = {[](const Volume& v) { return v.id; }, volume_text,
                                         volume_order, time_of<Volume>,
                                         [](const Volume& v) { return &v.metadata; }};
  return kView;
}

const ListView<Snapshot>& snapshot_list_view() {
  static const ListView<Snapshot> kView = {[](const Snapshot& s) { return s.id; }, snapshot_text,
                                           snapshot_order, time_of<Snapshot>,
                                           [](const Snapshot& s) { return &s.metadata; }};
  return kView;
}

}  // namespace nuri::storage
