#pragma once

#include <functional>
#include <string>
#include <vector>

#include "services/base/json.h"
#include "services/base/result.h"

namespace nuri::storage::agent {

// Volumes and snapshots as qcow2 files: FOLDER/volume-ID, FOLDER/snapshot-ID. Idempotent: a file
// under its name is complete, and grown where more is wanted. A file stands alone: what is made
// from another is a copy, so either may go first.
class FileVolumes {
 public:
  struct Source {
    std::string path, format;
    int64_t virtual_size = 0;
  };
  struct Hooks {
    // An image of this host's cache, from the spec's "image".
    std::function<Result<Source>(const Json& image)> fetch;
    // What a running guest holds is not ours to touch: copies its file as it stands at one moment,
    // and grows it under it. Not set: such a wish is refused.
    std::function<Status(const std::string& volume_id, const std::function<Status()>& copy)> quiet =
        {};
    std::function<Status(const std::string& volume_id, int64_t bytes)> grow = {};
  };
  // `kind`: "volume" or "snapshot".
  FileVolumes(std::string kind, std::string folder, Hooks hooks)
      : kind_(std::move(kind)), folder_(std::move(folder)), hooks_(std::move(hooks)) {}

  // Spec and state as docs/internal-protocols.md; errors: unprocessable where it can never work.
  Result<Json> ensure(const std::string& id, const Json& spec);
  Status remove(const std::string& id);
  std::vector<std::string> list() const;  // ids of what is here, half made or whole
  std::string path_of(const std::string& id) const { return folder_ + "/" + kind_ + "-" + id; }

 private:
  Status make(const std::string& part, const Json& spec, int64_t size_gib);
  Status make_empty(const std::string& part, int64_t size_gib);
  Status make_from_image(const std::string& part, const Json& image, int64_t size_gib);
  Status make_from_source(const std::string& part, const Json& source, int64_t size_gib);
  Status grow(const std::string& id, const std::string& path, int64_t size_gib);

  std::string kind_, folder_;
  Hooks hooks_;
};

// Copies volume `id`'s file at `from` to `to` as `format`, whoever has it open.
Status copy_volume(const FileVolumes::Hooks& hooks, const std::string& id, const std::string& from,
                   const std::string& to, const std::string& format);

}  // namespace nuri::storage::agent
