#include "metering/api/money.h"

#include <algorithm>

namespace nuri::metering {

namespace {

constexpr __int128 kMost = static_cast<__int128>((static_cast<unsigned __int128>(1) << 127) - 1);
constexpr int64_t kPico = 1'000'000'000'000;
constexpr int64_t kMicrosPerHour = 3'600'000'000;

__int128 times(__int128 a, __int128 b) {
  __int128 out;
  return __builtin_mul_overflow(a, b, &out) ? kMost : out;
}
__int128 plus(__int128 a, __int128 b) {
  __int128 out;
  return __builtin_add_overflow(a, b, &out) ? kMost : out;
}

std::string digits(__int128 v) {
  std::string out;
  do {
    out += static_cast<char>('0' + static_cast<int>(v % 10));
    v /= 10;
  } while (v > 0);
  std::reverse(out.begin(), out.end());
  return out;
}

std::string decimal(__int128 whole, __int128 fraction, int decimals) {
  std::string tail = digits(fraction);
  tail.insert(
      0, static_cast<size_t>(decimals) - std::min(tail.size(), static_cast<size_t>(decimals)), '0');
  return digits(whole) + "." + tail;
}

std::string trimmed(std::string text) {
  if (text.find('.') == std::string::npos) return text;
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

}  // namespace

Result<Rate> Rate::parse(std::string_view text) {
  Error wrong = bad_request(
      "'" + std::string(text.substr(0, 40)) +
          "' is no price: it is written as 0.0125, from 0 to 1000000 with at most 12 decimals.",
      "rate_per_hour");
  size_t dot = text.find('.');
  std::string_view whole = text.substr(0, dot);
  std::string_view fraction =
      dot == std::string_view::npos ? std::string_view() : text.substr(dot + 1);
  if (whole.empty() || whole.size() > 7 || fraction.size() > kDecimals ||
      (dot != std::string_view::npos && fraction.empty()))
    return wrong;
  int64_t value = 0;
  for (char c : whole) {
    if (c < '0' || c > '9') return wrong;
    value = value * 10 + (c - '0');
  }
  if (value > kMax / kPico) return wrong;
  for (size_t i = 0; i < kDecimals; ++i) {
    char c = i < fraction.size() ? fraction[i] : '0';
    if (c < '0' || c > '9') return wrong;
    value = value * 10 + (c - '0');
  }
  if (value > kMax) return wrong;
  return Rate(value);
}

std::string Rate::str() const { return trimmed(decimal(pico_ / kPico, pico_ % kPico, kDecimals)); }

std::string Quantity::str() const {
  // n/1024 has ten decimals: 1/1024 = 0.0009765625.
  return trimmed(decimal(parts_ / kParts, static_cast<__int128>(parts_ % kParts) * 9765625, 10));
}

Amount Amount::of(Quantity quantity, Rate rate, TimeUs micros) {
  Amount out;
  out.units_ = times(times(quantity.in_parts(), rate.pico()), std::max<TimeUs>(0, micros));
  return out;
}

Amount& Amount::operator+=(const Amount& other) {
  units_ = plus(units_, other.units_);
  return *this;
}

std::string Amount::str(int decimals) const {
  // In two divisions: the whole units of the currency, then the rest, which fits with room to
  // scale.
  constexpr __int128 kUnit = static_cast<__int128>(kPico) * Quantity::kParts * kMicrosPerHour;
  __int128 whole = units_ / kUnit, rest = units_ % kUnit;
  __int128 scale = 1;
  for (int i = 0; i < decimals; ++i) scale *= 10;
  __int128 step = kUnit / scale;  // whole up to 12 decimals: kUnit has that many zeros
  __int128 fraction = (rest + step / 2) / step;
  if (fraction >= scale) {
    fraction -= scale;
    whole += 1;
  }
  return decimals == 0 ? digits(whole) : decimal(whole, fraction, decimals);
}

void HourlyRate::add(Quantity quantity, Rate rate) {
  units_ = plus(units_, times(quantity.in_parts(), rate.pico()));
}
void HourlyRate::add(const HourlyRate& other) { units_ = plus(units_, other.units_); }

std::string HourlyRate::str() const {
  __int128 pico = (units_ + Quantity::kParts / 2) / Quantity::kParts;
  return trimmed(decimal(pico / kPico, pico % kPico, Rate::kDecimals));
}

}  // namespace nuri::metering
