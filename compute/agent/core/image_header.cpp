#include "compute/agent/core/image_header.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

namespace nuri::compute::agent {

namespace {
// docs/interop/qcow2.txt of QEMU.
constexpr std::string_view kMagic("QFI\xfb", 4);
constexpr size_t kV2Bytes = 72, kV3Bytes = 104;
constexpr uint64_t kDirty = 1, kDataFile = 4, kCompression = 8, kExtendedL2 = 16;
constexpr uint32_t kExtEnd = 0, kExtBackingFormat = 0xE2792ACA, kExtDataFile = 0x44415441, kExtCrypto = 0x0537be77;
constexpr uint64_t kMaxVirtual = 1ull << 50;  // 1 PiB

uint32_t be32(std::string_view s, size_t at) {
  uint32_t v = 0;
  for (size_t i = 0; i < 4; ++i) v = v << 8 | static_cast<uint8_t>(s[at + i]);
  return v;
}
uint64_t be64(std::string_view s, size_t at) { return uint64_t(be32(s, at)) << 32 | be32(s, at + 4); }

Error refused(std::string why) {
  return Error(ErrorCode::unprocessable, "The image is refused: " + std::move(why) + ".", "image");
}

Status check_extensions(std::string_view head, size_t at) {
  for (int n = 0; n < 64; ++n) {
    if (at + 8 > head.size()) return {};  // runs into the first cluster's end: none left
    uint32_t type = be32(head, at), length = be32(head, at + 4);
    if (type == kExtEnd) return {};
    if (type == kExtDataFile) return refused("its qcow2 header names a data file");
    if (type == kExtBackingFormat) return refused("its qcow2 header names a backing format");
    if (type == kExtCrypto) return refused("it is encrypted");
    if (length > head.size()) return refused("a qcow2 header extension is longer than the header");
    at += 8 + ((size_t(length) + 7) & ~size_t(7));
  }
  return refused("its qcow2 header has too many extensions");
}

Status check_features(std::string_view head) {
  uint64_t incompatible = be64(head, 72);
  if (incompatible & kDataFile) return refused("its qcow2 header names a data file");
  if (incompatible & ~(kDirty | kCompression | kExtendedL2)) {
    return refused("its qcow2 header is marked corrupt or uses features that are not known");
  }
  return {};
}

Result<ImageHeader> check_qcow2(std::string_view head, int64_t size) {
  if (head.size() < kV2Bytes || head.substr(0, 4) != kMagic) return refused("it is not a qcow2 file");
  uint32_t version = be32(head, 4);
  if (version != 2 && version != 3) return refused("qcow2 version must be 2 or 3, not " + std::to_string(version));
  if (be64(head, 8) != 0 || be32(head, 16) != 0) return refused("its qcow2 header names a backing file");
  uint32_t cluster_bits = be32(head, 20);
  if (cluster_bits < 9 || cluster_bits > 21) return refused("its qcow2 cluster size is out of range");
  uint64_t virtual_size = be64(head, 24);
  if (virtual_size == 0 || virtual_size > kMaxVirtual) return refused("its virtual size is out of range");
  if (be32(head, 32) != 0) return refused("it is encrypted");
  uint64_t l1_entries = be32(head, 36), l1_offset = be64(head, 40);
  if (l1_offset > uint64_t(size) || l1_entries * 8 > uint64_t(size)) return refused("its qcow2 tables lie outside the file");
  if (version == 3) {
    if (head.size() < kV3Bytes) return refused("its qcow2 header is cut short");
    TRYV(check_features(head));
    uint32_t length = be32(head, 100);
    if (length < kV3Bytes || length % 8 || length > head.size()) return refused("its qcow2 header length is out of range");
    TRYV(check_extensions(head, length));
  } else {
    TRYV(check_extensions(head, kV2Bytes));
  }
  return ImageHeader{"qcow2", int64_t(virtual_size)};
}
}  // namespace

Result<ImageHeader> check_image_header(std::string_view head, int64_t size, std::string_view format) {
  if (size <= 0) return refused("it is empty");
  if (format == "qcow2") return check_qcow2(head, size);
  // Always opened as raw by name, so its content cannot pass for another format.
  if (format == "raw") return ImageHeader{"raw", size};
  return refused("disk_format must be qcow2 or raw, not '" + std::string(format.substr(0, 32)) + "'");
}

Result<ImageHeader> check_image_file(const std::string& path, std::string_view format) {
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return internal("open " + path + ": " + std::strerror(errno));
  struct stat st = {};
  std::string head(kHeaderBytes, '\0');
  ssize_t n = fstat(fd, &st) == 0 ? pread(fd, head.data(), head.size(), 0) : -1;
  int saved = errno;
  close(fd);
  if (n < 0) return internal("read " + path + ": " + std::strerror(saved));
  head.resize(static_cast<size_t>(n));
  return check_image_header(head, st.st_size, format);
}

}  // namespace nuri::compute::agent
