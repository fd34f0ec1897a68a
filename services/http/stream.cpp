#include "services/http/stream.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace nuri::http {

void Sweeper::stop() {
  stopped_ = true;
  timer_.cancel();
}

void Sweeper::schedule() {
  timer_.expires_after(tick_);
  timer_.async_wait([this](const boost::system::error_code& ec) {
    if (!ec && !stopped_) sweep();
  });
}

void Sweeper::sweep() {
  const Instant now = std::chrono::steady_clock::now();
  for (Stream* stream : streams_)
    if (stream->deadline_ <= now) stream->expire();
  schedule();
}

Stream::Stream(net::io_context& io, std::list<Stream*>& streams, Channel channel)
    : streams_(streams), channel_(std::move(channel)), descriptor_(io) {
  boost::system::error_code ec;
  descriptor_.assign(channel_.fd(), ec);
  if (ec) expired_ = aborted_ = true;
  place_ = streams_.insert(streams_.end(), this);
}

Stream::~Stream() {
  streams_.erase(place_);
  if (descriptor_.is_open()) descriptor_.release();  // the channel closes it
}

void Stream::arm(unsigned timeout_ms) {
  expired_ = aborted_;
  deadline_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
}

void Stream::expire() {
  disarm();
  expired_ = true;
  boost::system::error_code ec;
  descriptor_.cancel(ec);
}

void Stream::nudge() {
  boost::system::error_code ec;
  descriptor_.cancel(ec);
}

void Stream::abort() {
  aborted_ = true;
  expire();
}

Channel Stream::release() {
  if (descriptor_.is_open()) descriptor_.release();
  return std::move(channel_);
}

awaitable<Io> Stream::ready(Io want) {
  if (expired_) co_return Io::timeout;
  boost::system::error_code ec;
  auto token = net::redirect_error(net::use_awaitable, ec);
  if (want == Io::want_write) {
    co_await descriptor_.async_wait(net::posix::descriptor_base::wait_write, token);
  } else {
    co_await descriptor_.async_wait(net::posix::descriptor_base::wait_read, token);
  }
  if (expired_) co_return Io::timeout;
  if (ec) co_return Io::error;
  co_return Io::ok;
}

awaitable<Io> Stream::handshake() {
  while (true) {
    Io io = channel_.handshake();
    if (io != Io::want_read && io != Io::want_write) co_return io;
    io = co_await ready(io);
    if (io != Io::ok) co_return io;
  }
}

awaitable<Io> Stream::read(char* to, size_t size, size_t& got) {
  while (true) {
    if (expired_) co_return Io::timeout;
    Io io = channel_.read(to, size, got);
    if (io != Io::want_read && io != Io::want_write) co_return io;
    io = co_await ready(io);
    if (io != Io::ok) co_return io;
  }
}

awaitable<Io> Stream::write(std::string_view from, unsigned timeout_ms) {
  arm(timeout_ms);
  while (!from.empty()) {
    if (expired_) co_return Io::timeout;
    size_t put = 0;
    Io io = channel_.write(from, put);
    if (io == Io::ok) {
      from.remove_prefix(put);
      arm(timeout_ms);
      continue;
    }
    if (io != Io::want_read && io != Io::want_write) co_return io;
    io = co_await ready(io);
    if (io != Io::ok) co_return io;
  }
  disarm();
  co_return Io::ok;
}

}  // namespace nuri::http
