#include "network/driver/ovn/client.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "services/base/net.h"

namespace nuri::network::ovn {

namespace {

constexpr TimeUs kQuietUs = 10 * kSecondUs;

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

Result<Address> parse_target(const std::string& target) {
  Address out;
  if (target.starts_with("unix:")) {
    std::string path = target.substr(5);
    auto* un = reinterpret_cast<sockaddr_un*>(&out.storage);
    if (path.empty() || path.size() >= sizeof un->sun_path)
      return bad_request("the socket path of " + target + " is empty or too long");
    un->sun_family = AF_UNIX;
    std::memcpy(un->sun_path, path.c_str(), path.size() + 1);
    out.size = sizeof *un;
    return out;
  }
  size_t colon = target.rfind(':');
  if (!target.starts_with("tcp:") || colon < 4)
    return bad_request(target + " is neither unix:PATH nor tcp:ADDRESS:PORT");
  std::string host = target.substr(4, colon - 4);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  auto ip = IpAddress::parse(host);
  uint16_t port = 0;
  auto r = std::from_chars(target.data() + colon + 1, target.data() + target.size(), port);
  if (!ip || r.ec != std::errc() || port == 0)
    return bad_request(target + " is not tcp:ADDRESS:PORT");
  if (ip->v4) {
    auto* in = reinterpret_cast<sockaddr_in*>(&out.storage);
    in->sin_family = AF_INET;
    in->sin_port = htons(port);
    std::memcpy(&in->sin_addr, ip->bytes.data(), 4);
    out.size = sizeof *in;
  } else {
    auto* in = reinterpret_cast<sockaddr_in6*>(&out.storage);
    in->sin6_family = AF_INET6;
    in->sin6_port = htons(port);
    std::memcpy(&in->sin6_addr, ip->bytes.data(), 16);
    out.size = sizeof *in;
  }
  return out;
}

bool wait_for(int fd, short events, TimeUs until) {
  for (;;) {
    TimeUs left = until - SystemClock().now_us();
    if (left <= 0) return false;
    pollfd p{fd, events, 0};
    int n = poll(&p, 1, static_cast<int>(left / 1000 + 1));
    if (n > 0) return true;
    if (n < 0 && errno != EINTR) return false;
  }
}

}  // namespace

Status Client::lost(const std::string& why) {
  close();
  return unavailable(target_ + ": " + why);
}

void Client::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  stream_ = JsonStream();
  answers_.clear();
  out_.clear();
}

Status Client::connect() {
  close();
  Address address = TRY(parse_target(target_));
  fd_ = socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd_ < 0) return lost(std::strerror(errno));
  if (::connect(fd_, reinterpret_cast<sockaddr*>(&address.storage), address.size) != 0) {
    if (errno != EINPROGRESS) return lost(std::strerror(errno));
    if (!wait_for(fd_, POLLOUT, SystemClock().now_us() + 3 * kSecondUs))
      return lost("no connection within 3 s");
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return lost(std::strerror(error));
  }
  heard_us_ = SystemClock().now_us();
  return {};
}

Status Client::send(const Json& message) {
  message.dump_to(out_);
  if (flushing_) return {};
  flushing_ = true;
  Status done = flush();
  flushing_ = false;
  return done;
}

Status Client::flush() {
  TimeUs until = SystemClock().now_us() + 10 * kSecondUs;
  while (!out_.empty()) {
    ssize_t n = ::send(fd_, out_.data(), out_.size(), MSG_NOSIGNAL);
    if (n > 0) {
      out_.erase(0, static_cast<size_t>(n));
    } else if (errno == EAGAIN) {
      // The server may be waiting for us to read before it reads on.
      TRYV(pump());
      pollfd p{fd_, POLLIN | POLLOUT, 0};
      poll(&p, 1, 100);
      if (SystemClock().now_us() > until) return lost("it does not take what is sent");
    } else if (errno != EINTR) {
      return lost(std::strerror(errno));
    }
  }
  return {};
}

Status Client::pump() {
  char buffer[65536];
  for (;;) {
    ssize_t n = recv(fd_, buffer, sizeof buffer, 0);
    if (n == 0) return lost("the server closed the connection");
    if (n < 0) {
      if (errno == EAGAIN) return {};
      if (errno == EINTR) continue;
      return lost(std::strerror(errno));
    }
    heard_us_ = SystemClock().now_us();
    auto messages = stream_.feed(std::string_view(buffer, static_cast<size_t>(n)));
    if (!messages) return lost(messages.error().message);
    for (const Json& m : *messages) TRYV(handle(m));
  }
}

Status Client::handle(const Json& message) {
  const std::string& method = message["method"].as_string();
  if (method == "echo") {
    return send(
        Json::object({{"id", message["id"]}, {"result", message["params"]}, {"error", nullptr}}));
  }
  if (method == "update") {
    on_update_(message["params"].at(1));
  } else if (method.empty() && message["id"].is_int()) {
    answers_.push_back(message);
  }
  return {};
}

Result<Json> Client::call(const std::string& method, Json params, unsigned timeout_ms) {
  if (!connected()) return unavailable(target_ + ": not connected");
  int64_t id = next_id_++;
  TRYV(send(Json::object({{"id", id}, {"method", method}, {"params", std::move(params)}})));
  TimeUs until = SystemClock().now_us() + static_cast<TimeUs>(timeout_ms) * 1000;
  for (;;) {
    for (size_t i = 0; i < answers_.size(); ++i) {
      if (answers_[i]["id"].as_int() != id) continue;
      Json answer = std::move(answers_[i]);
      answers_.erase(answers_.begin() + static_cast<long>(i));
      if (!answer["error"].is_null()) {
        return Error(ErrorCode::bad_gateway,
                     target_ + ": " + method + ": " + answer["error"].dump());
      }
      return answer["result"];
    }
    if (!wait_for(fd_, POLLIN, until)) {
      close();
      return Error(ErrorCode::timeout, target_ + ": no answer to " + method);
    }
    TRYV(pump());
  }
}

Status Client::probe() {
  if (SystemClock().now_us() - heard_us_ < kQuietUs) return {};
  TRYV(call("echo", Json::array(), 5'000));
  return {};
}

}  // namespace nuri::network::ovn
