#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "services/http/websocket.h"

namespace nuri::compute {

// Where a user's websocket and that of the server's agent meet. Each runs on its own thread, which
// carries what its end says to the other one until either is over.
class ConsoleHub {
 public:
  // No project keeps the others out: the front serves 256 websockets at once.
  static constexpr unsigned kMaxOfServer = 4, kMaxOfProject = 16;

  // A meeting announced: the agent is told its name. Error: conflict where the server or its
  // project has too many consoles open.
  Status announce(const std::string& session, const std::string& server_id,
                  const std::string& host, const std::string& project_id);
  // The user's end: waits for the agent's, then serves until either is over. False: nobody came.
  bool user(const std::string& session, WebSocket& socket, unsigned wait_ms);
  // Is this host's agent awaited there?
  bool awaited(const std::string& session, const std::string& host);
  // The agent's end, which must have been awaited; returns when either is over.
  void agent(const std::string& session, WebSocket& socket);
  void cancel(const std::string& session);

 private:
  struct Meeting {
    std::string server_id, host, project_id;
    WebSocket* user = nullptr;
    WebSocket* agent = nullptr;
    int left = 0;  // ends that are done with the other's socket
    std::atomic<bool> over = false;
    std::atomic<int64_t> last_us = 0;
  };
  using Held = std::shared_ptr<Meeting>;
  static void carry(Meeting& meeting, WebSocket& from, WebSocket& to);
  void leave(const Held& meeting, const std::string& session);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Held> meetings_;
};

}  // namespace nuri::compute
