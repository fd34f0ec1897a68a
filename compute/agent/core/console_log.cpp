#include "compute/agent/core/console_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace nuri::compute::agent {

namespace {
constexpr size_t kMaxBytes = 512 * 1024;

Result<std::string> tail(const std::string& path, size_t bytes) {
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) return std::string();
  if (fd < 0) return internal("open " + path + ": " + std::strerror(errno));
  struct stat st = {};
  fstat(fd, &st);
  size_t size = static_cast<size_t>(st.st_size), want = std::min(size, bytes);
  std::string text(want, '\0');
  ssize_t n = pread(fd, text.data(), want, static_cast<off_t>(size - want));
  close(fd);
  text.resize(n > 0 ? static_cast<size_t>(n) : 0);
  return text;
}
}  // namespace

Result<std::string> read_console_log(const std::string& path, int64_t lines) {
  std::string text = TRY(tail(path, kMaxBytes));
  if (text.size() < kMaxBytes) text.insert(0, TRY(tail(path + ".0", kMaxBytes - text.size())));
  if (lines < 0) return text;
  size_t at = text.size();
  if (at > 0 && text[at - 1] == '\n') --at;  // the last line's own end
  for (int64_t n = 0; n < lines; ++n) {
    if (at == 0) return text;
    size_t newline = text.rfind('\n', at - 1);
    if (newline == std::string::npos) return text;
    at = newline;
  }
  return lines == 0 ? std::string() : text.substr(at + 1);
}

}  // namespace nuri::compute::agent
