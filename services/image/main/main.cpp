#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>

#include "services/auth/revocation_poller.h"
#include "services/auth/token.h"
#include "services/base/config.h"
#include "services/base/log.h"
#include "services/feed/outbox.h"
#include "services/http/server.h"
#include "services/image/routes/edge.h"
#include "services/ledger/check.h"

// nuri-image: the Image API and the data of images.
namespace nuri {

namespace {

Result<http::ServerOptions> listen_at(const std::string& url) {
  size_t host = url.find("://");
  size_t colon = url.rfind(':');
  http::ServerOptions options;
  if (host == std::string::npos || colon <= host)
    return bad_request("services.image must be a URL with a port, as http://127.0.0.1:9702, not '" +
                       url + "'.");
  options.address = url.substr(host + 3, colon - host - 3);
  auto r = std::from_chars(url.data() + colon + 1, url.data() + url.size(), options.port);
  if (r.ec != std::errc()) return bad_request("services.image has no port: '" + url + "'.");
  return options;
}

Status migrate(db::Database& db) {
  TRYV(db.migrate("outbox", feed::kOutboxMigrations));
  TRYV(db.migrate("ledger", ledger::kMigrations));
  return db.migrate("image", image::store::kMigrations);
}

image::Limits limits_from(const Config& config) {
  image::Limits limits;
  limits.images = config.number("image.quota_images", limits.images);
  limits.bytes = config.number("image.quota_gib", limits.bytes >> 30) << 30;
  limits.upload_bytes = static_cast<uint64_t>(config.number(
                            "image.max_gib", static_cast<int64_t>(limits.upload_bytes >> 30)))
                        << 30;
  limits.must_match = config.flag("image.require_format_match", limits.must_match);
  return limits;
}

std::optional<uint64_t> free_bytes(const std::string& directory) {
  struct statvfs disk = {};
  if (statvfs(directory.c_str(), &disk) != 0) return std::nullopt;
  return uint64_t(disk.f_bavail) * uint64_t(disk.f_frsize);
}

Status run(const std::string& config_path) {
  Config config = TRY(Config::load(config_path));
  http::block_signals();
  SystemClock clock;
  SystemRandom random;
  std::string data = config.text("paths.data", "/var/lib/nuri");
  std::string keys = config.text("paths.keys", "/etc/nuri/keys");
  TRYV(make_directories(data, 0711));  // QEMU's user opens disks below
  auto db = TRY(db::Database::open({data + "/image.db"}));
  TRYV(migrate(*db));
  auto self = TRY(auth::ServiceIdentity::open(keys + "/service.key", "image", clock));
  auth::TokenVerifier verifier(keys + "/token_ed25519.pub.pem", keys + "/service.key", clock);
  auth::RevocationPoller poller(TRY(http::Client::create({config.service_url("identity")})), *self,
                                verifier);

  image::Limits limits = limits_from(config);
  auto files = TRY(image::ImageFiles::open(data + "/images"));
  image::Api api(*db, clock, random, files, limits);
  TRYV(api.recover());

  Router::Options options;
  options.error_view = glance_error;
  options.tokens = &verifier;
  options.www_authenticate = "Keystone uri=\"" + config.service_url("identity") + "\"";
  Router router(options);
  api.add_routes(router);
  feed::add_outbox_routes(router, *db);
  ledger::add_check_route(router, *db, {{&api.quota(), image::store::kQuotaTruth, ""}});

  http::ServerOptions listen = TRY(listen_at(config.service_url("image")));
  listen.spool_dir = files.spool();
  listen.max_spool_bytes = limits.upload_bytes;
  image::Edge edge(
      router, api, [dir = files.spool()] { return free_bytes(dir); },
      static_cast<uint64_t>(config.number("image.reserve_mib", 256)) << 20);
  auto server = TRY(http::Server::create(
      listen, [&router](Request&& request) { return router.dispatch(request); },
      [&edge](const Request& request) { return edge.plan(request); }));
  log::info("ready", {{"address", listen.address}, {"port", server->port()}});
  http::run_until_signal(*server);
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
    std::fprintf(stderr, "usage: nuri-image [--config FILE]\n");
    return 2;
  }
  nuri::log::init("image");
  nuri::Status status = nuri::run(config);
  if (!status) nuri::log::error(status.error().message, {{"detail", status.error().detail}});
  return status ? 0 : 1;
}
