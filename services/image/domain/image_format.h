#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "services/base/result.h"
#include "services/image/domain/image_bytes.h"

// What an upload's headers say. A disk image is input from strangers that a hypervisor opens: a
// header can name other files of the host (a backing file, a data file, an extent), which the guest
// could then read. Such an image is refused before anything keeps it. Pure: for fuzzing, too, call
// check_image with BytesInMemory.
namespace nuri::image {

// Enough for a qcow2 header with all its extensions (they end with the first cluster, 2 MiB at the
// most; real ones take some hundred bytes).
inline constexpr size_t kHeaderBytes = 64 * 1024;
inline constexpr uint64_t kMaxVirtualBytes = 16ull << 40;

struct Inspection {
  std::string format;                    // what the bytes are, "" where nothing is recognised
  std::optional<uint64_t> virtual_size;  // bytes; none where no disk can be made of the data
};

// What the bytes are by their magic numbers: "qcow2", "qed", "vmdk", "vdi", "vhd", "vhdx", "luks",
// "parallels", "iso", "disk" (a partition table), or "".
std::string_view recognise(const ImageBytes& bytes);

// Refused (bad_request, field disk_format, with what was found and what is allowed):
//   bytes that are those of another format than disk_format. Raw is never probed by us, but
//   somebody further on may probe it; a qcow2 under the name of raw has no honest use; a header
//   that reaches out of the file (backing file, data file, parent, extent in another file), that
//   promises more than kMaxVirtualBytes, that is cut short or points behind the file's end.
// Bytes of no format known: with `must_match` refused where disk_format has a header of its own;
// else taken as Glance (Zed) takes them, without a virtual size: no disk is ever made of them.
//   In an `archive` (container_format ova, compressed...) the header may be further in.
Result<Inspection> check_image(std::string_view disk_format, const ImageBytes& bytes,
                               bool must_match = false, bool archive = false);

}  // namespace nuri::image
