#include "services/base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <memory>

namespace nuri::log {

namespace {
std::shared_ptr<spdlog::logger> make(std::string_view service) {
  auto logger = std::make_shared<spdlog::logger>(std::string(service), std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%fZ %l %n %v", spdlog::pattern_time_type::utc);
  logger->set_level(spdlog::level::info);
  if (const char* level = std::getenv("NURI_LOG")) {
    // from_str answers "off" for what it does not know: a typing error must not silence a service.
    auto wanted = spdlog::level::from_str(level);
    if (wanted != spdlog::level::off) logger->set_level(wanted);
  }
  logger->flush_on(spdlog::level::info);
  return logger;
}

std::shared_ptr<spdlog::logger>& logger() {
  static std::shared_ptr<spdlog::logger> instance = make("nuri");
  return instance;
}

spdlog::level::level_enum spd_level(Level level) {
  switch (level) {
    case Level::debug: return spdlog::level::debug;
    case Level::info: return spdlog::level::info;
    case Level::warning: return spdlog::level::warn;
    case Level::error: return spdlog::level::err;
  }
  return spdlog::level::err;
}

// Values are quoted when they hold a space or a quote; control characters never reach the log raw.
void append_value(std::string& out, std::string_view value) {
  bool quote = value.empty() || value.find_first_of(" \"=\t\n\r") != std::string_view::npos;
  if (quote) out += '"';
  for (char c : value.substr(0, 2000)) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  if (quote) out += '"';
}
}  // namespace

void init(std::string_view service) { logger() = make(service); }

void write(Level level, std::string_view message, Fields fields) {
  auto spd = spd_level(level);
  auto& l = *logger();
  if (!l.should_log(spd)) return;
  std::string line(message);
  for (const Field& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    append_value(line, field.value);
  }
  l.log(spd, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace nuri::log
