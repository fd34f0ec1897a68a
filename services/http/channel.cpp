#include "services/http/channel.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace nuri::http {
namespace {

// OpenSSL's socket BIO writes with write(2), which raises SIGPIPE; a library has no business
// changing its process's signals, so this one sends with MSG_NOSIGNAL.
int bio_fd(BIO* bio) { return static_cast<int>(reinterpret_cast<intptr_t>(BIO_get_data(bio))); }

int bio_write(BIO* bio, const char* data, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t n = ::send(bio_fd(bio), data, static_cast<size_t>(size), MSG_NOSIGNAL);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
  return static_cast<int>(n);
}

int bio_read(BIO* bio, char* data, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t n = ::recv(bio_fd(bio), data, static_cast<size_t>(size), 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
  if (n == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return static_cast<int>(n);
}

long bio_control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_FLUSH) return 1;
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
  return 0;
}

const BIO_METHOD* bio_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* m = BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "nuri socket");
    BIO_meth_set_write(m, bio_write);
    BIO_meth_set_read(m, bio_read);
    BIO_meth_set_ctrl(m, bio_control);
    return m;
  }();
  return method;
}

}  // namespace

Channel::~Channel() {
  if (ssl_) SSL_free(ssl_);
  if (fd_ >= 0) ::close(fd_);
}

void Channel::swap(Channel& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(ssl_, other.ssl_);
}

Status Channel::start_tls(const TlsContext& context, bool server, const std::string& host) {
  ssl_ = SSL_new(context.get());
  BIO* bio = ssl_ ? BIO_new(bio_method()) : nullptr;
  if (!bio) return internal("no memory for a TLS session");
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<intptr_t>(fd_)));
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_, bio, bio);
  if (server) {
    SSL_set_accept_state(ssl_);
    return {};
  }
  SSL_set_connect_state(ssl_);
  unsigned char address[sizeof(in6_addr)];
  const bool literal = ::inet_pton(AF_INET, host.c_str(), address) == 1 ||
                       ::inet_pton(AF_INET6, host.c_str(), address) == 1;
  if (literal) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_), host.c_str());
  } else {
    SSL_set_hostflags(ssl_, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    SSL_set1_host(ssl_, host.c_str());
    SSL_set_tlsext_host_name(ssl_, host.c_str());
  }
  return {};
}

Io Channel::outcome(int result) {
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ: return Io::want_read;
    case SSL_ERROR_WANT_WRITE: return Io::want_write;
    case SSL_ERROR_ZERO_RETURN: return Io::eof;
    default: return Io::error;
  }
}

Io Channel::handshake() {
  if (!ssl_) return Io::ok;
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_);
  return result == 1 ? Io::ok : outcome(result);
}

Io Channel::read(char* to, size_t size, size_t& got) {
  got = 0;
  if (ssl_) {
    ERR_clear_error();
    const int result = SSL_read_ex(ssl_, to, size, &got);
    return result == 1 ? Io::ok : outcome(result);
  }
  ssize_t n;
  do n = ::recv(fd_, to, size, 0);
  while (n < 0 && errno == EINTR);
  if (n == 0) return Io::eof;
  if (n < 0) return errno == EAGAIN ? Io::want_read : Io::error;
  got = static_cast<size_t>(n);
  return Io::ok;
}

Io Channel::write(std::string_view from, size_t& put) {
  put = 0;
  if (ssl_) {
    ERR_clear_error();
    const int result = SSL_write_ex(ssl_, from.data(), from.size(), &put);
    return result == 1 ? Io::ok : outcome(result);
  }
  ssize_t n;
  do n = ::send(fd_, from.data(), from.size(), MSG_NOSIGNAL);
  while (n < 0 && errno == EINTR);
  if (n < 0) return errno == EAGAIN ? Io::want_write : Io::error;
  put = static_cast<size_t>(n);
  return Io::ok;
}

void Channel::shutdown_send() {
  if (fd_ < 0) return;
  if (ssl_ && SSL_is_init_finished(ssl_)) {
    ERR_clear_error();
    SSL_shutdown(ssl_);
  }
  ::shutdown(fd_, SHUT_WR);
}

bool Channel::idle_and_open() const {
  if (fd_ < 0) return false;
  if (ssl_ && SSL_has_pending(ssl_)) return false;
  char byte;
  const ssize_t n = ::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return n < 0 && (errno == EAGAIN || errno == EINTR);
}

std::string Channel::fault() const {
  if (ssl_) {
    const long verify = SSL_get_verify_result(ssl_);
    if (verify != X509_V_OK) return X509_verify_cert_error_string(verify);
  }
  const unsigned long code = ERR_peek_error();
  const char* reason = code ? ERR_reason_error_string(code) : nullptr;
  return reason ? reason : "connection closed";
}

Io wait_ready(int fd, Io want, int timeout_ms, int cancel_fd) {
  pollfd p[2] = {{fd, static_cast<short>(want == Io::want_write ? POLLOUT : POLLIN), 0},
                 {cancel_fd, POLLIN, 0}};  // a negative fd is ignored
  const int n = ::poll(p, 2, timeout_ms);
  if (n < 0) return errno == EINTR ? Io::ok : Io::error;
  if (p[1].revents != 0) return Io::error;
  return n == 0 ? Io::timeout : Io::ok;
}

void tune_socket(int fd) {
  const int on = 1, idle_s = 60, probe_s = 15, probes = 4;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &probe_s, sizeof probe_s);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
}

}  // namespace nuri::http
