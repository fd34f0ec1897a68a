#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "services/base/log.h"
#include "services/http/session.h"

namespace nuri::http {
namespace {

constexpr uint64_t kNoBodyMax = 64 * 1024;     // what Body::none lets pass
constexpr uint64_t kReserveMax = 1 << 20;      // a header's word alone does not reserve more
constexpr size_t kJoinBody = 64 * 1024;        // smaller bodies go out with their header

// Closes a file descriptor when a coroutine leaves, however it does.
struct FileHandle {
  int fd;
  explicit FileHandle(int f) : fd(f) {}
  FileHandle(const FileHandle&) = delete;
  FileHandle& operator=(const FileHandle&) = delete;
  ~FileHandle() {
    if (fd >= 0) ::close(fd);
  }
};

}  // namespace

awaitable<int> Session::read_body() {
  if (plan_.kind == Body::none) plan_.max_bytes = kNoBodyMax;
  if (plan_.kind == Body::spool)
    plan_.max_bytes = std::min(plan_.max_bytes, core_.options.max_spool_bytes);
  const uint64_t announced = head_.content_length.value_or(0);
  if (announced > plan_.max_bytes) {
    message_ = "The request body may have " + std::to_string(plan_.max_bytes) + " bytes at most.";
    co_return 413;
  }
  if (plan_.kind == Body::spool) {
    const int opened = open_spool();
    if (opened != 0) co_return opened;
  } else {
    request_.body.reserve(std::min(announced, kReserveMax));
  }
  if (head_.expect_continue && in_.empty() && !parser_->done()) {
    const Io io = co_await client_.write(kContinue, kWriteTimeoutMs);
    if (io != Io::ok) co_return kGone;
  }
  int trouble = 0;
  while (trouble == 0 && !parser_->done()) trouble = co_await body_step();
  if (trouble == 0 && plan_.kind == Body::spool) trouble = co_await flush_spool();
  if (spool_fd_ >= 0) ::close(std::exchange(spool_fd_, -1));
  if (trouble != 0) request_.body_file.reset();
  request_.body_size = body_bytes_;
  co_return trouble;
}

// Decodes what is here, then reads more if there is more to come.
awaitable<int> Session::body_step() {
  const bool spooled = plan_.kind == Body::spool;
  std::string& sink = spooled ? spool_ : request_.body;
  const size_t before = sink.size();
  Problem problem = Problem::none;
  const size_t used = parser_->put(in_.view(), sink, problem);
  in_.consume(used);
  body_bytes_ += sink.size() - before;
  if (problem != Problem::none) co_return 400;
  if (body_bytes_ > plan_.max_bytes) {
    message_ = "The request body may have " + std::to_string(plan_.max_bytes) + " bytes at most.";
    co_return 413;
  }
  if (spooled && spool_.size() >= kFilePiece) {
    const int trouble = co_await flush_spool();
    if (trouble != 0) co_return trouble;
  }
  if (parser_->done()) co_return 0;
  // Only a chunk's header or trailer can be left over, and none of ours needs a long one.
  if (in_.size() > core_.options.max_header_bytes) co_return 400;
  in_.reserve(kReadSize);
  client_.arm(core_.options.body_timeout_ms);
  char* const space = in_.space();
  const size_t room = in_.room();
  size_t got = 0;
  const Io io = co_await client_.read(space, room, got);
  client_.disarm();
  if (io == Io::timeout) co_return 408;
  if (io != Io::ok) co_return kGone;
  in_.add(got);
  co_return 0;
}

int Session::open_spool() {
  std::string path = core_.options.spool_dir + "/nuri-body-XXXXXX";
  spool_fd_ = ::mkostemp(path.data(), O_CLOEXEC);
  if (spool_fd_ < 0) {
    log::error("cannot make a spool file", {{"path", path}, {"errno", errno}});
    message_ = "The request body cannot be stored at the moment.";
    return 503;
  }
  spool_.clear();
  request_.body_file = std::make_shared<SpoolFile>(path);
  return 0;
}

awaitable<int> Session::flush_spool() {
  if (spool_.empty()) co_return 0;
  if (!begin_spool_write()) co_return 503;
  co_await finished();
  if (io_errno_ == 0) co_return 0;
  log::error("cannot write to the spool",
             {{"dir", core_.options.spool_dir}, {"errno", io_errno_}});
  if (io_errno_ == ENOSPC || io_errno_ == EDQUOT) {
    message_ = "There is not enough disk space to store the request body.";
    co_return 507;
  }
  message_ = "The request body cannot be stored at the moment.";
  co_return 503;
}

awaitable<bool> Session::send_response() {
  const bool body = has_body(response_.status, access_.method) && !head_only_;
  Framing framing;
  if (response_.status >= 200 && response_.status != 204 && response_.status != 304) {
    framing.kind = Framing::Kind::length;
    framing.length = response_.file ? response_.file->length : response_.body.size();
  }
  out_.clear();
  append_answer_head(out_, response_.status, response_.headers, framing, keep_alive_);
  access_.request_id = response_.headers.get("x-openstack-request-id");
  const bool joined = body && !response_.file && response_.body.size() <= kJoinBody;
  if (joined) out_ += response_.body;
  const Io io = co_await client_.write(out_, kWriteTimeoutMs);
  bool sent = io == Io::ok;
  if (sent && body && response_.file) {
    sent = co_await send_file(*response_.file);
  } else if (sent && body && !joined) {
    const Io rest = co_await client_.write(response_.body, kWriteTimeoutMs);
    sent = rest == Io::ok;
  }
  log_access(response_.status);
  response_ = Response();
  co_return sent;
}

awaitable<bool> Session::send_file(const Response::File& file) {
  const FileHandle handle(::open(file.path.c_str(), O_RDONLY | O_CLOEXEC));
  if (handle.fd < 0) {
    log::error("cannot open a file to send", {{"path", file.path}, {"errno", errno}});
    co_return false;  // the header is out: only a closed connection tells the truth now
  }
  uint64_t offset = file.offset, left = file.length;
  while (left > 0) {
    const size_t size = static_cast<size_t>(std::min<uint64_t>(left, kFilePiece));
    if (!begin_file_read(handle.fd, offset, size)) co_return false;
    co_await finished();
    if (io_errno_ != 0) {
      log::error("cannot read a file to send", {{"path", file.path}, {"errno", io_errno_}});
      co_return false;
    }
    const Io io = co_await client_.write(piece_, kWriteTimeoutMs);
    if (io != Io::ok) co_return false;
    offset += piece_.size();
    left -= piece_.size();
  }
  piece_ = std::string();
  co_return true;
}

awaitable<bool> Session::upgrade() {
  if (websocket_key_.empty() || core_.websockets.count() >= kMaxWebsockets) {
    if (websocket_key_.empty()) {
      response_ = edge_error(400, "This address wants a websocket: Connection: Upgrade, Upgrade: "
                                  "websocket, Sec-WebSocket-Version: 13 and Sec-WebSocket-Key.");
    } else {
      log::warning("too many websockets", {{"limit", kMaxWebsockets}});
      response_ = edge_error(503, "Too many websockets are open.");
    }
    const bool sent = co_await send_response();
    co_return sent && keep_alive_;
  }
  out_.clear();
  response_.headers.set("Upgrade", "websocket");
  response_.headers.set("Connection", "Upgrade");
  response_.headers.set("Sec-WebSocket-Accept", websocket_accept(websocket_key_));
  append_answer_head(out_, 101, response_.headers, Framing{}, true);
  const Io io = co_await client_.write(out_, kWriteTimeoutMs);
  if (io != Io::ok) co_return false;
  log_access(101);
  hand_over();
  co_return false;
}

void Session::hand_over() {
  Websockets::Run run = std::move(response_.websocket);
  core_.websockets.start(client_.release(), std::string(in_.view()), std::move(run));
}

}  // namespace nuri::http
