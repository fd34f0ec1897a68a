#include "storage/routes/making.h"

#include "storage/domain/volume_state.h"
#include "storage/store/snapshot_store.h"
#include "storage/store/type_store.h"
#include "storage/store/volume_store.h"
#include "storage/tasks/snapshot_task.h"
#include "storage/tasks/volume_task.h"

namespace nuri::storage {

namespace {

constexpr uint64_t kGib = 1ull << 30;

bool given(const std::optional<std::string>& id) { return id && !id->empty(); }

// What of an image goes with a volume, for people (Cinder's volume_image_metadata).
StringMap image_metadata_of(const Json& image) {
  StringMap out;
  for (const char* key :
       {"container_format", "disk_format", "min_disk", "min_ram", "size", "checksum"}) {
    const Json& value = image[key];
    if (!value.is_null()) out[key] = value.is_string() ? value.as_string() : value.dump();
  }
  for (const auto& [key, value] : image.as_object()) {
    bool guest =
        key.starts_with("hw_") || key.starts_with("os_type") || key.starts_with("os_distro");
    if (guest && value.is_string()) out[key] = value.as_string().substr(0, 255);
  }
  out["image_id"] = image["id"].as_string();
  out["image_name"] = image["name"].as_string();
  return out;
}

Status refuse(const std::optional<std::string>& id, const std::string& field,
              const std::string& what) {
  if (!given(id)) return {};
  return bad_request(
      what + " are not served by this cloud: " + field + " must be null or left out.", field);
}

Status check_input(const VolumeCreate& in) {
  TRYV(refuse(in.backup, "backup_id", "Volume backups"));
  TRYV(refuse(in.group, "group_id", "Volume groups"));
  TRYV(refuse(in.consistency_group, "consistencygroup_id", "Consistency groups"));
  if (in.multiattach) {
    return bad_request(
        "Volumes that several servers share are not served: multiattach must be false.",
        "multiattach");
  }
  int sources = int(given(in.image)) + int(given(in.snapshot)) + int(given(in.source));
  if (sources > 1) {
    return bad_request(
        "A volume is made from at most one of imageRef, snapshot_id and "
        "source_volid.",
        "imageRef");
  }
  bool copies = given(in.snapshot) || given(in.source);
  if (!in.size_gib && !copies) {
    return bad_request("Invalid input received: size must be a whole number of GiB, 1 to " +
                           std::to_string(kMaxVolumeGib) + ".",
                       "size");
  }
  return {};
}

Status take_image(Service& p, Volume& v, const Making& m) {
  const std::string& id = *m.in.image;
  Error wrong = bad_request(
      "Invalid image identifier or unable to access requested image: " + id.substr(0, 64) + ".",
      "imageRef");
  if (!is_uuid_like(id)) return wrong;
  auto found = p.images.find(id, m.any_project ? "" : m.project_id);
  if (!found) return found.error().code == ErrorCode::not_found ? wrong : found.error();
  const Json& image = *found;
  if (image["status"].as_string() != "active") {
    return bad_request(
        "Image " + id + " is not active: its status is " + image["status"].as_string() + ".",
        "imageRef");
  }
  if (image["virtual_size"].is_null()) {
    return bad_request(
        "Image " + id + " holds no disk: nothing of its disk_format was found in it.", "imageRef");
  }
  auto bytes =
      static_cast<uint64_t>(std::max(image["virtual_size"].as_int(), image["size"].as_int()));
  auto needed = std::max<int64_t>(static_cast<int64_t>((bytes + kGib - 1) / kGib),
                                  image["min_disk"].as_int());
  if (v.size_gib < needed) {
    return bad_request("Volume size " + std::to_string(v.size_gib) +
                           "GB cannot be smaller than the image's " + std::to_string(needed) +
                           "GB.",
                       "size");
  }
  v.image = Json::object({{"id", image["id"]},
                          {"disk_format", image["disk_format"]},
                          {"size", image["size"]},
                          {"virtual_size", image["virtual_size"]},
                          {"sha512", image["os_hash_value"]}});
  v.image_metadata = image_metadata_of(image);
  v.bootable = true;
  return {};
}

// The size, place and nature of a copy follow from its source.
Status follow(Volume& v, const Making& m, int64_t size_gib, const std::string& host,
              const std::string& source) {
  if (!m.in.size_gib) v.size_gib = size_gib;
  if (v.size_gib < size_gib) {
    return bad_request("Invalid input received: Volume size '" + std::to_string(v.size_gib) +
                           "'GB cannot be smaller than the " + source + "'s size " +
                           std::to_string(size_gib) + "GB. They must be >= the original size.",
                       "size");
  }
  if (!m.host.empty() && m.host != host) {
    return conflict("A copy lies where its source does, on host " + host + ", not on " + m.host +
                    ".");
  }
  v.wanted_host = host;
  return {};
}

bool theirs(const Making& m, const std::string& project_id) {
  return m.any_project || project_id == m.project_id;
}

Status take_snapshot(db::Session& s, Volume& v, const Making& m, std::string& type) {
  auto from = store::find_snapshot(s, *m.in.snapshot);
  if (!from || !theirs(m, from->project_id))
    return not_found("Snapshot " + m.in.snapshot->substr(0, 64) + " could not be found.");
  if (from->status != "available") {
    return bad_request(
        "Invalid snapshot: Originating snapshot status must be one of 'available', "
        "but it is " +
            from->status + ".",
        "snapshot_id");
  }
  TRYV(follow(v, m, from->size_gib, from->host, "snapshot"));
  v.snapshot_id = from->id;
  v.bootable = from->bootable;
  v.image_metadata = from->image_metadata;
  type = from->type_id;
  return {};
}

Status take_source(db::Session& s, Volume& v, const Making& m, std::string& type) {
  auto from = store::find(s, *m.in.source);
  if (!from || !theirs(m, from->project_id))
    return not_found("Volume " + m.in.source->substr(0, 64) + " could not be found.");
  TRYV(may_copy(*from, true, "cloned"));
  TRYV(follow(v, m, from->size_gib, from->host, "source volume"));
  v.source_volid = from->id;
  v.bootable = from->bootable;
  v.image_metadata = from->image_metadata;
  if (!given(m.in.zone)) v.zone = from->zone;
  type = from->type_id;
  return {};
}

// Asked for by name or id; else the source's, else the project's default, else everyone's.
Status take_type(db::Session& s, Volume& v, const Making& m, const std::string& source_type) {
  std::string asked = given(m.in.type) ? *m.in.type : source_type;
  if (asked.empty()) asked = store::default_type(s, m.project_id).value_or(kTypeId);
  auto type = store::find_type_named(s, asked);
  bool may =
      type && (m.any_project || !source_type.empty() || store::may_use(s, *type, m.project_id));
  if (given(m.in.type)) may = type && store::may_use(s, *type, m.project_id);
  if (!may)
    return not_found("Volume type with name " + asked.substr(0, 255) + " could not be found.");
  v.type_id = type->id;
  v.type_name = type->name;
  return {};
}

Status check_zone(Service& p, db::Session& s, const std::string& zone) {
  if (zone == p.settings.default_zone) return {};
  for (const Host& h : store::hosts(s)) {
    if (h.zone == zone) return {};
  }
  return bad_request("Availability zone '" + zone + "' is invalid: there is no such zone.",
                     "availability_zone");
}

Volume blank(Service& p, const Making& m) {
  Volume v;
  v.id = m.id;
  v.project_id = m.project_id;
  v.user_id = m.user_id;
  v.name = m.in.name;
  v.description = m.in.description;
  v.size_gib = m.in.size_gib.value_or(0);
  v.zone = given(m.in.zone) ? *m.in.zone : p.settings.default_zone;
  v.metadata = m.in.metadata;
  v.wanted_host = m.host;
  v.created_us = v.updated_us = p.clock.now_us();
  return v;
}

}  // namespace

Result<Response> make_volume(Service& p, const Making& m, const Answer& answer,
                             const Before& before) {
  TRYV(check_input(m.in));
  Volume volume = blank(p, m);
  if (given(m.in.image)) TRYV(take_image(p, volume, m));
  return p.db.write([&](db::Session& s) -> Result<Response> {
    if (before) {
      auto there = TRY(before(s));
      if (there) return answer(*there);
    }
    std::string source_type;
    if (given(m.in.snapshot)) TRYV(take_snapshot(s, volume, m, source_type));
    if (given(m.in.source)) TRYV(take_source(s, volume, m, source_type));
    TRYV(take_type(s, volume, m, source_type));
    TRYV(check_zone(p, s, volume.zone));
    TRYV(claim_volume(p, s, volume));
    store::insert(s, volume);
    create_volume_task(s, volume, volume.created_us, p.settings.tasks);
    p.wake_after(s);
    return answer(volume);
  });
}

Result<Snapshot> make_snapshot(Service& p, db::Session& s, const Volume& v, Snapshot n) {
  n.volume_id = v.id;
  n.project_id = v.project_id;
  n.size_gib = v.size_gib;
  n.type_id = v.type_id;
  n.type_name = v.type_name;
  n.bootable = v.bootable;
  n.image_metadata = v.image_metadata;
  n.host = v.host;
  n.created_us = n.updated_us = p.clock.now_us();
  TRYV(claim_snapshot(p, s, n));
  store::insert(s, n);
  create_snapshot_task(s, n, n.created_us, p.settings.tasks);
  p.wake_after(s);
  return n;
}

}  // namespace nuri::storage
