#pragma once

#include <string>

#include "services/base/result.h"

namespace nuri::compute::agent {

// Takes from everyone but owner and group (who may still read) what they may do with the files in
// and below `folder`: disks made by an earlier version were open to all. Folders keep their modes,
// since QEMU's user must pass. A folder that is not there is fine.
Status close_to_others(const std::string& folder);

}  // namespace nuri::compute::agent
