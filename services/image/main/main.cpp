#include <sys/statvfs.h>

#include "services/conduct/service_main.h"
#include "services/feed/outbox.h"
#include "services/image/main/documents.h"
#include "services/image/routes/edge.h"
#include "services/ledger/check.h"

// nuri-image: the Image API and the data of images.
namespace nuri {

namespace {

image::Limits limits_from(const Config& config) {
  image::Limits limits;
  limits.images = config.number("image.quota_images", limits.images);
  limits.bytes = config.number("image.quota_gib", limits.bytes >> 30) << 30;
  limits.upload_bytes = static_cast<uint64_t>(config.number(
                            "image.max_gib", static_cast<int64_t>(limits.upload_bytes >> 30)))
                        << 30;
  limits.must_match = config.flag("image.require_format_match", limits.must_match);
  return limits;
}

std::optional<uint64_t> free_bytes(const std::string& directory) {
  struct statvfs disk = {};
  if (statvfs(directory.c_str(), &disk) != 0) return std::nullopt;
  return uint64_t(disk.f_bavail) * uint64_t(disk.f_frsize);
}

Status run(conduct::Service& service) {
  TRYV(service.open_database({{"outbox", &feed::kOutboxMigrations},
                              {"ledger", &ledger::kMigrations},
                              {"image", &image::store::kMigrations}}));
  TRYV(service.open_keys());
  db::Database& db = service.db();
  image::Limits limits = limits_from(service.config);
  auto files = TRY(image::ImageFiles::open(service.data + "/images"));
  image::Api api(db, service.clock, service.random, files, limits);
  TRYV(api.recover());

  Router::Options options = service.router_options();
  options.error_view = glance_error;
  Router router(options);
  api.add_routes(router);
  feed::add_outbox_routes(router, db);
  ledger::add_check_route(router, db, {{&api.quota(), image::store::kQuotaTruth, ""}});
  image::Edge edge(
      router, api, [dir = files.spool()] { return free_bytes(dir); },
      static_cast<uint64_t>(service.config.number("image.reserve_mib", 256)) << 20);
  return service.serve(router, {.spool_dir = files.spool(),
                                .max_spool_bytes = limits.upload_bytes,
                                .planner = [&edge](const Request& r) { return edge.plan(r); },
                                .documents = image::documents()});
}

}  // namespace
}  // namespace nuri

int main(int argc, char** argv) {
  return nuri::conduct::service_main(argc, argv, "image", nuri::run);
}
