#include "services/http/listener.h"

#include <netdb.h>
#include <netinet/in.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "services/http/channel.h"

namespace nuri::http {
namespace {

constexpr int kBacklog = 1024;

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Addresses numeric(const std::string& host, uint16_t port, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | flags;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0)
    found = nullptr;
  return {found, ::freeaddrinfo};
}

}  // namespace

Result<int> listen_on(const std::string& address, uint16_t port) {
  const Addresses where = numeric(address, port, AI_PASSIVE);
  if (!where)
    return bad_request("listen address \"" + address + "\" is not a numeric IP address", "listen");
  const int fd =
      ::socket(where->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (fd < 0) return unavailable(std::string("no socket: ") + std::strerror(errno));
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd, where->ai_addr, where->ai_addrlen) != 0 || ::listen(fd, kBacklog) != 0) {
    const int reason = errno;
    ::close(fd);
    return unavailable("cannot listen on " + address + ":" + std::to_string(port) + ": " +
                       std::strerror(reason));
  }
  return fd;
}

uint16_t port_of(int fd) {
  sockaddr_storage at{};
  socklen_t size = sizeof at;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size);
  return ntohs(at.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(at).sin6_port
                                        : reinterpret_cast<sockaddr_in&>(at).sin_port);
}

int accept_one(int listener, std::string& peer) {
  sockaddr_storage from{};
  socklen_t size = sizeof from;
  const int fd = ::accept4(listener, reinterpret_cast<sockaddr*>(&from), &size,
                           SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return -1;
  char host[NI_MAXHOST] = "";
  ::getnameinfo(reinterpret_cast<sockaddr*>(&from), size, host, sizeof host, nullptr, 0,
                NI_NUMERICHOST);
  peer = host;
  tune_socket(fd);
  return fd;
}

int start_connect(const std::string& host, uint16_t port) {
  const Addresses where = numeric(host == "localhost" ? "127.0.0.1" : host, port, 0);
  if (!where) return -1;
  const int fd =
      ::socket(where->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (fd < 0) return -1;
  if (::connect(fd, where->ai_addr, where->ai_addrlen) != 0 && errno != EINPROGRESS) {
    ::close(fd);
    return -1;
  }
  tune_socket(fd);
  return fd;
}

int connect_error(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

}  // namespace nuri::http
