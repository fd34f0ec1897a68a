#include "network/driver/ovn/driver.h"
#include "network/driver/sim/driver.h"
#include "network/main/documents.h"
#include "network/routes/routes.h"
#include "services/conduct/service_main.h"
#include "services/feed/outbox.h"

namespace nuri::network {

namespace {

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

Status serve(conduct::Service& process) {
  TRYV(process.open_database({{"outbox", &feed::kOutboxMigrations},
                              {"ledger", &ledger::kMigrations},
                              {"network", &kMigrations}}));
  TRYV(process.db().write([](db::Session& s) { adopt_quotas(s); }));
  TRYV(process.open_keys());
  const Config& config = process.config;
  Settings settings = settings_of(config);
  auto driver = TRY(make_driver(config, process.db(), settings));
  auto service = std::make_shared<Service>(Service{
      .db = process.db(), .clock = process.clock, .random = process.random, .settings = settings});
  service->changed = [&d = *driver] { d.wake(); };
  service->realized = [&d = *driver](const std::string& id) { return d.realized(id); };
  service->agents = [&d = *driver] { return d.agents(); };
  if (config.flag("external.create", true))
    TRYV(ensure_external_network(*service, external_of(config)));

  Router::Options options = process.router_options();
  options.error_view = neutron_error;
  Router router(options);
  add_routes(router, service);
  return process.serve(router, {.documents = documents(),
                                .started = [&] { driver->start(); },
                                .stopped = [&] { driver->stop(); }});
}

}  // namespace

}  // namespace nuri::network

int main(int argc, char** argv) {
  return nuri::conduct::service_main(argc, argv, "network", nuri::network::serve);
}
