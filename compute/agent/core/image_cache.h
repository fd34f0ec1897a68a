#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
#include <string>

#include "compute/agent/core/driver.h"
#include "services/base/clock.h"

namespace nuri::compute::agent {

// Images on this host: fetched once, checked (size, SHA-512, header), then only read.
class ImageCache {
 public:
  // Writes the image's bytes to a file. Error not_found: there is no such image any more.
  using Fetch = std::function<Status(const std::string& image_id, const std::string& path)>;
  ImageCache(std::string directory, Fetch fetch, Clock& clock)
      : directory_(std::move(directory)), fetch_(std::move(fetch)), clock_(clock) {}

  // Downloads where missing; callers of the same image wait for the one download. Blocks.
  // Error: unprocessable where this image can never be used.
  Result<BaseImage> get(const ImageRef& image);
  bool has(const ImageRef& image) const;
  // Where the image lies once it is there. Pure.
  std::string path_of(const ImageRef& image) const;
  // Removes images not in `used` (paths) that nobody has asked for during `age_us`. Returns how many.
  int clean(const std::set<std::string>& used, TimeUs age_us);

 private:
  Result<BaseImage> download(const ImageRef& image, const std::string& path);
  Status verify(const ImageRef& image, const std::string& part) const;

  std::string directory_;
  Fetch fetch_;
  Clock& clock_;
  std::mutex mutex_;
  std::condition_variable landed_;
  std::set<std::string> loading_;
};

// Lower-case hex of the file's SHA-512.
Result<std::string> sha512_of_file(const std::string& path);

}  // namespace nuri::compute::agent
