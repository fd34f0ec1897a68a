// The edge itself: bytes on a connection, in pieces, against a server with a trivial service and
// a gateway's planner. Whatever comes in, what goes out are HTTP answers, and the connection ends.
//   first byte: how many bytes come at a time (0: all)
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "services/http/server_core.h"
#include "services/http/websocket.h"
#include "tests/fuzz/fuzz.h"

using namespace nuri;
using namespace nuri::http;
using fuzz::hold;

namespace {

constexpr size_t kMaxInput = 32 * 1024;
constexpr std::chrono::seconds kPatience{8};

Response serve(Request&& request) {
  if (request.path == "/ws") {
    Response response;
    response.websocket = [](WebSocket& socket) {
      while (true) {
        auto message = socket.receive(100);
        if (!message || !*message || !socket.send(**message, true)) return;
      }
    };
    return response;
  }
  return Response::text(200, request.method + ' ' + request.path + ' ' + request.query.encode() +
                                 ' ' + std::to_string(request.body_size) + ' ' + request.body);
}

BodyPlan plan(const Request& request) {
  BodyPlan p;
  p.max_bytes = 4096;
  if (request.path == "/spool") p.kind = Body::spool;
  if (request.path == "/none") p.kind = Body::none;
  if (request.path == "/no") p.refusal = edge_error(401, "no");
  return p;
}

Core& core() {
  static Core& c = *[] {
    ServerOptions options;
    options.workers = 1;
    options.max_header_bytes = 4096;
    options.max_spool_bytes = 8192;
    return new Core(std::move(options), serve, plan, nullptr, {});
  }();
  return c;
}

// Runs what the server has to do now; handlers are on a thread of their own.
void turn(Core& c, bool wait) {
  c.io.restart();
  if (wait) c.io.run_one_for(std::chrono::milliseconds(2));
  c.io.poll();
}

class Client {
 public:
  Client(Core& c) : core_(c) {
    int ends[2];
    hold(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0, "socketpair");
    fd_ = ends[0];
    start_session(core_, Channel(ends[1]), "203.0.113.1");
  }
  ~Client() { ::close(fd_); }

  void send(std::string_view bytes) {
    while (!bytes.empty() && !core_.sessions.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n > 0) bytes.remove_prefix(static_cast<size_t>(n));
      else if (errno != EAGAIN) return;
      turn(core_, n <= 0);
      receive();
    }
  }
  void finish() {
    ::shutdown(fd_, SHUT_WR);
    const auto patience = std::chrono::steady_clock::now() + kPatience;
    while (!core_.sessions.empty() || core_.websockets.count() > 0) {
      hold(std::chrono::steady_clock::now() < patience, "the connection ends");
      turn(core_, true);
      pollfd p{fd_, POLLIN, 0};  // a websocket's thread works without the server's loop
      if (core_.sessions.empty()) ::poll(&p, 1, 1);
      receive();
    }
    receive();
  }
  const std::string& heard() const { return heard_; }

 private:
  void receive() {
    char piece[16 * 1024];
    while (true) {
      const ssize_t n = ::recv(fd_, piece, sizeof piece, 0);
      if (n <= 0) return;
      if (heard_.size() < kMaxInput) heard_.append(piece, static_cast<size_t>(n));
    }
  }
  Core& core_;
  int fd_ = -1;
  std::string heard_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > kMaxInput) return -1;
  std::string_view in = fuzz::text(data, size);
  const size_t piece = fuzz::take_byte(in);
  Core& c = core();
  Client client(c);
  turn(c, false);
  if (piece == 0 || in.size() / piece > 256) {
    client.send(in);
  } else {
    for (; !in.empty(); in.remove_prefix(std::min(piece, in.size()))) client.send(in.substr(0, piece));
  }
  client.finish();
  hold(client.heard().empty() || client.heard().starts_with("HTTP/1.1 "), "answers are HTTP");
  return 0;
}
