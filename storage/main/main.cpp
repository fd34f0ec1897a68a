#include "services/conduct/service_main.h"
#include "services/feed/outbox.h"
#include "services/http/client.h"
#include "services/ledger/check.h"
#include "services/tasks/incident_routes.h"
#include "services/tasks/runner.h"
#include "storage/routes/api.h"
#include "storage/store/quota.h"
#include "storage/store/schema.h"
#include "storage/tasks/snapshot_task.h"
#include "storage/tasks/volume_task.h"

// nuri-storage: the Block Storage API and the lives of volumes.
namespace nuri {

namespace {

class ImageService final : public storage::Images {
 public:
  ImageService(std::unique_ptr<http::Client> client, auth::ServiceIdentity& self)
      : client_(std::move(client)), self_(self) {}
  Result<Json> find(const std::string& id, const std::string& project_id) override {
    std::string query = project_id.empty() ? "" : "?project_id=" + percent_encode(project_id);
    return call("GET", id, query, {});
  }
  Status queue(const std::string& id, const Json& image) override {
    TRY(call("PUT", id, "", Json::object({{"image", image}})));
    return {};
  }
  Status drop(const std::string& id) override {
    TRY(call("DELETE", id, "", {}));
    return {};
  }

 private:
  Result<Json> call(const char* method, const std::string& id, const std::string& query,
                    const Json& body) {
    Headers headers;
    headers.set("X-Auth-Token", self_.token());
    return client_->call(method, "/internal/v1/images/" + percent_encode(id) + query, body, headers);
  }

  std::unique_ptr<http::Client> client_;
  auth::ServiceIdentity& self_;
};

storage::Settings settings_from(const Config& config) {
  storage::Settings out;
  out.default_zone = config.text("storage.zone", config.text("agent.zone", out.default_zone));
  for (auto& [resource, limit] : out.quotas)
    limit = config.number("storage.quota_" + resource, limit);
  out.tasks.overcommit = config.number("storage.overcommit", out.tasks.overcommit);
  return out;
}

Status run(conduct::Service& service) {
  TRYV(service.open_database({{"outbox", &feed::kOutboxMigrations},
                              {"tasks", &tasks::kMigrations},
                              {"feed", &feed::kMigrations},
                              {"ledger", &ledger::kMigrations},  // before storage's, which moves limits there
                              {"storage", &storage::store::kMigrations}}));
  TRYV(service.open_keys());
  db::Database& db = service.db();
  SystemClock& clock = service.clock;
  SystemRandom& random = service.random;
  ImageService images(TRY(service.client_of("image")), service.self());

  storage::Settings settings = settings_from(service.config);
  feed::Feed feed(db, clock, random);
  const ledger::Ledger quota = storage::store::make_quota(settings.quotas);
  TRYV(db.write([&](db::Session& s) {
    ledger::adopt_if_empty(s, quota, storage::store::quota_truth());
  }));
  tasks::Runner* running = nullptr;
  auto wake = [&running] {
    if (running) running->wake();
  };
  storage::TaskParts parts{db, feed, clock, random, images, quota, settings.tasks, wake};
  tasks::Runner runner(db, clock, random,
                       {storage::volume_kind(parts), storage::snapshot_kind(parts)});
  running = &runner;
  feed.on_observed(storage::on_observed(clock, wake));
  storage::Api api({db, clock, random, feed, images, quota, settings, wake});

  Router::Options options = service.router_options();
  options.microversions = storage::kMicroversions;
  Router router(options);
  api.add_routes(router);
  feed.add_routes(router);
  feed::add_outbox_routes(router, db);
  tasks::add_incident_routes(router, db);
  ledger::add_check_route(router, db, {{&quota, storage::store::quota_truth(), ""}});
  return service.serve(router, {.workers = 16,  // each agent holds one for its long poll
                                .documents = storage::documents(),
                                .started = [&] { runner.start(); },
                                .before_stop = [&] { feed.stop(); },
                                .stopped = [&] { runner.stop(); }});
}

}  // namespace
}  // namespace nuri

int main(int argc, char** argv) {
  return nuri::conduct::service_main(argc, argv, "storage", nuri::run);
}
