#pragma once

#include "compute/routes/app.h"

namespace nuri::compute {

// Hypervisors and services are hosts under another name; before 2.53 their ids are numbers.
Json host_id(const Host& host, int version);
bool host_has_id(const Host& host, const std::string& id);
inline Json null_if_empty(const std::string& s) { return s.empty() ? Json() : Json(s); }

}  // namespace nuri::compute
