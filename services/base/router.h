#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "services/base/claims.h"
#include "services/base/request.h"

namespace nuri {

// A microversion "2.79" as the number after the dot. Services without microversions use {0, 0}.
struct MicroversionRange {
  std::string service;        // "compute", "volume": in OpenStack-API-Version
  std::string legacy_header;  // "X-OpenStack-Nova-API-Version" or ""
  int major = 0;
  int min = 0, max = 0;
};

// What a handler is given besides the request.
struct Context {
  std::string request_id;  // req-UUID
  Claims claims;           // empty where the route needs no token
  std::string token;       // the raw token, to pass on to another service
  int microversion = 0;    // within the service's range
  std::string base_url;    // see Request::base_url
  std::vector<std::pair<std::string, std::string>> params;  // {name} of the pattern, decoded
  const std::string& param(std::string_view name) const;    // "" if missing
};

// Who may call a route, before the handler looks at whose the resource is.
enum class Access { open, token, reader, member, admin, service, agent };
// What the edge does with a body. none: refuses one over 64 KiB; memory: up to max_body; spool: to a file.
enum class Body { none, memory, spool };

using Handler = std::function<Result<Response>(const Request&, Context&)>;

struct Route {
  std::string method;
  std::string pattern;  // "/v2.1/servers/{id}/action"
  Access access = Access::reader;
  Handler handler;
  Body body = Body::memory;
  uint64_t max_body = 1 << 20;
};

// Checks a token without a call. Implemented by services/auth.
class TokenChecker {
 public:
  virtual ~TokenChecker() = default;
  virtual Result<std::shared_ptr<const Claims>> check(std::string_view token) = 0;
};

// How an API dresses an error: {"badRequest": {...}}, {"error": {...}}, {"NeutronError": {...}}.
using ErrorView = Response (*)(const Error&);
Response nova_error(const Error&);      // Nova, Cinder, and ours
Response keystone_error(const Error&);
Response neutron_error(const Error&);
Response glance_error(const Error&);

class Router {
 public:
  struct Options {
    ErrorView error_view = nova_error;
    MicroversionRange microversions;
    TokenChecker* tokens = nullptr;
    std::string www_authenticate;  // added to a 401 ("Keystone uri=...")
  };
  explicit Router(Options options) : options_(std::move(options)) {}

  void add(Route route);
  void add(std::string method, std::string pattern, Access access, Handler handler) {
    add(Route{std::move(method), std::move(pattern), access, std::move(handler)});
  }
  // The route that would serve this, or nullptr: the edge asks for body limits before reading a body.
  const Route* match(std::string_view method, std::string_view path) const;
  // Checks token, access and microversion, calls the handler, dresses errors. Catches exceptions
  // (500, logged). Adds x-openstack-request-id and the microversion headers. HEAD is GET without a body.
  Response dispatch(const Request& request) const;
  // What dispatch would refuse from the header alone (token, access, microversion), or nullopt.
  std::optional<Response> refuse_early(const Request& request) const;
  Response error(const Error& e) const { return options_.error_view(e); }
  const std::vector<Route>& routes() const { return routes_; }

 private:
  Result<const Route*> admit(const Request& request, Context& context) const;
  Context context_of(const Request& request) const;
  Response dress(const Request& request, const Context& context, Result<Response> outcome) const;
  Result<int> negotiate(const Request& request) const;
  Status authorise(const Route& route, const Request& request, Context& context) const;
  Options options_;
  std::vector<Route> routes_;
};

}  // namespace nuri
