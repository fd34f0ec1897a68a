#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "network/agent/metadata_book.h"
#include "services/base/result.h"

namespace nuri::network::agent {

// What a guest posts to openstack/latest/password, with its server's id.
using PasswordSink = std::function<void(const std::string& server_id, const std::string& password)>;
constexpr size_t kMaxPassword = 4 * 1024;

// HTTP/1.1, GET and HEAD, and POST of a password, for guests: they are strangers, so everything is
// bounded. One thread serves the listening sockets of all networks; the answers come from memory.
class MetadataServer {
 public:
  explicit MetadataServer(MetadataBook& book, PasswordSink sink = nullptr);
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
  bool answer_post(Connection& c, size_t header_end);
  void drop_late(Time now);
  void wake();

  MetadataBook& book_;
  PasswordSink sink_;
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

// Of a POST: the length its header gives of its body; nullopt where it gives none that is a number.
std::optional<size_t> posted_length(std::string_view header);
// The answer to a POST with its body; tells `sink` of a password that is taken. The conversation ends.
std::string metadata_post_answer(MetadataBook& book, const PasswordSink& sink, const std::string& network_id,
                                 const std::string& peer, std::string_view header, std::string_view body);

}  // namespace nuri::network::agent
