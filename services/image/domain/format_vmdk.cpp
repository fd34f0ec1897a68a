#include <cctype>
#include <sstream>

#include "services/image/domain/formats.h"

// VMDK: a sparse extent (VMware's Virtual Disk Format 1.1), whose embedded descriptor is a text that
// could name other files. Taken: one file that holds everything, which are the create types
// monolithicSparse and streamOptimized.
namespace nuri::image {

namespace {

constexpr uint64_t kSector = 512;
constexpr uint64_t kMaxDescriptor = 64 * 1024;
constexpr uint64_t kQemuReads = 20;      // sectors of descriptor, however long it says it is
constexpr uint64_t kAtEnd = UINT64_MAX;  // the grain directory is told by a footer
constexpr uint64_t kMaxGrain = 1 << 21;  // sectors; QEMU's limits
constexpr uint64_t kMaxGrainTable = 512;

Error refused(std::string why) { return formats::not_allowed("vmdk", std::move(why)); }

struct Header {
  uint64_t version, capacity, grain, descriptor_at, descriptor_size, table_entries, directory_at;
  explicit Header(std::string_view b)
      : version(formats::little(b, 4, 4)), capacity(formats::little(b, 12, 8)),
        grain(formats::little(b, 20, 8)), descriptor_at(formats::little(b, 28, 8)),
        descriptor_size(formats::little(b, 36, 8)), table_entries(formats::little(b, 44, 4)),
        directory_at(formats::little(b, 56, 8)) {}
};

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::string trimmed(const std::string& text, const char* of = " \t\r\"") {
  size_t from = text.find_first_not_of(of), to = text.find_last_not_of(of);
  return from == std::string::npos ? "" : text.substr(from, to - from + 1);
}

// RW 4192256 SPARSE "disk.vmdk": the one extent is this file itself.
Status check_extent(const std::string& line) {
  std::istringstream words(line);
  std::string access, sectors, type, name;
  words >> access >> sectors >> type;
  std::getline(words, name);
  if (lower(type) != "sparse") {
    return refused("it has an extent of the type " + type.substr(0, 40) + "; only SPARSE is allowed.");
  }
  size_t quote = name.rfind('"');
  name = trimmed(quote == std::string::npos ? name : name.substr(0, quote));
  if (name.find_first_of("/\\") != std::string::npos || name.starts_with("..")) {
    return refused("it names a file of the host: " + name.substr(0, 80) + ".");
  }
  return {};
}

Status check_line(const std::string& line, std::string& create_type, int& extents) {
  std::string start = lower(line);
  for (const char* access : {"rw ", "rdonly ", "noaccess "}) {
    if (!start.starts_with(access)) continue;
    ++extents;
    return check_extent(line);
  }
  size_t equals = line.find('=');
  if (equals == std::string::npos) return {};
  std::string key = lower(trimmed(line.substr(0, equals))), value = trimmed(line.substr(equals + 1));
  if (key == "createtype") {
    if (!create_type.empty()) return refused("its descriptor gives two create types.");
    create_type = value;
  }
  if (key == "parentcid" && lower(value) != "ffffffff") return refused("it has a parent.");
  return {};
}

// `beyond`: the descriptor and what QEMU reads with it. It looks for a parent's name anywhere there,
// also in a comment.
Status check_descriptor(const std::string& text, const std::string& beyond) {
  if (!lower(text).starts_with("# disk descriptorfile")) return refused("it has no descriptor.");
  if (lower(beyond).find("parentfilenamehint") != std::string::npos) {
    return refused("it has a parent, which would be a file of the host.");
  }
  std::istringstream lines(text.substr(0, text.find('\0')));
  std::string create_type;
  int extents = 0;
  for (std::string line; std::getline(lines, line);) {
    line = trimmed(line, " \t\r");
    if (line.empty() || line[0] == '#') continue;
    TRYV(check_line(line, create_type, extents));
  }
  std::string type = lower(create_type);
  if (type != "monolithicsparse" && type != "streamoptimized") {
    return refused("its create type is '" + create_type.substr(0, 40) +
                   "'; monolithicSparse and streamOptimized are allowed.");
  }
  if (extents != 1) return refused("it has " + std::to_string(extents) + " extents, not 1.");
  return {};
}

// Behind the data: a marker, the header again with the true place of the directory, an end marker.
Result<Header> read_footer(const ImageBytes& bytes, const Header& header) {
  constexpr uint64_t kFooter = 3 * kSector;
  std::string end = bytes.size() < kFooter ? "" : bytes.read(bytes.size() - kFooter, kFooter);
  if (end.size() < kFooter || std::string_view(end).substr(kSector, 4) != "KDMV") {
    return refused("it has no footer: the upload may have been cut short.");
  }
  Header footer(std::string_view(end).substr(kSector, kSector));
  if (footer.capacity != header.capacity || footer.descriptor_at != header.descriptor_at ||
      footer.directory_at == kAtEnd) {
    return refused("its footer contradicts its header.");
  }
  return footer;
}

// Where a grain table points: behind the file's end lies what an upload cut short has lost.
Status check_grains(const ImageBytes& bytes, uint64_t table, uint64_t entries) {
  if (!formats::inside(table, entries * 4, bytes.size())) {
    return refused("a grain table lies outside the file: the upload may have been cut short.");
  }
  std::string grains = bytes.read(table, entries * 4);
  for (size_t at = 0; at < grains.size(); at += 4) {
    // 0 and 1: none, and one of zeros.
    uint64_t sector = formats::little(grains, at, 4);
    if (sector > 1 && sector * kSector >= bytes.size()) {
      return refused("data lies outside the file: the upload may have been cut short.");
    }
  }
  return {};
}

Status check_tables(const ImageBytes& bytes, const Header& h, uint64_t directory_bytes) {
  uint64_t tables = 0;
  for (uint64_t done = 0; done < directory_bytes; done += kHeaderBytes) {
    std::string piece = bytes.read(h.directory_at * kSector + done,
                                   std::min<uint64_t>(kHeaderBytes, directory_bytes - done));
    for (size_t at = 0; at < piece.size(); at += 4) {
      uint64_t table = formats::little(piece, at, 4) * kSector;
      if (table == 0) continue;
      // Each has its own place, so this reads no more than the file.
      if (++tables > bytes.size() / (h.table_entries * 4)) {
        return refused("its grain tables do not fit the file.");
      }
      TRYV(check_grains(bytes, table, h.table_entries));
    }
  }
  return {};
}

Status check_directory(const ImageBytes& bytes, const Header& h) {
  if (h.grain == 0 || h.grain > kMaxGrain) return refused("its grain size is out of range.");
  if (h.table_entries == 0 || h.table_entries > kMaxGrainTable) {
    return refused("its grain tables are out of range.");
  }
  uint64_t covered = h.grain * h.table_entries;
  uint64_t directory_bytes = (h.capacity + covered - 1) / covered * 4;
  if (h.directory_at == 0 || h.directory_at > bytes.size() / kSector ||
      !formats::inside(h.directory_at * kSector, directory_bytes, bytes.size())) {
    return refused("its grain directory lies outside the file: the upload may have been cut short.");
  }
  return check_tables(bytes, h, directory_bytes);
}

}  // namespace

Result<uint64_t> formats::check_vmdk(const ImageBytes& bytes) {
  std::string head = bytes.read(0, kSector);
  if (!head.starts_with("KDMV")) {
    return refused("it keeps its data in other files, or is of an old kind; monolithicSparse and "
                   "streamOptimized are allowed.");
  }
  if (head.size() < kSector) return refused("it ends inside its header.");
  Header header(head);
  if (header.version < 1 || header.version > 3) {
    return refused("its version is " + std::to_string(header.version) + ", not 1 to 3.");
  }
  // With no capacity QEMU would take the descriptor's word for where the data is.
  if (header.capacity > kMaxVirtualBytes / kSector) {
    TRYV(check_virtual("vmdk", header.capacity > UINT64_MAX / kSector ? UINT64_MAX
                                                                     : header.capacity * kSector));
  }
  TRYV(check_virtual("vmdk", header.capacity * kSector));
  uint64_t size = header.descriptor_size;
  if (header.descriptor_at == 0 || size == 0 || size > kMaxDescriptor / kSector ||
      header.descriptor_at > bytes.size() / kSector ||
      !inside(header.descriptor_at * kSector, size * kSector, bytes.size())) {
    return refused("its descriptor lies outside the file or is over 64 KiB.");
  }
  std::string beyond =
      bytes.read(header.descriptor_at * kSector, std::max(size, kQemuReads) * kSector);
  TRYV(check_descriptor(beyond.substr(0, size * kSector), beyond));
  if (header.directory_at == kAtEnd) header = TRY(read_footer(bytes, header));
  TRYV(check_directory(bytes, header));
  return header.capacity * kSector;
}

}  // namespace nuri::image
