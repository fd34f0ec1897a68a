// The proxy's way back: an upstream's answer relayed to the client.
#include "services/base/log.h"
#include "services/http/session.h"

namespace nuri::http {
namespace {

constexpr uint32_t kMaxAnswerHead = 256 * 1024;
constexpr unsigned kAnswerMs = 300'000;  // an upload is checked and moved before its answer

}  // namespace

// 0, or the status to refuse with: nothing has been sent to the client yet.
awaitable<int> Session::read_answer_head() {
  answer_ = Parser::create(Parser::Kind::response, kMaxAnswerHead, head_only_);
  up_in_.consume(up_in_.size());
  up_heard_ = 0;
  upstream_->arm(kAnswerMs);
  message_ = "The service behind this address closed the connection without an answer.";
  piece_.clear();
  while (true) {
    if (!up_in_.empty()) {
      Problem problem = Problem::none;
      const size_t used = answer_->put(up_in_.view(), piece_, problem);
      up_in_.consume(used);
      if (problem != Problem::none) {
        message_ = "The service behind this address does not answer in HTTP.";
        co_return 502;
      }
      const int status = answer_->header_done() ? answer_->head().status : 0;
      if (status >= 200 || (status == 101 && !websocket_key_.empty())) break;
      if (status != 0) {  // 100 Continue and its like
        answer_ = Parser::create(Parser::Kind::response, kMaxAnswerHead, head_only_);
        continue;
      }
    }
    up_in_.reserve(kReadSize);
    char* const space = up_in_.space();
    const size_t room = up_in_.room();
    size_t got = 0;
    const Io io = co_await upstream_->read(space, room, got);
    if (io == Io::timeout) {
      message_ = "The service behind this address did not answer in time.";
      co_return 504;
    }
    if (io != Io::ok) co_return 502;
    up_in_.add(got);
    up_heard_ += got;
  }
  message_.clear();
  upstream_->disarm();
  co_return 0;
}

Framing Session::answer_framing() const {
  const Head& head = answer_->head();
  if (!has_body(head.status, request_.method)) {
    if (head_only_ && head.content_length) return {Framing::Kind::length, *head.content_length};
    return {};
  }
  if (head.content_length) return {Framing::Kind::length, *head.content_length};
  return {head_.version == 11 ? Framing::Kind::chunked : Framing::Kind::close, 0};
}

awaitable<bool> Session::relay_answer() {
  const Head& head = answer_->head();
  const bool switched = head.status == 101;
  const Framing framing = answer_framing();
  const bool request_read = parser_->done();
  // What is left of an unread request body cannot be told from the next request.
  if (!request_read || core_.stopping || framing.kind == Framing::Kind::close) keep_alive_ = false;
  if (!switched && !websocket_key_.empty()) keep_alive_ = false;  // as Session::answer
  Headers headers = end_to_end(head.headers);
  if (switched) {
    headers.set("Connection", "Upgrade");
    headers.set("Upgrade", "websocket");
  }
  for (const auto& [name, value] : target_->response_headers.items()) headers.set(name, value);
  access_.request_id = headers.get("x-openstack-request-id");
  out_.clear();
  append_answer_head(out_, head.status, headers, framing, keep_alive_);
  log_access(head.status);
  if (switched) {
    co_await relay_upgrade();
    co_return false;
  }
  const bool whole = co_await relay_answer_body(framing.kind == Framing::Kind::chunked);
  if (!whole) co_return false;
  if (answer_->head().keep_alive && sent_ && up_in_.empty() && !core_.stopping)
    core_.upstreams.give(target_->host, target_->port, std::move(upstream_));
  if (!keep_alive_) co_await linger();
  co_return keep_alive_;
}

// Sends out_ (the header) and the body. False if either side broke off.
awaitable<bool> Session::relay_answer_body(bool chunked) {
  const bool body = has_body(answer_->head().status, request_.method);
  while (true) {
    piece_.clear();
    Problem problem = Problem::none;
    if (!answer_->done() && !up_in_.empty()) {
      const size_t used = answer_->put(up_in_.view(), piece_, problem);
      up_in_.consume(used);
    }
    const bool last = answer_->done() || !body;
    if (chunked) {
      append_chunk(out_, piece_);
      if (last) out_ += kLastChunk;
    } else {
      out_ += piece_;
    }
    if (!out_.empty()) {
      const Io io = co_await client_.write(out_, kWriteTimeoutMs);
      if (io != Io::ok || problem != Problem::none) co_return false;
      out_.clear();
    }
    if (last) co_return true;
    if (up_in_.size() > kMaxAnswerHead) co_return false;
    up_in_.reserve(kReadSize);
    upstream_->arm(kAnswerMs);
    char* const space = up_in_.space();
    const size_t room = up_in_.room();
    size_t got = 0;
    const Io io = co_await upstream_->read(space, room, got);
    upstream_->disarm();
    if (io == Io::ok) {
      up_in_.add(got);
    } else if (io != Io::eof || !answer_->eof()) {
      log::warning("upstream broke off in the middle of an answer",
                   {{"target", target_->target}, {"port", target_->port}});
      co_return false;
    }
  }
}

}  // namespace nuri::http
