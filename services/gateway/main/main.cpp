#include <cstdio>
#include <cstring>
#include <string>

#include "services/base/log.h"
#include "services/gateway/gateway.h"

namespace {

int run(const std::string& config_path) {
  using namespace nuri;
  const auto config = Config::load(config_path);
  if (!config) {
    log::error("cannot read the configuration", {{"why", config.error().message}});
    return 1;
  }
  const auto options = gateway::read_options(*config);
  if (!options) {
    log::error("the configuration is wrong", {{"why", options.error().message}});
    return 1;
  }
  SystemRandom random;
  auto server = gateway::create_gateway(*options, random);
  if (!server) {
    log::error("cannot start",
               {{"why", server.error().message}, {"detail", server.error().detail}});
    return 1;
  }
  log::info("listening", {{"address", options->address}, {"port", (*server)->port()}});
  http::run_until_signal(**server);
  log::info("stopped");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::string config = "/etc/nuri/nuri.toml";
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--config") == 0 && i + 1 < argc) {
      config = argv[++i];
      continue;
    }
    std::fprintf(stderr, "usage: nuri-gateway [--config FILE]\n");
    return 2;
  }
  nuri::http::block_signals();
  nuri::log::init("gateway");
  return run(config);
}
