#include "compute/agent/core/private_files.h"

#include <filesystem>

namespace nuri::compute::agent {

Status close_to_others(const std::string& folder) {
  namespace fs = std::filesystem;
  constexpr fs::perms kTooMuch = fs::perms::others_all | fs::perms::group_write | fs::perms::group_exec;
  std::error_code ec;
  fs::recursive_directory_iterator it(folder, ec), end;
  if (ec == std::errc::no_such_file_or_directory) return {};
  for (; !ec && it != end; it.increment(ec)) {
    std::error_code gone;  // a file may go while we look
    fs::file_status status = it->symlink_status(gone);
    if (gone || !fs::is_regular_file(status) || (status.permissions() & kTooMuch) == fs::perms::none) continue;
    fs::permissions(it->path(), kTooMuch, fs::perm_options::remove, gone);
    if (gone && gone != std::errc::no_such_file_or_directory)
      return internal("chmod " + it->path().string() + ": " + gone.message());
  }
  if (ec) return internal("look into " + folder + ": " + ec.message());
  return {};
}

}  // namespace nuri::compute::agent
