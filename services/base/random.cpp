#include "services/base/random.h"

#include <sys/random.h>

#include <cstring>

namespace nuri {

namespace {
constexpr char kHex[] = "0123456789abcdef";

std::string to_hex(std::span<const uint8_t> bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (uint8_t b : bytes) {
    out += kHex[b >> 4];
    out += kHex[b & 15];
  }
  return out;
}

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
}  // namespace

uint64_t Random::next() {
  uint8_t bytes[8];
  fill(bytes);
  uint64_t value;
  std::memcpy(&value, bytes, 8);
  return value;
}

uint64_t Random::below(uint64_t bound) {
  uint64_t limit = UINT64_MAX - UINT64_MAX % bound;  // no modulo bias
  for (;;) {
    uint64_t value = next();
    if (value < limit) return value % bound;
  }
}

double Random::unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

std::string Random::uuid() {
  uint8_t b[16];
  fill(b);
  b[6] = static_cast<uint8_t>((b[6] & 0x0f) | 0x40);
  b[8] = static_cast<uint8_t>((b[8] & 0x3f) | 0x80);
  std::string h = to_hex(b);
  return h.substr(0, 8) + '-' + h.substr(8, 4) + '-' + h.substr(12, 4) + '-' + h.substr(16, 4) + '-' + h.substr(20);
}

std::string Random::hex_id() { return hex(16); }

std::string Random::hex(size_t bytes) {
  std::string raw(bytes, '\0');
  auto* data = reinterpret_cast<uint8_t*>(raw.data());
  fill({data, bytes});
  return to_hex({data, bytes});
}

std::string Random::mac() {
  uint8_t b[3];
  fill(b);
  std::string h = to_hex(b);
  return "fa:16:3e:" + h.substr(0, 2) + ':' + h.substr(2, 2) + ':' + h.substr(4, 2);
}

void SystemRandom::fill(std::span<uint8_t> out) {
  size_t done = 0;
  while (done < out.size()) {
    ssize_t n = getrandom(out.data() + done, out.size() - done, 0);
    if (n > 0) done += static_cast<size_t>(n);
  }
}

void SeededRandom::fill(std::span<uint8_t> out) {
  std::lock_guard lock(mutex_);
  for (auto& b : out) b = static_cast<uint8_t>(engine_());
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < 36; ++i) {
    bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !is_hex(text[i])) return false;
  }
  return true;
}

bool is_uuid_like(std::string_view text) {
  if (text.size() != 32) return is_uuid(text);
  for (char c : text) {
    if (!is_hex(c)) return false;
  }
  return true;
}

}  // namespace nuri
