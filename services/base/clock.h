#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nuri {

// Microseconds since the Unix epoch, UTC. All stored times use it.
using TimeUs = int64_t;
inline constexpr TimeUs kSecondUs = 1'000'000;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimeUs now_us() const = 0;
};

class SystemClock final : public Clock {
 public:
  TimeUs now_us() const override;
};

class FakeClock final : public Clock {
 public:
  explicit FakeClock(TimeUs start = 1'700'000'000 * kSecondUs) : now_(start) {}
  TimeUs now_us() const override { return now_; }
  void advance(TimeUs by) { now_ += by; }
  void set(TimeUs to) { now_ = to; }

 private:
  std::atomic<TimeUs> now_;
};

std::string iso_seconds(TimeUs t);   // 2026-11-20T12:00:00Z
std::string iso_micros(TimeUs t);    // 2026-11-20T12:00:00.123456Z (Keystone's tokens)
std::string iso_naive(TimeUs t);     // 2026-11-20T12:00:00.123456   (Cinder, Nova's instance actions: no zone)
// Reads ISO 8601 with or without fraction and with Z, +hh:mm or no zone (taken as UTC).
std::optional<TimeUs> parse_iso(std::string_view text);

}  // namespace nuri
