#include "storage/api/volume_type.h"

#include <set>

namespace nuri::storage {

namespace {

const std::set<std::string> kSeenByAll = {"RESKEY:availability_zones", "multiattach",
                                          "replication_enabled"};

StringMap visible(const StringMap& specs) {
  StringMap out;
  for (const auto& [k, v] : specs)
    if (kSeenByAll.contains(k)) out[k] = v;
  return out;
}

const std::map<std::string, std::string> kHave = {
    {"volume_backend_name", "file"}, {"storage_protocol", "file"}, {"vendor_name", "Open Source"}};

}  // namespace

const Fields<VolumeType> kType = {
    text("id", &VolumeType::id),
    text("name", &VolumeType::name),
    boolean("is_public", &VolumeType::is_public),
    text("description", &VolumeType::description),
};

const Fields<TypeInput> kTypeCreate{
    "volume_type",
    Fields<TypeInput>::Unknown::refuse,
    {
        text("name", &TypeInput::name).length(1, 255).required_(),
        text("description", &TypeInput::description).length(0, 255).nullable_(),
        boolean("os-volume-type-access:is_public", &TypeInput::is_public).nullable_(),
        string_map("extra_specs", &TypeInput::extra_specs).length(0, kMaxSpecs).nullable_(),
    }};

const Fields<TypeInput> kTypeUpdate{
    "volume_type",
    Fields<TypeInput>::Unknown::refuse,
    {
        text("name", &TypeInput::name).length(1, 255).nullable_(),
        text("description", &TypeInput::description).length(0, 255).nullable_(),
        boolean("is_public", &TypeInput::is_public).nullable_(),
    }};

Json type_view(const VolumeType& type, bool admin) {
  Json out = type_created(type);
  out.set("extra_specs", string_map_json(admin ? type.extra_specs : visible(type.extra_specs)));
  if (admin) out.set("qos_specs_id", Json());
  return out;
}

Json type_created(const VolumeType& type) {
  Json out = type_updated(type);
  out.set("os-volume-type-access:is_public", type.is_public);
  return out;
}

Json type_updated(const VolumeType& type) {
  Json out = kType.write(type);
  out.set("extra_specs", string_map_json(type.extra_specs));
  return out;
}

std::string unmet_spec(const StringMap& specs) {
  for (const auto& [key, wanted] : specs) {
    std::string name = key.starts_with("capabilities:") ? key.substr(13) : key;
    auto have = kHave.find(name);
    if (have != kHave.end() && have->second != wanted)
      return name + " " + wanted + " (here: " + have->second + ")";
  }
  return "";
}

}  // namespace nuri::storage
