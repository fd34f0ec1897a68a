#pragma once

#include <gtest/gtest.h>

#include "tests/unit/http/peer.h"

namespace nuri::test {

inline std::unique_ptr<http::Server> make_server(http::ServerOptions options,
                                                 http::Server::Handler handler,
                                                 http::Server::Planner planner = nullptr,
                                                 http::Server::ProxyRule proxy = nullptr) {
  auto server = http::Server::create(std::move(options), std::move(handler), std::move(planner),
                                     std::move(proxy));
  EXPECT_TRUE(server.ok()) << (server.ok() ? "" : server.error().detail);
  return std::move(*server);
}

// Says what it has received: method path?query body-size body.
inline Response echo(Request&& r) {
  return Response::text(200, r.method + ' ' + r.path + '?' + r.query.encode() + ' ' +
                                 std::to_string(r.body_size) + ' ' + r.body);
}

inline constexpr const char* kGet = "GET /a/b/?x=1%202 HTTP/1.1\r\nHost: h\r\n\r\n";

}  // namespace nuri::test
