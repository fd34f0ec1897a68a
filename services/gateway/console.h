#pragma once

#include <string>

#include "services/base/request.h"

namespace nuri::gateway {

// The web console's files. A path without a file is the console's own route: it gets index.html.
// Only regular files below the folder are served; hidden ones never.
Response serve_console(const std::string& folder, const Request& request);

std::string_view content_type(std::string_view file_name);

}  // namespace nuri::gateway
