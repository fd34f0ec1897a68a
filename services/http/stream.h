#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <list>
#include <string_view>

#include "services/http/channel.h"

// Coroutines: g++ 12 miscompiles common shapes of them. In this folder a co_await takes plain
// arguments and named locals only: no lambda, no aggregate or container temporary in its
// expression, no class-typed ?: around it; and a coroutine returns scalars.
namespace nuri::http {

namespace net = boost::asio;
template <class T>
using awaitable = net::awaitable<T>;
using Instant = std::chrono::steady_clock::time_point;

class Stream;

// Ends the waits of streams whose deadline has passed: one timer for all of them, so that setting
// a deadline costs nothing. Deadlines are late by up to one tick.
class Sweeper {
 public:
  Sweeper(net::io_context& io, std::list<Stream*>& streams, unsigned tick_ms)
      : timer_(io), streams_(streams), tick_(tick_ms) {}
  void start() { schedule(); }
  void stop();

 private:
  void schedule();
  void sweep();
  net::steady_timer timer_;
  std::list<Stream*>& streams_;
  std::chrono::milliseconds tick_;
  bool stopped_ = false;
};

// A Channel that waits on the I/O thread. Not thread-safe: I/O thread only.
class Stream {
 public:
  // Enters itself into `streams`, which must outlive it.
  Stream(net::io_context& io, std::list<Stream*>& streams, Channel channel);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream();

  // A read or a wait that is not over by then ends with Io::timeout.
  void arm(unsigned timeout_ms);
  void disarm() { deadline_ = Instant::max(); }
  void expire();  // as if the deadline had passed; arm() forgets it
  void abort();   // for good
  void nudge();   // ends the waits, which then return Io::error

  awaitable<Io> handshake();
  awaitable<Io> read(char* to, size_t size, size_t& got);
  // Writes all; arms the deadline anew after each piece and disarms it at the end.
  awaitable<Io> write(std::string_view from, unsigned timeout_ms);
  awaitable<Io> ready(Io want);

  Channel& channel() { return channel_; }
  Channel release();  // the stream is of no use afterwards

 private:
  friend class Sweeper;
  std::list<Stream*>& streams_;
  Channel channel_;
  net::posix::stream_descriptor descriptor_;
  Instant deadline_ = Instant::max();
  bool expired_ = false, aborted_ = false;
  std::list<Stream*>::iterator place_;
};

}  // namespace nuri::http
