#include "storage/api/volume.h"

namespace nuri::storage {

namespace {

Json attachments_of(const Volume& v) {
  Json out = Json::array();
  if (!v.attachment || v.attachment->state == "reserved" || v.attachment->state == "attaching")
    return out;
  const Attachment& a = *v.attachment;
  out.push_back(Json::object({{"id", v.id},
                              {"attachment_id", a.id},
                              {"volume_id", v.id},
                              {"server_id", a.server_id.empty() ? Json() : Json(a.server_id)},
                              {"host_name", a.host.empty() ? Json() : Json(a.host)},
                              {"device", a.device},
                              {"attached_at", iso_naive(a.attached_us)}}));
  return out;
}

// With what Cinder itself keeps there for people to see.
Json shown_metadata(const Volume& v) {
  Json out = string_map_json(v.metadata);
  if (v.readonly) out.set("readonly", *v.readonly ? "True" : "False");
  if (v.attachment && v.attachment->state == "attached" && !v.attachment->by_compute())
    out.set("attached_mode", v.attachment->mode);
  return out;
}

Field<Volume> always_null(std::string name) {
  return computed<Volume>(std::move(name), [](const Volume&) { return Json(); });
}

// What the extensions add to GET; the second for administrators.
const Fields<Volume> kShown = {text("os-vol-tenant-attr:tenant_id", &Volume::project_id)};
const Fields<Volume> kAdmin = {
    computed<Volume>(
        "os-vol-host-attr:host",
        [](const Volume& v) { return v.host.empty() ? Json() : Json(v.host + "@file#file"); }),
    always_null("os-vol-mig-status-attr:migstat"),
    always_null("os-vol-mig-status-attr:name_id"),
    always_null("provider_id").since_(21),
    always_null("cluster_name").since_(61),
};

Json links_of(const Volume& v, const VolumeLook& look) {
  std::string rest = "/" + look.project_id + "/volumes/" + v.id;
  Json out = Json::array();
  auto add = [&](const char* rel, std::string href) {
    Json::Object link;
    link.reserve(2);
    link.emplace_back("rel", rel);
    link.emplace_back("href", std::move(href));
    out.push_back(Json(std::move(link)));
  };
  out.array_ref().reserve(2);
  add("self", look.base_url + "/v3" + rest);
  add("bookmark", look.base_url + rest);
  return out;
}

}  // namespace

const Fields<Volume> kVolume = {
    text("id", &Volume::id),
    text("status", &Volume::status),
    number("size", &Volume::size_gib),
    text("availability_zone", &Volume::zone),
    computed<Volume>("created_at", [](const Volume& v) { return iso_naive(v.created_us); }),
    computed<Volume>("updated_at", [](const Volume& v) { return iso_naive(v.updated_us); }),
    text("name", &Volume::name),
    text("description", &Volume::description),
    text("volume_type", &Volume::type_name),
    text("snapshot_id", &Volume::snapshot_id),
    text("source_volid", &Volume::source_volid),
    computed<Volume>("metadata", shown_metadata),
    text("user_id", &Volume::user_id),
    computed<Volume>("bootable", [](const Volume& v) { return v.bootable ? "true" : "false"; }),
    computed<Volume>("encrypted", [](const Volume&) { return false; }),
    always_null("replication_status"),
    always_null("consistencygroup_id"),
    computed<Volume>("multiattach", [](const Volume&) { return false; }),
    computed<Volume>("attachments", attachments_of),
    always_null("migration_status"),
    always_null("group_id").since_(13),
    always_null("service_uuid").since_(48),
    computed<Volume>("shared_targets", [](const Volume&) { return false; }).since_(48),
    text("volume_type_id", &Volume::type_id).since_(63),
    computed<Volume>("consumes_quota", [](const Volume&) { return true; }).since_(65),
};

Json volume_schema(int microversion) {
  Json out = kVolume.schema(microversion);
  for (const auto* more : {&kShown, &kAdmin}) {
    Json extra = more->schema(microversion);
    for (const auto& [name, schema] : extra["properties"].as_object()) out["properties"].set(name, schema);
  }
  return out;
}

const Fields<VolumeCreate> kVolumeCreate{
    "volume",
    Fields<VolumeCreate>::Unknown::refuse,
    {
        number("size", &VolumeCreate::size_gib).range(1, kMaxVolumeGib).nullable_(),
        text("name", &VolumeCreate::name).length(0, 255).nullable_(),
        text("display_name", &VolumeCreate::name).length(0, 255).nullable_(),
        text("description", &VolumeCreate::description).length(0, 255).nullable_(),
        text("display_description", &VolumeCreate::description).length(0, 255).nullable_(),
        text("availability_zone", &VolumeCreate::zone).length(0, 255).nullable_(),
        text("volume_type", &VolumeCreate::type).length(0, 255).nullable_(),
        text("imageRef", &VolumeCreate::image).length(0, 255).nullable_(),
        text("image_id", &VolumeCreate::image).length(0, 255).nullable_(),
        text("snapshot_id", &VolumeCreate::snapshot).nullable_(),
        text("source_volid", &VolumeCreate::source).nullable_(),
        text("backup_id", &VolumeCreate::backup).nullable_(),
        text("group_id", &VolumeCreate::group).nullable_(),
        text("consistencygroup_id", &VolumeCreate::consistency_group).nullable_(),
        boolean("multiattach", &VolumeCreate::multiattach).nullable_(),
        string_map("metadata", &VolumeCreate::metadata).length(0, kMaxMetadata).nullable_(),
        any("scheduler_hints", &VolumeCreate::hints).nullable_(),
        any("user_id", &VolumeCreate::unused).nullable_(),
        any("project_id", &VolumeCreate::unused).nullable_(),
        any("status", &VolumeCreate::unused).nullable_(),
        any("attach_status", &VolumeCreate::unused).nullable_(),
        any("source_replica", &VolumeCreate::unused).nullable_(),
    }};

const Fields<VolumeUpdate> kVolumeUpdate{
    "volume",
    Fields<VolumeUpdate>::Unknown::refuse,
    {
        text("name", &VolumeUpdate::name).length(0, 255).nullable_(),
        text("display_name", &VolumeUpdate::name).length(0, 255).nullable_(),
        text("description", &VolumeUpdate::description).length(0, 255).nullable_(),
        text("display_description", &VolumeUpdate::description).length(0, 255).nullable_(),
        string_map("metadata", &VolumeUpdate::metadata).length(0, kMaxMetadata).nullable_(),
    }};

Json volume_view(const Volume& volume, const VolumeLook& look) {
  Json out = kVolume.write(volume, look.microversion);
  out.set("links", links_of(volume, look));
  return out;
}

Json volume_detail(const Volume& volume, const VolumeLook& look) {
  Json out = volume_view(volume, look);
  kShown.write_into(out, volume, look.microversion);
  if (look.admin) kAdmin.write_into(out, volume, look.microversion);
  if (!volume.image_metadata.empty()) {
    out.set("volume_image_metadata", string_map_json(volume.image_metadata));
  }
  return out;
}

Json volume_summary(const Volume& volume, const VolumeLook& look) {
  return Json::object({{"id", volume.id},
                       {"name", volume.name ? Json(*volume.name) : Json()},
                       {"links", links_of(volume, look)}});
}

}  // namespace nuri::storage
