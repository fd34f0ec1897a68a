// Work on a pool of threads, awaited on the I/O thread. The capturing lambdas live in ordinary
// functions here, away from coroutine bodies.
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <exception>

#include "services/base/log.h"
#include "services/http/session.h"

namespace nuri::http {

bool Session::begin(Workers& pool, std::function<void()> job) {
  finished_ = false;
  return pool.submit([self = shared_from_this(), work = std::move(job)]() mutable {
    try {
      work();
    } catch (const std::exception& e) {
      log::error("job of a connection ended with an exception", {{"what", e.what()}});
      self->io_errno_ = EIO;
    }
    // The last reference must go on the I/O thread: it frees the session.
    Core& core = self->core_;
    net::post(core.io, [session = std::move(self)] {
      session->finished_ = true;
      session->wake_.cancel();
    });
  });
}

awaitable<void> Session::finished() {
  boost::system::error_code ec;
  auto token = net::redirect_error(net::use_awaitable, ec);
  while (!finished_) {
    wake_.expires_at(Instant::max());
    co_await wake_.async_wait(token);
  }
}

awaitable<void> Session::pause(unsigned ms) {
  boost::system::error_code ec;
  auto token = net::redirect_error(net::use_awaitable, ec);
  wake_.expires_after(std::chrono::milliseconds(ms));
  co_await wake_.async_wait(token);
}

bool Session::begin_handler() {
  return begin(core_.workers, [this] {
    try {
      response_ = core_.handler(std::move(request_));
    } catch (const std::exception& e) {
      log::error("handler ended with an exception", {{"what", e.what()}});
      response_ = edge_error(500, "An unexpected error happened.");
    }
  });
}

bool Session::begin_spool_write() {
  io_errno_ = 0;
  return begin(core_.files, [this] {
    std::string_view rest = spool_;
    while (!rest.empty()) {
      const ssize_t n = ::write(spool_fd_, rest.data(), rest.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) {
        io_errno_ = errno;
        return;
      }
      rest.remove_prefix(static_cast<size_t>(n));
    }
    spool_.clear();
  });
}

bool Session::begin_file_read(int fd, uint64_t offset, size_t size) {
  io_errno_ = 0;
  return begin(core_.files, [this, fd, offset, size] {
    piece_.resize(size);
    ssize_t n;
    do n = ::pread(fd, piece_.data(), size, static_cast<off_t>(offset));
    while (n < 0 && errno == EINTR);
    if (n <= 0) io_errno_ = n < 0 ? errno : ENODATA;
    piece_.resize(n > 0 ? static_cast<size_t>(n) : 0);
  });
}

}  // namespace nuri::http
