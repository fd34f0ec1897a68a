#include <sys/stat.h>

#include <cstdio>
#include <map>

#include "services/base/log.h"
#include "services/conduct/service_main.h"
#include "services/identity/main/documents.h"
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
  std::map<std::string, std::string> options;
};

std::optional<Arguments> parse(int argc, char** argv) {
  Arguments out;
  out.options["--config"] = "/etc/nuri/nuri.toml";
  for (int i = 2; i < argc; i += 2) {
    std::string name = argv[i];
    bool known = name == "--config" || name == "--password-file" || name == "--region";
    if (!known || i + 1 >= argc) return std::nullopt;
    out.options[name] = argv[i + 1];
  }
  if (!out.options.contains("--password-file")) return std::nullopt;
  return out;
}

const std::vector<conduct::Service::Component> kComponents = {{"identity", &kMigrations}};

Status bootstrap_cloud(const Config& config, const Arguments& arguments) {
  BootstrapOptions options;
  options.password = TRY(read_file(arguments.options.at("--password-file")));
  while (!options.password.empty() &&
         (options.password.back() == '\n' || options.password.back() == '\r'))
    options.password.pop_back();
  if (options.password.empty()) return bad_request("the password file is empty", "--password-file");
  auto region = arguments.options.find("--region");
  options.region =
      region == arguments.options.end() ? config.text("cloud.region", "RegionOne") : region->second;
  conduct::Service service("identity", config);
  TRYV(service.open_database(kComponents));
  auto hasher = TRY(Hasher::create());
  TRYV(bootstrap(service.db(), *hasher, service.random, service.clock, options));
  log::info("bootstrapped", {{"region", options.region}});
  return {};
}

// The key of the services' tokens to each other, where deployment has not made it.
Status make_service_key(const std::string& path, Random& random) {
  auto found = read_file(path);
  if (found || found.error().code != ErrorCode::not_found) return {};
  return write_file(path, random.hex(32) + "\n", 0600);
}

Status serve(conduct::Service& service) {
  const Config& config = service.config;
  const std::string& keys = service.keys;
  SystemRandom& random = service.random;
  TRYV(make_directories(keys, 0700));
  TRYV(make_service_key(keys + "/service.key", random));
  TRYV(service.open_database(kComponents));
  auto signer =
      TRY(auth::TokenSigner::open(keys + "/token_ed25519.pem", keys + "/token_ed25519.pub.pem"));
  TRYV(service.open_keys());
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
  Identity identity{service.db(), service.clock,      random, *hasher, *vault,
                    *signer,      service.verifier(), life,   lockout};
  identity.unique_passwords =
      static_cast<int>(std::clamp<int64_t>(config.number("identity.unique_passwords", 0), 0, 24));
  TRYV(service.db().write([&](db::Session& s) { identity.revocations.forget_expired(s); }));
  TRYV(identity.cache.refresh());  // reads all revocations
  service.verifier().caught_up();
  Router::Options options = service.router_options();
  options.error_view = keystone_error;
  options.www_authenticate = "Keystone uri=\"/identity\"";
  Router router(options);
  add_routes(router, identity);
  return service.serve(router, {.workers = 64,  // more than may wait for a password's hash
                                .poll_revocations = false,
                                .documents = documents()});
}

int run_bootstrap(const Arguments& arguments) {
  log::init("identity");
  umask(0077);  // the database holds password hashes
  auto config = Config::load(arguments.options.at("--config"));
  Status status = config ? bootstrap_cloud(*config, arguments) : Status(config.error());
  if (status) return 0;
  log::error(status.error().message, {{"detail", status.error().detail}});
  return 1;
}

int run(int argc, char** argv) {
  bool asked = argc > 1 && std::string_view(argv[1]) == "bootstrap";
  if (!asked) return conduct::service_main(argc, argv, "identity", serve);
  auto arguments = parse(argc, argv);
  if (arguments) return run_bootstrap(*arguments);
  std::fputs(kUsage, stderr);
  return 2;
}

}  // namespace

}  // namespace nuri::identity

int main(int argc, char** argv) { return nuri::identity::run(argc, argv); }
