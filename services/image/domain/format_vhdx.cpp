#include <optional>

#include "services/image/domain/formats.h"

// Hyper-V's VHDX (MS-VHDX): a table of regions, of which one holds the metadata, a table of its own.
namespace nuri::image {

namespace {

using namespace std::string_view_literals;

constexpr uint64_t kRegions = 192 * 1024;
constexpr size_t kTable = 64 * 1024;
constexpr uint64_t kMaxEntries = 2047;
constexpr uint64_t kMegabyte = 1 << 20;
constexpr uint64_t kHasParent = 2;

// GUIDs as they lie in the file.
constexpr std::string_view kBat = "\x66\x77\xc2\x2d\x23\xf6\x00\x42\x9d\x64\x11\x5e\x9b\xfd\x4a\x08"sv;
constexpr std::string_view kMetadata =
    "\x06\xa2\x7c\x8b\x90\x47\x9a\x4b\xb8\xfe\x57\x5f\x05\x0f\x88\x6e"sv;
constexpr std::string_view kParameters =
    "\x37\x67\xa1\xca\x36\xfa\x43\x4d\xb3\xb6\x33\xf0\xaa\x44\xe7\x6b"sv;
constexpr std::string_view kVirtualSize =
    "\x24\x42\xa5\x2f\x1b\xcd\x76\x48\xb2\x11\x5d\xbe\xd8\x3b\xf4\xb8"sv;
constexpr std::string_view kSectorSize =
    "\x1d\xbf\x41\x81\x6f\xa9\x09\x47\xba\x47\xf2\x33\xa8\xfa\xab\x5f"sv;
constexpr std::string_view kParentLocator =
    "\x2d\x5f\xd3\xa8\x0b\xb3\x4d\x45\xab\xf7\xd3\xd8\x48\x34\xab\x0c"sv;

Error refused(std::string why) { return formats::not_allowed("vhdx", std::move(why)); }

struct Region {
  uint64_t at = 0, length = 0;
};

Result<std::optional<Region>> find_region(const ImageBytes& bytes, std::string_view guid) {
  const std::string table = bytes.read(kRegions, kTable);
  if (!table.starts_with("regi")) return refused("it has no region table: it may have been cut short.");
  uint64_t count = formats::little(table, 8, 4);
  if (count > kMaxEntries) return refused("its region table is too long.");
  for (uint64_t i = 0; i < count; ++i) {
    size_t at = 16 + 32 * static_cast<size_t>(i);
    if (at + 32 > table.size()) return refused("it ends inside its region table.");
    auto entry = std::string_view(table).substr(at, 32);
    if (entry.substr(0, 16) != guid) continue;
    Region r{formats::little(entry, 16, 8), formats::little(entry, 24, 4)};
    if (r.at < kMegabyte || !formats::inside(r.at, r.length, bytes.size())) {
      return refused("a region lies outside the file: the upload may have been cut short.");
    }
    return std::optional<Region>(r);
  }
  return std::optional<Region>();
}

// An item's first 16 bytes at most, or nothing.
std::string item(const ImageBytes& bytes, const Region& metadata, std::string_view entry) {
  uint64_t offset = formats::little(entry, 16, 4), length = formats::little(entry, 20, 4);
  if (!formats::inside(offset, length, metadata.length)) return {};
  return bytes.read(metadata.at + offset, static_cast<size_t>(std::min<uint64_t>(length, 16)));
}

struct Disk {
  uint64_t virtual_size = 0, block = 0, sector = 0;
};

Result<Disk> read_metadata(const ImageBytes& bytes, const Region& metadata) {
  using formats::little;
  const std::string table = bytes.read(metadata.at, kTable);
  if (!table.starts_with("metadata")) return refused("it has no metadata.");
  uint64_t count = little(table, 10, 2);
  if (count > kMaxEntries) return refused("its metadata table is too long.");
  std::string size, parameters, sector;
  for (uint64_t i = 0; i < count; ++i) {
    size_t at = 32 + 32 * static_cast<size_t>(i);
    if (at + 32 > table.size()) return refused("it ends inside its metadata.");
    auto entry = std::string_view(table).substr(at, 32);
    std::string_view id = entry.substr(0, 16);
    if (id == kParentLocator) return refused("it has a parent, which would be a file of the host.");
    if (id == kVirtualSize && size.empty()) size = item(bytes, metadata, entry);
    if (id == kParameters && parameters.empty()) parameters = item(bytes, metadata, entry);
    if (id == kSectorSize && sector.empty()) sector = item(bytes, metadata, entry);
  }
  if (size.size() < 8 || parameters.size() < 8 || sector.size() < 4) {
    return refused("its metadata names no virtual size, no sector size or no parameters.");
  }
  if (little(parameters, 4, 4) & kHasParent) return refused("it has a parent.");
  Disk disk{little(size, 0, 8), little(parameters, 0, 4), little(sector, 0, 4)};
  TRYV(formats::check_virtual("vhdx", disk.virtual_size));
  if (disk.block < kMegabyte || disk.block > 256 * kMegabyte || (disk.block & (disk.block - 1)) != 0)
    return refused("its block size is out of range.");
  if (disk.sector != 512 && disk.sector != 4096) return refused("its sector size is out of range.");
  return disk;
}

// The block table: a place in the file for each block that is there, and after each chunk of them
// one for a bitmap.
Status check_blocks(const ImageBytes& bytes, const Region& bat, const Disk& disk) {
  const uint64_t chunk = (disk.sector << 23) / disk.block;
  const uint64_t blocks = (disk.virtual_size + disk.block - 1) / disk.block;
  const uint64_t entries = blocks + (blocks - 1) / chunk;
  if (entries > bat.length / 8) return refused("its block table does not fit its virtual size.");
  for (uint64_t i = 0; i < entries; i += kTable / 8) {
    std::string piece = bytes.read(bat.at + i * 8, std::min<uint64_t>(kTable, (entries - i) * 8));
    for (size_t at = 0; at + 8 <= piece.size(); at += 8) {
      uint64_t entry = formats::little(piece, at, 8);
      if ((entry & 7) < 6) continue;  // not there
      bool bitmap = (i + at / 8) % (chunk + 1) == chunk;
      if (!formats::inside(entry / kMegabyte * kMegabyte, bitmap ? kMegabyte : disk.block,
                           bytes.size())) {
        return refused("a block lies outside the file: the upload may have been cut short.");
      }
    }
  }
  return {};
}

}  // namespace

Result<uint64_t> formats::check_vhdx(const ImageBytes& bytes) {
  auto bat = TRY(find_region(bytes, kBat)), metadata = TRY(find_region(bytes, kMetadata));
  if (!bat || !metadata) return refused("its region table names no block table or no metadata.");
  Disk disk = TRY(read_metadata(bytes, *metadata));
  TRYV(check_blocks(bytes, *bat, disk));
  return disk.virtual_size;
}

}  // namespace nuri::image
