#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "services/base/result.h"

// What an upload's first bytes say. A disk image is input from strangers that a hypervisor opens as
// root: a qcow2 header can name other files of the host (a backing file, a data file), which the
// guest could then read. Such an image is refused before anything keeps it.
namespace nuri::image {

// Enough for a qcow2 header with all its extensions (they end with the first cluster, 2 MiB at the
// most; real ones take some hundred bytes).
inline constexpr size_t kHeaderBytes = 64 * 1024;
inline constexpr uint64_t kMaxVirtualBytes = 16ull << 40;

// What the bytes are by their magic numbers: "qcow2", "qed", "vmdk", "vdi", "vhd", "vhdx", "luks",
// or "" where nothing is recognised (a raw disk, an ISO).
std::string_view recognise(std::string_view head);

// `head` is the first min(kHeaderBytes, file_size) bytes. Returns the virtual size where it is
// known. Errors: bad_request (field disk_format), with what was found and what is allowed.
//   qcow2: versions 2 and 3, no backing file, no data file, no encryption, no feature we do not
//   know,
//          a sane geometry that lies inside the file.
//   others: the bytes must not be those of another format. Raw is never probed by us, but somebody
//          further on may probe it; a qcow2 under the name of raw has no honest use.
Result<std::optional<uint64_t>> check_format(std::string_view disk_format, std::string_view head,
                                             uint64_t file_size);

}  // namespace nuri::image
