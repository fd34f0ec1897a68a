#include "services/base/log.h"
#include "services/gateway/gateway.h"
#include "services/http/process_main.h"

namespace {

nuri::Status run(nuri::Config& config) {
  const auto options = TRY(nuri::gateway::read_options(config));
  nuri::SystemRandom random;
  auto server = TRY(nuri::gateway::create_gateway(options, random));
  nuri::log::info("listening", {{"address", options.address}, {"port", server->port()}});
  nuri::http::run_until_signal(*server);
  nuri::log::info("stopped");
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  return nuri::http::process_main(argc, argv, "gateway", run);
}
