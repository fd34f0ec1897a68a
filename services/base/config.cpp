#include "services/base/config.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <toml++/toml.h>

namespace nuri {

namespace {

Json from_toml(const toml::node& node) {
  if (auto* table = node.as_table()) {
    Json out = Json::object();
    for (auto&& [key, value] : *table) out.set(std::string_view(key.str()), from_toml(value));
    return out;
  }
  if (auto* array = node.as_array()) {
    Json out = Json::array();
    for (auto&& item : *array) out.push_back(from_toml(item));
    return out;
  }
  if (auto* s = node.as_string()) return Json(s->get());
  if (auto* i = node.as_integer()) return Json(i->get());
  if (auto* d = node.as_floating_point()) return Json(d->get());
  if (auto* b = node.as_boolean()) return Json(b->get());
  return Json();
}

}  // namespace

Result<Config> Config::load(const std::string& path) {
  auto text = read_file(path);
  if (!text) return text.error();
  try {
    return Config(from_toml(toml::parse(*text, path)));
  } catch (const toml::parse_error& e) {
    return bad_request(path + ": line " + std::to_string(e.source().begin.line) + ": " + std::string(e.description()));
  }
}

const Json& Config::node(std::string_view path) const {
  const Json* at = &root_;
  while (!path.empty()) {
    size_t dot = path.find('.');
    at = &(*at)[path.substr(0, dot)];
    path = dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1);
  }
  return *at;
}

std::string Config::text(std::string_view path, std::string_view fallback) const { return node(path).as_string(fallback); }
int64_t Config::number(std::string_view path, int64_t fallback) const { return node(path).as_int(fallback); }
bool Config::flag(std::string_view path, bool fallback) const { return node(path).as_bool(fallback); }

std::vector<std::string> Config::list(std::string_view path, std::vector<std::string> fallback) const {
  const Json& found = node(path);
  if (!found.is_array()) return fallback;
  std::vector<std::string> out;
  for (const auto& item : found.as_array()) out.push_back(item.as_string());
  return out;
}

std::string Config::service_url(std::string_view name) const {
  static const std::map<std::string, int, std::less<>> kPorts = {{"identity", 9701}, {"image", 9702},
                                                                 {"compute", 9703},  {"storage", 9704},
                                                                 {"network", 9705},  {"metering", 9706}};
  auto port = kPorts.find(name);
  std::string fallback = port == kPorts.end() ? "" : "http://127.0.0.1:" + std::to_string(port->second);
  return text("services." + std::string(name), fallback);
}

Result<std::string> read_file(const std::string& path) {
  constexpr size_t kMax = 1 << 20;
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return Error(ErrorCode::not_found, "cannot read " + path + ": " + std::strerror(errno));
  std::string out;
  char buffer[16384];
  ssize_t n;
  while ((n = read(fd, buffer, sizeof buffer)) > 0 && out.size() <= kMax) out.append(buffer, static_cast<size_t>(n));
  close(fd);
  if (n < 0) return internal("read " + path + ": " + std::strerror(errno));
  if (out.size() > kMax) return Error(ErrorCode::too_large, path + " is over 1 MiB");
  return out;
}

Status write_file(const std::string& path, std::string_view content, unsigned mode) {
  std::string temporary = path + ".tmp";
  int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (fd < 0) return internal("open " + temporary + ": " + std::strerror(errno));
  fchmod(fd, mode);
  size_t done = 0;
  while (done < content.size()) {
    ssize_t n = write(fd, content.data() + done, content.size() - done);
    if (n < 0) {
      int saved = errno;
      close(fd);
      unlink(temporary.c_str());
      return internal("write " + temporary + ": " + std::strerror(saved));
    }
    done += static_cast<size_t>(n);
  }
  bool synced = fsync(fd) == 0;
  close(fd);
  if (!synced || rename(temporary.c_str(), path.c_str()) != 0) {
    return internal("write " + path + ": " + std::strerror(errno));
  }
  return {};
}

Status make_directories(const std::string& path, unsigned mode) {
  std::error_code ec;
  std::filesystem::create_directories(path, ec);
  if (ec) return internal("mkdir " + path + ": " + ec.message());
  chmod(path.c_str(), mode);
  return {};
}

}  // namespace nuri
