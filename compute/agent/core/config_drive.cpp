#include "compute/agent/core/config_drive.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "services/base/config.h"
#include "services/base/process.h"

namespace nuri::compute::agent {

Status make_config_drive(const std::string& path, const std::vector<DriveFile>& files) {
  namespace fs = std::filesystem;
  std::string root = path + ".files", part = path + ".part";
  std::error_code ec;
  fs::remove_all(root, ec);
  struct Removed {
    const std::string &root, &part;
    ~Removed() {
      std::error_code ignored;
      fs::remove_all(root, ignored);
      fs::remove(part, ignored);
    }
  } removed{root, part};
  for (const auto& file : files) {
    fs::path target = fs::path(root) / file.path;
    TRYV(make_directories(target.parent_path(), 0700));
    std::ofstream out(target, std::ios::binary);  // no fsync: the image made of it is what counts
    if (!(out << file.content << std::flush)) return internal("write " + target.string());
  }
  TRYV(run_checked({"genisoimage", "-quiet", "-J", "-r", "-V", "config-2", "-o", part, root}));
  chmod(part.c_str(), 0600);  // it holds user data and keys
  if (rename(part.c_str(), path.c_str()) != 0) return internal("rename " + part + ": " + std::strerror(errno));
  return {};
}

}  // namespace nuri::compute::agent
