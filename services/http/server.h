#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "services/base/request.h"
#include "services/base/router.h"

namespace nuri::http {

struct TlsFiles {
  std::string certificate;  // PEM chain
  std::string key;          // PEM
  std::string client_ca;    // PEM; when set, clients may show a certificate signed by it (mTLS)
};

// What an access log wants to know of one exchange.
struct AccessLine {
  std::string method, target, peer;
  std::string request_id;  // the answer's x-openstack-request-id
  int status = 0;
  int64_t duration_us = 0;
};

struct ServerOptions {
  std::string address = "127.0.0.1";
  uint16_t port = 0;                      // 0: any; see Server::port()
  std::optional<TlsFiles> tls;
  unsigned workers = 8;                   // handler threads
  size_t max_queue = 512;                 // requests waiting for a worker; over it: 503 + Retry-After
  size_t max_connections = 4096;
  uint32_t max_header_bytes = 64 * 1024;  // a token and its catalog's friends fit
  uint64_t max_body_bytes = 1 << 20;      // where the route says nothing
  uint64_t max_spool_bytes = 1ull << 40;
  unsigned header_timeout_ms = 15'000;    // from the first byte (or the accept) to the end of the header
  unsigned idle_timeout_ms = 75'000;      // keep-alive
  unsigned body_timeout_ms = 60'000;      // without progress
  std::string spool_dir = "/tmp";
  // Behind our gateway, which connects from loopback, Request::peer is X-Forwarded-For's first
  // address. The gateway itself faces the world and turns this off.
  bool trust_forwarded = true;
  // Called after each answer, on the I/O thread: quick.
  std::function<void(const AccessLine&)> access;
};

// What the edge does with a request's body, decided from its header alone.
struct BodyPlan {
  Body kind = Body::memory;
  uint64_t max_bytes = 1 << 20;
  std::optional<Response> refusal;  // answered at once, the body unread
};

// A reverse proxy decision: the request is relayed to upstream with its body streamed both ways,
// websocket upgrades included, nothing kept in memory.
struct ProxyTarget {
  std::string host;    // "127.0.0.1"
  uint16_t port = 0;
  std::string target;  // path?query as the upstream shall see it
  Headers set_headers; // replaced or added (X-Forwarded-*, X-Openstack-Request-Id)
  uint64_t max_body_bytes = 1 << 20;
  Headers response_headers;  // replaced or added in the answer
};

class Server {
 public:
  using Handler = std::function<Response(Request&&)>;                       // on a worker thread
  using Planner = std::function<BodyPlan(const Request&)>;                  // on the I/O thread: quick
  using ProxyRule = std::function<std::optional<ProxyTarget>(Request&)>;    // on the I/O thread: quick

  static Result<std::unique_ptr<Server>> create(ServerOptions options, Handler handler, Planner planner,
                                                ProxyRule proxy = nullptr);
  // The usual case: a service behind a router.
  static Result<std::unique_ptr<Server>> create(ServerOptions options, const Router& router);

  virtual ~Server() = default;
  virtual uint16_t port() const = 0;
  virtual void run() = 0;   // blocks until stop(); then drains: no accepts, requests in flight end (10 s at most)
  virtual void stop() = 0;  // from any thread or a signal watcher
};

// A refusal by the edge itself, in Nova's error shape; a 503 gets Retry-After.
Response edge_error(int status, std::string_view message);

// Blocks SIGTERM and SIGINT in this thread (call before making threads); run_until_signal runs the
// server on this thread and stops it gracefully at a signal. `before_stop` lets go of what handlers
// wait for (feed::Feed::stop), so that they can end.
void block_signals();
void run_until_signal(Server& server, std::function<void()> before_stop = {});

}  // namespace nuri::http
