#include "services/http/websocket.h"

#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <mutex>

#include "services/base/log.h"
#include "services/http/server_core.h"
#include "services/http/websocket_frames.h"

namespace nuri::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr unsigned kSendTimeoutMs = 30'000;

class ServerWebSocket final : public WebSocket {
 public:
  ServerWebSocket(Channel channel, std::string unread) : channel_(std::move(channel)) {
    reader_.feed(unread);
  }

  ~ServerWebSocket() override {
    close();
    const std::lock_guard lock(io_);
    channel_.shutdown_send();
  }

  Result<std::optional<std::string>> receive(unsigned timeout_ms) override {
    const auto deadline = steady_clock::now() + milliseconds(timeout_ms);
    while (true) {
      while (auto message = reader_.next()) {
        if (message->opcode == Opcode::text || message->opcode == Opcode::binary)
          return std::optional(std::move(message->payload));
        if (message->opcode == Opcode::ping) TRYV(send_frame(Opcode::pong, message->payload));
        if (message->opcode != Opcode::close) continue;
        close();
        return std::optional<std::string>();
      }
      if (reader_.fault()) {
        (void)send_close(reader_.fault());
        return unavailable("the peer broke the websocket protocol");
      }
      TRYV(read_more(deadline));
    }
  }

  Status send(std::string_view message, bool binary) override {
    return send_frame(binary ? Opcode::binary : Opcode::text, message);
  }

  void close() override { (void)send_close(1000); }

 private:
  // The channel is not thread-safe and never blocks: it is locked for each call, not for the wait.
  Status read_more(steady_clock::time_point deadline) {
    char buffer[16 * 1024];
    while (true) {
      size_t got = 0;
      Io io;
      {
        const std::lock_guard lock(io_);
        io = channel_.read(buffer, sizeof buffer, got);
      }
      if (io == Io::ok) {
        reader_.feed({buffer, got});
        return {};
      }
      if (io != Io::want_read && io != Io::want_write)
        return unavailable("the websocket's connection is lost");
      TRYV(wait(io, deadline));
    }
  }

  Status wait(Io want, steady_clock::time_point deadline) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now()).count();
    const Io io = wait_ready(channel_.fd(), want, static_cast<int>(std::max<int64_t>(left, 0)));
    if (io == Io::timeout) return Error(ErrorCode::timeout, "no websocket message in time");
    if (io != Io::ok) return unavailable("the websocket's connection is lost");
    return {};
  }

  Status send_close(uint16_t code) {
    const std::lock_guard lock(send_);
    if (closed_) return {};
    const Status status = write_all(encode_close(code));
    closed_ = true;
    return status;
  }

  Status send_frame(Opcode opcode, std::string_view payload) {
    const std::lock_guard lock(send_);
    if (closed_) return unavailable("the websocket is closed");
    return write_all(encode_frame(opcode, payload));
  }

  Status write_all(const std::string& bytes) {
    const auto deadline = steady_clock::now() + milliseconds(kSendTimeoutMs);
    std::string_view rest = bytes;
    while (!rest.empty()) {
      size_t put = 0;
      Io io;
      {
        const std::lock_guard lock(io_);
        io = channel_.write(rest, put);
      }
      if (io == Io::ok) {
        rest.remove_prefix(put);
        continue;
      }
      const Status waited = io == Io::want_read || io == Io::want_write
                                ? wait(io, deadline)
                                : Status(unavailable("the websocket's connection is lost"));
      if (!waited) {
        closed_ = true;  // half a frame may be out
        return waited;
      }
    }
    return {};
  }

  std::mutex io_, send_;
  Channel channel_;
  FrameReader reader_;
  bool closed_ = false;
};

}  // namespace

bool Websockets::start(Channel channel, std::string unread, Run run) {
  const std::lock_guard lock(mutex_);
  reap();
  if (closing_ || entries_.size() >= kMaxWebsockets) return false;
  const int fd = channel.fd();
  auto socket = std::make_unique<ServerWebSocket>(std::move(channel), std::move(unread));
  Entry& entry = entries_.emplace_back();
  entry.fd = fd;
  entry.thread = std::thread([this, &entry, s = std::move(socket), f = std::move(run)]() mutable {
    try {
      f(*s);
    } catch (const std::exception& e) {
      log::error("websocket ended with an exception", {{"what", e.what()}});
    }
    {
      const std::lock_guard inner(mutex_);
      entry.fd = -1;  // before it is closed, or its number could be someone else's
    }
    s.reset();
    f = nullptr;
    const std::lock_guard inner(mutex_);
    entry.done = true;
  });
  return true;
}

void Websockets::reap() {
  entries_.remove_if([](Entry& e) {
    if (!e.done) return false;
    e.thread.join();
    return true;
  });
}

size_t Websockets::count() {
  const std::lock_guard lock(mutex_);
  reap();
  return entries_.size();
}

void Websockets::close_all() {
  const std::lock_guard lock(mutex_);
  closing_ = true;
  for (const Entry& e : entries_)
    if (e.fd >= 0) ::shutdown(e.fd, SHUT_RD);
}

void Websockets::join() {
  close_all();
  for (Entry& e : entries_)
    if (e.thread.joinable()) e.thread.join();
  entries_.clear();
}

}  // namespace nuri::http
