#include "storage/agent/file/uploads.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <set>

#include "services/base/config.h"
#include "services/base/random.h"

namespace nuri::storage::agent {

namespace {

// Glance's names of formats, and qemu-img's.
const std::map<std::string, std::string> kFormats = {{"raw", "raw"},   {"qcow2", "qcow2"},
                                                     {"vmdk", "vmdk"}, {"vdi", "vdi"},
                                                     {"vhdx", "vhdx"}, {"vhd", "vpc"}};

Error impossible(std::string message, std::string field) {
  return Error(ErrorCode::unprocessable, std::move(message), std::move(field));
}

// What the image service refuses now it refuses for ever.
bool refused(const Error& e) {
  return e.code == ErrorCode::bad_request || e.code == ErrorCode::not_found ||
         e.code == ErrorCode::too_large || e.code == ErrorCode::forbidden ||
         e.code == ErrorCode::gone || e.code == ErrorCode::unsupported_media;
}

Result<Json> done() { return Json::object({{"status", "done"}, {"error", nullptr}}); }

}  // namespace

Status Uploads::send(const std::string& id, const std::string& path) {
  Status sent = hooks_.send(id, path);
  if (sent) return {};
  Error e = sent.error();
  if (refused(e)) return impossible("the image service refused it: " + e.message, "image");
  if (e.code != ErrorCode::conflict) return e;
  // An upload of ours, cut off after its last byte: or the end of one that is not over yet.
  if (TRY(hooks_.arrived(id))) return {};
  return unavailable("another upload to this image is under way");
}

Result<Json> Uploads::ensure(const std::string& id, const Json& spec) {
  const std::string& volume = spec["volume_id"].as_string();
  if (!is_uuid(id) || !is_uuid(volume)) return impossible("id and volume_id must be UUIDs.", "id");
  auto format = kFormats.find(spec["disk_format"].as_string());
  if (format == kFormats.end())
    return impossible("disk_format must be raw, qcow2, vmdk, vdi, vhdx or vhd.", "disk_format");
  if (access(done_of(id).c_str(), F_OK) == 0) return done();
  TRYV(make_directories(folder_, 0700));
  Status sent = copy_volume(hooks_.volumes, volume, volumes_ + "/volume-" + volume, part_of(id),
                            format->second);
  if (sent) sent = send(id, part_of(id));
  unlink(part_of(id).c_str());
  if (!sent) return sent.error();
  TRYV(write_file(done_of(id), "", 0600));
  return done();
}

Status Uploads::remove(const std::string& id) {
  if (!is_uuid(id)) return impossible("id must be a UUID.", "id");
  for (const std::string& path : {done_of(id), part_of(id)}) {
    if (unlink(path.c_str()) != 0 && errno != ENOENT)
      return internal("unlink " + path + ": " + std::strerror(errno));
  }
  return {};
}

std::vector<std::string> Uploads::list() const {
  std::set<std::string> out;
  std::error_code ec;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, ec)) {
    std::string id = entry.path().stem();
    if (is_uuid(id)) out.insert(id);
  }
  return {out.begin(), out.end()};
}

}  // namespace nuri::storage::agent
