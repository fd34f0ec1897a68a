// The looks at an image's first bytes, the image service's and the host's: what they let pass
// names no other file and lies within the limits.
#include "compute/agent/core/image_header.h"
#include "services/image/domain/image_format.h"
#include "tests/fuzz/fuzz.h"

using namespace nuri;
using fuzz::hold;

namespace {

constexpr const char* kFormats[] = {"qcow2", "raw", "vmdk", "vdi", "vhd",   "vhdx",
                                    "iso",   "qed", "luks", "ami", "ploop", ""};

uint64_t big_endian(std::string_view head, size_t at, size_t bytes) {
  uint64_t v = 0;
  for (size_t i = 0; i < bytes; ++i) v = v << 8 | static_cast<uint8_t>(head[at + i]);
  return v;
}

void check_accepted_qcow2(std::string_view head) {
  hold(head.size() >= 72, "an accepted qcow2 has a header");
  hold(big_endian(head, 8, 8) == 0 && big_endian(head, 16, 4) == 0, "it has no backing file");
  hold(big_endian(head, 32, 4) == 0, "it is not encrypted");
  if (big_endian(head, 4, 4) < 3) return;
  hold((big_endian(head, 72, 8) & 4) == 0, "it has no data file");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view in = fuzz::text(data, size);
  const uint8_t choice = fuzz::take_byte(in);
  const std::string_view format = kFormats[(choice & 0x7f) % std::size(kFormats)];
  // The file may be longer than what is here of it.
  const uint64_t file_size = in.size() + (uint64_t{fuzz::take_byte(in)} << 20);
  const image::BytesInMemory bytes(in, file_size);
  (void)image::recognise(bytes);
  const auto seen = image::check_image(format, bytes, choice & 0x80);
  if (!seen) hold(!seen.error().message.empty(), "a refusal says why");
  if (seen && seen->format == "qcow2") check_accepted_qcow2(in);
  if (seen && seen->virtual_size && seen->format != "")
    hold(*seen->virtual_size <= image::kMaxVirtualBytes || seen->format == "iso" ||
             seen->format == "disk", "its size is within the limit");
  const auto host = compute::agent::check_image_header(
      in.substr(0, compute::agent::kHeaderBytes), static_cast<int64_t>(file_size), format);
  if (host && format == "qcow2") check_accepted_qcow2(in);
  return 0;
}
