#pragma once

#include <map>
#include <string>

#include "services/base/json.h"

namespace nuri::image {

// The JSON schemas of GET /v2/schemas/NAME: "image", "images", "member", "members", "task",
// "tasks", and those of metadata definitions, "metadefs/namespace"...
std::map<std::string, Json> schemas();

}  // namespace nuri::image
