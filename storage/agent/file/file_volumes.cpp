#include "storage/agent/file/file_volumes.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "services/base/config.h"
#include "services/base/process.h"
#include "services/base/random.h"

namespace nuri::storage::agent {

namespace {
constexpr int64_t kGib = 1ll << 30;
constexpr int64_t kMaxGib = 1 << 20;
constexpr unsigned kConvertMs = 600'000;
constexpr std::string_view kPrefix = "volume-";

Error impossible(std::string message, std::string field) {
  return Error(ErrorCode::unprocessable, std::move(message), std::move(field));
}
}  // namespace

Status FileVolumes::make_empty(const std::string& part, int64_t size_gib) {
  TRYV(run_checked({"qemu-img", "create", "-q", "-f", "qcow2", part, std::to_string(size_gib * kGib)}));
  return {};
}

Status FileVolumes::make_from_image(const std::string& part, const Json& image, int64_t size_gib) {
  auto source = TRY(fetch_(image));
  if (source.virtual_size > size_gib * kGib) {
    return impossible("size_gib must be at least the image's virtual size, " + std::to_string(source.virtual_size) + " bytes.", "size_gib");
  }
  TRYV(run_checked({"qemu-img", "convert", "-q", "-f", source.format, "-O", "qcow2", source.path, part}, kConvertMs));
  TRYV(run_checked({"qemu-img", "resize", "-q", "-f", "qcow2", part, std::to_string(size_gib * kGib)}));
  return {};
}

Result<Json> FileVolumes::ensure(const std::string& id, const Json& spec) {
  if (!is_uuid(id)) return impossible("id must be a UUID.", "id");
  int64_t size_gib = spec["size_gib"].as_int();
  if (size_gib < 1 || size_gib > kMaxGib) return impossible("size_gib must be from 1 to 1048576.", "size_gib");
  if (spec["format"].as_string("qcow2") != "qcow2") return impossible("format must be qcow2.", "format");
  std::string path = path_of(id), part = path + ".part";
  if (access(path.c_str(), F_OK) != 0) {
    TRYV(make_directories(folder_, 0711));
    auto made = spec["image"].is_null() ? make_empty(part, size_gib) : make_from_image(part, spec["image"], size_gib);
    if (made && rename(part.c_str(), path.c_str()) != 0) made = internal("rename " + part + ": " + std::strerror(errno));
    if (!made) {
      unlink(part.c_str());
      return made.error();
    }
  }
  return Json::object({{"status", "available"}, {"path", path}, {"error", nullptr}});
}

Status FileVolumes::remove(const std::string& id) {
  if (!is_uuid(id)) return impossible("id must be a UUID.", "id");
  for (const std::string& path : {path_of(id), path_of(id) + ".part"}) {
    if (unlink(path.c_str()) != 0 && errno != ENOENT) return internal("unlink " + path + ": " + std::strerror(errno));
  }
  return {};
}

std::vector<std::string> FileVolumes::list() const {
  std::vector<std::string> out;
  std::error_code ec;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, ec)) {
    std::string name = entry.path().filename();
    if (name.starts_with(kPrefix) && is_uuid(name.substr(kPrefix.size()))) out.push_back(name.substr(kPrefix.size()));
  }
  return out;
}

}  // namespace nuri::storage::agent
