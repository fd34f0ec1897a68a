#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "services/http/channel.h"
#include "services/http/client.h"
#include "services/http/parser.h"

namespace nuri::http {

// One blocking connection. After a failure it must be dropped.
class Connection {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  static Result<std::unique_ptr<Connection>> open(const UrlParts& endpoint,
                                                  const TlsContext& tls, unsigned timeout_ms,
                                                  int cancel_fd);

  // For an exchange with files each progress moves the deadline; else it is fixed.
  void set_deadline(unsigned timeout_ms, bool extend);
  Status write(std::string_view bytes);
  Result<size_t> read(char* to, size_t size);  // 0: the peer has closed
  bool fit_for_use() const { return channel_.idle_and_open(); }
  Channel release() { return std::move(channel_); }  // the connection is of no use afterwards

 private:
  Connection(Channel channel, int cancel_fd)
      : channel_(std::move(channel)), cancel_fd_(cancel_fd) {}
  Status wait(Io want);
  Status handshake();
  void progress();
  Channel channel_;
  int cancel_fd_;  // readable: every wait ends at once
  Deadline deadline_{};
  unsigned timeout_ms_ = 0;
  bool extend_ = false;
};

}  // namespace nuri::http
