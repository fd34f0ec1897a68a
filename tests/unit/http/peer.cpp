#include "tests/unit/http/peer.h"

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace nuri::test {

Peer::Peer(uint16_t port) {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval patience{10, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (::connect(fd_, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0) std::perror("connect");
}

Peer::~Peer() {
  if (ssl_) SSL_free(ssl_);
  if (context_) SSL_CTX_free(context_);
  ::close(fd_);
}

bool Peer::start_tls(const std::string& ca_file, const std::string& host) {
  context_ = SSL_CTX_new(TLS_client_method());
  SSL_CTX_load_verify_locations(context_, ca_file.c_str(), nullptr);
  SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
  ssl_ = SSL_new(context_);
  SSL_set1_host(ssl_, host.c_str());
  SSL_set_fd(ssl_, fd_);
  return SSL_connect(ssl_) == 1;
}

bool Peer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const long n = ssl_ ? SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
                        : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

long Peer::get(char* to, size_t size) {
  return ssl_ ? SSL_read(ssl_, to, static_cast<int>(size)) : ::recv(fd_, to, size, 0);
}

std::string Peer::read_some() {
  if (!held_.empty()) return std::exchange(held_, {});
  char buffer[65536];
  const long n = get(buffer, sizeof buffer);
  return n > 0 ? std::string(buffer, static_cast<size_t>(n)) : std::string();
}

std::string Peer::read_until(std::string_view mark) {
  std::string all;
  while (true) {
    const size_t at = all.find(mark);
    if (at != all.npos) {
      held_ = all.substr(at + mark.size());
      return all.substr(0, at + mark.size());
    }
    const std::string more = read_some();
    if (more.empty()) return all;
    all += more;
  }
}

std::string Peer::read_exactly(size_t size) {
  std::string all;
  while (all.size() < size) {
    const std::string more = read_some();
    if (more.empty()) return all;
    all += more;
  }
  held_ = all.substr(size);
  all.resize(size);
  return all;
}

std::string Peer::read_all() {
  std::string all, more;
  while (!(more = read_some()).empty()) all += more;
  return all;
}

bool Peer::closed() {
  char byte;
  return held_.empty() && get(&byte, 1) == 0;
}

void Peer::finish_sending() { ::shutdown(fd_, SHUT_WR); }

std::string Peer::answer(bool head) {
  std::string all = read_until("\r\n\r\n");
  if (head || status_of(all) == 204 || status_of(all) == 304 || status_of(all) < 200) return all;
  const size_t at = all.find("Content-Length: ");
  if (at != all.npos) return all + read_exactly(std::strtoull(&all[at + 16], nullptr, 10));
  if (all.find("Transfer-Encoding: chunked") == all.npos) return all + read_all();
  while (true) {
    const std::string line = read_until("\r\n");
    const size_t size = std::strtoull(line.c_str(), nullptr, 16);
    std::string chunk = read_exactly(size + 2);
    if (size == 0) return all;
    chunk.resize(chunk.size() - 2);
    all += chunk;
  }
}

std::string body_of(const std::string& answer) {
  const size_t at = answer.find("\r\n\r\n");
  return at == answer.npos ? "" : answer.substr(at + 4);
}

int status_of(const std::string& answer) {
  return answer.size() > 12 ? std::atoi(answer.c_str() + 9) : 0;
}

Running::Running(std::unique_ptr<http::Server> server)
    : server_(std::move(server)), thread_([this] { server_->run(); }) {}

Running::~Running() { stop(); }

void Running::stop() {
  if (!thread_.joinable()) return;
  server_->stop();
  thread_.join();
}

size_t files_in(const std::string& folder) {
  size_t n = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++n;
  return n;
}

http::TlsFiles make_certificate(const TempDir& dir) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* x = X509_new();
  X509_set_version(x, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
  X509_gmtime_adj(X509_getm_notBefore(x), -60);
  X509_gmtime_adj(X509_getm_notAfter(x), 3600);
  X509_set_pubkey(x, key);
  X509_NAME* name = X509_get_subject_name(x);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(x, name);
  X509V3_CTX context;
  X509V3_set_ctx(&context, x, x, nullptr, nullptr, 0);
  for (const auto& [nid, value] :
       {std::pair(NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1"),
        std::pair(NID_basic_constraints, "critical,CA:TRUE")}) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
    X509_add_ext(x, extension, -1);
    X509_EXTENSION_free(extension);
  }
  X509_sign(x, key, EVP_sha256());
  http::TlsFiles files{dir.file("cert.pem"), dir.file("key.pem"), {}};
  std::FILE* out = std::fopen(files.certificate.c_str(), "w");
  PEM_write_X509(out, x);
  std::fclose(out);
  out = std::fopen(files.key.c_str(), "w");
  PEM_write_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(out);
  X509_free(x);
  EVP_PKEY_free(key);
  return files;
}

// g++ defines the macro under ASan, clang has a feature instead.
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

size_t resident_bytes() {
#ifdef __SANITIZE_ADDRESS__
  return 0;
#endif
  size_t total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * static_cast<size_t>(::sysconf(_SC_PAGESIZE));
}

std::string client_frame(int opcode, std::string_view payload, bool final) {
  std::string out;
  out += static_cast<char>((final ? 0x80 : 0) | opcode);
  if (payload.size() < 126) {
    out += static_cast<char>(0x80 | payload.size());
  } else {
    out += static_cast<char>(0x80 | 126);
    out += static_cast<char>(payload.size() >> 8);
    out += static_cast<char>(payload.size() & 0xff);
  }
  const char mask[4] = {0x11, 0x22, 0x33, 0x44};
  out.append(mask, 4);
  for (size_t i = 0; i < payload.size(); ++i) out += static_cast<char>(payload[i] ^ mask[i % 4]);
  return out;
}

}  // namespace nuri::test
