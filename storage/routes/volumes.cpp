#include "services/tasks/task.h"
#include "storage/domain/volume_list.h"
#include "storage/domain/volume_state.h"
#include "storage/routes/api.h"
#include "storage/store/volume_store.h"

// POST, GET, PUT and DELETE of volumes.
namespace nuri::storage {

namespace {

constexpr uint64_t kGib = 1ull << 30;

// What of an image goes with a volume, for people (Cinder's volume_image_metadata).
StringMap image_metadata_of(const Json& image) {
  StringMap out;
  for (const char* key :
       {"container_format", "disk_format", "min_disk", "min_ram", "size", "checksum"}) {
    const Json& value = image[key];
    if (!value.is_null()) out[key] = value.is_string() ? value.as_string() : value.dump();
  }
  out["image_id"] = image["id"].as_string();
  out["image_name"] = image["name"].as_string();
  return out;
}

Status not_served(const std::optional<std::string>& given, const std::string& field,
                  const std::string& what) {
  if (!given || given->empty()) return {};
  return bad_request(
      "Volumes from " + what + " are not served yet: " + field + " must be null or left out.",
      field);
}

}  // namespace

Status Api::take_image(Volume& volume, const std::string& image_id, const Context& context) {
  Error wrong = bad_request("Invalid image identifier or unable to access requested image: " +
                                image_id.substr(0, 64) + ".",
                            "imageRef");
  if (!is_uuid_like(image_id)) return wrong;
  auto found = images_.find(image_id, context.claims.is_admin() ? "" : context.claims.project_id);
  if (!found) return found.error().code == ErrorCode::not_found ? wrong : found.error();
  const Json& image = *found;
  if (image["status"].as_string() != "active") {
    return bad_request(
        "Image " + image_id + " is not active: its status is " + image["status"].as_string() + ".",
        "imageRef");
  }
  const std::string& format = image["disk_format"].as_string();
  if (format != "qcow2" && format != "raw") {
    return bad_request(
        "A volume can be made from an image of disk_format qcow2 or raw; this one is " + format +
            ".",
        "imageRef");
  }
  auto bytes =
      static_cast<uint64_t>(std::max(image["virtual_size"].as_int(), image["size"].as_int()));
  auto needed = std::max<int64_t>(static_cast<int64_t>((bytes + kGib - 1) / kGib),
                                  image["min_disk"].as_int());
  if (volume.size_gib < needed) {
    return bad_request("Volume size " + std::to_string(volume.size_gib) +
                           "GB cannot be smaller than the image's " + std::to_string(needed) +
                           "GB.",
                       "size");
  }
  volume.image = Json::object({{"id", image["id"]},
                               {"disk_format", format},
                               {"size", image["size"]},
                               {"sha512", image["os_hash_value"]}});
  volume.image_metadata = image_metadata_of(image);
  volume.bootable = true;
  return {};
}

Result<Volume> Api::volume_from(const VolumeCreate& in, const Context& context) {
  TRYV(not_served(in.snapshot, "snapshot_id", "snapshots"));
  TRYV(not_served(in.source, "source_volid", "other volumes"));
  TRYV(not_served(in.backup, "backup_id", "backups"));
  TRYV(not_served(in.group, "group_id", "groups"));
  TRYV(not_served(in.consistency_group, "consistencygroup_id", "consistency groups"));
  if (in.multiattach)
    return bad_request(
        "Volumes that several servers share are not served: multiattach must be false.",
        "multiattach");
  if (!in.size_gib)
    return bad_request("Invalid input received: size must be a whole number of GiB, 1 to " +
                           std::to_string(kMaxVolumeGib) + ".",
                       "size");
  bool default_type = !in.type || in.type->empty() || *in.type == kTypeName || *in.type == kTypeId;
  if (!default_type) return not_found("Volume type with name " + *in.type + " could not be found.");
  Volume v;
  v.id = random_.uuid();
  v.project_id = context.param("project_id");
  v.user_id = context.claims.user_id;
  v.name = in.name;
  v.description = in.description;
  v.size_gib = *in.size_gib;
  v.zone = in.zone.value_or("").empty() ? settings_.default_zone : *in.zone;
  v.metadata = in.metadata;
  v.created_us = v.updated_us = clock_.now_us();
  if (in.image && !in.image->empty()) TRYV(take_image(v, *in.image, context));
  return v;
}

Status Api::check_zone(db::Session& s, const std::string& zone) {
  if (zone == settings_.default_zone) return {};
  for (const Host& h : store::hosts(s)) {
    if (h.zone == zone) return {};
  }
  return bad_request("Availability zone '" + zone + "' is invalid: there is no such zone.",
                     "availability_zone");
}

Result<Response> Api::create(const Request& request, Context& context) {
  Json body = TRY(body_member(request.body, "volume"));
  VolumeCreate in = TRY(kVolumeCreate.read(body, context.microversion));
  Volume volume = TRY(volume_from(in, context));
  TRYV(db_.write([&](db::Session& s) -> Status {
    TRYV(check_zone(s, volume.zone));
    TRYV(check_quota(s, volume.project_id, 1, volume.size_gib, volume.size_gib));
    store::insert(s, volume);
    create_volume_task(s, volume, volume.created_us, settings_.tasks);
    wake_after(s);
    return {};
  }));
  return Response::json(202, Json::object({{"volume", volume_view(volume, look(context))}}));
}

Result<Response> Api::list(const Request& request, Context& context) {
  return list_of(request, context, false);
}
Result<Response> Api::list_detail(const Request& request, Context& context) {
  return list_of(request, context, true);
}

Result<Response> Api::list_of(const Request& request, Context& context, bool detail) {
  VolumeQuery query = TRY(read_volume_query(request.query));
  bool everything = query.all_projects && context.claims.is_admin();
  auto volumes = TRY(db_.read([&](db::Session& s) {
    return store::list(s, everything ? "" : context.param("project_id"));
  }));
  VolumePage page = TRY(select(query, std::move(volumes)));
  VolumeLook how = look(context);
  Json items = Json::array();
  for (const Volume& v : page.volumes)
    items.push_back(detail ? volume_detail(v, how) : volume_summary(v, how));
  Json out = Json::object({{"volumes", std::move(items)}});
  if (page.more) {
    Query next = request.query;
    next.set("marker", page.volumes.back().id);
    std::string at = how.base_url + "/v3/" + how.project_id + "/volumes" +
                     (detail ? "/detail?" : "?") + next.encode();
    out.set("volumes_links", Json::array({Json::object({{"rel", "next"}, {"href", at}})}));
  }
  if (query.with_count && context.microversion >= 45) out.set("count", page.count);
  return Response::json(200, out);
}

Result<Response> Api::summary(const Request& request, Context& context) {
  VolumeQuery query = TRY(read_volume_query(request.query));
  bool everything = query.all_projects && context.claims.is_admin();
  auto volumes = TRY(db_.read([&](db::Session& s) {
    return store::list(s, everything ? "" : context.param("project_id"));
  }));
  int64_t size = 0;
  std::map<std::string, std::vector<std::string>> metadata;
  for (const Volume& v : volumes) {
    size += v.size_gib;
    for (const auto& [k, value] : v.metadata) {
      auto& seen = metadata[k];
      if (std::find(seen.begin(), seen.end(), value) == seen.end()) seen.push_back(value);
    }
  }
  Json out = Json::object({{"total_size", size}, {"total_count", volumes.size()}});
  if (context.microversion >= 36) {
    Json all = Json::object();
    for (const auto& [k, values] : metadata) all.set(k, Json::strings(values));
    out.set("metadata", all);
  }
  return Response::json(200, Json::object({{"volume-summary", out}}));
}

Result<Response> Api::show(const Request&, Context& context) {
  Volume volume = TRY(db_.read([&](db::Session& s) { return own_volume(s, context); }));
  return Response::json(200, Json::object({{"volume", volume_detail(volume, look(context))}}));
}

Result<Response> Api::update(const Request& request, Context& context) {
  Json body = TRY(body_member(request.body, "volume"));
  VolumeUpdate in = TRY(kVolumeUpdate.read(body, context.microversion));
  Volume volume = TRY(change(context, [&](db::Session&, Volume& v) -> Status {
    auto says = [&](const char* a, const char* b) { return body.contains(a) || body.contains(b); };
    if (says("name", "display_name")) v.name = in.name;
    if (says("description", "display_description")) v.description = in.description;
    if (in.metadata) v.metadata = *in.metadata;
    return {};
  }));
  return Response::json(200, Json::object({{"volume", volume_view(volume, look(context))}}));
}

// From here on it is gone for its owner's bill and quota; its row stays until the host has let go of
// it. Asked for again, it is done already.
Status Api::start_delete(db::Session& s, Volume& volume) {
  TRYV(may_delete(volume));
  TimeUs now = clock_.now_us();
  if (volume.metered) store::emit_usage(s, volume, "end", now);
  volume.metered = false;
  volume.status = "deleting";
  tasks::request_delete(s, volume.id, now);
  wake_after(s);
  return {};
}

Result<Response> Api::remove(const Request&, Context& context) {
  TRY(change_any(context, [&](db::Session& s, Volume& v) { return start_delete(s, v); }));
  return Response::empty(202);
}

// There are none: clients list them before a delete.
Result<Response> Api::no_snapshots(const Request&, Context&) {
  return Response::json(200, Json::object({{"snapshots", Json::array()}}));
}

}  // namespace nuri::storage
