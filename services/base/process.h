#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "services/base/result.h"

namespace nuri {

struct ProcessResult {
  int exit_code = -1;  // 128 + signal where a signal ended it
  std::string output, error_output;
};

// Runs argv[0] (looked up in PATH) with exactly these arguments and no shell; stdin is /dev/null
// unless `input` is given (at most 64 KiB: what a pipe holds). Output beyond 1 MiB is dropped.
// Errors: internal (cannot start), timeout (the process was killed).
Result<ProcessResult> run_process(const std::vector<std::string>& argv, unsigned timeout_ms = 30'000,
                                  std::string_view input = {});
// The same, where another exit code than 0 is an error with the last of its stderr as detail.
Result<std::string> run_checked(const std::vector<std::string>& argv, unsigned timeout_ms = 30'000,
                                std::string_view input = {});

}  // namespace nuri
