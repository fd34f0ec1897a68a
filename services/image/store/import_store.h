#pragma once

#include <string>
#include <vector>

#include "services/base/clock.h"
#include "services/base/json.h"
#include "services/db/database.h"

// Imports of staged data, kept for a while to be shown as Glance's tasks.
namespace nuri::image::store {

struct Import {
  std::string id, image_id, owner, user_id, request_id;
  Json input;
  TimeUs created_us = 0;
};

void insert_import(db::Session& s, const Import& import);
std::optional<Import> find_import(db::Session& s, std::string_view id);
// The newest first, at most `limit`, of one image or ("") of all.
std::vector<Import> imports(db::Session& s, std::string_view image_id, int64_t limit);
void forget_imports(db::Session& s, TimeUs before_us);

}  // namespace nuri::image::store
