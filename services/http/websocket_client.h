#pragma once

#include <memory>
#include <string>

#include "services/http/client.h"
#include "services/http/websocket.h"

namespace nuri::http {

// Opens a websocket at `target` (below options.base_url), blocking. options.timeout_ms is for the
// handshake. Errors: unavailable, timeout, bad_gateway; the answer's own where it is a refusal.
Result<std::unique_ptr<WebSocket>> connect_websocket(const ClientOptions& options,
                                                     const std::string& target,
                                                     const Headers& headers);

}  // namespace nuri::http
