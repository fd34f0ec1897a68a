#pragma once

#include <vector>

#include "services/db/database.h"

namespace nuri::storage::store {

extern const std::vector<db::Migration> kMigrations;  // component "storage"

}  // namespace nuri::storage::store
