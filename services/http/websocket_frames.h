#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// RFC 6455 framing as pure functions of bytes; no I/O.
namespace nuri::http {

enum class Opcode : uint8_t { more = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

inline constexpr size_t kMaxWebsocketMessage = 16 << 20;

// Clients mask what they send, servers never do (RFC 6455 5.1).
using Mask = std::array<uint8_t, 4>;

// A final frame; masked where a mask is given.
std::string encode_frame(Opcode opcode, std::string_view payload,
                         const std::optional<Mask>& mask = std::nullopt);
std::string encode_close(uint16_t code, const std::optional<Mask>& mask = std::nullopt);

struct FrameMessage {
  Opcode opcode = Opcode::text;  // never `more`: pieces are put together
  std::string payload;
};

// Takes the other end's bytes, gives messages and control frames in order.
class FrameReader {
 public:
  explicit FrameReader(bool from_client = true) : masked_(from_client) {}
  void feed(std::string_view bytes) { buffer_.append(bytes); }
  // nullopt: more bytes are needed, or fault() is set.
  std::optional<FrameMessage> next();
  // The close code a violation asks for (1002, 1007, 1009), or 0.
  uint16_t fault() const { return fault_; }

 private:
  struct Frame {
    bool final = false;
    Opcode opcode = Opcode::text;
    std::string payload;
  };
  std::optional<Frame> frame();
  std::optional<Frame> fail(uint16_t code);
  bool masked_;
  std::string buffer_;
  std::string partial_;
  std::optional<Opcode> partial_opcode_;
  uint16_t fault_ = 0;
};

bool is_utf8(std::string_view text);

}  // namespace nuri::http
