#pragma once

#include <vector>

#include "services/db/database.h"

namespace nuri::compute {

extern const std::vector<db::Migration> kMigrations;  // component "compute"

}  // namespace nuri::compute
