#include "services/base/clock.h"

#include <chrono>
#include <cstdio>
#include <ctime>

namespace nuri {

TimeUs SystemClock::now_us() const {
  using namespace std::chrono;
  return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

namespace {

std::string format(TimeUs t, const char* fraction, const char* zone) {
  TimeUs seconds = t / kSecondUs;
  TimeUs micros = t % kSecondUs;
  if (micros < 0) {
    micros += kSecondUs;
    --seconds;
  }
  std::time_t tt = static_cast<std::time_t>(seconds);
  std::tm tm{};
  gmtime_r(&tt, &tm);
  char out[64];
  size_t n = std::strftime(out, sizeof out, "%Y-%m-%dT%H:%M:%S", &tm);
  std::string text(out, n);
  if (*fraction) {
    std::snprintf(out, sizeof out, fraction, static_cast<int>(micros));
    text += out;
  }
  return text + zone;
}

// Two (or four) digits at `at`, or -1.
int digits(std::string_view text, size_t at, size_t count) {
  if (at + count > text.size()) return -1;
  int value = 0;
  for (size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

// Offset in minutes of "Z", "", "+hh:mm", "+hhmm"; nullopt if it is none of them.
std::optional<int> zone_minutes(std::string_view zone) {
  if (zone.empty() || zone == "Z" || zone == "z") return 0;
  if (zone[0] != '+' && zone[0] != '-' && zone[0] != ' ') return std::nullopt;
  int hours = digits(zone, 1, 2);
  int minutes = digits(zone, zone.size() > 3 && zone[3] == ':' ? 4 : 3, 2);
  if (zone.size() > 6 || hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
  return (zone[0] == '-' ? -1 : 1) * (hours * 60 + minutes);
}

}  // namespace

std::string iso_seconds(TimeUs t) { return format(t, "", "Z"); }
std::string iso_micros(TimeUs t) { return format(t, ".%06d", "Z"); }
std::string iso_naive(TimeUs t) { return format(t, ".%06d", ""); }

std::optional<TimeUs> parse_iso(std::string_view text) {
  int year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31) return std::nullopt;
  if (text[4] != '-' || text[7] != '-') return std::nullopt;
  std::tm tm{};
  tm.tm_year = year - 1900;
  tm.tm_mon = month - 1;
  tm.tm_mday = day;
  if (text.size() == 10) return static_cast<TimeUs>(timegm(&tm)) * kSecondUs;
  if (text[10] != 'T' && text[10] != ' ') return std::nullopt;
  int hour = digits(text, 11, 2), minute = digits(text, 14, 2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || text[13] != ':') return std::nullopt;
  tm.tm_hour = hour;
  tm.tm_min = minute;
  size_t at = 16;
  if (at < text.size() && text[at] == ':') {
    int second = digits(text, 17, 2);
    if (second < 0 || second > 60) return std::nullopt;
    tm.tm_sec = second;
    at = 19;
  }
  TimeUs micros = 0;
  if (at < text.size() && (text[at] == '.' || text[at] == ',')) {
    TimeUs unit = kSecondUs / 10;
    size_t start = ++at;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, unit /= 10) {
      micros += (text[at] - '0') * unit;
    }
    if (at == start) return std::nullopt;
  }
  auto zone = zone_minutes(text.substr(at));
  if (!zone) return std::nullopt;
  return (static_cast<TimeUs>(timegm(&tm)) - *zone * 60) * kSecondUs + micros;
}

}  // namespace nuri
