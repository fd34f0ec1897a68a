#include "storage/agent/file/file_volumes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>

#include "services/base/config.h"
#include "services/base/process.h"
#include "services/base/random.h"

namespace nuri::storage::agent {

namespace {
constexpr int64_t kGib = 1ll << 30;
constexpr int64_t kMaxGib = 1 << 20;
constexpr unsigned kConvertMs = 3'600'000;
constexpr std::string_view kPart = ".part";

Error impossible(std::string message, std::string field) {
  return Error(ErrorCode::unprocessable, std::move(message), std::move(field));
}

std::string bytes_of(int64_t size_gib) { return std::to_string(size_gib * kGib); }

// From the file's own header, which QEMU alone writes: asking qemu-img would need the lock that a
// running guest holds.
Result<int64_t> virtual_size(const std::string& path) {
  constexpr size_t kSizeAt = 24, kHead = 32;
  unsigned char head[kHead] = {};
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return internal("open " + path + ": " + std::strerror(errno));
  ssize_t n = pread(fd, head, kHead, 0);
  close(fd);
  if (n != static_cast<ssize_t>(kHead) || std::memcmp(head, "QFI\xfb", 4) != 0)
    return internal(path + " is no qcow2 file.");
  uint64_t size = 0;
  for (size_t i = kSizeAt; i < kHead; ++i) size = size << 8 | head[i];
  return static_cast<int64_t>(size);
}

// What QEMU's tools say of a file that a guest is writing.
bool is_locked(const Error& e) { return e.message.find("lock") != std::string::npos; }

Status resize(const std::string& path, int64_t size_gib) {
  TRYV(run_checked({"qemu-img", "resize", "-q", "-f", "qcow2", path, bytes_of(size_gib)}));
  return {};
}

Status convert(const std::vector<std::string>& options, const std::string& format,
               const std::string& from, const std::string& to) {
  std::vector<std::string> argv = {"qemu-img", "convert", "-q"};
  argv.insert(argv.end(), options.begin(), options.end());
  for (const std::string& a :
       {std::string("-f"), std::string("qcow2"), std::string("-O"), format, from, to})
    argv.push_back(a);
  TRYV(run_checked(argv, kConvertMs));
  return {};
}

}  // namespace

Status copy_volume(const FileVolumes::Hooks& hooks, const std::string& id, const std::string& from,
                   const std::string& to, const std::string& format) {
  if (access(from.c_str(), F_OK) != 0)
    return impossible("what it is copied from is not on this host", "source");
  Status copied = convert({}, format, from, to);
  if (copied || !is_locked(copied.error())) return copied;
  if (!hooks.quiet)
    return impossible("a running server writes to the volume; stop the server or detach it first",
                      "source");
  return hooks.quiet(id, [&] { return convert({"-U"}, format, from, to); });
}

// Never shrinks: what lies beyond the end would be lost.
Status FileVolumes::grow(const std::string& id, const std::string& path, int64_t size_gib) {
  if (TRY(virtual_size(path)) >= size_gib * kGib) return {};
  Status grown = resize(path, size_gib);
  if (grown || !is_locked(grown.error()) || !hooks_.grow) return grown;
  return hooks_.grow(id, size_gib * kGib);
}

Status FileVolumes::make_empty(const std::string& part, int64_t size_gib) {
  TRYV(run_checked({"qemu-img", "create", "-q", "-f", "qcow2", part, bytes_of(size_gib)}));
  return {};
}

Status FileVolumes::make_from_image(const std::string& part, const Json& image, int64_t size_gib) {
  auto source = TRY(hooks_.fetch(image));
  if (source.virtual_size > size_gib * kGib) {
    return impossible("size_gib must be at least the image's virtual size, " +
                          std::to_string(source.virtual_size) + " bytes.",
                      "size_gib");
  }
  TRYV(run_checked(
      {"qemu-img", "convert", "-q", "-f", source.format, "-O", "qcow2", source.path, part},
      kConvertMs));
  return resize(part, size_gib);
}

Status FileVolumes::make_from_source(const std::string& part, const Json& source,
                                     int64_t size_gib) {
  const std::string& kind = source["kind"].as_string();
  const std::string& id = source["id"].as_string();
  if ((kind != "volume" && kind != "snapshot") || !is_uuid(id))
    return impossible("source must name a volume or a snapshot.", "source");
  TRYV(copy_volume(hooks_, id, folder_ + "/" + kind + "-" + id, part, "qcow2"));
  if (TRY(virtual_size(part)) >= size_gib * kGib) return {};
  return resize(part, size_gib);
}

Status FileVolumes::make(const std::string& part, const Json& spec, int64_t size_gib) {
  if (!spec["source"].is_null()) return make_from_source(part, spec["source"], size_gib);
  if (!spec["image"].is_null()) return make_from_image(part, spec["image"], size_gib);
  return make_empty(part, size_gib);
}

Result<Json> FileVolumes::ensure(const std::string& id, const Json& spec) {
  if (!is_uuid(id)) return impossible("id must be a UUID.", "id");
  int64_t size_gib = spec["size_gib"].as_int();
  if (size_gib < 1 || size_gib > kMaxGib)
    return impossible("size_gib must be from 1 to 1048576.", "size_gib");
  if (spec["format"].as_string("qcow2") != "qcow2")
    return impossible("format must be qcow2.", "format");
  std::string path = path_of(id), part = path + ".part";
  if (access(path.c_str(), F_OK) != 0) {
    TRYV(make_directories(folder_, 0711));
    auto made = make(part, spec, size_gib);
    // Root's alone; libvirt gives it to QEMU's user while a guest has it.
    if (made && chmod(part.c_str(), 0600) != 0)
      made = internal("chmod " + part + ": " + std::strerror(errno));
    if (made && rename(part.c_str(), path.c_str()) != 0)
      made = internal("rename " + part + ": " + std::strerror(errno));
    if (!made) {
      unlink(part.c_str());
      return made.error();
    }
  }
  TRYV(grow(id, path, size_gib));
  return Json::object({{"status", "available"}, {"path", path}, {"error", nullptr}});
}

Status FileVolumes::remove(const std::string& id) {
  if (!is_uuid(id)) return impossible("id must be a UUID.", "id");
  for (const std::string& path : {path_of(id), path_of(id) + ".part"}) {
    if (unlink(path.c_str()) != 0 && errno != ENOENT)
      return internal("unlink " + path + ": " + std::strerror(errno));
  }
  return {};
}

std::vector<std::string> FileVolumes::list() const {
  std::set<std::string> out;
  std::error_code ec;
  const std::string prefix = kind_ + "-";
  for (const auto& entry : std::filesystem::directory_iterator(folder_, ec)) {
    std::string name = entry.path().filename();
    if (!name.starts_with(prefix)) continue;
    std::string id = name.substr(prefix.size());
    if (id.ends_with(kPart)) id.resize(id.size() - kPart.size());
    if (is_uuid(id)) out.insert(id);
  }
  return {out.begin(), out.end()};
}

}  // namespace nuri::storage::agent
