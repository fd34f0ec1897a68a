#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "services/base/json.h"

namespace nuri {

// /etc/nuri/nuri.toml. Every key has a default given by the reader.
class Config {
 public:
  static Result<Config> load(const std::string& path);  // a missing file is an error
  explicit Config(Json root = Json::object()) : root_(std::move(root)) {}

  // Dotted path: "gateway.port".
  std::string text(std::string_view path, std::string_view fallback) const;
  int64_t number(std::string_view path, int64_t fallback) const;
  bool flag(std::string_view path, bool fallback) const;
  std::vector<std::string> list(std::string_view path, std::vector<std::string> fallback) const;
  const Json& node(std::string_view path) const;

  // services.NAME, e.g. "http://127.0.0.1:9701".
  std::string service_url(std::string_view name) const;

 private:
  Json root_;
};

// Reads a small file whole (keys, certificates): at most 1 MiB.
Result<std::string> read_file(const std::string& path);
// Writes to PATH.tmp, syncs and renames; mode is the file's permission bits.
Status write_file(const std::string& path, std::string_view content, unsigned mode = 0644);
Status make_directories(const std::string& path, unsigned mode = 0755);

}  // namespace nuri
