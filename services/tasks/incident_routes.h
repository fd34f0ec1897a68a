#pragma once

#include "services/base/router.h"
#include "services/db/database.h"

namespace nuri::tasks {

// GET /v1/incidents[?all=true]: what did not end in time, for administrators.
void add_incident_routes(Router& router, db::Database& database);

}  // namespace nuri::tasks
