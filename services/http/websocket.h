#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "services/base/result.h"

namespace nuri {

// A websocket after its handshake, blocking, for one thread (send and receive may be two threads).
class WebSocket {
 public:
  virtual ~WebSocket() = default;
  // The next message; nullopt when the peer has closed. Errors: timeout, unavailable (connection lost).
  virtual Result<std::optional<std::string>> receive(unsigned timeout_ms) = 0;
  virtual Status send(std::string_view message, bool binary) = 0;
  virtual void close() = 0;
};

}  // namespace nuri
