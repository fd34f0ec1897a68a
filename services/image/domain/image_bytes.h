#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace nuri::image {

// An image's data as an inspection reads it: small parts, by position. The headers of some formats
// lie anywhere in the file, and images are far larger than memory.
class ImageBytes {
 public:
  virtual ~ImageBytes() = default;
  virtual uint64_t size() const = 0;
  // Up to n bytes from `at`; fewer where the data ends (or cannot be read).
  virtual std::string read(uint64_t at, size_t n) const = 0;
};

// In memory: all of the image, or its beginning where `size` says that it is longer. What lies
// behind the beginning cannot be read.
class BytesInMemory final : public ImageBytes {
 public:
  explicit BytesInMemory(std::string_view bytes) : bytes_(bytes), size_(bytes.size()) {}
  BytesInMemory(std::string_view bytes, uint64_t size) : bytes_(bytes), size_(size) {}
  uint64_t size() const override { return size_; }
  std::string read(uint64_t at, size_t n) const override {
    if (at >= bytes_.size()) return {};
    return std::string(bytes_.substr(static_cast<size_t>(at), n));
  }

 private:
  std::string_view bytes_;
  uint64_t size_;
};

}  // namespace nuri::image
