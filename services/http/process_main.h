#pragma once

#include <functional>

#include "services/base/config.h"

namespace nuri::http {

// The main() of each process: nuri-NAME [--config FILE], FILE being /etc/nuri/nuri.toml where none
// is given. Files are made for this user alone, signals blocked, the log opened; `run`'s Error is
// logged and the process ends with 1.
int process_main(int argc, char** argv, const char* name,
                 const std::function<Status(Config&)>& run);

}  // namespace nuri::http
