// A request from the network through the gateway's choice of a service and that service's router:
// never a 500, never a way to what services say among themselves.
//   input: METHOD, target, then header lines until an empty one, then the body
#include "services/base/router.h"
#include "services/gateway/paths.h"
#include "services/http/wire.h"
#include "tests/fuzz/fuzz.h"

using namespace nuri;
using fuzz::hold;

namespace {

// "admin", "reader", "service", "agent"; anything else is refused.
class Tokens final : public TokenChecker {
 public:
  Result<std::shared_ptr<const Claims>> check(std::string_view token) override {
    Claims c;
    if (token == "service" || token == "agent") c.service = token;
    else if (token == "admin" || token == "reader") c.roles = {{"1", std::string(token)}};
    else return Error(ErrorCode::unauthorized, "no");
    return std::make_shared<const Claims>(std::move(c));
  }
};

Result<Response> echo(const Request& request, Context& context) {
  Json params = Json::object();
  for (const auto& [name, value] : context.params) params.set(name, value);
  Json query = Json::array();
  for (const auto& [name, value] : request.query.items())
    query.push_back(Json::array({name, value}));
  Json body = request.body.empty() ? Json() : TRY(parse_json(request.body));
  const Query again = Query::parse(request.query.encode());
  hold(again.items() == request.query.items(), "a query survives being written");
  return Response::json(200, Json::object({{"params", params},
                                           {"query", query},
                                           {"base", context.base_url},
                                           {"version", context.microversion},
                                           {"body", body}}));
}

struct World {
  Tokens tokens;
  Router service, secret{{}};
  gateway::Options options;

  static Router::Options options_of(Tokens& tokens) {
    Router::Options o;
    o.microversions = {"compute", "X-OpenStack-Nova-API-Version", 2, 1, 93};
    o.tokens = &tokens;
    return o;
  }

  World() : service(options_of(tokens)) {
    const std::pair<const char*, Access> routes[] = {
        {"/", Access::open},
        {"/v2.1", Access::open},
        {"/v2.1/servers", Access::reader},
        {"/v2.1/servers/detail", Access::reader},
        {"/v2.1/servers/{id}", Access::reader},
        {"/v2.1/servers/{id}/metadata/{key}", Access::member},
        {"/v2.1/files/{path*}", Access::admin}};
    for (const auto& [pattern, access] : routes)
      for (const char* method : {"GET", "POST", "PUT"}) service.add(method, pattern, access, echo);
    for (const char* pattern : {"/internal/{rest*}", "/internal", "/agent/{rest*}", "/agent"}) {
      service.add("GET", pattern, Access::service, echo);
      secret.add("GET", pattern, Access::open, echo);
    }
    for (const char* prefix : {"/identity", "/image", "/compute", "/volume", "/network"})
      options.upstreams.push_back({prefix, "127.0.0.1", 9});
    options.max_body_bytes = 1 << 20;
    options.max_upload_bytes = 1ull << 40;
  }
};

http::Head read_head(std::string_view& in) {
  http::Head head;
  head.method = fuzz::take_line(in);
  head.target = fuzz::take_line(in);
  while (true) {
    const std::string_view line = fuzz::take_line(in);
    if (line.empty()) break;
    const size_t colon = std::min(line.find(':'), line.size());
    head.headers.add(line.substr(0, colon),
                     std::string(line.substr(std::min(colon + 1, line.size()))));
  }
  return head;
}

void through_gateway(const World& w, const Request& request) {
  const gateway::Destination to = gateway::route(w.options, request);
  if (to.kind != gateway::Destination::Kind::upstream) return;
  http::Head head;
  head.method = "GET";
  head.target = to.target;
  const Request seen = http::request_of(std::move(head), "");
  hold(!w.secret.match("GET", seen.path), "what is internal stays inside");
}

void check_answer(const Response& response) {
  hold(response.status < 500, "no input is our fault");
  hold(response.headers.find("x-openstack-request-id") != nullptr, "an answer has its request id");
  if (response.body.empty()) return;
  hold(parse_json(response.body).ok(), "an answer is JSON");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const World& w = *new World;  // on purpose for ever
  std::string_view in = fuzz::text(data, size);
  Request request = http::request_of(read_head(in), "203.0.113.1");
  through_gateway(w, request);
  (void)gateway::safe_segments(request.path);
  request.body = in;
  check_answer(w.service.dispatch(request));
  if (const auto early = w.service.refuse_early(request)) check_answer(*early);
  return 0;
}
