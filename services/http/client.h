#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "services/base/json.h"
#include "services/base/request.h"

namespace nuri::http {

struct ClientOptions {
  std::string base_url;          // http://host:port[/prefix] or https://
  std::string ca_file;           // PEM, for https
  std::string certificate, key;  // PEM files, for mTLS
  unsigned connect_timeout_ms = 3'000;
  unsigned timeout_ms = 30'000;  // whole exchange; for files: without progress
  size_t max_idle = 8;           // kept-alive connections
  uint64_t max_body_bytes = 64ull << 20;
};

struct ClientRequest {
  std::string method = "GET";
  std::string target = "/";  // path?query below base_url
  Headers headers;
  std::string body;
  std::string upload_file;    // if set: the body is this file
  std::string download_file;  // if set: a 2xx body goes into this file (created or truncated)
  unsigned timeout_ms = 0;    // 0: the client's
};

// Blocking, thread-safe, keeps connections alive. A kept-alive connection that turns out dead
// before a byte of the answer is tried again once on a fresh one; POST and PATCH only where they
// cannot have arrived.
// Errors: unavailable (cannot connect, connection lost), timeout, bad_gateway (not HTTP, too large).
// Any HTTP status is an answer, not an Error.
class Client {
 public:
  static Result<std::unique_ptr<Client>> create(ClientOptions options);
  virtual ~Client() = default;
  virtual Result<Response> send(const ClientRequest& request) = 0;
  // Ends every exchange under way (their Error: unavailable) and refuses new ones; for shutting down.
  virtual void cancel() = 0;

  // JSON in and out; a status of 400 or more becomes an Error of the matching code with the answer's message.
  Result<Json> call(std::string_view method, std::string_view target, const Json& body = {}, const Headers& headers = {},
                    unsigned timeout_ms = 0);
};

struct UrlParts {
  bool tls = false;
  std::string host;       // a name or a numeric address, IPv6 without brackets
  uint16_t port = 0;      // the scheme's where the URL has none
  std::string prefix;     // path before each target, without a trailing slash
  std::string authority;  // what goes into Host
};
Result<UrlParts> parse_url(const std::string& url);  // http:// and https:// only

// Status >= 400 as an Error: the message is dug out of any of the OpenStack error formats.
Error error_of(const Response& response);

}  // namespace nuri::http
