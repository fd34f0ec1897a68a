#include "services/http/wire.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <charconv>
#include <ctime>

#include "services/base/error.h"
#include "services/base/json.h"
#include "services/http/server.h"

namespace nuri::http {
namespace {

void append_number(std::string& out, uint64_t n, int base = 10) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, n, base).ptr;
  out.append(digits, end);
}

// IMF-fixdate of this second; made once a second and thread.
const std::string& date() {
  thread_local std::string text;
  thread_local std::time_t made = 0;
  const std::time_t now = std::time(nullptr);
  if (now != made) {
    std::tm tm{};
    ::gmtime_r(&now, &tm);
    char buffer[40];
    const size_t n = std::strftime(buffer, sizeof buffer, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    text.assign(buffer, n);
    made = now;
  }
  return text;
}

bool is_ours(std::string_view name) {
  return iequals(name, "Content-Length") || iequals(name, "Transfer-Encoding") ||
         iequals(name, "Connection") || iequals(name, "Keep-Alive");
}

void append_framing(std::string& out, Framing framing) {
  if (framing.kind == Framing::Kind::length) {
    out += "Content-Length: ";
    append_number(out, framing.length);
    out += "\r\n";
  } else if (framing.kind == Framing::Kind::chunked) {
    out += "Transfer-Encoding: chunked\r\n";
  }
}

const char* error_name(int status) {
  switch (status) {
    case 404: return "itemNotFound";
    case 405: return "badMethod";
    case 413: return "overLimit";
    case 500: return "computeFault";
    case 501: return "notImplemented";
    case 502: return "badGateway";
    case 503: return "serviceUnavailable";
    case 504: return "gatewayTimeout";
    default: return "badRequest";
  }
}

}  // namespace

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  const size_t start = out.size();
  out += value;
  for (size_t i = start; i < out.size(); ++i)
    if (static_cast<unsigned char>(out[i]) < 0x20 && out[i] != '\t') out[i] = ' ';
  out += "\r\n";
}

void append_answer_head(std::string& out, int status, const Headers& headers, Framing framing,
                        bool keep_alive) {
  out += "HTTP/1.1 ";
  append_number(out, static_cast<uint64_t>(status));
  out += ' ';
  out += reason_phrase(status);
  out += "\r\n";
  bool dated = false;
  for (const auto& [name, value] : headers.items()) {
    if (is_ours(name) && !(status == 101 && iequals(name, "Connection"))) continue;
    dated = dated || iequals(name, "Date");
    append_header(out, name, value);
  }
  if (!dated) append_header(out, "Date", date());
  append_framing(out, framing);
  if (status != 101) out += keep_alive ? "Connection: keep-alive\r\n" : "Connection: close\r\n";
  out += "\r\n";
}

void append_request_head(std::string& out, std::string_view method, std::string_view target,
                         const Headers& headers, Framing framing) {
  out += method;
  out += ' ';
  out += target;
  out += " HTTP/1.1\r\n";
  for (const auto& [name, value] : headers.items()) {
    if (is_ours(name) && !iequals(name, "Connection")) continue;
    append_header(out, name, value);
  }
  append_framing(out, framing);
  out += "\r\n";
}

void append_chunk(std::string& out, std::string_view data) {
  if (data.empty()) return;
  append_number(out, data.size(), 16);
  out += "\r\n";
  out += data;
  out += "\r\n";
}

bool is_hop_by_hop(std::string_view name) {
  for (const std::string_view hop :
       {"Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding",
        "Upgrade", "Content-Length", "Expect", "Proxy-Authenticate", "Proxy-Authorization"})
    if (iequals(name, hop)) return true;
  return false;
}

Headers end_to_end(const Headers& headers) {
  std::string named;
  for (const auto& [name, value] : headers.items())
    if (iequals(name, "Connection")) named += (named.empty() ? "" : ",") + value;
  Headers kept;
  for (const auto& [name, value] : headers.items())
    if (!is_hop_by_hop(name) && !list_has(named, name)) kept.add(name, value);
  return kept;
}

Response edge_error(int status, std::string_view message) {
  Json inner = Json::object({{"code", status}, {"message", message}});
  Json outer = Json::object();
  outer.set(error_name(status), std::move(inner));
  Response response;
  response.status = status;
  response.headers.set("Content-Type", "application/json");
  if (status == 503) response.headers.set("Retry-After", "1");
  response.body = outer.dump();
  return response;
}

Request request_of(Head&& head, std::string_view peer) {
  Request request;
  request.method = std::move(head.method);
  request.target = std::move(head.target);
  request.headers = std::move(head.headers);
  request.peer = peer;
  std::string_view rest = request.target;
  // The absolute form a client sends to a proxy means the same here.
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (rest.size() < scheme.size() || !iequals(rest.substr(0, scheme.size()), scheme)) continue;
    rest.remove_prefix(scheme.size());
    rest.remove_prefix(std::min(rest.find_first_of("/?"), rest.size()));
    break;
  }
  rest = rest.substr(0, rest.find('#'));
  const size_t mark = rest.find('?');
  std::string_view path = rest.substr(0, mark);
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  request.path = path.empty() ? "/" : path;
  if (mark != rest.npos) request.query = Query::parse(rest.substr(mark + 1));
  return request;
}

std::string websocket_key(const Head& head) {
  const Headers& h = head.headers;
  if (!head.upgrade || head.method != "GET" || !list_has(h.get("Upgrade"), "websocket") ||
      h.get("Sec-WebSocket-Version") != "13")
    return {};
  std::string key = h.get("Sec-WebSocket-Key");
  return key.size() == 24 ? key : std::string();
}

std::string websocket_accept(const std::string& key) {
  const std::string text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  unsigned char digest[SHA_DIGEST_LENGTH];
  ::SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  unsigned char encoded[32];
  const int n = ::EVP_EncodeBlock(encoded, digest, sizeof digest);
  return {reinterpret_cast<char*>(encoded), static_cast<size_t>(n)};
}

bool has_body(int status, std::string_view method) {
  return method != "HEAD" && status >= 200 && status != 204 && status != 304;
}

}  // namespace nuri::http
