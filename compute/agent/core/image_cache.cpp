#include "compute/agent/core/image_cache.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>

#include "compute/agent/core/image_header.h"
#include "services/base/config.h"
#include "services/base/log.h"
#include "services/base/process.h"

namespace nuri::compute::agent {

namespace {
constexpr size_t kNameDigits = 40;  // of the checksum

bool is_hex(std::string_view s) {
  return std::all_of(s.begin(), s.end(), [](unsigned char c) { return std::isxdigit(c) && !std::isupper(c); });
}

// How QEMU reads an image of this disk_format; "" where no disk can be made of it.
std::string reader_of(const std::string& format) {
  static const std::map<std::string, std::string> kReaders = {
      {"qcow2", "qcow2"}, {"raw", "raw"}, {"iso", "raw"}, {"ami", "raw"}, {"aki", "raw"}, {"ari", "raw"},
      {"vmdk", "vmdk"}, {"vdi", "vdi"}, {"vhdx", "vhdx"}, {"vhd", "vpc"}};
  auto it = kReaders.find(format);
  return it == kReaders.end() ? "" : it->second;
}
bool kept_as_is(const std::string& reader) { return reader == "qcow2" || reader == "raw"; }
std::string format_here(const ImageRef& image) { return reader_of(image.disk_format) == "raw" ? "raw" : "qcow2"; }

// Of an image that the image service has looked into, and that is that one by its checksum: turned
// into what servers' disks are clones of, by a process that can take neither time nor room for ever.
Status convert(const ImageRef& image, const std::string& from, const std::string& to) {
  constexpr unsigned kConvertMs = 1'800'000;
  constexpr int64_t kMemory = 2ll << 30, kSlack = 64ll << 20;  // qcow2's own tables
  if (image.sha512.empty() || image.virtual_size <= 0)
    return Error(ErrorCode::unprocessable, "An image in " + image.disk_format + " needs its SHA-512 and its size.", "image");
  int64_t most = image.virtual_size + image.virtual_size / 1024 + kSlack;
  auto done = run_checked({"prlimit", "--as=" + std::to_string(kMemory), "--fsize=" + std::to_string(most), "--", "qemu-img", "convert",
                           "-q", "-f", reader_of(image.disk_format), "-O", "qcow2", from, to}, kConvertMs);
  if (done) return {};
  unlink(to.c_str());
  if (done.error().code == ErrorCode::timeout) return done.error();
  return Error(ErrorCode::unprocessable, "The image cannot be read as " + image.disk_format + ".", "image");
}

// QEMU's own opinion, after ours: nothing that points out of the file.
Status ask_qemu(const std::string& path, const std::string& format) {
  std::string text = TRY(run_checked({"qemu-img", "info", "--output=json", "-f", format, path}, 20'000));
  Json info = TRY(parse_json(text));
  const Json& specific = info["format-specific"]["data"];
  if (info.contains("backing-filename") || info.contains("full-backing-filename") || specific.contains("data-file")) {
    return Error(ErrorCode::unprocessable, "The image is refused: it points to another file.", "image");
  }
  return {};
}
}  // namespace

Result<std::string> sha512_of_file(const std::string& path) {
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return internal("open " + path + ": " + std::strerror(errno));
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_DigestInit_ex(context.get(), EVP_sha512(), nullptr);
  std::string buffer(256 * 1024, '\0');
  ssize_t n;
  while ((n = read(fd, buffer.data(), buffer.size())) > 0) EVP_DigestUpdate(context.get(), buffer.data(), static_cast<size_t>(n));
  int saved = errno;
  close(fd);
  if (n < 0) return internal("read " + path + ": " + std::strerror(saved));
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  EVP_DigestFinal_ex(context.get(), digest, &length);
  std::string hex;
  for (unsigned i = 0; i < length; ++i) {
    hex += "0123456789abcdef"[digest[i] >> 4];
    hex += "0123456789abcdef"[digest[i] & 15];
  }
  return hex;
}

std::string ImageCache::path_of(const ImageRef& image) const {
  bool by_sum = image.sha512.size() == 128 && is_hex(image.sha512);
  return directory_ + "/" + (by_sum ? image.sha512.substr(0, kNameDigits) : image.id) + "." +
         format_here(image);
}

bool ImageCache::has(const ImageRef& image) const { return access(path_of(image).c_str(), R_OK) == 0; }

Result<BaseImage> ImageCache::get(const ImageRef& image) {
  if (reader_of(image.disk_format).empty()) {
    return Error(ErrorCode::unprocessable, "No disk can be made of an image in '" + image.disk_format + "'.", "image");
  }
  std::string path = path_of(image);
  std::unique_lock lock(mutex_);
  landed_.wait(lock, [&] { return !loading_.contains(path); });
  if (has(image)) {
    utimensat(AT_FDCWD, path.c_str(), nullptr, 0);  // asked for just now: not to be cleaned
    lock.unlock();
    auto header = TRY(check_image_file(path, format_here(image)));
    return BaseImage{path, header.format, header.virtual_size};
  }
  loading_.insert(path);
  lock.unlock();
  auto result = download(image, path);
  lock.lock();
  loading_.erase(path);
  landed_.notify_all();
  return result;
}

Status ImageCache::verify(const ImageRef& image, const std::string& part) const {
  struct stat st = {};
  if (stat(part.c_str(), &st) != 0) return internal("stat " + part + ": " + std::strerror(errno));
  if (image.size > 0 && st.st_size != image.size) {
    return unavailable("The image came with " + std::to_string(st.st_size) + " bytes instead of " + std::to_string(image.size) + ".");
  }
  if (image.sha512.empty()) return {};
  std::string sum = TRY(sha512_of_file(part));
  if (sum != image.sha512) return unavailable("The image's data does not match its SHA-512.");
  return {};
}

Result<BaseImage> ImageCache::download(const ImageRef& image, const std::string& path) {
  TRYV(make_directories(directory_, 0711));
  std::string part = directory_ + "/" + image.id + ".part", turned = directory_ + "/" + image.id + ".turned.part";
  struct Removed {
    const std::string &one, &other;
    ~Removed() {
      unlink(one.c_str());
      unlink(other.c_str());
    }
  } removed{part, turned};
  auto fetched = fetch_(image.id, part);
  if (!fetched) {
    Error e = fetched.error();
    if (e.code == ErrorCode::not_found) e.code = ErrorCode::unprocessable;
    return e;
  }
  TRYV(verify(image, part));
  if (!kept_as_is(reader_of(image.disk_format))) {
    TRYV(convert(image, part, turned));
    if (rename(turned.c_str(), part.c_str()) != 0) return internal("rename " + turned + ": " + std::strerror(errno));
  }
  auto header = TRY(check_image_file(part, format_here(image)));
  TRYV(ask_qemu(part, format_here(image)));
  chmod(part.c_str(), 0640);  // libvirt gives it to QEMU's user and group with the first guest
  if (rename(part.c_str(), path.c_str()) != 0) return internal("rename " + part + ": " + std::strerror(errno));
  log::info("image cached", {{"image_id", image.id}, {"path", path}});
  return BaseImage{path, header.format, header.virtual_size};
}

int ImageCache::clean(const std::set<std::string>& used, TimeUs age_us) {
  std::lock_guard lock(mutex_);
  int removed = 0;
  std::error_code ec;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, ec)) {
    std::string path = entry.path();
    struct stat st = {};
    if (used.contains(path) || loading_.contains(path) || stat(path.c_str(), &st) != 0) continue;
    if (entry.path().extension() == ".part" && !loading_.empty()) continue;
    TimeUs touched = TimeUs(st.st_mtim.tv_sec) * kSecondUs + st.st_mtim.tv_nsec / 1000;
    if (touched + age_us > clock_.now_us()) continue;
    if (unlink(path.c_str()) == 0) ++removed;
  }
  return removed;
}

}  // namespace nuri::compute::agent
