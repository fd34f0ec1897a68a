#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "services/http/server.h"
#include "services/http/stream.h"
#include "services/http/workers.h"

// What the pieces of one server share. Used on the I/O thread unless it says otherwise.
namespace nuri::http {

class Session;

inline constexpr size_t kReadSize = 64 * 1024;      // one read from a socket
inline constexpr size_t kFilePiece = 256 * 1024;    // one read or write of a file
inline constexpr unsigned kWriteTimeoutMs = 60'000; // without progress
inline constexpr unsigned kDrainMs = 10'000;        // a graceful stop waits for this at most
inline constexpr size_t kMaxWebsockets = 256;

// Kept-alive connections of the proxy to its upstreams.
class UpstreamPool {
 public:
  std::unique_ptr<Stream> take(const std::string& host, uint16_t port);  // nullptr: none is left
  void give(const std::string& host, uint16_t port, std::unique_ptr<Stream> stream);
  void clear() { idle_.clear(); }

 private:
  struct Idle {
    std::unique_ptr<Stream> stream;
    Instant since;
  };
  std::unordered_map<std::string, std::vector<Idle>> idle_;
};

// Threads of upgraded connections. Any thread.
class Websockets {
 public:
  using Run = std::function<void(WebSocket&)>;
  // Takes a connection over. False if there are too many.
  bool start(Channel channel, std::string unread, Run run);
  size_t count();
  void close_all();  // makes their reads end
  void join();

 private:
  void reap();
  struct Entry {
    std::thread thread;
    int fd = -1;
    bool done = false;
  };
  std::mutex mutex_;
  std::list<Entry> entries_;
  bool closing_ = false;
};

struct Core {
  Core(ServerOptions o, Server::Handler h, Server::Planner p, Server::ProxyRule r, TlsContext t);
  ~Core();

  ServerOptions options;
  Server::Handler handler;
  Server::Planner planner;
  Server::ProxyRule proxy;
  TlsContext tls;
  bool stopping = false;
  std::set<Session*> sessions;
  std::list<Stream*> streams;
  Websockets websockets;
  Workers workers;
  Workers files;  // disk I/O, so that a slow disk never holds up the I/O thread
  // Freed after sweeper and pool, which wait on it, and before the lists above: freeing it frees
  // the coroutines that are still suspended, and their streams and sessions leave those lists.
  net::io_context io{1};
  Sweeper sweeper;
  UpstreamPool upstreams;
};

// Starts serving an accepted connection.
void start_session(Core& core, Channel channel, std::string peer);

}  // namespace nuri::http
