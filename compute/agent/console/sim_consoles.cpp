#include "compute/agent/console/sim_consoles.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace nuri::compute::agent {

namespace {
using namespace std::string_view_literals;

constexpr auto kVersion = "RFB 003.008\n"sv;
constexpr auto kNoSecurity = "\1\1"sv;  // one type, "None"
constexpr auto kFine = "\0\0\0\0"sv;
constexpr size_t kChosen = 1, kShared = 1;  // the client's answers

bool say(int fd, std::string_view text) {
  return ::send(fd, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
}

bool hear(int fd, size_t size) {
  std::string in(size, '\0');
  return ::recv(fd, in.data(), size, MSG_WAITALL) == static_cast<ssize_t>(size);
}

// RFC 6143 7.3.2: 64 x 64 of 32 bits a pixel, then the name.
std::string screen(const std::string& name) {
  std::string out("\0\x40\0\x40\x20\x18\0\1\0\xff\0\xff\0\xff\x10\x08\0\0\0\0"sv);
  for (int shift = 24; shift >= 0; shift -= 8)
    out += static_cast<char>(name.size() >> shift & 0xff);
  return out + name;
}

void vnc(int fd, const std::string& name) {
  if (!say(fd, kVersion) || !hear(fd, kVersion.size()) || !say(fd, kNoSecurity) ||
      !hear(fd, kChosen) || !say(fd, kFine) || !hear(fd, kShared) || !say(fd, screen(name)))
    return;
  while (hear(fd, 1)) {
  }
}

void serial(int fd) {
  char piece[4096];
  while (true) {
    const ssize_t n = ::recv(fd, piece, sizeof piece, 0);
    if (n <= 0 || !say(fd, {piece, static_cast<size_t>(n)})) return;
  }
}
}  // namespace

SimConsoles::~SimConsoles() {
  for (std::thread& guest : guests_) guest.join();  // their other ends are closed by now
}

Result<int> SimConsoles::open(const std::string& server_id, const std::string& kind) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return internal("no socket pair");
  const std::lock_guard lock(mutex_);
  guests_.emplace_back([fd = ends[1], name = "nuri-" + server_id, screen = kind == "vnc"] {
    if (screen) vnc(fd, name);
    else serial(fd);
    ::close(fd);
  });
  return ends[0];
}

}  // namespace nuri::compute::agent
