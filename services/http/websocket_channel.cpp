#include "services/http/websocket_channel.h"

#include <openssl/rand.h>

#include <algorithm>
#include <chrono>
#include <mutex>

#include "services/http/websocket_frames.h"

namespace nuri::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr unsigned kSendTimeoutMs = 30'000;

class ChannelWebSocket final : public WebSocket {
 public:
  ChannelWebSocket(Channel channel, std::string_view unread, WebsocketEnd end)
      : end_(end), channel_(std::move(channel)), reader_(end == WebsocketEnd::server) {
    reader_.feed(unread);
  }

  ~ChannelWebSocket() override {
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
    const Status status = write_all(encode_close(code, mask()));
    closed_ = true;
    return status;
  }

  Status send_frame(Opcode opcode, std::string_view payload) {
    const std::lock_guard lock(send_);
    if (closed_) return unavailable("the websocket is closed");
    return write_all(encode_frame(opcode, payload, mask()));
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

  // Not to be guessed by whoever chooses the payload (RFC 6455 10.3).
  std::optional<Mask> mask() const {
    if (end_ == WebsocketEnd::server) return std::nullopt;
    Mask mask{};
    ::RAND_bytes(mask.data(), static_cast<int>(mask.size()));
    return mask;
  }

  const WebsocketEnd end_;
  std::mutex io_, send_;
  Channel channel_;
  FrameReader reader_;
  bool closed_ = false;
};

}  // namespace

std::unique_ptr<WebSocket> websocket_on(Channel channel, std::string_view unread, WebsocketEnd end) {
  return std::make_unique<ChannelWebSocket>(std::move(channel), unread, end);
}

}  // namespace nuri::http
