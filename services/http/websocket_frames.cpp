#include "services/http/websocket_frames.h"

namespace nuri::http {
namespace {

constexpr uint16_t kProtocol = 1002, kBadText = 1007, kTooBig = 1009;

bool known(uint8_t opcode) { return opcode <= 2 || (opcode >= 8 && opcode <= 10); }

}  // namespace

std::string encode_frame(Opcode opcode, std::string_view payload,
                         const std::optional<Mask>& mask) {
  const uint8_t masked = mask ? 0x80 : 0;
  std::string out;
  out.reserve(payload.size() + 14);
  out += static_cast<char>(0x80 | static_cast<uint8_t>(opcode));
  const uint64_t n = payload.size();
  int bytes = 0;
  if (n < 126) {
    out += static_cast<char>(masked | n);
  } else {
    bytes = n <= 0xffff ? 2 : 8;
    out += static_cast<char>(masked | (bytes == 2 ? 126 : 127));
  }
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>((n >> (8 * i)) & 0xff);
  if (mask) out.append(reinterpret_cast<const char*>(mask->data()), mask->size());
  const size_t start = out.size();
  out += payload;
  for (size_t i = start; mask && i < out.size(); ++i)
    out[i] = static_cast<char>(out[i] ^ (*mask)[(i - start) % 4]);
  return out;
}

std::string encode_close(uint16_t code, const std::optional<Mask>& mask) {
  const char payload[2] = {static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
  return encode_frame(Opcode::close, {payload, 2}, mask);
}

std::optional<FrameReader::Frame> FrameReader::fail(uint16_t code) {
  fault_ = code;
  return std::nullopt;
}

std::optional<FrameReader::Frame> FrameReader::frame() {
  if (fault_ || buffer_.size() < 2) return std::nullopt;
  const auto byte = [this](size_t i) { return static_cast<uint8_t>(buffer_[i]); };
  const uint8_t opcode = byte(0) & 0x0f;
  const bool masked = byte(1) & 0x80;
  uint64_t length = byte(1) & 0x7f;
  // Extensions are never agreed on, so reserved bits are a violation.
  if ((byte(0) & 0x70) || !known(opcode) || masked != masked_) return fail(kProtocol);
  const bool control = opcode >= 8;
  if (control && (length > 125 || !(byte(0) & 0x80))) return fail(kProtocol);
  size_t at = 2;
  const size_t extra = length == 126 ? 2 : length == 127 ? 8 : 0, key = masked ? 4 : 0;
  if (buffer_.size() < at + extra + key) return std::nullopt;
  if (extra) {
    length = 0;
    for (size_t i = 0; i < extra; ++i) length = length << 8 | byte(at + i);
    at += extra;
  }
  if (length > kMaxWebsocketMessage || partial_.size() + length > kMaxWebsocketMessage)
    return fail(kTooBig);
  if (buffer_.size() < at + key + length) return std::nullopt;
  Frame f{(byte(0) & 0x80) != 0, static_cast<Opcode>(opcode), buffer_.substr(at + key, length)};
  for (size_t i = 0; masked && i < f.payload.size(); ++i)
    f.payload[i] = static_cast<char>(f.payload[i] ^ buffer_[at + i % 4]);
  buffer_.erase(0, at + key + length);
  return f;
}

std::optional<FrameMessage> FrameReader::next() {
  while (true) {
    auto f = frame();
    if (!f) return std::nullopt;
    if (static_cast<uint8_t>(f->opcode) >= 8) return FrameMessage{f->opcode, std::move(f->payload)};
    const bool continues = f->opcode == Opcode::more;
    if (continues != partial_opcode_.has_value()) {
      fault_ = kProtocol;
      return std::nullopt;
    }
    if (!continues) partial_opcode_ = f->opcode;
    if (partial_.empty()) partial_ = std::move(f->payload);
    else partial_ += f->payload;
    if (!f->final) continue;
    FrameMessage message{*partial_opcode_, std::move(partial_)};
    partial_.clear();
    partial_opcode_.reset();
    if (message.opcode == Opcode::text && !is_utf8(message.payload)) {
      fault_ = kBadText;
      return std::nullopt;
    }
    return message;
  }
}

bool is_utf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<uint8_t>(text[i]);
    const size_t more = lead < 0x80 ? 0 : lead >> 5 == 6 ? 1 : lead >> 4 == 14 ? 2 : lead >> 3 == 30 ? 3 : 9;
    if (more == 9 || i + more >= text.size()) return false;
    uint32_t point = more == 0 ? lead : lead & (0x3f >> more);
    for (size_t k = 1; k <= more; ++k) {
      const auto next = static_cast<uint8_t>(text[i + k]);
      if (next >> 6 != 2) return false;
      point = point << 6 | (next & 0x3f);
    }
    static constexpr uint32_t kLeast[] = {0, 0x80, 0x800, 0x10000};
    if (point < kLeast[more] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
      return false;
    i += more + 1;
  }
  return true;
}

}  // namespace nuri::http
