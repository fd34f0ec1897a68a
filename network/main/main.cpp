#include "network/driver/ovn/driver.h"
#include "network/driver/sim/driver.h"
#include "network/routes/routes.h"
#include "services/auth/revocation_poller.h"
#include "services/auth/token.h"
#include "services/base/config.h"
#include "services/base/log.h"
#include "services/feed/outbox.h"
#include "services/http/server.h"

#include <cstdio>
#include <cstring>

namespace nuri::network {

namespace {

struct Bind {
  std::string address;
  uint16_t port = 0;
};

// services.network = "http://127.0.0.1:9705" says where to listen too.
Result<Bind> bind_of(const std::string& url) {
  size_t scheme = url.find("://"), colon = url.rfind(':');
  Bind out;
  if (scheme != std::string::npos && colon > scheme + 3) {
    out.address = url.substr(scheme + 3, colon - scheme - 3);
    out.port = static_cast<uint16_t>(std::strtoul(url.c_str() + colon + 1, nullptr, 10));
  }
  if (out.address.empty() || out.port == 0)
    return bad_request("services.network must be http://ADDRESS:PORT, not " + url + ".");
  return out;
}

Result<std::unique_ptr<db::Database>> open_database(const std::string& folder) {
  TRYV(make_directories(folder, 0711));
  auto database = TRY(db::Database::open({.path = folder + "/network.db"}));
  TRYV(database->migrate("outbox", feed::kOutboxMigrations));
  TRYV(database->migrate("network", kMigrations));
  return database;
}

Result<std::unique_ptr<Driver>> make_driver(const Config& config, db::Database& database,
                                            const Settings& settings) {
  std::string kind = config.text("network.driver", "ovn");
  if (kind == "sim") return std::unique_ptr<Driver>(std::make_unique<SimDriver>(database));
  if (kind != "ovn") return bad_request("network.driver must be ovn or sim, not " + kind + ".");
  ovn::OvnOptions options;
  options.northbound = config.text("ovn.northbound", options.northbound);
  options.southbound = config.text("ovn.southbound", options.southbound);
  options.dns = settings.dns;
  options.owner = config.text("ovn.owner", options.owner);
  bool plain =
      !options.owner.empty() &&
      options.owner.find_first_not_of(
          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == std::string::npos;
  if (!plain)
    return bad_request("ovn.owner holds letters, digits and _ only, not " + options.owner + ".");
  return std::unique_ptr<Driver>(std::make_unique<ovn::OvnDriver>(database, options));
}

Settings settings_of(const Config& config) {
  Settings out;
  out.mtu = config.number("network.mtu", out.mtu);
  out.external_mtu = config.number("external.mtu", out.external_mtu);
  out.dns = config.list("network.dns", {});
  return out;
}

ExternalPlan external_of(const Config& config) {
  ExternalPlan out;
  out.name = config.text("external.name", out.name);
  out.physical_network = config.text("external.physical_network", out.physical_network);
  out.cidr = config.text("external.cidr", out.cidr);
  out.gateway = config.text("external.gateway", out.gateway);
  out.pool = config.text("external.pool", out.pool);
  return out;
}

Status serve(const Config& config) {
  SystemClock clock;
  SystemRandom random;
  std::string keys = config.text("paths.keys", "/etc/nuri/keys");
  auth::TokenVerifier verifier(keys + "/token_ed25519.pub.pem", keys + "/service.key", clock);
  auto self = TRY(auth::ServiceIdentity::open(keys + "/service.key", "network", clock));
  auto database = TRY(open_database(config.text("paths.data", "/var/lib/nuri")));
  Settings settings = settings_of(config);
  auto driver = TRY(make_driver(config, *database, settings));
  auto service = std::make_shared<Service>(
      Service{.db = *database, .clock = clock, .random = random, .settings = settings});
  service->changed = [&d = *driver] { d.wake(); };
  service->realized = [&d = *driver](const std::string& id) { return d.realized(id); };
  service->agents = [&d = *driver] { return d.agents(); };
  if (config.flag("external.create", true))
    TRYV(ensure_external_network(*service, external_of(config)));

  Router router({.error_view = neutron_error,
                 .tokens = &verifier,
                 .www_authenticate = "Keystone uri=\"" + config.service_url("identity") + "\""});
  add_routes(router, service);
  Bind bind = TRY(bind_of(config.service_url("network")));
  http::block_signals();
  auto server = TRY(http::Server::create({.address = bind.address, .port = bind.port}, router));
  auto identity = TRY(http::Client::create({.base_url = config.service_url("identity")}));
  auth::RevocationPoller revocations(std::move(identity), *self, verifier);
  driver->start();
  log::info("network service is up", {{"address", bind.address}, {"port", server->port()}});
  http::run_until_signal(*server);
  driver->stop();
  return {};
}

}  // namespace

}  // namespace nuri::network

int main(int argc, char** argv) {
  std::string path = "/etc/nuri/nuri.toml";
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--config") == 0 && i + 1 < argc) {
      path = argv[++i];
    } else {
      std::fprintf(stderr, "usage: %s [--config FILE]\n", argv[0]);
      return 2;
    }
  }
  nuri::log::init("network");
  auto config = nuri::Config::load(path);
  nuri::Status done = config ? nuri::network::serve(*config) : nuri::Status(config.error());
  if (done) return 0;
  nuri::log::error("network service cannot run",
                   {{"why", done.error().message}, {"detail", done.error().detail}});
  return 1;
}
