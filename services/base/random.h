#pragma once

#include <cstdint>
#include <mutex>
#include <random>
#include <span>
#include <string>

namespace nuri {

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<uint8_t> out) = 0;

  uint64_t next();
  uint64_t below(uint64_t bound);  // [0, bound), bound > 0
  double unit();                   // [0, 1)
  std::string uuid();              // RFC 4122 version 4: 8-4-4-4-12
  std::string hex_id();            // 32 hex digits (Keystone's ids)
  std::string hex(size_t bytes);
  std::string mac();               // fa:16:3e:xx:xx:xx, lower case
};

// The kernel's CSPRNG: ids, keys and secrets.
class SystemRandom final : public Random {
 public:
  void fill(std::span<uint8_t> out) override;
};

// Reproducible; tests and simulation only.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(uint64_t seed) : engine_(seed) {}
  void fill(std::span<uint8_t> out) override;

 private:
  std::mutex mutex_;
  std::mt19937_64 engine_;
};

bool is_uuid(std::string_view text);      // 8-4-4-4-12, any case
bool is_uuid_like(std::string_view text); // the same, or 32 hex digits

}  // namespace nuri
