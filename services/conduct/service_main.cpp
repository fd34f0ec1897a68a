#include "services/conduct/service_main.h"

#include <sys/stat.h>

#include <charconv>
#include <cstdio>
#include <cstring>

#include "services/auth/keys.h"
#include "services/base/log.h"
#include "services/http/client.h"

namespace nuri::conduct {

Service::Service(std::string name_, Config config_)
    : name(std::move(name_)), config(std::move(config_)), data(config.text("paths.data", "/var/lib/nuri")),
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
  verifier_ = std::make_unique<auth::TokenVerifier>(keys + "/token_ed25519.pub.pem", keys + "/service.key", clock);
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
  return bad_request("services." + name + " must be http://ADDRESS:PORT, not '" + url + "'.", "services." + name);
}

Result<http::ServerOptions> Service::listen() const { return listen_at(name, config.service_url(name)); }

Status Service::serve(Router& router, Serving how) {
  http::ServerOptions options = TRY(listen());
  options.workers = how.workers;
  options.spool_dir = how.spool_dir;
  if (how.max_spool_bytes > 0) options.max_spool_bytes = how.max_spool_bytes;
  std::string address = options.address;
  Conduct conduct(*database_, clock, random, TRY(auth::read_service_key(keys + "/service.key")));
  conduct.attach(router, name);
  if (how.poll_revocations)
    revocations_ = std::make_unique<auth::RevocationPoller>(TRY(client_of("identity")), *self_, *verifier_);
  auto server = TRY(http::Server::create(std::move(options), router));
  conduct.start();
  if (how.started) how.started();
  log::info("ready", {{"address", address}, {"port", server->port()}});
  http::run_until_signal(*server, how.before_stop);
  if (how.stopped) how.stopped();
  conduct.stop();
  return {};
}

int service_main(int argc, char** argv, const char* name, const std::function<Status(Service&)>& run) {
  umask(0077);  // what tenants keep here is nobody else's
  std::string path = "/etc/nuri/nuri.toml";
  if (argc == 3 && std::strcmp(argv[1], "--config") == 0) {
    path = argv[2];
  } else if (argc != 1) {
    std::fprintf(stderr, "usage: nuri-%s [--config FILE]\n", name);
    return 2;
  }
  log::init(name);
  http::block_signals();
  auto config = Config::load(path);
  Status status = config ? Status() : Status(config.error());
  if (status) {
    Service service(name, std::move(config.value()));
    status = run(service);
  }
  if (status) return 0;
  log::error("cannot run", {{"why", status.error().message}, {"detail", status.error().detail}});
  return 1;
}

}  // namespace nuri::conduct
