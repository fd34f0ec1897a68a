#include "services/gateway/gateway.h"

#include <algorithm>

#include "services/base/log.h"
#include "services/gateway/console.h"
#include "services/gateway/openapi.h"
#include "services/gateway/paths.h"

namespace nuri::gateway {
namespace {

constexpr const char* kRequestId = "X-Openstack-Request-Id";

bool is_forwarding(std::string_view name) {
  std::string low(name);
  for (char& c : low)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return low.starts_with("x-forwarded-") || low == "forwarded" || low == "x-real-ip";
}

// What a client claims about who it is and what it asked for is never passed on.
void strip_claims(Headers& headers) {
  std::vector<std::string> names;
  for (const auto& [name, value] : headers.items())
    if (is_forwarding(name)) names.push_back(name);
  for (const std::string& name : names) headers.remove(name);
}

// Links in answers are built from it, so nothing but a host and a port may be in it.
bool plain_host(std::string_view host) {
  return !host.empty() && host.size() <= 255 &&
         std::all_of(host.begin(), host.end(), [](unsigned char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '-' || c == '_' || c == ':' || c == '[' || c == ']';
         });
}

class Gateway {
 public:
  Gateway(Options options, Random& random)
      : options_(std::move(options)), random_(random), openapi_(options_.upstreams) {}

  // On the I/O thread.
  std::optional<http::ProxyTarget> relay(Request& request) const {
    const Destination to = destination(request);
    if (to.kind != Destination::Kind::upstream) return std::nullopt;
    const std::string id = "req-" + random_.uuid();
    strip_claims(request.headers);
    http::ProxyTarget target;
    target.host = to.upstream->host;
    target.port = to.upstream->port;
    target.target = to.target;
    target.max_body_bytes = to.max_body_bytes;
    target.set_headers.set("X-Forwarded-Host", request.headers.get("Host"));
    target.set_headers.set("X-Forwarded-Proto", "https");
    target.set_headers.set("X-Forwarded-Prefix", to.upstream->prefix);
    target.set_headers.set("X-Forwarded-For", request.peer);
    target.set_headers.set(kRequestId, id);
    target.response_headers.set("x-openstack-request-id", id);
    target.response_headers.set("X-Content-Type-Options", "nosniff");
    return target;
  }

  // On a worker: everything that is not relayed.
  Response answer(const Request& request) {
    const Destination to = destination(request);
    Response response;
    switch (to.kind) {
      case Destination::Kind::health:
        response = Response::text(200, "ok\n");
        response.headers.set("Cache-Control", "no-store");
        break;
      case Destination::Kind::openapi:
        response = Response::text(200, openapi_.document(), "application/json");
        break;
      case Destination::Kind::console:
        response = serve_console(options_.console, request);
        break;
      case Destination::Kind::upstream:
      case Destination::Kind::refuse:
        response = http::edge_error(to.status, to.reason);
        if (!to.allow.empty()) response.headers.set("Allow", to.allow);
        break;
    }
    response.headers.set("x-openstack-request-id", "req-" + random_.uuid());
    return response;
  }

 private:
  Destination destination(const Request& request) const {
    if (!plain_host(request.headers.get("Host"))) {
      Destination d;
      d.status = 400;
      d.reason = "The Host header must be a host name or an address, with or without a port.";
      return d;
    }
    return route(options_, request);
  }

  const Options options_;
  Random& random_;
  OpenApi openapi_;
};

void log_access(const http::AccessLine& a) {
  // The query may hold a secret (a console's token), so it stays out of the log.
  const std::string path = a.target.substr(0, a.target.find('?'));
  log::write(a.status >= 500 ? log::Level::warning : log::Level::debug, "request",
             {{"method", a.method},
              {"path", path},
              {"status", a.status},
              {"us", a.duration_us},
              {"peer", a.peer},
              {"request", a.request_id}});
}

}  // namespace

Result<std::unique_ptr<http::Server>> create_gateway(const Options& options, Random& random) {
  auto gateway = std::make_shared<Gateway>(options, random);
  http::ServerOptions server;
  server.address = options.address;
  server.port = options.port;
  server.tls = options.tls;
  server.workers = 2;  // for the console's files and the API's description
  server.max_connections = options.max_connections;
  server.trust_forwarded = false;
  server.access = log_access;
  return http::Server::create(
      std::move(server), [gateway](Request&& request) { return gateway->answer(request); },
      [](const Request&) { return http::BodyPlan{Body::none, 0}; },
      [gateway](Request& request) { return gateway->relay(request); });
}

}  // namespace nuri::gateway
