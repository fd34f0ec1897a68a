#include "services/base/router.h"

#include <algorithm>
#include <charconv>
#include <exception>

#include "services/base/access_rules.h"
#include "services/base/log.h"
#include "services/base/random.h"

namespace nuri {

namespace {

std::string_view next_segment(std::string_view& rest) {
  if (!rest.empty() && rest[0] == '/') rest.remove_prefix(1);
  size_t slash = rest.find('/');
  std::string_view segment = rest.substr(0, slash);
  rest = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash);
  return segment;
}

// Does `path` fit `pattern`; fills params. "{name}" takes one non-empty segment, "{name*}" the rest.
bool fits(std::string_view pattern, std::string_view path, std::vector<std::pair<std::string, std::string>>* params) {
  for (;;) {
    if (pattern.empty() || pattern == "/") return path.empty() || path == "/";
    std::string_view rest_before = path;
    std::string_view want = next_segment(pattern);
    std::string_view have = next_segment(path);
    if (want.starts_with('{')) {
      bool tail = want.ends_with("*}");
      std::string_view name = want.substr(1, want.size() - (tail ? 3 : 2));
      if (have.empty()) return false;
      std::string_view raw = tail ? rest_before.substr(1) : have;
      auto decoded = percent_decode(raw);
      if (!decoded) return false;
      if (params) params->emplace_back(std::string(name), std::move(*decoded));
      if (tail) return true;
    } else if (want != have) {
      return false;
    }
  }
}

size_t segment_count(std::string_view path) {
  if (path.ends_with('/')) path.remove_suffix(1);
  return static_cast<size_t>(std::count(path.begin(), path.end(), '/'));
}

bool changes(std::string_view method) { return method != "GET" && method != "HEAD" && method != "OPTIONS"; }

const std::string kNone;

}  // namespace

bool Claims::has_role(std::string_view name) const {
  return std::any_of(roles.begin(), roles.end(), [&](const Role& r) { return r.name == name; });
}

const std::string& Context::param(std::string_view name) const {
  for (const auto& [k, v] : params) {
    if (k == name) return v;
  }
  return kNone;
}

Route& Router::add(Route route) {
  Outline o;
  o.start = route.pattern.substr(0, route.pattern.find('{'));
  o.segments = segment_count(route.pattern);
  o.tail = route.pattern.ends_with("*}");
  outlines_.push_back(std::move(o));
  return routes_.emplace_back(std::move(route));
}

// Cheap, and never false where fits() is true: most routes are passed by without a look at segments.
bool Router::may_fit(size_t index, std::string_view path, size_t segments) const {
  const Outline& o = outlines_[index];
  if (o.tail ? segments < o.segments : segments != o.segments) return false;
  return o.segments == 0 || path.starts_with(o.start);
}

const Route* Router::find(std::string_view method, std::string_view path) const {
  size_t segments = segment_count(path);
  for (size_t i = 0; i < routes_.size(); ++i) {
    const Route& r = routes_[i];
    if (may_fit(i, path, segments) && r.method == method && fits(r.pattern, path, nullptr)) return &r;
  }
  return nullptr;
}

const Route* Router::match(std::string_view method, std::string_view path) const {
  if (method != "HEAD") return find(method, path);
  // Glance and Keystone have HEAD routes of their own; else GET serves it.
  const Route* own = find(method, path);
  return own ? own : find("GET", path);
}

Result<int> Router::negotiate(const Request& request) const {
  const MicroversionRange& range = options_.microversions;
  if (range.max == 0) return 0;
  std::string asked;
  std::string standard = request.headers.get("OpenStack-API-Version");
  if (standard.starts_with(range.service + " ")) asked = standard.substr(range.service.size() + 1);
  if (asked.empty() && !range.legacy_header.empty()) asked = request.headers.get(range.legacy_header);
  if (asked.empty()) return range.min;
  if (asked == "latest") return range.max;
  std::string shape = "A microversion is written " + std::to_string(range.major) + ".N or latest, not '" + asked + "'.";
  size_t dot = asked.find('.');
  int major = 0, minor = 0;
  const char* end = asked.data() + asked.size();
  auto a = std::from_chars(asked.data(), end, major);
  if (dot == std::string::npos || a.ptr != asked.data() + dot) return bad_request(shape, "OpenStack-API-Version");
  auto b = std::from_chars(asked.data() + dot + 1, end, minor);
  if (b.ec != std::errc() || b.ptr != end) return bad_request(shape, "OpenStack-API-Version");
  if (major != range.major || minor < range.min || minor > range.max) {
    return Error(ErrorCode::not_acceptable, "Version " + asked + " is not supported by the API. Minimum is " +
                                                std::to_string(range.major) + "." + std::to_string(range.min) +
                                                " and maximum is " + std::to_string(range.major) + "." +
                                                std::to_string(range.max) + ".");
  }
  return minor;
}

