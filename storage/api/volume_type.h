#pragma once

#include "storage/api/volume.h"

namespace nuri::storage {

inline constexpr int64_t kMaxSpecs = 64;

struct VolumeType {
  std::string id, name;
  std::optional<std::string> description;
  bool is_public = true;
  StringMap extra_specs;
  TimeUs created_us = 0, updated_us = 0;
};

struct TypeInput {
  std::optional<std::string> name, description;
  std::optional<bool> is_public;
  StringMap extra_specs;
};
extern const Fields<TypeInput> kTypeCreate;
extern const Fields<TypeInput> kTypeUpdate;

extern const Fields<VolumeType> kType;  // without the extra specs
// As GET shows it; an administrator sees all extra specs, others those that say what a type can do.
Json type_view(const VolumeType& type, bool admin);
Json type_created(const VolumeType& type);
Json type_updated(const VolumeType& type);

// What a type may ask of a place for volumes, beside what this cloud's have; "" where it is met.
std::string unmet_spec(const StringMap& extra_specs);

}  // namespace nuri::storage
