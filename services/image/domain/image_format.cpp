#include "services/image/domain/image_format.h"

#include "services/image/domain/formats.h"

namespace nuri::image {

namespace {

using namespace std::string_view_literals;

constexpr size_t kSector = 512;
constexpr uint64_t kIsoMagicAt = 32769;  // ECMA-119: the first volume descriptor, after its type

struct Format {
  std::string_view name;
  Result<uint64_t> (*check)(const ImageBytes&);
};
constexpr Format kFormats[] = {
    {"qcow2", formats::check_qcow2}, {"vmdk", formats::check_vmdk}, {"vdi", formats::check_vdi},
    {"vhd", formats::check_vhd},     {"vhdx", formats::check_vhdx}, {"iso", formats::check_iso},
};

bool is_iso(const ImageBytes& bytes) {
  std::string magic = bytes.read(kIsoMagicAt, 5);
  return magic == "CD001" || magic == "BEA01";
}

// A master boot record whose partitions are marked bootable or not, and nothing else.
bool has_partition_table(std::string_view head) {
  if (head.size() < kSector || head.substr(510, 2) != "\x55\xaa"sv) return false;
  bool any = false;
  for (size_t at = 446; at < 510; at += 16) {
    if (head[at] != '\0' && head[at] != '\x80') return false;
    any = any || head[at + 4] != '\0';
  }
  return any;
}

// What people upload by mistake: a download not unpacked, an error page, a program.
std::string_view other_file(std::string_view head) {
  struct Magic {
    std::string_view bytes, what;
  };
  static constexpr Magic kMagic[] = {
      {"\x1f\x8b\x08"sv, "gzip"},
      {"\xfd"
       "7zXZ"sv,
       "xz"},
      {"BZh"sv, "bzip2"},
      {"\x28\xb5\x2f\xfd"sv, "zstd"},
      {"PK\x03\x04"sv, "zip"},
      {"\x7f"
       "ELF"sv,
       "ELF"},
      {"<!DOCTYPE"sv, "HTML"},
      {"<html"sv, "HTML"},
  };
  for (const Magic& m : kMagic) {
    if (head.starts_with(m.bytes)) return m.what;
  }
  return head.size() >= 262 && head.substr(257, 5) == "ustar" ? "tar" : "";
}

std::string described(std::string_view format) {
  if (format == "disk") return "raw (it begins with a partition table)";
  return std::string(format);
}

Error mismatch(std::string_view disk_format, std::string_view found) {
  return bad_request("The image data is of the format " + described(found) +
                         ", but disk_format says " + std::string(disk_format) + ".",
                     "disk_format");
}

// A disk as it is: any bytes but those of a format that a probe would open otherwise.
Result<Inspection> check_plain(std::string_view disk_format, std::string_view found,
                               uint64_t size) {
  if (!found.empty() && found != "disk" && found != "iso") return mismatch(disk_format, found);
  Inspection out{std::string(found), std::nullopt};
  if (disk_format != "ploop") out.virtual_size = size;
  return out;
}

}  // namespace

Error formats::not_allowed(std::string_view format, std::string why) {
  return bad_request(
      "The image data is not an allowed " + std::string(format) + " image: " + std::move(why),
      "disk_format");
}

Status formats::check_virtual(std::string_view format, uint64_t bytes) {
  if (bytes == 0) return not_allowed(format, "its virtual size is 0.");
  if (bytes <= kMaxVirtualBytes) return {};
  return not_allowed(format, "its virtual size of " + std::to_string(bytes) +
                                 " bytes is over the " + std::to_string(kMaxVirtualBytes) +
                                 " allowed.");
}

uint64_t formats::big(std::string_view bytes, size_t at, size_t n) {
  uint64_t v = 0;
  for (size_t i = at; i < at + n; ++i) {
    v = v << 8 | (i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0u);
  }
  return v;
}

uint64_t formats::little(std::string_view bytes, size_t at, size_t n) {
  uint64_t v = 0;
  for (size_t i = at + n; i-- > at;) {
    v = v << 8 | (i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0u);
  }
  return v;
}

std::string_view recognise(const ImageBytes& bytes) {
  const std::string start = bytes.read(0, kSector);
  std::string_view head = start;
  if (head.starts_with("QFI\xfb"sv)) return "qcow2";
  if (head.starts_with("QED\0"sv)) return "qed";
  if (head.starts_with("KDMV"sv) || head.starts_with("COWD"sv)) return "vmdk";
  if (head.starts_with("# Disk DescriptorFile"sv)) return "vmdk";
  if (head.starts_with("vhdxfile"sv)) return "vhdx";
  if (head.starts_with("conectix"sv)) return "vhd";
  if (head.starts_with("LUKS\xba\xbe"sv)) return "luks";
  if (head.starts_with("WithoutFreeSpace"sv) || head.starts_with("WithouFreSpacExt"sv))
    return "parallels";
  if (head.size() >= 68 && head.substr(64, 4) == "\x7f\x10\xda\xbe"sv) return "vdi";
  if (is_iso(bytes)) return "iso";
  if (has_partition_table(head)) return "disk";
  return "";
}

Result<Inspection> check_image(std::string_view disk_format, const ImageBytes& bytes,
                               bool must_match, bool archive) {
  std::string_view found = recognise(bytes);
  // One of a fixed size has its mark at the end only; as raw it is the disk that it holds.
  uint64_t size = bytes.size();
  if ((disk_format == "vhd" || found.empty()) && found != "vhd" && size >= kSector &&
      bytes.read(size - kSector, 8) == "conectix" && disk_format != "raw") {
    found = "vhd";
  }
  if (disk_format == "ploop" && found == "parallels") return Inspection{"parallels", std::nullopt};
  for (const Format& f : kFormats) {
    if (f.name != disk_format) continue;
    if (found == f.name) return Inspection{std::string(found), TRY(f.check(bytes))};
    if (!found.empty()) return mismatch(disk_format, found);
    if (size < kSector) return formats::not_allowed(f.name, "it ends inside its header.");
    if (archive) return Inspection{};
    if (auto other = other_file(bytes.read(0, kSector)); !other.empty())
      return mismatch(disk_format, other);
    if (must_match) return formats::not_allowed(f.name, "it has no header of that format.");
    return Inspection{};
  }
  return check_plain(disk_format, found, size);
}

}  // namespace nuri::image
