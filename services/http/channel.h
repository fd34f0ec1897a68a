#pragma once

#include <string>
#include <string_view>

#include "services/http/tls.h"

struct ssl_st;

namespace nuri::http {

enum class Io { ok, want_read, want_write, eof, error, timeout };

// A connected non-blocking socket, plain or TLS, which it owns. The asynchronous edge, the blocking
// client and websockets all stand on it and differ only in how they wait.
class Channel {
 public:
  Channel() = default;
  explicit Channel(int fd) : fd_(fd) {}
  Channel(Channel&& other) noexcept { swap(other); }
  Channel& operator=(Channel&& other) noexcept {
    swap(other);
    return *this;
  }
  ~Channel();

  // Must come before any read or write. A client checks the server's name against `host`.
  Status start_tls(const TlsContext& context, bool server, const std::string& host = {});
  Io handshake();
  // ok: at least one byte was moved. The other results move none.
  Io read(char* to, size_t size, size_t& got);
  Io write(std::string_view from, size_t& put);
  void shutdown_send();       // close_notify, then FIN
  bool idle_and_open() const; // nothing to read and not closed: a kept-alive connection fit for use
  bool is_open() const { return fd_ >= 0; }
  bool is_tls() const { return ssl_ != nullptr; }
  int fd() const { return fd_; }
  std::string fault() const;  // why the handshake failed, for the log

 private:
  void swap(Channel& other) noexcept;
  Io outcome(int result);
  int fd_ = -1;
  ssl_st* ssl_ = nullptr;
};

// Waits with poll(2): for blocking users. timeout_ms < 0: for ever. Io::error at once while
// cancel_fd is readable.
Io wait_ready(int fd, Io want, int timeout_ms, int cancel_fd = -1);

void tune_socket(int fd);  // no Nagle delay, keep-alive probes

}  // namespace nuri::http
