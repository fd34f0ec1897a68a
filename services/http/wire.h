#pragma once

#include <string>
#include <string_view>

#include "services/base/request.h"
#include "services/http/parser.h"

// Text that goes onto the wire, made by ordinary functions.
namespace nuri::http {

// How the body's end is told to the peer.
struct Framing {
  enum class Kind { none, length, chunked, close };
  Kind kind = Kind::none;
  uint64_t length = 0;
};

// Writes the start line and headers of an answer. Framing, Connection and Date are ours: such
// fields among `headers` are left out. Control characters in values become spaces.
void append_answer_head(std::string& out, int status, const Headers& headers, Framing framing,
                        bool keep_alive);
// The same for a request; Host comes from `headers`.
void append_request_head(std::string& out, std::string_view method, std::string_view target,
                         const Headers& headers, Framing framing);
void append_header(std::string& out, std::string_view name, std::string_view value);
void append_chunk(std::string& out, std::string_view data);  // nothing if empty
inline constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

// True for fields that belong to one connection and are never relayed.
bool is_hop_by_hop(std::string_view name);
// Drops hop-by-hop fields, those named in Connection included.
Headers end_to_end(const Headers& headers);

// Fills method, target, path, query and headers from a parsed head.
Request request_of(Head&& head, std::string_view peer);

// Sec-WebSocket-Key if this is a complete websocket handshake, else empty.
std::string websocket_key(const Head& head);
std::string websocket_accept(const std::string& key);  // the answer to that key

bool has_body(int status, std::string_view method);  // may an answer carry one

}  // namespace nuri::http
