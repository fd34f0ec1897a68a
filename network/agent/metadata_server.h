#pragma once

#include <chrono>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "network/agent/metadata_book.h"
#include "services/base/result.h"

namespace nuri::network::agent {

// HTTP/1.1, GET and HEAD only, for guests: they are strangers, so everything is bounded. One thread
// serves the listening sockets of all networks; the answers come from memory.
class MetadataServer {
 public:
  explicit MetadataServer(const MetadataBook& book);
  ~MetadataServer();
  // Takes the socket over (listening, non-blocking).
  void add(const std::string& network_id, int listen_fd);
  void remove(const std::string& network_id);  // its connections too
  bool serves(const std::string& network_id) const;

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Connection {
    int fd = -1;
    std::string network_id, peer, in, out;
    size_t sent = 0;
    bool close_after = false;
    Time deadline;
  };
  void loop();
  void accept_from(const std::string& network_id, int fd);
  bool readable(Connection& c);
  bool writable(Connection& c);
  void answer(Connection& c);
  void drop_late(Time now);
  void wake();

  const MetadataBook& book_;
  mutable std::mutex mutex_;
  std::map<std::string, int> listeners_;  // guarded by mutex_
  std::vector<std::string> removed_;      // guarded by mutex_
  bool stopping_ = false;                 // guarded by mutex_
  std::list<Connection> connections_;     // the thread's own
  int wake_fd_ = -1;
  std::thread thread_;
};

// The answer to one request's header: bytes to send. `keep` says whether the connection may go on.
std::string metadata_answer(const MetadataBook& book, const std::string& network_id, const std::string& peer,
                            std::string_view header, bool& keep);

}  // namespace nuri::network::agent
