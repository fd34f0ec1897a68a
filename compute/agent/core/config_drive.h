#pragma once

#include <string>
#include <vector>

#include "services/base/result.h"

namespace nuri::compute::agent {

struct DriveFile {
  std::string path;  // relative: "openstack/latest/meta_data.json"
  std::string content;
};

// An ISO 9660 image labelled config-2 with these files at `path`, which is either complete or not there.
Status make_config_drive(const std::string& path, const std::vector<DriveFile>& files);

}  // namespace nuri::compute::agent
