#include <pthread.h>
#include <signal.h>

#include <thread>

#include "services/http/server.h"

namespace nuri::http {
namespace {

sigset_t watched() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

}  // namespace

void block_signals() {
  const sigset_t set = watched();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

void run_until_signal(Server& server, std::function<void()> before_stop) {
  block_signals();
  std::thread watcher([&server, &before_stop] {
    const sigset_t set = watched();
    int signal = 0;
    sigwait(&set, &signal);
    if (before_stop) before_stop();
    server.stop();
  });
  server.run();
  pthread_kill(watcher.native_handle(), SIGTERM);  // ends the wait if the server stopped by itself
  watcher.join();
}

}  // namespace nuri::http
