#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/db/database.h"
#include "storage/api/volume_type.h"

// The rows of volume types. Functions run inside the caller's transaction.
namespace nuri::storage::store {

void insert(db::Session& s, const VolumeType& type);
void update(db::Session& s, const VolumeType& type);
void remove_type(db::Session& s, std::string_view id);
std::optional<VolumeType> find_type(db::Session& s, std::string_view id);
// By id or by name.
std::optional<VolumeType> find_type_named(db::Session& s, std::string_view id_or_name);
std::vector<VolumeType> types(db::Session& s);
int64_t volumes_of_type(db::Session& s, std::string_view id);

// Projects that may use a type that is not public.
void grant(db::Session& s, std::string_view type_id,
           std::string_view project_id);  // throws where there
bool revoke(db::Session& s, std::string_view type_id, std::string_view project_id);
std::vector<std::string> projects_of(db::Session& s, std::string_view type_id);
bool may_use(db::Session& s, const VolumeType& type, std::string_view project_id);

// The type of a project's volumes where none is asked for.
void set_default_type(db::Session& s, std::string_view project_id, std::string_view type_id);
bool remove_default_type(db::Session& s, std::string_view project_id);
std::optional<std::string> default_type(db::Session& s, std::string_view project_id);
std::vector<std::pair<std::string, std::string>> default_types(db::Session& s);  // project, type

}  // namespace nuri::storage::store