Status Router::authorise(const Route& route, const Request& request, Context& context) const {
  if (route.access == Access::open) return {};
  context.token = request.headers.get("X-Auth-Token");
  if (context.token.empty()) context.token = request.headers.get("X-Storage-Token");
  if (context.token.empty()) {
    return Error(ErrorCode::unauthorized, "The request you have made requires authentication.");
  }
  if (!options_.tokens) return internal("router has no token checker");
  context.claims = *TRY(options_.tokens->check(context.token));
  const Claims& c = context.claims;
  if (!access_permitted(c, request))
    return Error(ErrorCode::unauthorized, "The application credential's access rules do not allow this request.");
  auto need = [&](bool allowed, std::string_view what) -> Status {
    if (allowed) return {};
    return forbidden("Policy does not allow " + route.method + " " + route.pattern + " to be performed: it needs " +
                     std::string(what) + ".");
  };
  switch (route.access) {
    case Access::open:
    case Access::token: return {};
    case Access::reader: return need(c.is_reader() || c.is_service(), "the reader role");
    case Access::member: return need(c.is_member() || c.is_service(), "the member role");
    case Access::admin: return need(c.is_admin() || c.is_service(), "the admin role");
    case Access::service: return need(c.is_service(), "a service of this cloud");
    case Access::agent: return need(c.is_agent(), "an agent of this cloud");
  }
  return {};
}

// Route, microversion and access: all that the header decides.
Status Router::admit(const Request& request, Context& context) const {
  context.route = match(request.method, request.path);
  if (!context.route) {
    bool known = std::any_of(routes_.begin(), routes_.end(),
                             [&](const Route& r) { return fits(r.pattern, request.path, nullptr); });
    if (known) {
      return Error(ErrorCode::method_not_allowed,
                   "The method " + request.method + " is not allowed for this resource.");
    }
    return not_found("The resource could not be found.");
  }
  fits(context.route->pattern, request.path, &context.params);
  context.microversion = TRY(negotiate(request));
  return authorise(*context.route, request, context);
}

Context Router::context_of(const Request& request) const {
  Context context;
  context.request_id = request.headers.get("X-Openstack-Request-Id");
  if (context.request_id.empty()) context.request_id = "req-" + SystemRandom().uuid();
  context.base_url = request.base_url();
  context.microversion = options_.microversions.min;
  return context;
}

std::optional<Response> Router::refuse_early(const Request& request) const {
  Context context = context_of(request);
  Status admitted = admit(request, context);
  if (admitted) return std::nullopt;
  return finish(request, context, std::move(admitted).error());
}

Result<Response> Router::serve(const Request& request, Context& context) const {
  try {
    TRYV(admit(request, context));
    if (!interceptor_ || !changes(request.method)) return context.route->handler(request, context);
    return interceptor_->around(request, context, [&]() -> Result<Response> {
      try {
        return context.route->handler(request, context);
      } catch (const std::exception& e) {
        return internal(std::string("exception: ") + e.what());
      }
    });
  } catch (const std::exception& e) {
    return internal(std::string("exception: ") + e.what());
  }
}

Response Router::dispatch(const Request& request) const {
  Context context = context_of(request);
  Result<Response> outcome = serve(request, context);
  return finish(request, context, std::move(outcome));
}

Response Router::finish(const Request& request, const Context& context, Result<Response> outcome) const {
  Response response = dress(request, context, outcome);
  if (interceptor_ && changes(request.method)) {
    interceptor_->answered(request, context, outcome ? nullptr : &outcome.error(), response);
  }
  return response;
}

Response Router::dress(const Request& request, const Context& context, Result<Response>& outcome) const {
  Response response;
  if (outcome) {
    response = std::move(outcome.value());
  } else {
    const Error& e = outcome.error();
    response = options_.error_view(e);
    if (response.status == 401 && !options_.www_authenticate.empty()) {
      response.headers.set("WWW-Authenticate", options_.www_authenticate);
    }
    bool busy = response.status == 503 || response.status == 429;
    if (busy || e.retry_after_s > 0) response.headers.set("Retry-After", std::to_string(std::max(e.retry_after_s, 1)));
    if (response.status >= 500) {
      log::error(e.message, {{"request", context.request_id}, {"method", request.method}, {"path", request.path}, {"detail", e.detail}});
    } else {
      log::info("refused", {{"request", context.request_id}, {"method", request.method}, {"path", request.path}, {"status", response.status}, {"why", e.message}});
    }
  }
  response.headers.set("x-openstack-request-id", context.request_id);
  const MicroversionRange& range = options_.microversions;
  if (range.max > 0) {
    std::string version = std::to_string(range.major) + "." + std::to_string(context.microversion);
    response.headers.set("OpenStack-API-Version", range.service + " " + version);
    response.headers.set("Vary", "OpenStack-API-Version");
    if (!range.legacy_header.empty()) response.headers.set(range.legacy_header, version);
    // Nova's own name for it is older than the common one, and clients read either.
    if (range.service == "compute") response.headers.set("x-compute-request-id", context.request_id);
  }
  return response;
}

}  // namespace nuri
