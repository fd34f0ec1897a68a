#include "services/image/domain/formats.h"

// ISO 9660 (ECMA-119): the primary volume descriptor in sector 16. A disk as it is: its file's size
// is its virtual size.
namespace nuri::image {

namespace {
constexpr uint64_t kSector = 2048;
constexpr uint64_t kDescriptor = 16 * kSector;
// Programs that burn discs count up to 150 sectors of padding that a file need not have.
constexpr uint64_t kPadding = 150;
}  // namespace

Result<uint64_t> formats::check_iso(const ImageBytes& bytes) {
  const std::string d = bytes.read(kDescriptor, kSector);
  bool primary = d.size() >= 84 && d[0] == '\x01' && std::string_view(d).substr(1, 5) == "CD001";
  uint64_t sectors = primary ? little(d, 80, 4) : 0;
  if (sectors > bytes.size() / kSector + kPadding) {
    return not_allowed("iso", "it is smaller than it says: the upload may have been cut short.");
  }
  TRYV(check_virtual("iso", bytes.size()));
  return bytes.size();
}

}  // namespace nuri::image
