#include <cstdio>
#include <cstring>

#include "compute/routes/app.h"
#include "compute/store/schema.h"
#include "compute/tasks/floating_sync.h"
#include "services/auth/revocation_poller.h"
#include "services/base/config.h"
#include "services/base/log.h"
#include "services/feed/outbox.h"
#include "services/http/server.h"
#include "services/tasks/incident_routes.h"
#include "services/tasks/runner.h"

using namespace nuri;
using namespace nuri::compute;

namespace {

Result<std::unique_ptr<db::Database>> open_database(const Config& config) {
  std::string data = config.text("paths.data", "/var/lib/nuri");
  TRYV(make_directories(data, 0711));
  auto database = TRY(db::Database::open({data + "/compute.db"}));
  TRYV(database->migrate("tasks", tasks::kMigrations));
  TRYV(database->migrate("feed", feed::kMigrations));
  TRYV(database->migrate("outbox", feed::kOutboxMigrations));
  TRYV(database->migrate("compute", kMigrations));
  return database;
}

http::ServerOptions listen_options(const Config& config) {
  http::ServerOptions options;
  std::string url = config.service_url("compute");
  size_t colon = url.rfind(':');
  options.address = url.substr(url.find("//") + 2, colon - url.find("//") - 2);
  options.port = static_cast<uint16_t>(std::strtoul(url.c_str() + colon + 1, nullptr, 10));
  options.workers = 16;  // agents' long polls each hold one
  return options;
}

// Agents hold long polls: they are let go before the server waits for the requests in flight.
class LetGoFirst final : public http::Server {
 public:
  LetGoFirst(http::Server& server, feed::Feed& feed) : server_(server), feed_(feed) {}
  uint16_t port() const override { return server_.port(); }
  void run() override { server_.run(); }
  void stop() override {
    feed_.stop();
    server_.stop();
  }

 private:
  http::Server& server_;
  feed::Feed& feed_;
};

Status run(const std::string& config_path) {
  http::block_signals();
  Config config = TRY(Config::load(config_path));
  SystemClock clock;
  SystemRandom random;
  std::string keys = config.text("paths.keys", "/etc/nuri/keys");
  auto self = TRY(auth::ServiceIdentity::open(keys + "/service.key", "compute", clock));
  auth::TokenVerifier verifier(keys + "/token_ed25519.pub.pem", keys + "/service.key", clock);
  auto database = TRY(open_database(config));
  auto network = TRY(HttpPeer::create(config.service_url("network"), *self));
  auto storage = TRY(HttpPeer::create(config.service_url("storage"), *self));
  auto image = TRY(HttpPeer::create(config.service_url("image"), *self));
  http::ClientOptions identity_options;
  identity_options.base_url = config.service_url("identity");
  auth::RevocationPoller revocations(TRY(http::Client::create(std::move(identity_options))), *self,
                                     verifier);

  feed::Feed feed(*database, clock, random);
  ServerTask task(*database, clock, random, feed, {*network, *storage, *image});
  feed.on_observed([&](db::Session& s, const std::string& host, const std::string& kind,
                       const std::string& id,
                       const Json& state) { return task.observed(s, host, kind, id, state); });
  tasks::Runner runner(*database, clock, random, {task.kind()});
  task.on_wake([&runner] { runner.wake(); });

  App app{*database, clock, random, feed, {*network, *storage, *image}, task};
  Router::Options options;
  options.microversions = {"compute", "X-OpenStack-Nova-API-Version", 2, 1, 93};
  options.tokens = &verifier;
  Router router(options);
  add_all_routes(router, app);
  feed.add_routes(router);
  feed::add_outbox_routes(router, *database);
  tasks::add_incident_routes(router, *database);

  auto server = TRY(http::Server::create(listen_options(config), router));
  FloatingSync floating(*database, clock, *network);
  runner.start();
  floating.start();
  log::info("ready", {{"port", server->port()}});
  LetGoFirst stopping(*server, feed);
  http::run_until_signal(stopping);
  floating.stop();
  runner.stop();
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  std::string config = "/etc/nuri/nuri.toml";
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--config") == 0) config = argv[i + 1];
  }
  log::init("compute");
  auto status = run(config);
  if (!status) {
    log::error("cannot run", {{"why", status.error().message}, {"detail", status.error().detail}});
    return 1;
  }
  return 0;
}
