#include "services/http/client.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <vector>

#include "services/http/client_connection.h"
#include "services/http/wire.h"

namespace nuri::http {
namespace {

constexpr uint32_t kMaxAnswerHead = 256 * 1024;
constexpr size_t kPiece = 128 * 1024;

struct File {
  int fd = -1;
  File() = default;
  explicit File(int f) : fd(f) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (fd >= 0) ::close(fd);
  }
};

// Only these may be repeated when it is unknown whether the server acted on them.
bool idempotent(std::string_view method) { return method != "POST" && method != "PATCH"; }

Status write_file_piece(int fd, std::string_view piece, const std::string& path) {
  while (!piece.empty()) {
    const ssize_t n = ::write(fd, piece.data(), piece.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return internal("cannot write " + path + ": " + std::strerror(errno));
    piece.remove_prefix(static_cast<size_t>(n));
  }
  return {};
}

class PooledClient final : public Client {
 public:
  PooledClient(ClientOptions options, UrlParts endpoint, TlsContext tls)
      : options_(std::move(options)), endpoint_(std::move(endpoint)), tls_(std::move(tls)), cancel_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

  void cancel() override {
    cancelled_ = true;
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t n = ::write(cancel_.fd, &one, sizeof one);
  }

  Result<Response> send(const ClientRequest& request) override {
    if (cancelled_) return cancelled();
    auto response = send_once_or_twice(request);
    if (!response && cancelled_) return cancelled();
    return response;
  }

 private:
  Error cancelled() const {
    return unavailable("the exchange with " + endpoint_.authority + " was cancelled");
  }

  Result<Response> send_once_or_twice(const ClientRequest& request) {
    auto connection = take();
    if (connection) {
      bool again = false;
      auto response = exchange(*connection, request, again);
      if (response || !again) return finish(std::move(connection), std::move(response));
    }
    connection = TRY(Connection::open(endpoint_, tls_, options_.connect_timeout_ms, cancel_.fd));
    bool again = false;
    auto response = exchange(*connection, request, again);
    return finish(std::move(connection), std::move(response));
  }

  std::unique_ptr<Connection> take() {
    while (true) {
      std::unique_ptr<Connection> connection;
      {
        const std::lock_guard lock(mutex_);
        if (idle_.empty()) return nullptr;
        connection = std::move(idle_.back());
        idle_.pop_back();
      }
      if (connection->fit_for_use()) return connection;
    }
  }

  Result<Response> finish(std::unique_ptr<Connection> connection, Result<Response> response) {
    if (response && reusable(*response)) {
      const std::lock_guard lock(mutex_);
      if (idle_.size() < options_.max_idle) idle_.push_back(std::move(connection));
    }
    return response;
  }

  // The exchange leaves "Connection: close" in the answer where the connection is spent.
  static bool reusable(const Response& response) {
    return !list_has(response.headers.get("Connection"), "close");
  }

  // again: the connection died before a byte of the answer, and repeating is safe.
  Result<Response> exchange(Connection& c, const ClientRequest& request, bool& again) {
    const bool files = !request.upload_file.empty() || !request.download_file.empty();
    c.set_deadline(request.timeout_ms ? request.timeout_ms : options_.timeout_ms, files);
    File upload;
    uint64_t size = request.body.size();
    if (!request.upload_file.empty()) {
      upload.fd = ::open(request.upload_file.c_str(), O_RDONLY | O_CLOEXEC);
      struct stat st{};
      if (upload.fd < 0 || ::fstat(upload.fd, &st) != 0)
        return internal("cannot read " + request.upload_file + ": " + std::strerror(errno));
      size = static_cast<uint64_t>(st.st_size);
    }
    std::string out = head_of(request, size);
    if (upload.fd < 0) out += request.body;
    Status sent = c.write(out);
    if (sent && upload.fd >= 0) sent = send_file(c, upload.fd, size);
    // A server may answer and close before it has read all: its answer matters more than that.
    if (!sent && sent.error().code != ErrorCode::unavailable) return sent.error();
    bool heard = false;
    auto response = read_answer(c, request, heard);
    again = !response && !heard && response.error().code == ErrorCode::unavailable &&
            (!sent || idempotent(request.method));
    return response;
  }

  std::string head_of(const ClientRequest& request, uint64_t size) const {
    Headers headers;
    if (!request.headers.find("Host")) headers.set("Host", endpoint_.authority);
    for (const auto& [name, value] : request.headers.items()) headers.add(name, value);
    Framing framing;
    const bool bodied = request.method == "POST" || request.method == "PUT" ||
                        request.method == "PATCH" || size > 0;
    if (bodied) framing = {Framing::Kind::length, size};
    std::string out;
    append_request_head(out, request.method, endpoint_.prefix + request.target, headers, framing);
    return out;
  }

  Status send_file(Connection& c, int fd, uint64_t size) {
    std::vector<char> piece(kPiece);
    while (size > 0) {
      const ssize_t n = ::read(fd, piece.data(), std::min<uint64_t>(piece.size(), size));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return internal("the file to upload became shorter or cannot be read");
      TRYV(c.write({piece.data(), static_cast<size_t>(n)}));
      size -= static_cast<uint64_t>(n);
    }
    return {};
  }

  Result<Response> read_answer(Connection& c, const ClientRequest& request, bool& heard) {
    auto parser =
        Parser::create(Parser::Kind::response, kMaxAnswerHead, request.method == "HEAD");
    std::string in, body;
    std::vector<char> piece(16 * 1024);
    File download;
    Response response;
    bool headed = false;
    while (true) {
      Problem problem = Problem::none;
      in.erase(0, parser->put(in, body, problem));
      if (problem != Problem::none)
        return Error(ErrorCode::bad_gateway, endpoint_.authority + " does not answer in HTTP");
      if (parser->header_done() && !headed) {
        if (parser->head().status < 200) {  // 100 Continue and its like
          parser = Parser::create(Parser::Kind::response, kMaxAnswerHead,
                                  request.method == "HEAD");
          continue;
        }
        headed = true;
        response.status = parser->head().status;
        response.headers = parser->head().headers;
        TRYV(open_download(request, response.status, download));
        if (download.fd >= 0) piece.resize(kPiece);
        continue;  // what is behind the header is in `in`
      }
      TRYV(store(request, download.fd, body));
      if (parser->done()) break;
      const size_t got = TRY(c.read(piece.data(), piece.size()));
      if (got == 0) {
        if (parser->eof()) break;
        return unavailable(endpoint_.authority + " closed the connection before its answer's end");
      }
      heard = true;
      in.append(piece.data(), got);
    }
    if (!parser->head().keep_alive || !in.empty()) response.headers.set("Connection", "close");
    response.body = std::move(body);
    return response;
  }

  static Status open_download(const ClientRequest& request, int status, File& download) {
    if (request.download_file.empty() || status < 200 || status >= 300) return {};
    download.fd =
        ::open(request.download_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (download.fd < 0)
      return internal("cannot write " + request.download_file + ": " + std::strerror(errno));
    return {};
  }

  Status store(const ClientRequest& request, int fd, std::string& body) const {
    if (fd >= 0) {
      TRYV(write_file_piece(fd, body, request.download_file));
      body.clear();
    } else if (body.size() > options_.max_body_bytes) {
      return Error(ErrorCode::bad_gateway, "the answer of " + endpoint_.authority +
                                               " is larger than the limit of " +
                                               std::to_string(options_.max_body_bytes) + " bytes");
    }
    return {};
  }

  const ClientOptions options_;
  const UrlParts endpoint_;
  const TlsContext tls_;
  const File cancel_;  // an eventfd that every wait watches
  std::atomic<bool> cancelled_ = false;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_;
};

}  // namespace

Result<std::unique_ptr<Client>> Client::create(ClientOptions options) {
  UrlParts endpoint = TRY(parse_url(options.base_url));
  TlsContext tls;
  if (endpoint.tls) tls = TRY(client_tls(options.ca_file, options.certificate, options.key));
  return std::unique_ptr<Client>(
      std::make_unique<PooledClient>(std::move(options), std::move(endpoint), std::move(tls)));
}

}  // namespace nuri::http
