#include "services/http/process_main.h"

#include <sys/stat.h>

#include <cstdio>
#include <cstring>

#include "services/base/log.h"
#include "services/http/server.h"

namespace nuri::http {

int process_main(int argc, char** argv, const char* name,
                 const std::function<Status(Config&)>& run) {
  umask(0077);  // what tenants keep here is nobody else's
  std::string path = "/etc/nuri/nuri.toml";
  if (argc == 3 && std::strcmp(argv[1], "--config") == 0) {
    path = argv[2];
  } else if (argc != 1) {
    std::fprintf(stderr, "usage: nuri-%s [--config FILE]\n", name);
    return 2;
  }
  log::init(name);
  block_signals();
  auto config = Config::load(path);
  Status status = config ? run(*config) : Status(config.error());
  if (status) return 0;
  log::error("cannot run", {{"why", status.error().message}, {"detail", status.error().detail}});
  return 1;
}

}  // namespace nuri::http
