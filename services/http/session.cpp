#include "services/http/session.h"

#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <cerrno>
#include <cstring>

#include "services/base/log.h"

namespace nuri::http {
namespace {

constexpr size_t kHeadRead = 16 * 1024;
// Clients that send a whole image before they read (most do) are heard out, so that they learn why it
// was refused: what they send is dropped by the kernel, for as long as it goes on without a pause.
constexpr unsigned kLingerMs = 2'000, kLingerStoppingMs = 300;
constexpr auto kLingerMost = std::chrono::minutes(5);
constexpr size_t kLingerPace = 128 * 1024;  // bytes within kLingerMs

int status_of(Problem problem) {
  switch (problem) {
    case Problem::header_too_large: return 431;
    case Problem::version: return 505;
    case Problem::malformed:
    case Problem::none: return 400;
  }
  return 400;
}

const char* text_of(int status) {
  switch (status) {
    case 400: return "This is not a well-formed HTTP request.";
    case 408: return "The request did not arrive in time.";
    case 413: return "The request body is too large.";
    case 431: return "The request header is too large.";
    case 503: return "The service is busy or not there; try again shortly.";
    case 505: return "Only HTTP/1.0 and HTTP/1.1 are spoken here.";
    default: return "The request cannot be served.";
  }
}

awaitable<void> serve(std::shared_ptr<Session> session) { co_await session->run(); }

}  // namespace

void InBuffer::consume(size_t n) {
  begin_ += n;
  if (begin_ == end_) begin_ = end_ = 0;
}

void InBuffer::reserve(size_t more) {
  if (capacity_ - end_ >= more) return;
  const size_t held = size();
  if (capacity_ >= held + more) {
    std::memmove(data_.get(), data_.get() + begin_, held);
  } else {
    const size_t capacity = std::max(held + more, 2 * held);
    std::unique_ptr<char[]> data(new char[capacity]);
    if (held) std::memcpy(data.get(), data_.get() + begin_, held);
    data_ = std::move(data);
    capacity_ = capacity;
  }
  begin_ = 0;
  end_ = held;
}

void InBuffer::trim() {
  if (!empty() || capacity_ <= kHeadRead) return;
  data_.reset();
  capacity_ = begin_ = end_ = 0;
}

void start_session(Core& core, Channel channel, std::string peer) {
  auto session = std::make_shared<Session>(core, std::move(channel), std::move(peer));
  net::co_spawn(core.io, serve(std::move(session)), net::detached);
}

Session::Session(Core& core, Channel channel, std::string peer)
    : core_(core), peer_(std::move(peer)),
      client_(core.io, core.streams, std::move(channel)), wake_(core.io) {
  core_.sessions.insert(this);
}

Session::~Session() { core_.sessions.erase(this); }

void Session::stop_if_idle() {
  if (idle_ || upgraded_) abort();
}

void Session::abort() {
  client_.abort();
  if (upstream_) upstream_->abort();
}

awaitable<void> Session::run() {
  client_.arm(core_.options.header_timeout_ms);
  const Io shaken = co_await client_.handshake();
  if (shaken != Io::ok) {
    log::debug("TLS handshake failed",
               {{"peer", peer_}, {"reason", client_.channel().fault()}});
    co_return;
  }
  bool more = true;
  while (more) {
    more = co_await exchange();
    in_.trim();
  }
}

awaitable<bool> Session::exchange() {
  int trouble = co_await read_head();
  if (trouble == kGone) co_return false;
  if (trouble == 0) trouble = accept_head();
  if (trouble != 0) {
    const bool refused = co_await refuse(trouble);
    co_return refused;
  }
  bool more = false;
  if (target_) {
    more = co_await relay();
  } else {
    more = co_await answer();
  }
  co_return more;
}

awaitable<int> Session::read_head() {
  parser_ = Parser::create(Parser::Kind::request, core_.options.max_header_bytes);
  message_.clear();
  target_.reset();
  request_ = Request();
  access_ = AccessLine();
  head_only_ = false;
  keep_alive_ = false;
  idle_ = in_.empty();
  if (idle_ && core_.stopping && !fresh_) co_return kGone;
  client_.arm(fresh_ || !idle_ ? core_.options.header_timeout_ms : core_.options.idle_timeout_ms);
  begun_ = std::chrono::steady_clock::now();
  while (true) {
    if (!in_.empty()) {
      // A few old clients send an empty line after a body.
      while (!parser_->header_done() && !fresh_ && in_.view().starts_with("\r\n") &&
             parser_->head().method.empty())
        in_.consume(2);
      Problem problem = Problem::none;
      const size_t used = parser_->put(in_.view(), piece_, problem);
      in_.consume(used);
      if (problem != Problem::none) co_return status_of(problem);
      if (parser_->header_done()) break;
    }
    in_.reserve(kHeadRead);
    char* const space = in_.space();
    const size_t room = in_.room();
    size_t got = 0;
    const Io io = co_await client_.read(space, room, got);
    if (io == Io::timeout) co_return idle_ ? kGone : 408;
    if (io != Io::ok) co_return kGone;
    if (idle_) {
      idle_ = false;
      begun_ = std::chrono::steady_clock::now();
      client_.arm(core_.options.header_timeout_ms);
    }
    in_.add(got);
  }
  client_.disarm();
  idle_ = false;
  fresh_ = false;
  co_return 0;
}

int Session::accept_head() {
  head_ = std::move(parser_->head());
  keep_alive_ = head_.keep_alive;
  head_only_ = head_.method == "HEAD";
  body_bytes_ = 0;
  std::string fault = framing_fault(head_);
  std::string sender = peer_;
  if (core_.options.trust_forwarded && (peer_ == "127.0.0.1" || peer_ == "::1")) {
    const std::string forwarded = head_.headers.get("X-Forwarded-For");
    if (!forwarded.empty()) sender = forwarded.substr(0, forwarded.find(','));
  }
  websocket_key_ = websocket_key(head_);
  request_ = request_of(std::move(head_), sender);
  access_ = AccessLine{request_.method, request_.target, sender, {}, 0, 0};
  if (fault.empty() && request_.path[0] != '/' &&
      !(request_.path == "*" && request_.method == "OPTIONS"))
    fault = "The request target must be a path that starts with \"/\".";
  if (!fault.empty()) {
    message_ = std::move(fault);
    return 400;
  }
  if (core_.proxy) target_ = core_.proxy(request_);
  if (!target_) plan_ = core_.planner ? core_.planner(request_) : BodyPlan{};
  return 0;
}

awaitable<bool> Session::answer() {
  if (plan_.refusal) {
    keep_alive_ = false;
    response_ = std::move(*plan_.refusal);
    const bool told = co_await send_response();
    if (told) co_await linger();
    co_return false;
  }
  const int trouble = co_await read_body();
  if (trouble == kGone) co_return false;
  if (trouble != 0) {
    const bool refused = co_await refuse(trouble);
    co_return refused;
  }
  if (begin_handler()) {
    co_await finished();
  } else {
    response_ = edge_error(503, text_of(503));
  }
  if (response_.websocket) {
    const bool upgraded = co_await upgrade();
    co_return upgraded;
  }
  // A client whose websocket is refused has no other request: the end tells it at once.
  if (core_.stopping || !websocket_key_.empty()) keep_alive_ = false;
  const bool sent = co_await send_response();
  if (!sent) co_return false;
  if (!keep_alive_) co_await linger();
  co_return keep_alive_;
}

void Session::set_edge_error(int status) {
  response_ = edge_error(status, message_.empty() ? text_of(status) : message_);
  if (!target_) return;  // what every relayed answer carries, this one carries too: its request id
  for (const auto& [name, value] : target_->response_headers.items())
    response_.headers.set(name, value);
}

awaitable<bool> Session::refuse(int status) {
  keep_alive_ = false;
  set_edge_error(status);
  const bool sent = co_await send_response();
  if (sent) co_await linger();
  co_return false;
}

// Closing a socket with unread input resets the connection, and the peer may then lose the answer
// that is under way. So: say that nothing more comes, and swallow a bounded amount first.
awaitable<void> Session::linger() {
  client_.channel().shutdown_send();
  client_.arm(core_.stopping ? kLingerStoppingMs : kLingerMs);
  const auto end = std::chrono::steady_clock::now() + kLingerMost;
  in_.consume(in_.size());
  in_.reserve(kReadSize);
  size_t swallowed = 0;
  while (std::chrono::steady_clock::now() < end) {
    const Io io = co_await client_.ready(Io::want_read);
    if (io != Io::ok) co_return;
    // MSG_TRUNC lets the kernel drop TCP data without copying it.
    const ssize_t n =
        ::recv(client_.channel().fd(), in_.space(), kReadSize, MSG_TRUNC | MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) co_return;
    // An upload is heard out; who drips does not hold the connection.
    if (n > 0) swallowed += static_cast<size_t>(n);
    if (swallowed < kLingerPace || core_.stopping) continue;
    client_.arm(kLingerMs);
    swallowed = 0;
  }
}

void Session::log_access(int status) {
  if (!core_.options.access) return;
  access_.status = status;
  const auto took = std::chrono::steady_clock::now() - begun_;
  access_.duration_us = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
  core_.options.access(access_);
}

}  // namespace nuri::http
