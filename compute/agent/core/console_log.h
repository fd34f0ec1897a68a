#pragma once

#include <cstdint>
#include <string>

#include "services/base/result.h"

namespace nuri::compute::agent {

// The last `lines` lines (negative: all) of a console log, at most its last 512 KiB. The logger
// rotates it (PATH.0, PATH.1); where the newest part is short, the one before is put in front.
Result<std::string> read_console_log(const std::string& path, int64_t lines);

}  // namespace nuri::compute::agent
