#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "services/base/json.h"
#include "services/base/result.h"

namespace nuri::storage::agent {

// Volumes as qcow2 files: FOLDER/volume-ID. Idempotent: a file under its name is complete, and grown
// where more is wanted.
class FileVolumes {
 public:
  struct Source {
    std::string path, format;
    int64_t virtual_size = 0;
  };
  // An image of this host's cache, from the spec's "image".
  using FetchImage = std::function<Result<Source>(const Json& image)>;
  FileVolumes(std::string folder, FetchImage fetch) : folder_(std::move(folder)), fetch_(std::move(fetch)) {}

  // Spec and state as docs/internal-protocols.md; errors: unprocessable where it can never work.
  Result<Json> ensure(const std::string& id, const Json& spec);
  Status remove(const std::string& id);
  std::vector<std::string> list() const;  // ids of what is here, half made or whole
  std::string path_of(const std::string& id) const { return folder_ + "/volume-" + id; }

 private:
  Status make_empty(const std::string& part, int64_t size_gib);
  Status grow(const std::string& path, int64_t size_gib);
  Status make_from_image(const std::string& part, const Json& image, int64_t size_gib);

  std::string folder_;
  FetchImage fetch_;
};

}  // namespace nuri::storage::agent
