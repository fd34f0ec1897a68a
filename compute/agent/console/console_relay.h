#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "services/base/json.h"
#include "services/http/websocket.h"

namespace nuri::compute::agent {

// A guest's screens and lines as streams of bytes.
class ConsoleSource {
 public:
  virtual ~ConsoleSource() = default;
  // kind: "vnc" (RFB) or "serial". A connected descriptor that the caller closes.
  // Errors: conflict where the guest does not run or has none.
  virtual Result<int> open(const std::string& server_id, const std::string& kind) = 0;
};

// Carries consoles between guests and the websockets that this agent opens to compute, where the
// users' websockets wait. Two threads a console, since either way may stall on its own.
class ConsoleRelay {
 public:
  using Dial = std::function<Result<std::unique_ptr<WebSocket>>(const std::string& session)>;
  static constexpr size_t kMaxOpen = 64;

  ConsoleRelay(std::unique_ptr<ConsoleSource> source, Dial dial)
      : source_(std::move(source)), dial_(std::move(dial)) {}
  ~ConsoleRelay() { stop(); }

  // The call "console_open" {"server_id", "kind", "session"}. Answers once bytes flow.
  Result<Json> open(const Json& params);
  void stop();

 private:
  struct Console {
    int fd = -1;
    std::unique_ptr<WebSocket> socket;
    std::atomic<int> running = 2;
    std::atomic<bool> over = false;
    std::thread up, down;
    ~Console();
  };
  static void to_user(Console& console);
  static void to_guest(Console& console);
  void reap();

  std::unique_ptr<ConsoleSource> source_;
  Dial dial_;
  std::mutex mutex_;
  std::list<std::unique_ptr<Console>> consoles_;
  bool stopping_ = false;
};

}  // namespace nuri::compute::agent
