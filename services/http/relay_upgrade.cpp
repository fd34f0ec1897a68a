// After a 101 the proxy relays raw bytes both ways until one side ends.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "services/http/session.h"

namespace nuri::http {
namespace {

constexpr unsigned kUpgradeEndMs = 5'000;  // for the other direction, once one has ended

}  // namespace

awaitable<void> Session::relay_upgrade() {
  // The answer's header, and whatever either side has sent behind its own.
  out_ += up_in_.view();
  up_in_.consume(up_in_.size());
  Io io = co_await client_.write(out_, kWriteTimeoutMs);
  if (io != Io::ok) co_return;
  if (!in_.empty()) {
    io = co_await upstream_->write(in_.view(), kWriteTimeoutMs);
    in_.consume(in_.size());
    if (io != Io::ok) co_return;
  }
  upgraded_ = true;
  finished_ = false;
  net::co_spawn(core_.io, pump_back(shared_from_this()), net::detached);
  co_await pump(client_, *upstream_, in_);
  co_await finished();
}

awaitable<void> Session::pump_back(std::shared_ptr<Session> self) {
  co_await self->pump(*self->upstream_, self->client_, self->up_in_);
  self->finished_ = true;
  self->wake_.cancel();
}

awaitable<void> Session::pump(Stream& from, Stream& to, InBuffer& buffer) {
  constexpr size_t kPump = 16 * 1024;
  buffer.reserve(kPump);
  while (true) {
    char* const space = buffer.space();
    size_t got = 0;
    Io io = co_await from.read(space, kPump, got);
    if (io != Io::ok) break;
    const std::string_view bytes(space, got);
    io = co_await to.write(bytes, kWriteTimeoutMs);
    if (io != Io::ok) break;
  }
  to.channel().shutdown_send();
  to.arm(kUpgradeEndMs);
}

}  // namespace nuri::http
