#include "services/http/websocket_client.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "services/http/client_connection.h"
#include "services/http/websocket_channel.h"
#include "services/http/wire.h"

namespace nuri::http {
namespace {

constexpr uint32_t kMaxHead = 64 * 1024;
constexpr size_t kMaxRefusal = 64 * 1024;
constexpr int kNoCancel = -1;

std::string new_key() {
  unsigned char random[16], encoded[25];
  ::RAND_bytes(random, sizeof random);
  const int n = ::EVP_EncodeBlock(encoded, random, sizeof random);
  return {reinterpret_cast<char*>(encoded), static_cast<size_t>(n)};
}

std::string handshake_of(const UrlParts& endpoint, const std::string& target,
                         const Headers& headers, const std::string& key) {
  Headers all;
  all.set("Host", endpoint.authority);
  for (const auto& [name, value] : headers.items()) all.set(name, value);
  all.set("Connection", "Upgrade");
  all.set("Upgrade", "websocket");
  all.set("Sec-WebSocket-Version", "13");
  all.set("Sec-WebSocket-Key", key);
  std::string out;
  append_request_head(out, "GET", endpoint.prefix + target, all, {});
  return out;
}

// Reads the answer; what came behind its header is left in `unread`.
Result<Response> read_answer(Connection& connection, std::string& unread) {
  auto parser = Parser::create(Parser::Kind::response, kMaxHead);
  std::string in, body;
  char piece[4096];
  while (!parser->header_done() || (parser->head().status != 101 && !parser->done())) {
    const size_t got = TRY(connection.read(piece, sizeof piece));
    if (got == 0 && parser->header_done() && parser->eof()) break;
    if (got == 0) return unavailable("the connection was closed during the websocket handshake");
    in.append(piece, got);
    // One call stops behind the header, the next takes what there is of a body.
    for (bool more = true; more && !in.empty();) {
      Problem problem = Problem::none;
      const size_t used = parser->put(in, body, problem);
      in.erase(0, used);
      if (problem != Problem::none || body.size() > kMaxRefusal)
        return Error(ErrorCode::bad_gateway, "the websocket handshake's answer is not HTTP");
      more = used > 0 && !(parser->header_done() && parser->head().status == 101);
    }
  }
  Response response;
  response.status = parser->head().status;
  response.headers = parser->head().headers;
  response.body = std::move(body);
  unread = std::move(in);
  return response;
}

}  // namespace

Result<std::unique_ptr<WebSocket>> connect_websocket(const ClientOptions& options,
                                                     const std::string& target,
                                                     const Headers& headers) {
  const UrlParts endpoint = TRY(parse_url(options.base_url));
  TlsContext tls;
  if (endpoint.tls) tls = TRY(client_tls(options.ca_file, options.certificate, options.key));
  auto connection = TRY(Connection::open(endpoint, tls, options.connect_timeout_ms, kNoCancel));
  connection->set_deadline(options.timeout_ms, false);
  const std::string key = new_key();
  TRYV(connection->write(handshake_of(endpoint, target, headers, key)));
  std::string unread;
  const Response answer = TRY(read_answer(*connection, unread));
  if (answer.status >= 400) return error_of(answer);
  if (answer.status != 101 || answer.headers.get("Sec-WebSocket-Accept") != websocket_accept(key))
    return Error(ErrorCode::bad_gateway, endpoint.authority + " does not speak websocket there");
  return websocket_on(connection->release(), unread, WebsocketEnd::client);
}

}  // namespace nuri::http
