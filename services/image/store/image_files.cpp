#include "services/image/store/image_files.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <utility>

#include "services/base/config.h"

namespace nuri::image {

namespace {

constexpr size_t kPiece = 1 << 20;

struct Descriptor {
  int fd;
  explicit Descriptor(int f) : fd(f) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd >= 0) close(fd);
  }
};

Error failed(const std::string& what, const std::string& path) {
  return internal(what + " " + path + ": " + std::strerror(errno));
}

Status sync(const std::string& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.fd < 0 || fsync(file.fd) != 0) return failed("sync", path);
  return {};
}

class Hash {
 public:
  explicit Hash(const EVP_MD* kind) : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    EVP_DigestInit_ex(context_.get(), kind, nullptr);
  }
  void add(const char* data, size_t n) { EVP_DigestUpdate(context_.get(), data, n); }
  std::string hex() {
    static constexpr char kHex[] = "0123456789abcdef";
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    EVP_DigestFinal_ex(context_.get(), out, &n);
    std::string text;
    for (unsigned i = 0; i < n; ++i) {
      text += kHex[out[i] >> 4];
      text += kHex[out[i] & 15];
    }
    return text;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

}  // namespace

Result<BytesOfFile> BytesOfFile::open(const std::string& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat about = {};
  if (file.fd < 0 || fstat(file.fd, &about) != 0) return failed("open", path);
  return BytesOfFile(std::exchange(file.fd, -1), static_cast<uint64_t>(about.st_size));
}

BytesOfFile::BytesOfFile(BytesOfFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), size_(other.size_) {}

BytesOfFile::~BytesOfFile() {
  if (fd_ >= 0) close(fd_);
}

std::string BytesOfFile::read(uint64_t at, size_t n) const {
  std::string out(at < size_ ? static_cast<size_t>(std::min<uint64_t>(n, size_ - at)) : 0, '\0');
  size_t got = 0;
  while (got < out.size()) {
    ssize_t r = pread(fd_, out.data() + got, out.size() - got, static_cast<off_t>(at + got));
    if (r < 0 && errno == EINTR) continue;
    if (r <= 0) break;
    got += static_cast<size_t>(r);
  }
  out.resize(got);
  return out;
}

Result<ImageFiles> ImageFiles::open(std::string directory) {
  ImageFiles files(std::move(directory));
  TRYV(make_directories(files.directory_, 0750));
  TRYV(make_directories(files.spool(), 0700));
  return files;
}

Result<Digest> ImageFiles::digest(const std::string& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.fd < 0) return failed("open", path);
  Hash md5(EVP_md5()), sha512(EVP_sha512());
  Digest out;
  std::string piece(kPiece, '\0');
  for (;;) {
    ssize_t n = read(file.fd, piece.data(), piece.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed("read", path);
    if (n == 0) break;
    auto got = static_cast<size_t>(n);
    md5.add(piece.data(), got);
    sha512.add(piece.data(), got);
    out.size += got;
  }
  out.md5 = md5.hex();
  out.sha512 = sha512.hex();
  return out;
}

Status ImageFiles::keep(const std::string& file, std::string_view id) const {
  TRYV(sync(file));
  if (rename(file.c_str(), path(id).c_str()) != 0) {
    if (errno != EXDEV) return failed("rename", file);
    // A spool on another file system (a test's): copied whole, then renamed.
    std::error_code ec;
    std::string copy = spool() + "/" + std::string(id);
    std::filesystem::copy_file(file, copy, std::filesystem::copy_options::overwrite_existing, ec);
    if (ec) return internal("copy " + file + ": " + ec.message());
    TRYV(sync(copy));
    if (rename(copy.c_str(), path(id).c_str()) != 0) return failed("rename", copy);
    unlink(file.c_str());
  }
  return sync(directory_);
}

Status ImageFiles::remove(std::string_view id) const {
  std::string at = path(id);
  if (unlink(at.c_str()) != 0 && errno != ENOENT) return failed("remove", at);
  return {};
}

int ImageFiles::sweep(const std::vector<std::string>& owned) const {
  int removed = 0;
  std::error_code ec;
  for (const auto& entry : std::filesystem::directory_iterator(spool(), ec)) {
    removed += std::filesystem::remove(entry.path(), ec);
  }
  for (const auto& entry : std::filesystem::directory_iterator(directory_, ec)) {
    std::string name = entry.path().filename();
    if (!entry.is_regular_file(ec) || std::binary_search(owned.begin(), owned.end(), name))
      continue;
    removed += std::filesystem::remove(entry.path(), ec);
  }
  return removed;
}

}  // namespace nuri::image
