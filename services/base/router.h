#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "services/base/claims.h"
#include "services/base/request.h"
#include "services/base/route_doc.h"

namespace nuri {

// A microversion "2.79" as the number after the dot. Services without microversions use {0, 0}.
struct MicroversionRange {
  std::string service;        // "compute", "volume": in OpenStack-API-Version
  std::string legacy_header;  // "X-OpenStack-Nova-API-Version" or ""
  int major = 0;
  int min = 0, max = 0;
};

struct Route;

// What the audit log shall say of a change where the path and the answer do not tell it.
struct Subject {
  std::string type, id;  // "server" and its id
  std::string action;    // "reboot"
  std::string user_id, project_id;  // who, where the request bore no token (a login)
};

// What a handler is given besides the request.
struct Context {
  std::string request_id;  // req-UUID
  Claims claims;           // empty where the route needs no token
  std::string token;       // the raw token, to pass on to another service
  int microversion = 0;    // within the service's range
  std::string base_url;    // see Request::base_url
  std::vector<std::pair<std::string, std::string>> params;  // {name} of the pattern, decoded
  const Route* route = nullptr;  // the one that serves it
  Subject subject;
  std::shared_ptr<void> exchange;  // the interceptor's own
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
  RouteDoc doc;

  // For the OpenAPI document, chained to Router::add:
  //   router.add("POST", "/v2.1/servers", ...).says("Creates servers").reads("server", kServerCreate).answers("server", kServer).status(202);
  Route& says(std::string text) { doc.summary = std::move(text); return *this; }
  Route& status(int code) { doc.status = code; return *this; }
  Route& reads(Schema whole) { doc.reads = std::move(whole); return *this; }
  Route& answers(Schema whole) { doc.answers = std::move(whole); return *this; }
  Route& reads_nothing() { doc.no_body = true; return *this; }
  Route& answers_nothing() { doc.no_answer = true; return *this; }
  Route& query(std::string name, std::string type, std::string text) {
    doc.query.push_back({std::move(name), std::move(type), std::move(text)});
    return *this;
  }
  template <class Table> Route& reads(const Table& table) { return reads(Schema(schema_of(table))); }
  template <class Table> Route& reads(std::string member, const Table& table) { return reads(wrapped(std::move(member), schema_of(table))); }
  template <class Table> Route& answers(const Table& table) { return answers(Schema(schema_of(table))); }
  template <class Table> Route& answers(std::string member, const Table& table) { return answers(wrapped(std::move(member), schema_of(table))); }
  template <class Table> Route& lists(std::string member, const Table& table) { return answers(listed(std::move(member), schema_of(table))); }
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

// Stands around the handlers of all that may change something (not GET, HEAD, OPTIONS).
class Interceptor {
 public:
  using Next = std::function<Result<Response>()>;  // the handler; does not throw
  virtual ~Interceptor() = default;
  // The request is admitted: its token, access and microversion are good. Calls next() once or not at all.
  virtual Result<Response> around(const Request& request, Context& context, const Next& next) = 0;
  // After the answer is made, also of what was refused before a handler saw it (context.route may be
  // nullptr). `error` is nullptr where the handler answered. On the handler's thread, or the I/O
  // thread where the header alone was refused: quick.
  virtual void answered(const Request& request, const Context& context, const Error* error, const Response& response) = 0;
};

class Router {
 public:
  struct Options {
    ErrorView error_view = nova_error;
    MicroversionRange microversions;
    TokenChecker* tokens = nullptr;
    std::string www_authenticate;  // added to a 401 ("Keystone uri=...")
  };
  explicit Router(Options options) : options_(std::move(options)) {}

  // The route, to be documented before the next one is added.
  Route& add(Route route);
  Route& add(std::string method, std::string pattern, Access access, Handler handler) {
    return add(Route{std::move(method), std::move(pattern), access, std::move(handler)});
  }
  // One at most; must outlive the router's use.
  void intercept(Interceptor& interceptor) { interceptor_ = &interceptor; }
  // The route that would serve this, or nullptr: the edge asks for body limits before reading a body.
  const Route* match(std::string_view method, std::string_view path) const;
  // Checks token, access and microversion, calls the handler, dresses errors. Catches exceptions
  // (500, logged). Adds x-openstack-request-id and the microversion headers. HEAD is GET without a body.
  Response dispatch(const Request& request) const;
  // What dispatch would refuse from the header alone (token, access, microversion), or nullopt.
  std::optional<Response> refuse_early(const Request& request) const;
  Response error(const Error& e) const { return options_.error_view(e); }
  const std::vector<Route>& routes() const { return routes_; }
  const Options& options() const { return options_; }

 private:
  // What a look at method and path needs to pass a route by.
  struct Outline {
    std::string start;    // the pattern up to its first parameter
    size_t segments = 0;
    bool tail = false;    // ends in {name*}
  };
  const Route* find(std::string_view method, std::string_view path) const;
  bool may_fit(size_t index, std::string_view path, size_t segments) const;
  Result<Response> serve(const Request& request, Context& context) const;
  Response finish(const Request& request, const Context& context, Result<Response> outcome) const;
  Status admit(const Request& request, Context& context) const;
  Context context_of(const Request& request) const;
  Response dress(const Request& request, const Context& context, Result<Response>& outcome) const;
  Result<int> negotiate(const Request& request) const;
  Status authorise(const Route& route, const Request& request, Context& context) const;
  Options options_;
  std::vector<Route> routes_;
  std::vector<Outline> outlines_;  // of routes_, in the same order
  Interceptor* interceptor_ = nullptr;
};

}  // namespace nuri
