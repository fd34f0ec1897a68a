#include "services/image/domain/formats.h"

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

Error refused(std::string why) { return formats::not_allowed("qcow2", std::move(why)); }
uint32_t u32(std::string_view head, size_t at) {
  return static_cast<uint32_t>(formats::big(head, at, 4));
}
uint64_t u64(std::string_view head, size_t at) { return formats::big(head, at, 8); }

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
  TRYV(formats::check_virtual("qcow2", virtual_size));
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

// Where the tables point: behind the end of the file lies what an upload cut short has lost. Each L2
// table has a cluster of its own, so an image of n clusters has fewer, and this reads no more than
// the file.
Status check_l2(const ImageBytes& bytes, uint64_t table, uint64_t cluster, bool extended) {
  constexpr uint64_t kOffset = 0x00fffffffffffe00;
  constexpr uint64_t kCompressed = 1ull << 62;
  // A compressed cluster's offset takes 62 - (cluster_bits - 8) bits of its entry.
  const uint64_t compressed_offset = (1ull << 62) / (cluster >> 8) - 1;
  const size_t step = extended ? 16 : 8;
  for (uint64_t done = 0; done < cluster; done += kHeaderBytes) {
    std::string piece =
        bytes.read(table + done, static_cast<size_t>(std::min<uint64_t>(kHeaderBytes, cluster - done)));
    for (size_t at = 0; at + step <= piece.size(); at += step) {
      uint64_t entry = u64(piece, at);
      uint64_t to = entry & (entry & kCompressed ? compressed_offset : kOffset);
      if (to >= bytes.size() && to != 0) {
        return refused("data lies outside the file: the upload may have been cut short.");
      }
    }
  }
  return {};
}

Status check_tables(const ImageBytes& bytes, std::string_view head) {
  const uint64_t cluster = 1ull << u32(head, 20);
  const bool extended = u32(head, 4) >= 3 && (u64(head, 72) & kExtendedL2);
  const uint64_t begin = u64(head, 40), l1_bytes = static_cast<uint64_t>(u32(head, 36)) * 8;
  const uint64_t clusters = bytes.size() / cluster + 1;
  uint64_t tables = 0;
  for (uint64_t done = 0; done < l1_bytes; done += kHeaderBytes) {
    std::string piece =
        bytes.read(begin + done, static_cast<size_t>(std::min<uint64_t>(kHeaderBytes, l1_bytes - done)));
    for (size_t at = 0; at + 8 <= piece.size(); at += 8) {
      uint64_t table = u64(piece, at) & 0x00fffffffffffe00;
      if (table == 0) continue;
      if (table % cluster != 0 || !formats::inside(table, cluster, bytes.size()) ||
          ++tables > clusters) {
        return refused("its L2 tables do not fit the file: the upload may have been cut short.");
      }
      TRYV(check_l2(bytes, table, cluster, extended));
    }
  }
  return {};
}

}  // namespace

Result<uint64_t> formats::check_qcow2(const ImageBytes& bytes) {
  const std::string start = bytes.read(0, kHeaderBytes);
  std::string_view head = start;
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
  TRYV(check_geometry(head, bytes.size()));
  TRYV(check_extensions(head, extensions, 1ull << u32(head, 20)));
  TRYV(check_tables(bytes, head));
  return u64(head, 24);
}

}  // namespace nuri::image
