#include <sys/stat.h>

#include <charconv>
#include <cstdio>

#include "metering/routes/api.h"
#include "metering/store/ledger_store.h"
#include "metering/store/puller.h"
#include "services/auth/revocation_poller.h"
#include "services/auth/token.h"
#include "services/base/config.h"
#include "services/base/log.h"
#include "services/http/client.h"
#include "services/http/server.h"

// nuri-metering: pulls usage from the other services into a ledger and says what it costs.
namespace nuri {

namespace {

constexpr unsigned kPullTimeoutMs = 10'000;

Result<http::ServerOptions> listen_at(const std::string& url) {
  size_t host = url.find("://");
  size_t colon = url.rfind(':');
  http::ServerOptions options;
  if (host == std::string::npos || colon <= host)
    return bad_request(
        "services.metering must be a URL with a port, as http://127.0.0.1:9706, not '" + url +
        "'.");
  options.address = url.substr(host + 3, colon - host - 3);
  auto r = std::from_chars(url.data() + colon + 1, url.data() + url.size(), options.port);
  if (r.ec != std::errc()) return bad_request("services.metering has no port: '" + url + "'.");
  return options;
}

Result<metering::Puller::Source> source_of(const Config& config, const std::string& name,
                                           auth::ServiceIdentity& self) {
  std::shared_ptr<http::Client> client = TRY(http::Client::create({config.service_url(name)}));
  auto fetch = [client, &self](int64_t after, int64_t limit) {
    Headers headers;
    headers.set("X-Auth-Token", self.token());
    std::string target =
        "/internal/v1/events?after=" + std::to_string(after) + "&limit=" + std::to_string(limit);
    return client->call("GET", target, {}, headers, kPullTimeoutMs);
  };
  return metering::Puller::Source{name, fetch};
}

Status run(const std::string& config_path) {
  Config config = TRY(Config::load(config_path));
  http::block_signals();
  SystemClock clock;
  std::string data = config.text("paths.data", "/var/lib/nuri");
  std::string keys = config.text("paths.keys", "/etc/nuri/keys");
  metering::PriceList prices = TRY(metering::read_price_list(config.node("metering")));
  TRYV(make_directories(data, 0711));  // QEMU's user opens disks below
  auto db = TRY(db::Database::open({data + "/metering.db"}));
  TRYV(db->migrate("metering", metering::store::kMigrations));
  TRYV(db->write(
      [&](db::Session& s) { metering::store::put_price_list(s, prices, clock.now_us()); }));
  auto self = TRY(auth::ServiceIdentity::open(keys + "/service.key", "metering", clock));
  auth::TokenVerifier verifier(keys + "/token_ed25519.pub.pem", keys + "/service.key", clock);
  auth::RevocationPoller poller(TRY(http::Client::create({config.service_url("identity")})), *self,
                                verifier);

  std::vector<metering::Puller::Source> sources;
  for (const char* name : {"compute", "storage", "network", "image"})
    sources.push_back(TRY(source_of(config, name, *self)));
  metering::Puller puller(*db, std::move(sources));

  Router::Options options;
  options.tokens = &verifier;
  options.www_authenticate = "Keystone uri=\"" + config.service_url("identity") + "\"";
  Router router(options);
  metering::Api api(*db, clock);
  api.add_routes(router);
  auto server = TRY(http::Server::create(TRY(listen_at(config.service_url("metering"))), router));
  puller.start();
  log::info("ready", {{"port", server->port()}});
  http::run_until_signal(*server);
  puller.stop();
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
    std::fprintf(stderr, "usage: nuri-metering [--config FILE]\n");
    return 2;
  }
  nuri::log::init("metering");
  nuri::Status status = nuri::run(config);
  if (!status) nuri::log::error(status.error().message, {{"detail", status.error().detail}});
  return status ? 0 : 1;
}
