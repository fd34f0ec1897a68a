#include "metering/routes/api.h"
#include "metering/routes/audit.h"
#include "metering/store/ledger_store.h"
#include "metering/store/puller.h"
#include "services/conduct/service_main.h"
#include "services/http/client.h"

// nuri-metering: pulls usage from the other services into a ledger and says what it costs.
namespace nuri {

namespace {

constexpr unsigned kPullTimeoutMs = 10'000;

Result<metering::Puller::Source> source_of(conduct::Service& service, const std::string& name) {
  std::shared_ptr<http::Client> client = TRY(service.client_of(name));
  auto fetch = [client, &self = service.self()](int64_t after, int64_t limit) {
    Headers headers;
    headers.set("X-Auth-Token", self.token());
    std::string target =
        "/internal/v1/events?after=" + std::to_string(after) + "&limit=" + std::to_string(limit);
    return client->call("GET", target, {}, headers, kPullTimeoutMs);
  };
  return metering::Puller::Source{name, fetch};
}

Result<metering::AuditSource> audit_of(conduct::Service& service, const std::string& name) {
  std::shared_ptr<http::Client> client = TRY(service.client_of(name));
  auto get = [client](const std::string& target, const std::string& token) {
    Headers headers;
    headers.set("X-Auth-Token", token);
    return client->call("GET", target, {}, headers, kPullTimeoutMs);
  };
  return metering::AuditSource{name, get};
}

Status run(conduct::Service& service) {
  metering::PriceList prices = TRY(metering::read_price_list(service.config.node("metering")));
  TRYV(service.open_database({{"metering", &metering::store::kMigrations}}));
  TRYV(service.db().write(
      [&](db::Session& s) { metering::store::put_price_list(s, prices, service.clock.now_us()); }));
  TRYV(service.open_keys());
  std::vector<metering::Puller::Source> sources;
  for (const char* name : {"compute", "storage", "network", "image"})
    sources.push_back(TRY(source_of(service, name)));
  metering::Puller puller(service.db(), std::move(sources));
  Router router(service.router_options());
  metering::Api api(service.db(), service.clock);
  api.add_routes(router);
  std::vector<metering::AuditSource> logs;
  for (const char* name : {"identity", "compute", "storage", "network", "image"})
    logs.push_back(TRY(audit_of(service, name)));
  metering::add_audit_routes(router, std::move(logs));
  return service.serve(router,
                       {.started = [&] { puller.start(); }, .stopped = [&] { puller.stop(); }});
}

}  // namespace
}  // namespace nuri

int main(int argc, char** argv) {
  return nuri::conduct::service_main(argc, argv, "metering", nuri::run);
}
