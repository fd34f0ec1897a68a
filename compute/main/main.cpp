#include "compute/routes/consoles.h"
#include "compute/routes/documents.h"
#include "compute/store/console_store.h"
#include "compute/store/schema.h"
#include "compute/tasks/floating_sync.h"
#include "services/conduct/service_main.h"
#include "services/feed/outbox.h"
#include "services/tasks/incident_routes.h"
#include "services/tasks/runner.h"

using namespace nuri;
using namespace nuri::compute;

namespace {

Status run(conduct::Service& service) {
  TRYV(service.open_database({{"tasks", &tasks::kMigrations},
                              {"feed", &feed::kMigrations},
                              {"outbox", &feed::kOutboxMigrations},
                              {"ledger", &ledger::kMigrations},
                              {"consoles", &kConsoleMigrations},
                              {"compute", &kMigrations}}));
  TRYV(service.open_keys());
  db::Database& database = service.db();
  TRYV(database.write([](db::Session& s) { adopt_ledgers(s); }));
  SystemClock& clock = service.clock;
  SystemRandom& random = service.random;
  auto peer = [&](const char* name) {
    return HttpPeer::create(service.config.service_url(name), service.self());
  };
  auto network = TRY(peer("network"));
  auto storage = TRY(peer("storage"));
  auto image = TRY(peer("image"));
  auto metering = TRY(peer("metering"));

  feed::Feed feed(database, clock, random);
  ServerTask task(database, clock, random, feed, {*network, *storage, *image});
  feed.on_observed([&](db::Session& s, const std::string& host, const std::string& kind,
                       const std::string& id,
                       const Json& state) { return task.observed(s, host, kind, id, state); });
  tasks::Runner runner(database, clock, random, {task.kind()});
  task.on_wake([&runner] { runner.wake(); });

  App app{database, clock, random, feed, {*network, *storage, *image}, task, metering.get()};
  Router::Options options = service.router_options();
  options.microversions = {"compute", "X-OpenStack-Nova-API-Version", 2, 1, 93};
  Router router(options);
  ConsoleHub consoles;
  add_all_routes(router, app);
  add_console_routes(router, app, consoles);
  feed.add_routes(router);
  feed::add_outbox_routes(router, database);
  tasks::add_incident_routes(router, database);
  ledger::add_check_route(router, database, audited());

  FloatingSync floating(database, clock, *network);
  auto start = [&] {
    runner.start();
    floating.start();
  };
  auto stop = [&] {
    floating.stop();
    runner.stop();
  };
  return service.serve(router, {.workers = 16,  // agents' long polls each hold one
                                .documents = documents(),
                                .started = start,
                                .before_stop = [&] { feed.stop(); },
                                .stopped = stop});
}

}  // namespace

int main(int argc, char** argv) { return conduct::service_main(argc, argv, "compute", run); }
