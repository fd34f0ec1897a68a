#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace nuri::log {

// error: what we did wrong; warning: what a caller or the world did; info: what an operator wants
// to see of normal life. Ids go into fields, never into prose. Never log a secret.
enum class Level { debug, info, warning, error };

struct Field {
  std::string_view key;
  std::string value;
  Field(std::string_view k, std::string v) : key(k), value(std::move(v)) {}
  Field(std::string_view k, std::string_view v) : key(k), value(v) {}
  Field(std::string_view k, const char* v) : key(k), value(v) {}
  template <class T>
    requires std::is_arithmetic_v<T>
  Field(std::string_view k, T v) : key(k), value(std::to_string(v)) {}
};
using Fields = std::initializer_list<Field>;

// `service` is the first field of each line; the level comes from $NURI_LOG (debug, info, ...).
void init(std::string_view service);
void write(Level level, std::string_view message, Fields fields);
inline void debug(std::string_view m, Fields f = {}) { write(Level::debug, m, f); }
inline void info(std::string_view m, Fields f = {}) { write(Level::info, m, f); }
inline void warning(std::string_view m, Fields f = {}) { write(Level::warning, m, f); }
inline void error(std::string_view m, Fields f = {}) { write(Level::error, m, f); }

}  // namespace nuri::log
