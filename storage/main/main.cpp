#include <sys/stat.h>

#include <charconv>
#include <cstdio>

#include "services/auth/revocation_poller.h"
#include "services/auth/token.h"
#include "services/base/config.h"
#include "services/base/log.h"
#include "services/feed/outbox.h"
#include "services/http/client.h"
#include "services/http/server.h"
#include "services/tasks/incident_routes.h"
#include "services/tasks/runner.h"
#include "storage/routes/api.h"
#include "storage/store/volume_store.h"

// nuri-storage: the Block Storage API and the lives of volumes.
namespace nuri {

namespace {

Result<http::ServerOptions> listen_at(const std::string& url) {
  size_t host = url.find("://");
  size_t colon = url.rfind(':');
  http::ServerOptions options;
  if (host == std::string::npos || colon <= host)
    return bad_request(
        "services.storage must be a URL with a port, as http://127.0.0.1:9704, not '" + url + "'.");
  options.address = url.substr(host + 3, colon - host - 3);
  auto r = std::from_chars(url.data() + colon + 1, url.data() + url.size(), options.port);
  if (r.ec != std::errc()) return bad_request("services.storage has no port: '" + url + "'.");
  return options;
}

class ImageService final : public storage::Images {
 public:
  ImageService(std::unique_ptr<http::Client> client, auth::ServiceIdentity& self)
      : client_(std::move(client)), self_(self) {}
  Result<Json> find(const std::string& id, const std::string& project_id) override {
    Headers headers;
    headers.set("X-Auth-Token", self_.token());
    std::string target = "/internal/v1/images/" + percent_encode(id);
    if (!project_id.empty()) target += "?project_id=" + percent_encode(project_id);
    return client_->call("GET", target, {}, headers);
  }

 private:
  std::unique_ptr<http::Client> client_;
  auth::ServiceIdentity& self_;
};

Status migrate(db::Database& db) {
  TRYV(db.migrate("outbox", feed::kOutboxMigrations));
  TRYV(db.migrate("tasks", tasks::kMigrations));
  TRYV(db.migrate("feed", feed::kMigrations));
  return db.migrate("storage", storage::store::kMigrations);
}

storage::Settings settings_from(const Config& config) {
  storage::Settings out;
  out.default_zone = config.text("storage.zone", config.text("agent.zone", out.default_zone));
  for (auto& [resource, limit] : out.quotas)
    limit = config.number("storage.quota_" + resource, limit);
  out.tasks.overcommit = config.number("storage.overcommit", out.tasks.overcommit);
  return out;
}

Status run(const std::string& config_path) {
  Config config = TRY(Config::load(config_path));
  http::block_signals();
  SystemClock clock;
  SystemRandom random;
  std::string data = config.text("paths.data", "/var/lib/nuri");
  std::string keys = config.text("paths.keys", "/etc/nuri/keys");
  TRYV(make_directories(data, 0711));  // QEMU's user opens disks below
  auto db = TRY(db::Database::open({data + "/storage.db"}));
  TRYV(migrate(*db));
  auto self = TRY(auth::ServiceIdentity::open(keys + "/service.key", "storage", clock));
  auth::TokenVerifier verifier(keys + "/token_ed25519.pub.pem", keys + "/service.key", clock);
  auth::RevocationPoller poller(TRY(http::Client::create({config.service_url("identity")})), *self,
                                verifier);
  ImageService images(TRY(http::Client::create({config.service_url("image")})), *self);

  storage::Settings settings = settings_from(config);
  feed::Feed feed(*db, clock, random);
  tasks::Runner runner(*db, clock, random,
                       {storage::volume_kind(*db, feed, clock, settings.tasks)});
  auto wake = [&runner] { runner.wake(); };
  feed.on_observed(storage::on_observed(clock, wake));
  storage::Api api(*db, clock, random, feed, images, settings);
  api.on_task(wake);

  Router::Options options;
  options.microversions = storage::kMicroversions;
  options.tokens = &verifier;
  options.www_authenticate = "Keystone uri=\"" + config.service_url("identity") + "\"";
  Router router(options);
  api.add_routes(router);
  feed.add_routes(router);
  feed::add_outbox_routes(router, *db);
  tasks::add_incident_routes(router, *db);

  http::ServerOptions listen = TRY(listen_at(config.service_url("storage")));
  listen.workers = 16;  // each agent holds one for its long poll
  auto server = TRY(http::Server::create(listen, router));
  runner.start();
  log::info("ready", {{"address", listen.address}, {"port", server->port()}});
  http::run_until_signal(*server, [&feed] { feed.stop(); });
  runner.stop();
  return {};
}

}  // namespace
}  // namespace nuri

int main(int argc, char** argv) {
  umask(0077);  // what tenants keep here is nobody else's
  std::string config = "/etc/nuri/nuri.toml";
  if (argc == 3 && std::string(argv[1]) == "--config") {
    config = argv[2];
  } else if (argc != 1) {
    std::fprintf(stderr, "usage: nuri-storage [--config FILE]\n");
    return 2;
  }
  nuri::log::init("storage");
  nuri::Status status = nuri::run(config);
  if (!status) nuri::log::error(status.error().message, {{"detail", status.error().detail}});
  return status ? 0 : 1;
}
