#include "services/image/domain/formats.h"

// Virtual PC's and Hyper-V's VHD ("vpc" in QEMU): a footer of 512 bytes at the end; dynamic ones
// have its copy at the start. Microsoft's Virtual Hard Disk Image Format Specification 1.0.
namespace nuri::image {

namespace {

constexpr size_t kFooter = 512;
constexpr size_t kDynamicHeader = 1024;
constexpr uint64_t kFixed = 2, kDynamic = 3, kDifference = 4;

Error refused(std::string why) { return formats::not_allowed("vhd", std::move(why)); }

Status check_dynamic(const ImageBytes& bytes, std::string_view footer, uint64_t virtual_size) {
  using formats::big;
  uint64_t at = big(footer, 16, 8);
  if (!formats::inside(at, kDynamicHeader, bytes.size())) {
    return refused("its dynamic header lies outside the file.");
  }
  std::string head = bytes.read(at, kDynamicHeader);
  if (!head.starts_with("cxsparse")) return refused("it has no dynamic header.");
  uint64_t table = big(head, 16, 8), entries = big(head, 28, 4), block = big(head, 32, 4);
  if (block < 512 || (block & (block - 1)) != 0) return refused("its block size is out of range.");
  if (entries * block < virtual_size || !formats::inside(table, entries * 4, bytes.size())) {
    return refused("its block table does not fit its virtual size or the file.");
  }
  return {};
}

}  // namespace

Result<uint64_t> formats::check_vhd(const ImageBytes& bytes) {
  const std::string start = bytes.read(0, kFooter);
  const std::string end = bytes.size() < kFooter ? "" : bytes.read(bytes.size() - kFooter, kFooter);
  bool copy = start.starts_with("conectix");
  if (!end.starts_with("conectix")) {
    return refused("it has no footer: the upload may have been cut short.");
  }
  // QEMU believes the copy where there is one; so does this, and both must agree.
  std::string_view footer = copy ? std::string_view(start) : std::string_view(end);
  uint64_t type = big(footer, 60, 4), virtual_size = big(footer, 48, 8);
  if (copy && (big(end, 60, 4) != type || big(end, 48, 8) != virtual_size)) {
    return refused("its footer contradicts its copy.");
  }
  if (big(footer, 12, 4) >> 16 != 1) return refused("its version is not 1.");
  if (type == kDifference) return refused("it has a parent, which would be a file of the host.");
  if (type != kFixed && type != kDynamic) {
    return refused("it is of the type " + std::to_string(type) +
                   "; 2 (fixed) and 3 (dynamic) are allowed.");
  }
  TRYV(check_virtual("vhd", virtual_size));
  if (type == kDynamic) {
    if (!copy) return refused("it is dynamic, but has no header.");
    TRYV(check_dynamic(bytes, footer, virtual_size));
  } else if (virtual_size > bytes.size() - kFooter) {
    return refused("it is smaller than it says: the upload may have been cut short.");
  }
  return virtual_size;
}

}  // namespace nuri::image
