#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

// What is said of an input beyond "no sanitizer complains".
namespace nuri::fuzz {

inline void hold(bool truth, const char* what) {
  if (truth) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

inline std::string_view text(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Takes the input's first byte as a choice; 0 where there is none.
inline uint8_t take_byte(std::string_view& in) {
  if (in.empty()) return 0;
  const auto byte = static_cast<uint8_t>(in.front());
  in.remove_prefix(1);
  return byte;
}

// What is before the next newline.
inline std::string_view take_line(std::string_view& in) {
  const size_t end = in.find('\n');
  const std::string_view line = in.substr(0, end);
  in = end == in.npos ? std::string_view() : in.substr(end + 1);
  return line;
}

}  // namespace nuri::fuzz
