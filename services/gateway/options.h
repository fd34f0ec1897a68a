#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "services/base/config.h"
#include "services/http/server.h"

namespace nuri::gateway {

// A service behind the gateway: the path it is reached by and where it listens.
struct Upstream {
  std::string prefix;  // "/compute"
  std::string host;    // numeric
  uint16_t port = 0;
};

struct Options {
  std::string address;
  uint16_t port = 0;
  http::TlsFiles tls;
  std::string console;  // folder of the console's files
  std::vector<Upstream> upstreams;
  uint64_t max_upload_bytes = 0;  // of an image
  uint64_t max_body_bytes = 0;    // of anything else
  unsigned max_connections = 0;
};

// Errors name the key and what is allowed.
Result<Options> read_options(const Config& config);

}  // namespace nuri::gateway
