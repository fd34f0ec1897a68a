#include "services/http/client_connection.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "services/http/listener.h"

namespace nuri::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

Error lost(const UrlParts& e, const std::string& why) {
  return unavailable("cannot reach " + e.authority + ": " + why);
}

Result<Channel> connect_to(const UrlParts& endpoint, const addrinfo& where,
                           steady_clock::time_point deadline, int cancel_fd) {
  const int fd =
      ::socket(where.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (fd < 0) return lost(endpoint, std::strerror(errno));
  Channel channel(fd);
  if (::connect(fd, where.ai_addr, where.ai_addrlen) != 0) {
    if (errno != EINPROGRESS) return lost(endpoint, std::strerror(errno));
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now()).count();
    const Io io = wait_ready(fd, Io::want_write, static_cast<int>(std::max<int64_t>(left, 0)),
                             cancel_fd);
    if (io == Io::error) return lost(endpoint, "cancelled");
    if (io == Io::timeout) return lost(endpoint, "no connection in time");
    const int error = connect_error(fd);
    if (error != 0) return lost(endpoint, std::strerror(error));
  }
  tune_socket(fd);
  return channel;
}

}  // namespace

Result<UrlParts> parse_url(const std::string& url) {
  const auto wrong = [&url] {
    return bad_request("\"" + url + "\" is not http://host[:port][/path] or https://...", "url");
  };
  UrlParts e;
  std::string_view rest = url;
  if (rest.starts_with("https://")) e.tls = true;
  else if (!rest.starts_with("http://")) return wrong();
  rest.remove_prefix(e.tls ? 8 : 7);
  const size_t slash = std::min(rest.find('/'), rest.size());
  e.authority = rest.substr(0, slash);
  e.prefix = rest.substr(slash);
  while (e.prefix.ends_with('/')) e.prefix.pop_back();
  std::string_view authority = e.authority, port;
  if (authority.starts_with('[')) {
    const size_t end = authority.find(']');
    if (end == authority.npos) return wrong();
    e.host = authority.substr(1, end - 1);
    port = authority.substr(end + 1);
  } else {
    const size_t colon = std::min(authority.find(':'), authority.size());
    e.host = authority.substr(0, colon);
    port = authority.substr(colon);
  }
  e.port = e.tls ? 443 : 80;
  if (!port.empty()) {
    const auto [end, ec] = std::from_chars(port.data() + 1, port.data() + port.size(), e.port);
    if (port[0] != ':' || ec != std::errc() || end != port.data() + port.size() || e.port == 0)
      return wrong();
  }
  if (e.host.empty()) return wrong();
  return e;
}

Result<std::unique_ptr<Connection>> Connection::open(const UrlParts& endpoint,
                                                     const TlsContext& tls, unsigned timeout_ms,
                                                     int cancel_fd) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(endpoint.port);
  if (const int code = ::getaddrinfo(endpoint.host.c_str(), port.c_str(), &hints, &found))
    return lost(endpoint, ::gai_strerror(code));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, ::freeaddrinfo);
  const auto deadline = steady_clock::now() + milliseconds(timeout_ms);
  Result<Channel> channel = lost(endpoint, "no address");
  for (const addrinfo* a = found; a && !channel; a = a->ai_next)
    channel = connect_to(endpoint, *a, deadline, cancel_fd);
  if (!channel) return channel.error();
  if (tls) TRYV(channel->start_tls(tls, false, endpoint.host));
  std::unique_ptr<Connection> connection(new Connection(std::move(*channel), cancel_fd));
  connection->deadline_ = deadline;
  const Status shaken = connection->handshake();
  if (!shaken) return lost(endpoint, shaken.error().message);
  return connection;
}

void Connection::set_deadline(unsigned timeout_ms, bool extend) {
  timeout_ms_ = timeout_ms;
  extend_ = extend;
  deadline_ = steady_clock::now() + milliseconds(timeout_ms);
}

void Connection::progress() {
  if (extend_) deadline_ = steady_clock::now() + milliseconds(timeout_ms_);
}

Status Connection::wait(Io want) {
  const auto left = std::chrono::ceil<milliseconds>(deadline_ - steady_clock::now()).count();
  if (left <= 0) return Error(ErrorCode::timeout, "no answer in time");
  const Io io = wait_ready(channel_.fd(), want, static_cast<int>(left), cancel_fd_);
  if (io == Io::timeout) return Error(ErrorCode::timeout, "no answer in time");
  if (io != Io::ok) return unavailable("connection lost");
  return {};
}

Status Connection::handshake() {
  while (true) {
    const Io io = channel_.handshake();
    if (io == Io::ok) return {};
    if (io != Io::want_read && io != Io::want_write)
      return unavailable("TLS: " + channel_.fault());
    TRYV(wait(io));
  }
}

Status Connection::write(std::string_view bytes) {
  while (!bytes.empty()) {
    size_t put = 0;
    const Io io = channel_.write(bytes, put);
    if (io == Io::ok) {
      bytes.remove_prefix(put);
      progress();
    } else if (io == Io::want_read || io == Io::want_write) {
      TRYV(wait(io));
    } else {
      return unavailable("connection lost");
    }
  }
  return {};
}

Result<size_t> Connection::read(char* to, size_t size) {
  while (true) {
    size_t got = 0;
    const Io io = channel_.read(to, size, got);
    if (io == Io::ok) {
      progress();
      return got;
    }
    if (io == Io::eof) return size_t{0};
    if (io != Io::want_read && io != Io::want_write) return unavailable("connection lost");
    TRYV(wait(io));
  }
}

}  // namespace nuri::http
