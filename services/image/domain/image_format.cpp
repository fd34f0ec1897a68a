#include "services/image/domain/image_format.h"

namespace nuri::image {

namespace {

// Offsets and bits: docs/interop/qcow2.txt of QEMU.
constexpr size_t kV2Header = 72;
constexpr size_t kV3Header = 104;
constexpr uint64_t kDirty = 1, kCorrupt = 2, kDataFile = 4, kCompression = 8, kExtendedL2 = 16;
constexpr uint64_t kKnownFeatures = kDirty | kCorrupt | kDataFile | kCompression | kExtendedL2;
constexpr uint32_t kExtensionEnd = 0;
constexpr uint32_t kExtensionDataFile = 0x44415441;
constexpr uint32_t kExtensionBackingFormat = 0xe2792aca;
constexpr uint64_t kMaxL1Bytes = 32ull << 20;  // QEMU's own limit

using namespace std::string_view_literals;

uint64_t big_endian(std::string_view head, size_t at, size_t bytes) {
  uint64_t v = 0;
  for (size_t i = 0; i < bytes; ++i) v = v << 8 | static_cast<unsigned char>(head[at + i]);
  return v;
}
uint32_t u32(std::string_view head, size_t at) {
  return static_cast<uint32_t>(big_endian(head, at, 4));
}
uint64_t u64(std::string_view head, size_t at) { return big_endian(head, at, 8); }

Error refused(std::string why) {
  return bad_request("The image data is not an allowed qcow2 image: " + std::move(why),
                     "disk_format");
}

Status check_features(std::string_view head, uint32_t header_length) {
  uint64_t features = u64(head, 72);
  if (features & kDataFile) return refused("it keeps its data in another file.");
  if (features & kCorrupt) return refused("it is marked corrupt.");
  if (features & ~kKnownFeatures) return refused("it uses an unknown incompatible feature.");
  if (u32(head, 96) > 6) return refused("its refcount order is over 6.");
  if (header_length < kV3Header || header_length % 8 != 0 || header_length > head.size()) {
    return refused("its header length is out of range.");
  }
  if (features & kCompression) {
    unsigned type = header_length > kV3Header ? static_cast<unsigned char>(head[104]) : 0;
    if (type > 1) return refused("its compression type is neither zlib nor zstd.");
  }
  return {};
}

// Extensions: type and length (32 bits each), data padded to 8 bytes, until type 0.
Status check_extensions(std::string_view head, size_t at, uint64_t cluster) {
  while (at + 8 <= head.size() && at + 8 <= cluster) {
    uint32_t type = u32(head, at);
    uint64_t length = u32(head, at + 4);
    if (type == kExtensionEnd) return {};
    if (type == kExtensionDataFile) return refused("it names a data file.");
    if (type == kExtensionBackingFormat) return refused("it names a backing file's format.");
    uint64_t step = 8 + (length + 7) / 8 * 8;
    if (at + step > cluster) return refused("a header extension passes the first cluster's end.");
    at += step;
  }
  // The list may also end with the cluster; one that passes what was read is beyond any real image.
  if (at + 8 <= cluster && cluster > head.size() && head.size() >= kHeaderBytes) {
    return refused("its header extensions are too long.");
  }
  return {};
}

Status check_geometry(std::string_view head, uint64_t file_size) {
  uint32_t cluster_bits = u32(head, 20);
  if (cluster_bits < 9 || cluster_bits > 21) return refused("its cluster size is out of range.");
  uint64_t virtual_size = u64(head, 24);
  if (virtual_size == 0) return refused("its virtual size is 0.");
  if (virtual_size > kMaxVirtualBytes) {
    return refused("its virtual size of " + std::to_string(virtual_size) + " bytes is over the " +
                   std::to_string(kMaxVirtualBytes) + " allowed.");
  }
  bool extended = u32(head, 4) >= 3 && (u64(head, 72) & kExtendedL2);
  uint64_t cluster = 1ull << cluster_bits;
  uint64_t per_l1 = cluster * (cluster / (extended ? 16 : 8));  // bytes of disk one L1 entry covers
  uint64_t l1_bytes = static_cast<uint64_t>(u32(head, 36)) * 8;
  uint64_t l1_offset = u64(head, 40);
  if (l1_bytes > kMaxL1Bytes || l1_bytes / 8 < (virtual_size + per_l1 - 1) / per_l1) {
    return refused("its L1 table does not fit its virtual size.");
  }
  if (l1_offset % cluster != 0 || l1_offset == 0 || l1_offset > file_size ||
      l1_bytes > file_size - l1_offset) {
    return refused("its L1 table lies outside the file: the upload may have been cut short.");
  }
  return {};
}

Result<std::optional<uint64_t>> check_qcow2(std::string_view head, uint64_t file_size) {
  if (head.size() < kV2Header) return refused("it ends inside its header.");
  uint32_t version = u32(head, 4);
  if (version != 2 && version != 3) {
    return refused("its version is " + std::to_string(version) + ", not 2 or 3.");
  }
  if (u64(head, 8) != 0 || u32(head, 16) != 0) return refused("it has a backing file.");
  if (u32(head, 32) != 0) return refused("it is encrypted.");
  size_t extensions = kV2Header;
  if (version == 3) {
    if (head.size() < kV3Header) return refused("it ends inside its header.");
    extensions = u32(head, 100);
    TRYV(check_features(head, static_cast<uint32_t>(extensions)));
  }
  TRYV(check_geometry(head, file_size));
  TRYV(check_extensions(head, extensions, 1ull << u32(head, 20)));
  return std::optional<uint64_t>(u64(head, 24));
}

}  // namespace

std::string_view recognise(std::string_view head) {
  if (head.starts_with("QFI\xfb"sv)) return "qcow2";
  if (head.starts_with("QED\0"sv)) return "qed";
  if (head.starts_with("KDMV"sv) || head.starts_with("COWD"sv)) return "vmdk";
  if (head.starts_with("# Disk DescriptorFile"sv)) return "vmdk";
  if (head.starts_with("vhdxfile"sv)) return "vhdx";
  if (head.starts_with("conectix"sv)) return "vhd";
  if (head.starts_with("LUKS\xba\xbe"sv)) return "luks";
  if (head.size() >= 68 && head.substr(64, 4) == "\x7f\x10\xda\xbe"sv) return "vdi";
  return "";
}

Result<std::optional<uint64_t>> check_format(std::string_view disk_format, std::string_view head,
                                             uint64_t file_size) {
  std::string_view found = recognise(head);
  if (disk_format == "qcow2") {
    if (found == "qcow2") return check_qcow2(head, file_size);
    return refused(found.empty() ? "it has no qcow2 header."
                                 : "it is of the format " + std::string(found) + ".");
  }
  if (!found.empty() && found != disk_format) {
    return bad_request("The image data is of the format " + std::string(found) +
                           ", but disk_format says " + std::string(disk_format) + ".",
                       "disk_format");
  }
  // Of the rest only a raw disk's size is its virtual size.
  if (disk_format == "raw" || disk_format == "iso") return std::optional<uint64_t>(file_size);
  return std::optional<uint64_t>();
}

}  // namespace nuri::image
