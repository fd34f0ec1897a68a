#include "services/http/websocket.h"

#include <sys/socket.h>

#include "services/base/log.h"
#include "services/http/server_core.h"
#include "services/http/websocket_channel.h"

namespace nuri::http {

bool Websockets::start(Channel channel, std::string unread, Run run) {
  const std::lock_guard lock(mutex_);
  reap();
  if (closing_ || entries_.size() >= kMaxWebsockets) return false;
  const int fd = channel.fd();
  auto socket = websocket_on(std::move(channel), unread, WebsocketEnd::server);
  Entry& entry = entries_.emplace_back();
  entry.fd = fd;
  entry.thread = std::thread([this, &entry, s = std::move(socket), f = std::move(run)]() mutable {
    try {
      f(*s);
    } catch (const std::exception& e) {
      log::error("websocket ended with an exception", {{"what", e.what()}});
    }
    {
      const std::lock_guard inner(mutex_);
      entry.fd = -1;  // before it is closed, or its number could be someone else's
    }
    s.reset();
    f = nullptr;
    const std::lock_guard inner(mutex_);
    entry.done = true;
  });
  return true;
}

void Websockets::reap() {
  entries_.remove_if([](Entry& e) {
    if (!e.done) return false;
    e.thread.join();
    return true;
  });
}

size_t Websockets::count() {
  const std::lock_guard lock(mutex_);
  reap();
  return entries_.size();
}

void Websockets::close_all() {
  const std::lock_guard lock(mutex_);
  closing_ = true;
  for (const Entry& e : entries_)
    if (e.fd >= 0) ::shutdown(e.fd, SHUT_RD);
}

void Websockets::join() {
  close_all();
  for (Entry& e : entries_)
    if (e.thread.joinable()) e.thread.join();
  entries_.clear();
}

}  // namespace nuri::http
