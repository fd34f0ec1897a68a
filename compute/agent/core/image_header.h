#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "services/base/result.h"

namespace nuri::compute::agent {

struct ImageHeader {
  std::string format;  // "qcow2" or "raw"
  int64_t virtual_size = 0;
};

// A disk image from outside, before any tool opens it. `head` is the file's beginning (up to
// kHeaderBytes), `size` its length. A qcow2 that names a backing file or a data file could show a
// guest any file of the host: refused, as is what QEMU may treat as something else.
// Error: unprocessable, naming what is wrong.
inline constexpr size_t kHeaderBytes = 64 * 1024;
Result<ImageHeader> check_image_header(std::string_view head, int64_t size, std::string_view format);
Result<ImageHeader> check_image_file(const std::string& path, std::string_view format);

}  // namespace nuri::compute::agent
