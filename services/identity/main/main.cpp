#include <sys/stat.h>

#include <cstdio>
#include <map>

#include "services/base/config.h"
#include "services/base/log.h"
#include "services/http/server.h"
#include "services/identity/routes/identity.h"
#include "services/identity/store/bootstrap.h"
#include "services/identity/store/schema.h"

// nuri-identity [--config FILE]
// nuri-identity bootstrap [--config FILE] --password-file FILE [--region NAME]
namespace nuri::identity {

namespace {

constexpr const char* kUsage =
    "usage: nuri-identity [--config FILE]\n"
    "       nuri-identity bootstrap [--config FILE] --password-file FILE [--region NAME]\n";

struct Arguments {
  bool bootstrap = false;
  std::map<std::string, std::string> options;
};

std::optional<Arguments> parse(int argc, char** argv) {
  Arguments out;
  out.options["--config"] = "/etc/nuri/nuri.toml";
  int i = 1;
  if (i < argc && std::string_view(argv[i]) == "bootstrap") {
    out.bootstrap = true;
    ++i;
  }
  for (; i < argc; i += 2) {
    std::string name = argv[i];
    bool known =
        name == "--config" || (out.bootstrap && (name == "--password-file" || name == "--region"));
    if (!known || i + 1 >= argc) return std::nullopt;
    out.options[name] = argv[i + 1];
  }
  if (out.bootstrap && !out.options.contains("--password-file")) return std::nullopt;
  return out;
}

Result<std::unique_ptr<db::Database>> open_database(const Config& config) {
  std::string data = config.text("paths.data", "/var/lib/nuri");
  TRYV(make_directories(data, 0711));
  auto database = TRY(db::Database::open({data + "/identity.db", 4}));
  TRYV(database->migrate("identity", kMigrations));
  return database;
}

Status run_bootstrap(const Config& config, const Arguments& arguments) {
  BootstrapOptions options;
  options.password = TRY(read_file(arguments.options.at("--password-file")));
  while (!options.password.empty() &&
         (options.password.back() == '\n' || options.password.back() == '\r'))
    options.password.pop_back();
  if (options.password.empty()) return bad_request("the password file is empty", "--password-file");
  auto region = arguments.options.find("--region");
  options.region =
      region == arguments.options.end() ? config.text("cloud.region", "RegionOne") : region->second;
  auto database = TRY(open_database(config));
  auto hasher = TRY(Hasher::create());
  SystemRandom random;
  SystemClock clock;
  TRYV(bootstrap(*database, *hasher, random, clock, options));
  log::info("bootstrapped", {{"region", options.region}});
  return {};
}

// "http://127.0.0.1:9701" as an address and a port to listen on.
Result<http::ServerOptions> listen_at(const std::string& url) {
  http::ServerOptions out;
  size_t start = url.find("://"), colon = url.rfind(':');
  if (start == std::string::npos || colon <= start)
    return bad_request("services.identity must be http://ADDRESS:PORT", "services.identity");
  out.address = url.substr(start + 3, colon - start - 3);
  int port = std::atoi(url.c_str() + colon + 1);
  if (port < 0 || port > 65535)
    return bad_request("services.identity: the port must be 0 to 65535", "services.identity");
  out.port = static_cast<uint16_t>(port);
  return out;
}

// The key of the services' tokens to each other, where deployment has not made it.
Status make_service_key(const std::string& path, Random& random) {
  auto found = read_file(path);
  if (found || found.error().code != ErrorCode::not_found) return {};
  return write_file(path, random.hex(32) + "\n", 0600);
}

Status serve(const Config& config) {
  SystemRandom random;
  SystemClock clock;
  std::string keys = config.text("paths.keys", "/etc/nuri/keys");
  TRYV(make_directories(keys, 0700));
  TRYV(make_service_key(keys + "/service.key", random));
  auto database = TRY(open_database(config));
  std::string public_key = keys + "/token_ed25519.pub.pem";
  auto signer = TRY(auth::TokenSigner::open(keys + "/token_ed25519.pem", public_key));
  auth::TokenVerifier verifier(public_key, keys + "/service.key", clock);
  auto hasher = TRY(Hasher::create(static_cast<unsigned>(
      std::clamp<int64_t>(config.number("identity.hashes_at_once", 2), 1, 16))));
  auto vault = TRY(Vault::open(keys + "/credentials.key", random));
  Lockout::Options lockout;
  lockout.failures = static_cast<int>(
      std::clamp<int64_t>(config.number("identity.lockout_failures", 8), 1, 1'000'000));
  lockout.lock_us =
      std::clamp<int64_t>(config.number("identity.lockout_minutes", 5), 1, 1440) * 60 * kSecondUs;
  TimeUs life =
      std::clamp<int64_t>(config.number("identity.token_hours", 12), 1, 24 * 30) * 3600 * kSecondUs;
  Identity identity{*database, clock, random, *hasher, *vault, *signer, verifier, life, lockout};
  TRYV(database->write([&](db::Session& s) { identity.revocations.forget_expired(s); }));
  TRYV(identity.cache.refresh());  // reads all revocations
  verifier.caught_up();
  Router::Options options;
  options.error_view = keystone_error;
  options.tokens = &verifier;
  options.www_authenticate = "Keystone uri=\"/identity\"";
  Router router(options);
  add_routes(router, identity);
  auto listen = TRY(listen_at(config.service_url("identity")));
  listen.workers = 16;  // more than may wait for a password's hash
  auto server = TRY(http::Server::create(std::move(listen), router));
  log::info("serving", {{"port", server->port()}});
  http::run_until_signal(*server);
  return {};
}

int run(int argc, char** argv) {
  log::init("identity");
  umask(0077);  // the database holds password hashes
  auto arguments = parse(argc, argv);
  if (!arguments) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  if (!arguments->bootstrap) http::block_signals();
  auto config = Config::load(arguments->options["--config"]);
  Status status = !config                ? Status(config.error())
                  : arguments->bootstrap ? run_bootstrap(*config, *arguments)
                                         : serve(*config);
  if (status) return 0;
  log::error(status.error().message, {{"detail", status.error().detail}});
  return 1;
}

}  // namespace

}  // namespace nuri::identity

int main(int argc, char** argv) { return nuri::identity::run(argc, argv); }
