#include "services/conduct/service_main.h"

#include <charconv>

#include "services/auth/keys.h"
#include "services/base/log.h"
#include "services/http/client.h"
#include "services/http/process_main.h"

namespace nuri::conduct {

Service::Service(std::string name_, Config config_)
    : name(std::move(name_)),
      config(std::move(config_)),
      data(config.text("paths.data", "/var/lib/nuri")),
      keys(config.text("paths.keys", "/etc/nuri/keys")) {}

Service::~Service() = default;

Status Service::open_database(const std::vector<Component>& components) {
  TRYV(make_directories(data, 0711));  // QEMU's user opens disks below
  database_ = TRY(db::Database::open({data + "/" + name + ".db"}));
  for (const Component& c : components) TRYV(database_->migrate(c.name, *c.migrations));
  return database_->migrate("conduct", kMigrations);
}

Status Service::open_keys() {
  self_ = TRY(auth::ServiceIdentity::open(keys + "/service.key", name, clock));
  verifier_ = std::make_unique<auth::TokenVerifier>(keys + "/token_ed25519.pub.pem",
                                                    keys + "/service.key", clock);
  return {};
}

Result<std::unique_ptr<http::Client>> Service::client_of(const std::string& service) const {
  http::ClientOptions options;
  options.base_url = config.service_url(service);
  return http::Client::create(std::move(options));
}

Router::Options Service::router_options() {
  Router::Options out;
  out.tokens = verifier_.get();
  out.www_authenticate = "Keystone uri=\"" + config.service_url("identity") + "\"";
  return out;
}

Result<http::ServerOptions> listen_at(const std::string& name, const std::string& url) {
  size_t host = url.find("://"), colon = url.rfind(':');
  http::ServerOptions out;
  bool shaped = host != std::string::npos && colon > host + 3;
  if (shaped) {
    out.address = url.substr(host + 3, colon - host - 3);
    const char* end = url.data() + url.size();
    auto r = std::from_chars(url.data() + colon + 1, end, out.port);
    shaped = r.ec == std::errc() && r.ptr == end;
  }
  if (shaped) return out;
  return bad_request("services." + name + " must be http://ADDRESS:PORT, not '" + url + "'.",
                     "services." + name);
}

Result<http::ServerOptions> Service::listen() const {
  return listen_at(name, config.service_url(name));
}

Status Service::serve(Router& router, Serving how) {
  http::ServerOptions options = TRY(listen());
  options.workers = how.workers;
  options.spool_dir = how.spool_dir;
  if (how.max_spool_bytes > 0) options.max_spool_bytes = how.max_spool_bytes;
  std::string address = options.address;
  Conduct conduct(*database_, clock, random, TRY(auth::read_service_key(keys + "/service.key")));
  conduct.attach(router, name, std::move(how.documents));
  if (how.poll_revocations)
    revocations_ =
        std::make_unique<auth::RevocationPoller>(TRY(client_of("identity")), *self_, *verifier_);
  auto handler = [&router](Request&& request) { return router.dispatch(request); };
  auto server = TRY(how.planner ? http::Server::create(std::move(options), handler, how.planner)
                                : http::Server::create(std::move(options), router));
  conduct.start();
  if (how.started) how.started();
  log::info("ready", {{"address", address}, {"port", server->port()}});
  http::run_until_signal(*server, how.before_stop);
  if (how.stopped) how.stopped();
  conduct.stop();
  return {};
}

int service_main(int argc, char** argv, const char* name,
                 const std::function<Status(Service&)>& run) {
  return http::process_main(argc, argv, name, [&](Config& config) {
    Service service(name, std::move(config));
    return run(service);
  });
}

}  // namespace nuri::conduct
