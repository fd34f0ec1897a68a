#include <signal.h>

#include "compute/agent/main/agent.h"
#include "services/base/log.h"
#include "services/http/process_main.h"

// nuri-agent: one on each host.
namespace nuri {

namespace {
Status run(Config& config) {
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

int main(int argc, char** argv) { return nuri::http::process_main(argc, argv, "agent", nuri::run); }
