#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "services/base/result.h"
#include "services/image/domain/image_bytes.h"

namespace nuri::image {

struct Digest {
  std::string md5, sha512;  // hex
  uint64_t size = 0;
};

// A file as an inspection reads it.
class BytesOfFile final : public ImageBytes {
 public:
  static Result<BytesOfFile> open(const std::string& path);
  BytesOfFile(BytesOfFile&& other) noexcept;
  BytesOfFile(const BytesOfFile&) = delete;
  BytesOfFile& operator=(const BytesOfFile&) = delete;
  ~BytesOfFile() override;
  uint64_t size() const override { return size_; }
  std::string read(uint64_t at, size_t n) const override;

 private:
  BytesOfFile(int fd, uint64_t size) : fd_(fd), size_(size) {}
  int fd_;
  uint64_t size_;
};

// The data of images: DIR/ID, and DIR/.spool where uploads are received, on the same file system so
// that keeping one is a rename.
class ImageFiles {
 public:
  static Result<ImageFiles> open(std::string directory);
  std::string path(std::string_view id) const { return directory_ + "/" + std::string(id); }
  std::string spool() const { return directory_ + "/.spool"; }

  // One pass over a file in pieces: memory does not grow with the image.
  static Result<Digest> digest(const std::string& file);
  // Moves a received file to an image's place, synced to disk before it can be called active.
  Status keep(const std::string& file, std::string_view id) const;
  // Also where there is none.
  Status remove(std::string_view id) const;
  // At start: what is left of uploads, and data that no image owns (`owned` sorted). Returns how
  // many.
  int sweep(const std::vector<std::string>& owned) const;

 private:
  explicit ImageFiles(std::string directory) : directory_(std::move(directory)) {}
  std::string directory_;
};

}  // namespace nuri::image
