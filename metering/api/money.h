#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "services/base/clock.h"
#include "services/base/result.h"

// Exact money: whole numbers only, rounded when shown and never before.
namespace nuri::metering {

// A price of one unit for an hour, in 10^-12 of the currency.
class Rate {
 public:
  static constexpr int kDecimals = 12;
  static constexpr int64_t kMax = 1'000'000'000'000'000'000;  // a million an hour

  Rate() = default;
  // "0.0125": at most 12 decimals, 0 to a million. Error: bad_request.
  static Result<Rate> parse(std::string_view text);
  int64_t pico() const { return pico_; }
  std::string str() const;  // without trailing zeros
  friend bool operator==(const Rate&, const Rate&) = default;

 private:
  explicit Rate(int64_t pico) : pico_(pico) {}
  int64_t pico_ = 0;
};

// How much of something is used, in 1/1024 of its unit (so that MiB are a whole number of GiB's
// parts).
class Quantity {
 public:
  static constexpr int64_t kParts = 1024;
  static constexpr int64_t kMaxParts = 1ll << 50;
  Quantity() = default;
  static Quantity whole(int64_t n) {
    return parts(n > kMaxParts / kParts ? kMaxParts : n * kParts);
  }
  static Quantity parts(int64_t n) { return Quantity(n < 0 ? 0 : n > kMaxParts ? kMaxParts : n); }
  int64_t in_parts() const { return parts_; }
  std::string str() const;  // exact: "20", "0.1015625"

 private:
  explicit Quantity(int64_t n) : parts_(n) {}
  int64_t parts_ = 0;
};

// Sums of quantity x rate x time. One unit is 10^-12 x 1/1024 x 1/3'600'000'000 of the currency, so
// each product is whole. 128 bits hold 4 x 10^13 of the currency; beyond it the amount stays there.
class Amount {
 public:
  Amount() = default;
  static Amount of(Quantity quantity, Rate rate, TimeUs micros);
  Amount& operator+=(const Amount& other);
  std::string str(int decimals = 9) const;  // rounded half up, exactly so many decimals
  __int128 units() const { return units_; }
  friend bool operator==(const Amount&, const Amount&) = default;

 private:
  __int128 units_ = 0;
};

// What an hour of several things costs together: exact until shown.
class HourlyRate {
 public:
  void add(Quantity quantity, Rate rate);
  void add(const HourlyRate& other);
  std::string str() const;  // 12 decimals at most, without trailing zeros

 private:
  __int128 units_ = 0;  // of 10^-12 / 1024
};

}  // namespace nuri::metering
