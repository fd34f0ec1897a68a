#include "compute/agent/console/console_relay.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "services/base/random.h"

namespace nuri::compute::agent {

namespace {
constexpr int kTickMs = 250;  // how late one direction sees that the other has ended
constexpr size_t kPiece = 16 * 1024;

// True: the descriptor is ready, has ended, or failed; the call that follows tells which.
bool wait_for(int fd, short events) {
  pollfd p{fd, events, 0};
  return ::poll(&p, 1, kTickMs) > 0;
}
}  // namespace

ConsoleRelay::Console::~Console() {
  over = true;
  if (up.joinable()) up.join();
  if (down.joinable()) down.join();
  if (fd >= 0) ::close(fd);
}

Result<Json> ConsoleRelay::open(const Json& params) {
  const std::string id = params["server_id"].as_string(), kind = params["kind"].as_string();
  const std::string session = params["session"].as_string();
  if (!is_uuid(id)) return bad_request("server_id must be a UUID.", "server_id");
  if (!is_uuid(session)) return bad_request("session must be a UUID.", "session");
  if (kind != "vnc" && kind != "serial")
    return bad_request("kind must be vnc or serial.", "kind");
  {
    const std::lock_guard lock(mutex_);
    reap();
    if (stopping_ || consoles_.size() >= kMaxOpen)
      return unavailable("This host has too many consoles open.");
  }
  auto console = std::make_unique<Console>();
  console->fd = TRY(source_->open(id, kind));
  ::fcntl(console->fd, F_SETFL, ::fcntl(console->fd, F_GETFL) | O_NONBLOCK);
  console->socket = TRY(dial_(session));
  Console& c = *console;
  c.up = std::thread([&c] { to_user(c); });
  c.down = std::thread([&c] { to_guest(c); });
  const std::lock_guard lock(mutex_);
  consoles_.push_back(std::move(console));
  return Json::object();
}

void ConsoleRelay::to_user(Console& c) {
  std::string piece(kPiece, '\0');
  while (!c.over) {
    if (!wait_for(c.fd, POLLIN)) continue;
    const ssize_t n = ::read(c.fd, piece.data(), piece.size());
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (n <= 0) break;
    if (!c.socket->send({piece.data(), static_cast<size_t>(n)}, true)) break;
  }
  c.over = true;
  c.socket->close();
  --c.running;
}

void ConsoleRelay::to_guest(Console& c) {
  while (!c.over) {
    const auto message = c.socket->receive(kTickMs);
    if (!message && message.error().code == ErrorCode::timeout) continue;
    if (!message || !*message) break;
    std::string_view rest = **message;
    while (!rest.empty() && !c.over) {
      if (!wait_for(c.fd, POLLOUT)) continue;
      const ssize_t n = ::write(c.fd, rest.data(), rest.size());
      if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
      if (n < 0) break;
      rest.remove_prefix(static_cast<size_t>(n));
    }
    if (!rest.empty()) break;
  }
  c.over = true;
  --c.running;
}

void ConsoleRelay::reap() {
  consoles_.remove_if([](const auto& c) { return c->running == 0; });
}

void ConsoleRelay::stop() {
  std::list<std::unique_ptr<Console>> ending;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    ending.swap(consoles_);
  }
  for (const auto& c : ending) c->over = true;
}

}  // namespace nuri::compute::agent
