// The reverse proxy: one request relayed to an upstream, its body and the answer's streamed with
// the back-pressure of the sockets, nothing kept.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "services/http/listener.h"
#include "services/http/session.h"

namespace nuri::http {
namespace {

constexpr unsigned kConnectMs = 2'000;        // one attempt
constexpr unsigned kConnectPatienceMs = 2'000;  // a service that restarts is back by then
constexpr unsigned kConnectPauseMs = 100;
constexpr size_t kPoolMax = 64;               // idle connections kept, each upstream
constexpr unsigned kPoolIdleMs = 30'000;      // less than our services' idle limit

bool idempotent(std::string_view method) { return method != "POST" && method != "PATCH"; }

}  // namespace

std::unique_ptr<Stream> UpstreamPool::take(const std::string& host, uint16_t port) {
  auto& idle = idle_[host + ':' + std::to_string(port)];
  const Instant oldest = std::chrono::steady_clock::now() - std::chrono::milliseconds(kPoolIdleMs);
  while (!idle.empty()) {
    Idle last = std::move(idle.back());
    idle.pop_back();
    if (last.since > oldest && last.stream->channel().idle_and_open())
      return std::move(last.stream);
  }
  return nullptr;
}

void UpstreamPool::give(const std::string& host, uint16_t port, std::unique_ptr<Stream> stream) {
  auto& idle = idle_[host + ':' + std::to_string(port)];
  if (idle.size() >= kPoolMax) idle.erase(idle.begin());
  idle.push_back({std::move(stream), std::chrono::steady_clock::now()});
}

// A connection in upstream_, pooled or new. 0 or the status to refuse with.
awaitable<int> Session::connect_upstream() {
  const Instant give_up =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(kConnectPatienceMs);
  while (true) {
    const int fd = start_connect(target_->host, target_->port);
    if (fd >= 0) {
      upstream_ = std::make_unique<Stream>(core_.io, core_.streams, Channel(fd));
      upstream_->arm(kConnectMs);
      const Io io = co_await upstream_->ready(Io::want_write);
      upstream_->disarm();
      if (io == Io::ok && connect_error(fd) == 0) co_return 0;
      upstream_.reset();
    }
    if (core_.stopping || std::chrono::steady_clock::now() >= give_up) {
      message_ = "The service behind this address is not there at the moment; try again shortly.";
      co_return 503;
    }
    co_await pause(kConnectPauseMs);
  }
}

awaitable<bool> Session::relay() {
  int trouble = co_await relay_request();
  if (trouble == 0) trouble = co_await read_answer_head();
  // A kept-alive connection may have been closed just as we wrote. Once more, on a fresh one.
  if (trouble == 502 && may_resend()) {
    upstream_.reset();
    trouble = co_await connect_upstream();
    if (trouble == 0) trouble = co_await resend();
  }
  if (trouble != 0) {
    upstream_.reset();
    if (trouble == kGone) co_return false;
    const bool unread = !parser_->done();
    if (!unread && trouble >= 500) {
      // The request was read whole, so this connection can go on.
      set_edge_error(trouble);
      if (core_.stopping) keep_alive_ = false;
      const bool sent = co_await send_response();
      if (sent && !keep_alive_) co_await linger();
      co_return sent && keep_alive_;
    }
    const bool refused = co_await refuse(trouble);
    co_return refused;
  }
  const bool more = co_await relay_answer();
  upstream_.reset();
  co_return more;
}

// Sends the request upstream. 0 also when the upstream stopped reading: it may have answered.
awaitable<int> Session::relay_request() {
  const uint64_t announced = head_.content_length.value_or(0);
  if (announced > target_->max_body_bytes) {
    message_ =
        "The request body may have " + std::to_string(target_->max_body_bytes) + " bytes at most.";
    co_return 413;
  }
  upstream_ = core_.upstreams.take(target_->host, target_->port);
  reused_ = upstream_ != nullptr;
  if (!reused_) {
    const int trouble = co_await connect_upstream();
    if (trouble != 0) co_return trouble;
  }
  start_upstream_request();
  if (head_.expect_continue && in_.empty() && !parser_->done()) {
    const Io io = co_await client_.write(kContinue, kWriteTimeoutMs);
    if (io != Io::ok) co_return kGone;
  }
  const int trouble = co_await relay_body();
  co_return trouble;
}

// The header, and as much of the body as has been read already, into out_.
void Session::start_upstream_request() {
  Headers headers = end_to_end(request_.headers);
  if (!websocket_key_.empty()) {
    headers.set("Connection", "Upgrade");
    headers.set("Upgrade", "websocket");
  }
  for (const auto& [name, value] : target_->set_headers.items()) headers.set(name, value);
  request_framing_ = Framing();
  if (head_.content_length) request_framing_ = {Framing::Kind::length, *head_.content_length};
  if (head_.chunked) request_framing_ = {Framing::Kind::chunked, 0};
  out_.clear();
  append_request_head(out_, request_.method, target_->target, headers, request_framing_);
  whole_request_ = false;
  sent_ = false;
}

// Moves what is in the buffer into out_. 0 or the status to refuse with.
int Session::take_body_piece() {
  piece_.clear();
  Problem problem = Problem::none;
  const size_t used = parser_->put(in_.view(), piece_, problem);
  in_.consume(used);
  body_bytes_ += piece_.size();
  if (problem != Problem::none) return 400;
  if (body_bytes_ > target_->max_body_bytes) {
    message_ =
        "The request body may have " + std::to_string(target_->max_body_bytes) + " bytes at most.";
    return 413;
  }
  if (request_framing_.kind == Framing::Kind::chunked) {
    append_chunk(out_, piece_);
    if (parser_->done()) out_ += kLastChunk;
  } else {
    out_ += piece_;
  }
  return in_.size() > core_.options.max_header_bytes && !parser_->done() ? 400 : 0;
}

awaitable<int> Session::relay_body() {
  const int trouble = co_await relay_pieces();
  if (watching_) {
    watching_ = false;
    upstream_->nudge();
    co_await finished();
  }
  co_return trouble;
}

awaitable<int> Session::relay_pieces() {
  while (true) {
    if (!parser_->done()) {
      const int trouble = take_body_piece();
      if (trouble != 0) co_return trouble;
    }
    const bool last = parser_->done();
    if (!watching_) whole_request_ = last;
    if (!out_.empty()) {
      const Io io = co_await upstream_->write(out_, kWriteTimeoutMs);
      if (io != Io::ok) co_return 0;  // its answer, if there is one, tells more
    }
    if (last) break;
    out_.clear();
    if (!upstream_->channel().idle_and_open()) co_return 0;  // answered or closed early
    if (!watching_) watch_upstream();
    in_.reserve(kReadSize);
    client_.arm(core_.options.body_timeout_ms);
    char* const space = in_.space();
    const size_t room = in_.room();
    size_t got = 0;
    const Io io = co_await client_.read(space, room, got);
    client_.disarm();
    if (io == Io::timeout) co_return finished_ ? 0 : 408;
    if (io != Io::ok) co_return kGone;
    in_.add(got);
  }
  sent_ = true;
  co_return 0;
}

void Session::watch_upstream() {
  watching_ = true;
  finished_ = false;
  net::co_spawn(core_.io, watch(shared_from_this()), net::detached);
}

// While a slow client sends its body: an upstream that answers early, or dies, ends the wait for it.
awaitable<void> Session::watch(std::shared_ptr<Session> self) {
  co_await self->upstream_->ready(Io::want_read);
  self->finished_ = true;
  if (self->watching_) self->client_.expire();
  self->wake_.cancel();
}

// True if the request can be sent again without being acted upon twice.
bool Session::may_resend() const {
  return reused_ && whole_request_ && up_heard_ == 0 && (!sent_ || idempotent(request_.method));
}

awaitable<int> Session::resend() {
  reused_ = false;
  const Io io = co_await upstream_->write(out_, kWriteTimeoutMs);
  sent_ = io == Io::ok;
  const int trouble = co_await read_answer_head();
  co_return trouble;
}

}  // namespace nuri::http
