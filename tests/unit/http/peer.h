#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "services/http/server.h"
#include "tests/support/temp_dir.h"

// What these tests use to look at a server from outside: raw bytes over a socket, a server on a
// thread, a folder that goes away, certificates made on the spot.
namespace nuri::test {

// A blocking raw connection; every read gives up after 10 s.
class Peer {
 public:
  explicit Peer(uint16_t port);
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  bool start_tls(const std::string& ca_file, const std::string& host);
  bool send(std::string_view bytes);  // false: the other side has closed
  std::string read_some();            // empty: closed or timed out
  std::string read_until(std::string_view mark);
  std::string read_exactly(size_t size);
  std::string read_all();  // until it closes
  bool closed();           // nothing more comes, and the end has come
  void finish_sending();
  // A whole answer with Content-Length or chunked, or without a body.
  std::string answer(bool head = false);
  int fd() const { return fd_; }

 private:
  long get(char* to, size_t size);
  int fd_ = -1;
  SSL_CTX* context_ = nullptr;
  SSL* ssl_ = nullptr;
  std::string held_;
};

std::string body_of(const std::string& answer);
int status_of(const std::string& answer);

// Runs a server on a thread until it is destroyed.
class Running {
 public:
  explicit Running(std::unique_ptr<http::Server> server);
  ~Running();
  uint16_t port() const { return server_->port(); }
  http::Server& operator*() { return *server_; }
  void stop();  // and waits for run() to return

 private:
  std::unique_ptr<http::Server> server_;
  std::thread thread_;
};

size_t files_in(const std::string& folder);

// A self-signed certificate for DNS:localhost and IP:127.0.0.1: DIR/cert.pem, DIR/key.pem.
http::TlsFiles make_certificate(const TempDir& dir);

// 0 under ASan, which keeps freed memory for a while: it says nothing about ours there.
size_t resident_bytes();

// A frame as a client sends it: masked.
std::string client_frame(int opcode, std::string_view payload, bool final = true);

}  // namespace nuri::test
