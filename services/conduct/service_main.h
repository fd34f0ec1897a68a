#pragma once

#include <functional>
#include <string>
#include <vector>

#include "services/auth/revocation_poller.h"
#include "services/auth/token.h"
#include "services/base/config.h"
#include "services/base/random.h"
#include "services/conduct/conduct.h"
#include "services/http/server.h"

// The process of a service: what its main.cpp would do like each other one's.
//
//   Status run(Service& service) {
//     TRYV(service.open_database({{"tasks", &tasks::kMigrations}, {"storage",
//     &store::kMigrations}})); Router router(service.router_options()); api.add_routes(router);
//     return service.serve(router, {.workers = 16, .started = [&] { runner.start(); }, ...});
//   }
//   int main(int argc, char** argv) { return conduct::service_main(argc, argv, "storage", run); }
namespace nuri::conduct {

class Service {
 public:
  Service(std::string name, Config config);
  ~Service();

  const std::string name;
  const Config config;
  SystemClock clock;
  SystemRandom random;
  const std::string data, keys;  // folders

  struct Component {
    const char* name;
    const std::vector<db::Migration>* migrations;
  };
  // DATA/NAME.db, with the components' migrations in this order, and our own.
  Status open_database(const std::vector<Component>& components);
  db::Database& db() { return *database_; }
  // The keys by which it knows tokens and by which others know it; identity makes them before.
  Status open_keys();
  auth::TokenVerifier& verifier() { return *verifier_; }
  auth::ServiceIdentity& self() { return *self_; }
  // A client of another service of this cloud.
  Result<std::unique_ptr<http::Client>> client_of(const std::string& service) const;
  // With the checker of tokens and the place to get one.
  Router::Options router_options();

  struct Serving {
    unsigned workers = 8;
    std::string spool_dir = "/tmp";
    uint64_t max_spool_bytes = 0;  // 0: the edge's own
    bool poll_revocations = true;  // identity knows them itself
    http::Server::Planner
        planner;          // where the routes' limits alone do not say what to do with a body
    Documents documents;  // of routes that say nothing themselves
    std::function<void()> started;      // the port is bound, nothing answered yet
    std::function<void()> before_stop;  // lets go of what handlers wait for
    std::function<void()> stopped;      // no request any more
  };
  // Listens where config's services.NAME says, until SIGTERM or SIGINT. `router` has all its
  // routes.
  Status serve(Router& router, Serving how);

 private:
  Result<http::ServerOptions> listen() const;
  std::unique_ptr<db::Database> database_;
  std::unique_ptr<auth::ServiceIdentity> self_;
  std::unique_ptr<auth::TokenVerifier> verifier_;
  std::unique_ptr<auth::RevocationPoller> revocations_;
};

// "http://127.0.0.1:9704" as an address and a port. Error: bad_request naming services.NAME.
Result<http::ServerOptions> listen_at(const std::string& name, const std::string& url);

// nuri-NAME [--config FILE]; FILE is /etc/nuri/nuri.toml where none is given.
int service_main(int argc, char** argv, const char* name,
                 const std::function<Status(Service&)>& run);

}  // namespace nuri::conduct
