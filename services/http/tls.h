#pragma once

#include <memory>
#include <string>

#include "services/base/result.h"
#include "services/http/server.h"

struct ssl_ctx_st;

namespace nuri::http {

using TlsContext = std::shared_ptr<ssl_ctx_st>;

// TLS 1.2 and up, ALPN http/1.1. Errors name the file that cannot be used.
Result<TlsContext> server_tls(const TlsFiles& files);
// Verifies the server against ca_file (empty: the system's store).
Result<TlsContext> client_tls(const std::string& ca_file, const std::string& certificate,
                              const std::string& key);

}  // namespace nuri::http
