#include "services/http/server.h"

#include <unistd.h>

#include <boost/asio/post.hpp>
#include <algorithm>
#include <cerrno>

#include "services/base/log.h"
#include "services/http/listener.h"
#include "services/http/session.h"

namespace nuri::http {
namespace {

constexpr int kAcceptBurst = 64;
constexpr unsigned kFileThreads = 2;
constexpr std::chrono::milliseconds kDrainTick{20}, kAcceptPause{100};

// A twentieth of the shortest deadline is late enough to matter to nobody.
unsigned tick_of(const ServerOptions& o) {
  const unsigned shortest =
      std::min({o.header_timeout_ms, o.idle_timeout_ms, o.body_timeout_ms, 10'000u});
  return std::max(shortest / 20, 10u);
}

class BeastServer final : public Server {
 public:
  BeastServer(ServerOptions options, Handler handler, Planner planner, ProxyRule proxy,
              TlsContext tls, int listener)
      : core_(std::move(options), std::move(handler), std::move(planner), std::move(proxy),
              std::move(tls)),
        listener_(core_.io, listener), timer_(core_.io), port_(port_of(listener)) {}

  uint16_t port() const override { return port_; }

  void run() override {
    core_.sweeper.start();
    wait_accept();
    core_.io.run();
  }

  void stop() override {
    net::post(core_.io, [this] { begin_stop(); });
  }

 private:
  void wait_accept() {
    listener_.async_wait(net::posix::descriptor_base::wait_read,
                         [this](const boost::system::error_code& ec) {
                           if (ec || core_.stopping) return;
                           if (accept_some()) wait_accept();
                         });
  }

  // False: out of descriptors; a timer goes on.
  bool accept_some() {
    for (int i = 0; i < kAcceptBurst; ++i) {
      std::string peer;
      const int fd = accept_one(listener_.native_handle(), peer);
      if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM)) {
        log::warning("cannot accept a connection", {{"errno", errno}});
        timer_.expires_after(kAcceptPause);
        timer_.async_wait([this](const boost::system::error_code& ec) {
          if (!ec && !core_.stopping) wait_accept();
        });
        return false;
      }
      if (fd < 0 && (errno == ECONNABORTED || errno == EINTR)) continue;
      if (fd < 0) return true;
      welcome(Channel(fd), std::move(peer));
    }
    return true;
  }

  void welcome(Channel channel, std::string peer) {
    if (core_.sessions.size() >= core_.options.max_connections) {
      if (!core_.tls) {
        const Response full = edge_error(503, "Too many connections; try again shortly.");
        std::string bytes;
        append_answer_head(bytes, full.status, full.headers,
                           {Framing::Kind::length, full.body.size()}, false);
        bytes += full.body;
        size_t put = 0;
        channel.write(bytes, put);
        channel.shutdown_send();
      }
      return;
    }
    if (core_.tls) {
      const Status started = channel.start_tls(core_.tls, true);
      if (!started) return;
    }
    start_session(core_, std::move(channel), std::move(peer));
  }

  void begin_stop() {
    if (core_.stopping) return;
    core_.stopping = true;
    boost::system::error_code ec;
    listener_.close(ec);
    core_.upstreams.clear();
    for (Session* session : core_.sessions) session->stop_if_idle();
    core_.websockets.close_all();
    drain_until_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(kDrainMs);
    drain();
  }

  void drain() {
    if (core_.sessions.empty() && core_.websockets.count() == 0) {
      core_.io.stop();
      return;
    }
    const auto now = std::chrono::steady_clock::now();
    if (now >= drain_until_) {
      if (aborted_) {
        core_.io.stop();
        return;
      }
      aborted_ = true;
      drain_until_ = now + 5 * kDrainTick;  // for the aborted to unwind
      log::warning("connections cut off at the end of the drain",
                   {{"connections", core_.sessions.size()}});
      for (Session* session : core_.sessions) session->abort();
    }
    timer_.expires_after(kDrainTick);
    timer_.async_wait([this](const boost::system::error_code& ec) {
      if (!ec) drain();
    });
  }

  Core core_;
  net::posix::stream_descriptor listener_;
  net::steady_timer timer_;
  uint16_t port_;
  Instant drain_until_{};
  bool aborted_ = false;

};

}  // namespace

Core::Core(ServerOptions o, Server::Handler h, Server::Planner p, Server::ProxyRule r, TlsContext t)
    : options(std::move(o)), handler(std::move(h)), planner(std::move(p)), proxy(std::move(r)),
      tls(std::move(t)), workers(std::max(options.workers, 1u), options.max_queue),
      files(kFileThreads, 2 * options.max_connections), sweeper(io, streams, tick_of(options)) {}

Core::~Core() {
  workers.stop();
  files.stop();
  websockets.join();
}

Result<std::unique_ptr<Server>> Server::create(ServerOptions options, Handler handler,
                                               Planner planner, ProxyRule proxy) {
  TlsContext tls;
  if (options.tls) tls = TRY(server_tls(*options.tls));
  const int listener = TRY(listen_on(options.address, options.port));
  return std::unique_ptr<Server>(std::make_unique<BeastServer>(
      std::move(options), std::move(handler), std::move(planner), std::move(proxy), std::move(tls),
      listener));
}

Result<std::unique_ptr<Server>> Server::create(ServerOptions options, const Router& router) {
  const uint64_t max_body = options.max_body_bytes;
  Planner planner = [&router, max_body](const Request& request) {
    const Route* route = router.match(request.method, request.path);
    if (!route) return BodyPlan{Body::memory, max_body, {}};
    // A file is not kept for somebody who may not send it.
    if (route->body == Body::spool) return BodyPlan{route->body, route->max_body, router.refuse_early(request)};
    return BodyPlan{route->body, route->max_body, {}};
  };
  Handler handler = [&router](Request&& request) { return router.dispatch(request); };
  return create(std::move(options), std::move(handler), std::move(planner), nullptr);
}

}  // namespace nuri::http
