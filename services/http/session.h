#pragma once

#include <memory>
#include <optional>
#include <string>

#include "services/http/parser.h"
#include "services/http/server_core.h"
#include "services/http/wire.h"

namespace nuri::http {

// Bytes read from a peer and not yet parsed.
class InBuffer {
 public:
  std::string_view view() const { return {data_.get() + begin_, end_ - begin_}; }
  bool empty() const { return begin_ == end_; }
  size_t size() const { return end_ - begin_; }
  void consume(size_t n);
  void reserve(size_t room);  // makes room for so many bytes more
  char* space() { return data_.get() + end_; }
  size_t room() const { return capacity_ - end_; }
  void add(size_t n) { end_ += n; }
  void trim();  // gives back a large empty buffer

 private:
  std::unique_ptr<char[]> data_;
  size_t capacity_ = 0, begin_ = 0, end_ = 0;
};

// One accepted connection: its requests one after the other. I/O thread only, but for the handler.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Core& core, Channel channel, std::string peer);
  ~Session();
  awaitable<void> run();
  void stop_if_idle();  // graceful stop: a connection without a request ends at once
  void abort();         // the drain is over

 private:
  // A step's outcome: 0 fine, kGone the connection is over, else the status to refuse with.
  static constexpr int kGone = -1;

  // session.cpp
  awaitable<bool> exchange();  // true: another request may follow
  awaitable<int> read_head();
  int accept_head();
  awaitable<bool> answer();
  void set_edge_error(int status);
  awaitable<bool> refuse(int status);
  awaitable<void> linger();
  void log_access(int status);

  // session_body.cpp
  awaitable<int> read_body();
  awaitable<int> body_step();
  awaitable<int> flush_spool();
  int open_spool();
  awaitable<bool> send_response();
  awaitable<bool> send_file(const Response::File& file);
  awaitable<bool> upgrade();
  void hand_over();

  // session_offload.cpp: work on a pool, awaited on the I/O thread
  bool begin(Workers& pool, std::function<void()> job);
  awaitable<void> finished();
  awaitable<void> pause(unsigned ms);
  bool begin_handler();
  bool begin_spool_write();
  bool begin_file_read(int fd, uint64_t offset, size_t size);

  // relay.cpp and relay_answer.cpp
  awaitable<bool> relay();
  awaitable<int> relay_request();
  awaitable<int> relay_body();
  awaitable<int> relay_pieces();
  void watch_upstream();
  static awaitable<void> watch(std::shared_ptr<Session> self);
  awaitable<int> connect_upstream();
  void start_upstream_request();
  int take_body_piece();
  awaitable<int> resend();
  awaitable<int> read_answer_head();
  awaitable<bool> relay_answer();
  awaitable<bool> relay_answer_body(bool chunked);
  Framing answer_framing() const;
  bool may_resend() const;

  // relay_upgrade.cpp
  awaitable<void> relay_upgrade();
  awaitable<void> pump(Stream& from, Stream& to, InBuffer& buffer);
  static awaitable<void> pump_back(std::shared_ptr<Session> self);

  Core& core_;
  std::string peer_;
  Stream client_;
  InBuffer in_;
  std::unique_ptr<Parser> parser_;
  Head head_;         // of the request, without the fields moved into request_
  Request request_;
  Response response_;
  std::string message_;   // why a request is refused
  std::string out_, piece_;
  bool fresh_ = true;     // no request yet on this connection
  bool idle_ = true;      // waiting for a request's first byte
  bool keep_alive_ = true;
  bool head_only_ = false;
  std::string websocket_key_;
  AccessLine access_;
  Instant begun_{};

  BodyPlan plan_;
  uint64_t body_bytes_ = 0;
  std::string spool_;
  int spool_fd_ = -1;
  int io_errno_ = 0;

  net::steady_timer wake_;
  bool finished_ = false;

  std::optional<ProxyTarget> target_;
  std::unique_ptr<Stream> upstream_;
  std::unique_ptr<Parser> answer_;
  InBuffer up_in_;
  Framing request_framing_;
  bool reused_ = false;         // the upstream connection has served before
  bool whole_request_ = false;  // out_ holds all of it
  bool sent_ = false;           // all of it has been written
  size_t up_heard_ = 0;         // bytes of the answer
  bool watching_ = false;       // watch() is waiting for the upstream
  bool upgraded_ = false;       // raw bytes are relayed: a graceful stop ends it
};

}  // namespace nuri::http
