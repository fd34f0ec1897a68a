#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "services/base/json.h"

// What a handler sees of HTTP: plain values, no I/O library. services/http fills and sends them.
namespace nuri {

// Names are compared without case.
class Headers {
 public:
  using Item = std::pair<std::string, std::string>;
  const std::string* find(std::string_view name) const;
  std::string get(std::string_view name) const;  // "" if missing
  void set(std::string_view name, std::string value);
  void add(std::string_view name, std::string value);
  void remove(std::string_view name);
  const std::vector<Item>& items() const { return items_; }

 private:
  std::vector<Item> items_;
};

// Decoded key=value pairs in order; a key may repeat.
class Query {
 public:
  static Query parse(std::string_view raw);  // never fails: what cannot be decoded is kept as it is
  const std::string* find(std::string_view key) const;   // the first
  std::string get(std::string_view key) const;           // "" if missing
  std::vector<std::string> all(std::string_view key) const;
  bool contains(std::string_view key) const { return find(key) != nullptr; }
  const std::vector<std::pair<std::string, std::string>>& items() const { return items_; }
  std::string encode() const;  // a=b&c=d
  void set(std::string_view key, std::string value);

 private:
  std::vector<std::pair<std::string, std::string>> items_;
};

std::string percent_encode(std::string_view text);
std::optional<std::string> percent_decode(std::string_view text);

// A file in the spool holding a large request body; removed when the last owner lets go, unless taken.
class SpoolFile {
 public:
  explicit SpoolFile(std::string path) : path_(std::move(path)) {}
  SpoolFile(const SpoolFile&) = delete;
  SpoolFile& operator=(const SpoolFile&) = delete;
  ~SpoolFile();
  const std::string& path() const { return path_; }
  std::string release() { return std::exchange(path_, {}); }  // the caller owns the file now

 private:
  std::string path_;
};

struct Request {
  std::string method;     // upper case
  std::string target;     // as sent: path?query
  std::string path;       // not decoded; without the query, without a trailing slash (but "/")
  Query query;
  Headers headers;
  std::string body;                       // routes with Body::memory
  std::shared_ptr<SpoolFile> body_file;   // routes with Body::spool
  uint64_t body_size = 0;
  std::string peer;       // address of the client (X-Forwarded-For's first behind our gateway)

  // https://host[:port]/prefix as the client typed it (X-Forwarded-{Proto,Host,Prefix}, else Host).
  std::string base_url() const;
};

class WebSocket;  // services/http/websocket.h

struct Response {
  int status = 200;
  Headers headers;
  std::string body;
  // If set, the body is this file's bytes [offset, offset+length).
  struct File {
    std::string path;
    uint64_t offset = 0;
    uint64_t length = 0;
    std::shared_ptr<SpoolFile> keep;  // removed after sending, if set
  };
  std::optional<File> file;
  // If set (and the request asked for an upgrade), runs on a thread of its own after the handshake.
  std::function<void(WebSocket&)> websocket;

  static Response json(int status, const Json& body);
  static Response text(int status, std::string body, std::string_view content_type = "text/plain");
  static Response empty(int status);  // 204 and its like: no body, no content type
};

}  // namespace nuri
