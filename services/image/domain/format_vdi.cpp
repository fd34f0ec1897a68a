#include "services/image/domain/formats.h"

// VirtualBox's disk image, version 1.1. Offsets: QEMU's block/vdi.c.
namespace nuri::image {

namespace {

constexpr size_t kHeader = 512;
constexpr uint64_t kBlock = 1 << 20;  // the one size there is
constexpr uint64_t kDynamic = 1, kFixed = 2;

Error refused(std::string why) { return formats::not_allowed("vdi", std::move(why)); }

bool is_zero(std::string_view bytes) { return bytes.find_first_not_of('\0') == bytes.npos; }

}  // namespace

Result<uint64_t> formats::check_vdi(const ImageBytes& bytes) {
  const std::string start = bytes.read(0, kHeader);
  std::string_view head = start;
  if (head.size() < kHeader) return refused("it ends inside its header.");
  if (little(head, 68, 4) != 0x00010001) return refused("its version is not 1.1.");
  uint64_t type = little(head, 76, 4);
  if (type != kDynamic && type != kFixed) {
    return refused("it is of the type " + std::to_string(type) +
                   "; 1 (dynamic) and 2 (fixed) are allowed.");
  }
  // The ids of the image that this one is a difference to.
  if (!is_zero(head.substr(424, 32))) return refused("it has a parent.");
  uint64_t virtual_size = little(head, 368, 8);
  TRYV(check_virtual("vdi", virtual_size));
  uint64_t blocks = little(head, 384, 4), allocated = little(head, 388, 4);
  if (little(head, 360, 4) != 512 || little(head, 376, 4) != kBlock) {
    return refused("its sectors are not of 512 bytes or its blocks not of 1 MiB.");
  }
  if (virtual_size > blocks * kBlock || allocated > blocks) {
    return refused("its block map does not fit its virtual size.");
  }
  uint64_t map = little(head, 340, 4), data = little(head, 344, 4);
  bool map_inside = map >= kHeader && inside(map, blocks * 4, bytes.size()) && map + blocks * 4 <= data;
  if (!map_inside || !inside(data, allocated * kBlock, bytes.size())) {
    return refused("its blocks lie outside the file: the upload may have been cut short.");
  }
  return virtual_size;
}

}  // namespace nuri::image
