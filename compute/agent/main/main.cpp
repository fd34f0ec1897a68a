#include <signal.h>
#include <sys/stat.h>

#include <cstdio>
#include <string>

#include "compute/agent/main/agent.h"
#include "services/base/log.h"
#include "services/http/server.h"

// nuri-agent: one on each host.
namespace nuri {

namespace {
Status run(const std::string& config_path) {
  Config config = TRY(Config::load(config_path));
  http::block_signals();  // before any thread is made
  signal(SIGPIPE, SIG_IGN);
  SystemClock clock;
  auto agent = TRY(compute::agent::Agent::create(config, clock));
  agent->start();
  log::info("ready", {{"host", config.text("agent.host", "")}});
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  int number = 0;
  sigwait(&set, &number);
  log::info("stopping; guests run on");
  agent->stop();
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
    std::fprintf(stderr, "usage: nuri-agent [--config FILE]\n");
    return 2;
  }
  nuri::log::init("agent");
  nuri::Status status = nuri::run(config);
  if (!status) nuri::log::error(status.error().message, {{"detail", status.error().detail}});
  return status ? 0 : 1;
}
