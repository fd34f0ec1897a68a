#include "compute/routes/consoles.h"

#include "compute/store/console_store.h"
#include "services/auth/token.h"
#include "services/base/fields.h"
#include "services/base/log.h"

namespace nuri::compute {

namespace {

constexpr size_t kTokenBytes = 32, kTokenLength = 43;  // as base64url
constexpr unsigned kAgentTimeoutMs = 10'000;
constexpr int kRemoteConsoles = 6;  // the microversion that replaced the actions

struct Kind {
  std::string_view protocol, type, kind;
};
constexpr Kind kKinds[] = {{"vnc", "novnc", "vnc"}, {"serial", "serial", "serial"}};

struct Asked {
  std::string protocol, type;
};
const Fields<Asked> kAsked = {
    text("protocol", &Asked::protocol).required_().one_of({"vnc", "spice", "rdp", "serial", "mks"}),
    text("type", &Asked::type)
        .required_()
        .one_of({"novnc", "xvpvnc", "spice-html5", "rdp-html5", "serial", "webmks"}),
};

struct Granted {
  std::string protocol, type, url;
};
const Fields<Granted> kGranted = {
    text("protocol", &Granted::protocol).out_only(),
    text("type", &Granted::type).out_only(),
    text("url", &Granted::url).out_only(),
};

Result<Kind> kind_of(std::string_view protocol, std::string_view type) {
  for (const Kind& k : kKinds)
    if (k.protocol == protocol && k.type == type) return k;
  return bad_request("Unavailable console type " + std::string(type) + " of protocol " +
                         std::string(protocol) +
                         ": this cloud has novnc of vnc and serial of serial.",
                     "type");
}

// A fresh token's URL; the token itself is kept nowhere.
Result<std::string> grant(App& app, Context& c, const std::string& id, const Kind& kind) {
  uint8_t bytes[kTokenBytes];
  app.random.fill(bytes);
  const std::string token = auth::base64url({reinterpret_cast<const char*>(bytes), sizeof bytes});
  TRYV(app.db.write([&](db::Session& s) -> Status {
    Server server = TRY(app.load(s, c, id));
    const bool there = server.power_state == kPowerRunning || server.power_state == kPowerPaused;
    if (server.host.empty() || !there)
      return conflict("Instance " + id + " is not running, so there is no console.");
    put_console_token(s, auth::sha256_hex(token), {id, std::string(kind.kind)}, app.clock.now_us());
    return {};
  }));
  return console_url(c.base_url, kind.kind, token);
}

Result<Response> old_action(App& app, Context& c, const std::string& id, const Json& argument,
                            std::string_view protocol) {
  if (c.microversion >= kRemoteConsoles)
    return not_found("This action ended with microversion 2.5; POST remote-consoles replaced it.");
  if (!argument["type"].is_string()) return bad_request("'type' is a required property.", "type");
  const std::string type = argument["type"].as_string();
  const Kind kind = TRY(kind_of(protocol, type));
  std::string url = TRY(grant(app, c, id, kind));
  return Response::json(
      200, Json::object({{"console", Json::object({{"type", type}, {"url", std::move(url)}})}}));
}

Result<Response> post_console(App& app, const Request& request, Context& c) {
  if (c.microversion < kRemoteConsoles) return not_found("The resource could not be found.");
  const Json body = TRY(body_member(request.body, "remote_console"));
  const Asked asked = TRY(kAsked.read(body, c.microversion));
  const Kind kind = TRY(kind_of(asked.protocol, asked.type));
  const Granted granted{asked.protocol, asked.type, TRY(grant(app, c, c.param("id"), kind))};
  return Response::json(200, Json::object({{"remote_console", kGranted.write(granted)}}));
}

struct Opened {
  std::string server_id, kind, host, project_id;
};

// What the token opens now: its server may have gone since.
Result<Opened> take(App& app, const std::string& token) {
  const Error refused = forbidden("This console address has been used, is too old or never was.");
  if (token.size() != kTokenLength) return refused;
  const std::string hash = auth::sha256_hex(token);
  const bool known = TRY(
      app.db.read([&](db::Session& s) -> Result<bool> { return console_token_known(s, hash); }));
  if (!known) return refused;
  return app.db.write([&](db::Session& s) -> Result<Opened> {
    auto found = take_console_token(s, hash, app.clock.now_us());
    auto server = found ? find_server(s, found->server_id) : std::nullopt;
    if (!server || server->deleted || server->host.empty()) return refused;
    return Opened{found->server_id, found->kind, server->host, server->project_id};
  });
}

// On the websocket's own thread, for as long as it is open.
void serve(App& app, ConsoleHub& hub, const Opened& opened, WebSocket& socket) {
  const std::string session = app.random.uuid();
  Status ready = hub.announce(session, opened.server_id, opened.host, opened.project_id);
  if (ready) {
    Json params = Json::object(
        {{"server_id", opened.server_id}, {"kind", opened.kind}, {"session", session}});
    auto called = app.feed.call(opened.host, "console_open", params, kAgentTimeoutMs);
    if (!called) {
      hub.cancel(session);
      ready = called.error();
    }
  }
  if (ready && !hub.user(session, socket, kAgentTimeoutMs))
    ready = unavailable("the agent did not come");
  if (!ready)
    log::warning("a console was not opened",
                 {{"server_id", opened.server_id}, {"why", ready.error().message}});
}

Result<Response> open(App& app, ConsoleHub& hub, const Request& request, Context&) {
  if (!request.headers.find("Upgrade"))
    return bad_request("This address wants a websocket.", "Upgrade");
  auto opened = take(app, request.query.get("token"));
  // Nothing behind the header: clients take what follows for frames.
  if (!opened && opened.error().code == ErrorCode::forbidden) return Response::empty(403);
  if (!opened) return opened.error();
  Response response;
  if (request.headers.get("Sec-WebSocket-Protocol").find("binary") != std::string::npos)
    response.headers.set("Sec-WebSocket-Protocol", "binary");
  response.websocket = [&app, &hub, o = std::move(*opened)](WebSocket& socket) {
    serve(app, hub, o, socket);
  };
  return response;
}

Result<Response> join(ConsoleHub& hub, const Request&, Context& c) {
  const std::string session = c.param("session");
  if (!hub.awaited(session, c.claims.host)) return not_found("Nobody waits for this console.");
  Response response;
  response.websocket = [&hub, session](WebSocket& socket) { hub.agent(session, socket); };
  return response;
}

}  // namespace

std::string console_url(std::string_view base_url, std::string_view kind, std::string_view token) {
  const size_t host = base_url.find("://") + 3;
  const size_t slash = std::min(base_url.find('/', host), base_url.size());
  const std::string root(base_url.substr(0, slash));
  const std::string path =
      std::string(base_url.substr(slash)) + "/consoles?token=" + std::string(token);
  if (kind == "vnc") return root + "/vnc.html?path=" + percent_encode(path.substr(1));
  return (root.starts_with("https") ? "wss" + root.substr(5) : "ws" + root.substr(4)) + path;
}

Result<Response> get_vnc_console(App& app, Context& c, const std::string& id,
                                 const Json& argument) {
  return old_action(app, c, id, argument, "vnc");
}

Result<Response> get_serial_console(App& app, Context& c, const std::string& id,
                                    const Json& argument) {
  return old_action(app, c, id, argument, "serial");
}

void add_console_routes(Router& router, App& app, ConsoleHub& hub) {
  router
      .add("POST", "/v2.1/servers/{id}/remote-consoles", Access::member,
           [&app](const Request& q, Context& c) { return post_console(app, q, c); })
      .says("Grants a console of a server, from 2.6: a URL for one use within ten minutes")
      .reads("remote_console", kAsked)
      .answers("remote_console", kGranted)
      .status(200);
  // The token in the query is what opens it.
  router
      .add("GET", "/consoles", Access::open,
           [&app, &hub](const Request& q, Context& c) { return open(app, hub, q, c); })
      .says("Opens a console by its token, as a websocket of binary messages")
      .query("token", "string", "of a console that was granted")
      .status(101)
      .answers_nothing();
  router
      .add("GET", "/agent/v1/consoles/{session}", Access::agent,
           [&hub](const Request& q, Context& c) { return join(hub, q, c); })
      .says("The agent's end of a console")
      .status(101)
      .answers_nothing();
}

}  // namespace nuri::compute
