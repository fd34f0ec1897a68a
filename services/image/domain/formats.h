#pragma once

#include <string>
#include <string_view>

#include "services/base/result.h"
#include "services/image/domain/image_bytes.h"
#include "services/image/domain/image_format.h"

// The checks of the single formats, for check_image alone. Each gives the virtual size in bytes or
// a bad_request (field disk_format) that says what was found. None trusts a number of the header
// before comparing it with the file's size; none reads more than some 64 KiB at once.
namespace nuri::image::formats {

Result<uint64_t> check_qcow2(const ImageBytes& bytes);
Result<uint64_t> check_vmdk(const ImageBytes& bytes);
Result<uint64_t> check_vdi(const ImageBytes& bytes);
Result<uint64_t> check_vhd(const ImageBytes& bytes);
Result<uint64_t> check_vhdx(const ImageBytes& bytes);
Result<uint64_t> check_iso(const ImageBytes& bytes);

Error not_allowed(std::string_view format, std::string why);
// Not 0 and not beyond kMaxVirtualBytes.
Status check_virtual(std::string_view format, uint64_t bytes);

// n bytes from `at` as a number, at most 8; what is not there counts as 0.
uint64_t big(std::string_view bytes, size_t at, size_t n);
uint64_t little(std::string_view bytes, size_t at, size_t n);

// Whether [at, at + n) lies inside a file of `size` bytes.
inline bool inside(uint64_t at, uint64_t n, uint64_t size) { return at <= size && n <= size - at; }

}  // namespace nuri::image::formats
