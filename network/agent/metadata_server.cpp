#include "network/agent/metadata_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "services/base/net.h"

namespace nuri::network::agent {

namespace {
using std::chrono::steady_clock;
constexpr size_t kMaxHeader = 8 * 1024, kMaxConnections = 512, kMaxPerNetwork = 64, kMaxPerPeer = 8;
constexpr auto kTimeout = std::chrono::seconds(15);  // for a request to arrive, and for its answer to be taken

std::string peer_address(const sockaddr_storage& from) {
  char text[INET6_ADDRSTRLEN] = "";
  if (from.ss_family == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(from).sin_addr, text, sizeof text);
  } else {
    inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(from).sin6_addr, text, sizeof text);
  }
  auto ip = IpAddress::parse(text);
  return ip ? ip->str() : "";
}
}  // namespace

MetadataServer::MetadataServer(MetadataBook& book, PasswordSink sink)
    : book_(book), sink_(std::move(sink)), wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  thread_ = std::thread([this] { loop(); });
}

MetadataServer::~MetadataServer() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake();
  thread_.join();
  for (auto& [network, fd] : listeners_) close(fd);
  for (auto& c : connections_) close(c.fd);
  close(wake_fd_);
}

void MetadataServer::wake() {
  uint64_t one = 1;
  [[maybe_unused]] auto n = write(wake_fd_, &one, sizeof one);  // full means it is awake already
}

void MetadataServer::add(const std::string& network_id, int listen_fd) {
  {
    std::lock_guard lock(mutex_);
    auto [it, fresh] = listeners_.emplace(network_id, listen_fd);
    if (!fresh) {
      close(it->second);
      it->second = listen_fd;
    }
  }
  wake();
}

void MetadataServer::remove(const std::string& network_id) {
  {
    std::lock_guard lock(mutex_);
    auto it = listeners_.find(network_id);
    if (it == listeners_.end()) return;
    close(it->second);
    listeners_.erase(it);
    removed_.push_back(network_id);
  }
  wake();
}

bool MetadataServer::serves(const std::string& network_id) const {
  std::lock_guard lock(mutex_);
  return listeners_.contains(network_id);
}

void MetadataServer::accept_from(const std::string& network_id, int fd) {
  for (int n = 0; n < 16; ++n) {
    sockaddr_storage from = {};
    socklen_t length = sizeof from;
    int client = accept4(fd, reinterpret_cast<sockaddr*>(&from), &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client < 0) return;
    std::string peer = peer_address(from);
    auto of_network = std::count_if(connections_.begin(), connections_.end(), [&](auto& c) { return c.network_id == network_id; });
    auto of_peer = std::count_if(connections_.begin(), connections_.end(),
                                 [&](auto& c) { return c.network_id == network_id && c.peer == peer; });
    if (connections_.size() >= kMaxConnections || size_t(of_network) >= kMaxPerNetwork || size_t(of_peer) >= kMaxPerPeer) {
      close(client);
      continue;
    }
    Connection c;
    c.fd = client;
    c.network_id = network_id;
    c.peer = peer;
    c.deadline = steady_clock::now() + kTimeout;
    connections_.push_back(std::move(c));
  }
}

// False: the body is still on its way. A body that is too long is not waited for.
bool MetadataServer::answer_post(Connection& c, size_t header_end) {
  std::string_view header = std::string_view(c.in).substr(0, header_end + 2), body;
  auto length = posted_length(header);
  if (length && *length <= kMaxPassword) {
    if (c.in.size() < header_end + 4 + *length) return false;
    body = std::string_view(c.in).substr(header_end + 4, *length);
  }
  c.out = metadata_post_answer(book_, sink_, c.network_id, c.peer, header, body);
  c.in.clear();
  c.close_after = true;
  c.sent = 0;
  c.deadline = steady_clock::now() + kTimeout;
  return true;
}

void MetadataServer::answer(Connection& c) {
  size_t end = c.in.find("\r\n\r\n");
  if (end == std::string::npos) {
    if (c.in.size() < kMaxHeader) return;
    c.out = "HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    c.close_after = true;
    return;
  }
  if (c.in.starts_with("POST ") && !answer_post(c, end)) return;
  if (!c.out.empty()) return;
  bool keep = false;
  c.out = metadata_answer(book_, c.network_id, c.peer, std::string_view(c.in).substr(0, end + 2), keep);
  c.in.erase(0, end + 4);
  c.close_after = !keep;
  c.sent = 0;
  c.deadline = steady_clock::now() + kTimeout;
}

// False: the connection is over.
bool MetadataServer::readable(Connection& c) {
  char buffer[4096];
  ssize_t n = recv(c.fd, buffer, sizeof buffer, 0);
  if (n < 0) return errno == EAGAIN || errno == EINTR;
  if (n == 0) return false;
  c.in.append(buffer, static_cast<size_t>(n));
  if (c.out.empty()) answer(c);
  return c.out.empty() || writable(c);
}

bool MetadataServer::writable(Connection& c) {
  while (!c.out.empty()) {
    ssize_t n = send(c.fd, c.out.data() + c.sent, c.out.size() - c.sent, MSG_NOSIGNAL);
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    c.sent += static_cast<size_t>(n);
    if (c.sent < c.out.size()) continue;
    if (c.close_after) return false;
    c.out.clear();
    answer(c);  // the next of a pipeline
  }
  return true;
}

void MetadataServer::drop_late(Time now) {
  connections_.remove_if([&](Connection& c) {
    if (now < c.deadline) return false;
    close(c.fd);
    return true;
  });
}

void MetadataServer::loop() {
  while (true) {
    std::vector<pollfd> fds = {{wake_fd_, POLLIN, 0}};
    std::vector<std::string> networks;
    {
      std::lock_guard lock(mutex_);
      if (stopping_) return;
      for (const auto& gone : removed_) {
        for (auto& c : connections_) {
          if (c.network_id == gone) c.deadline = Time::min();
        }
      }
      removed_.clear();
      for (const auto& [network, fd] : listeners_) {
        fds.push_back({fd, POLLIN, 0});
        networks.push_back(network);
      }
    }
    drop_late(steady_clock::now());
    for (auto& c : connections_) fds.push_back({c.fd, short(c.out.empty() ? POLLIN : POLLOUT), 0});
    if (poll(fds.data(), fds.size(), connections_.empty() ? -1 : 1000) <= 0) continue;
    uint64_t drained;
    if (fds[0].revents) [[maybe_unused]] auto n = read(wake_fd_, &drained, sizeof drained);
    size_t at = 1 + networks.size();
    for (auto it = connections_.begin(); it != connections_.end(); ++at) {
      bool alive = !fds[at].revents || (it->out.empty() ? readable(*it) : writable(*it));
      if (!alive) close(it->fd);
      it = alive ? std::next(it) : connections_.erase(it);
    }
    std::lock_guard lock(mutex_);
    for (size_t i = 0; i < networks.size(); ++i) {
      auto it = listeners_.find(networks[i]);
      if (fds[1 + i].revents && it != listeners_.end()) accept_from(networks[i], it->second);
    }
  }
}

}  // namespace nuri::network::agent
