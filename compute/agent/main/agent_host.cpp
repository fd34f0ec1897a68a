#include <sys/statvfs.h>
#include <sys/sysinfo.h>

#include "compute/agent/main/agent.h"
#include "services/base/log.h"

// What the agent does for the host as a whole: images, inventory.
namespace nuri::compute::agent {

namespace {
constexpr auto kReport = std::chrono::seconds(5);
constexpr TimeUs kCleanEvery = 3600 * kSecondUs;
constexpr int64_t kGib = 1ll << 30;
constexpr unsigned kImageStallMs = 30'000;
}  // namespace

Status Agent::fetch_image(const std::string& image_id, const std::string& path) {
  http::ClientRequest request;
  request.target = "/agent/v1/images/" + percent_encode(image_id) + "/file";
  request.headers.set("X-Auth-Token", self_->token());
  request.download_file = path;
  request.timeout_ms = kImageStallMs;
  auto response = TRY(image_client_->send(request));
  if (response.status >= 200 && response.status < 300) return {};
  return http::error_of(response);
}

Status Agent::upload_image(const std::string& image_id, const std::string& path) {
  http::ClientRequest request;
  request.method = "PUT";
  request.target = "/agent/v1/images/" + percent_encode(image_id) + "/file";
  request.headers.set("X-Auth-Token", self_->token());
  request.headers.set("Content-Type", "application/octet-stream");
  request.upload_file = path;
  request.timeout_ms = kImageStallMs;
  auto response = TRY(image_client_->send(request));
  if (response.status >= 200 && response.status < 300) return {};
  return http::error_of(response);
}

Result<bool> Agent::image_arrived(const std::string& image_id) {
  http::ClientRequest request;
  request.method = "HEAD";
  request.target = "/agent/v1/images/" + percent_encode(image_id) + "/file";
  request.headers.set("X-Auth-Token", self_->token());
  request.timeout_ms = kImageStallMs;
  return TRY(image_client_->send(request)).status == 200;
}

Result<storage::agent::FileVolumes::Source> Agent::image_for_volume(const Json& image) {
  auto base = TRY(images_->get(TRY(parse_image(image))));
  return storage::agent::FileVolumes::Source{base.path, base.format, base.virtual_size};
}

void Agent::report_loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    report_host();
    clean_images();
    sweep_volumes();
    lock.lock();
    wake_.wait_for(lock, kReport, [this] { return stopping_; });
  }
}

// A host whose hypervisor does not answer says nothing: it counts as down.
void Agent::report_host() {
  auto info = driver_->host();
  struct statvfs disk = {};
  if (!info || statvfs(data_.c_str(), &disk) != 0) {
    log::warning("the host cannot be described", {{"why", info ? "no disk at " + data_ : info.error().message}});
    return;
  }
  int64_t total = int64_t(disk.f_blocks) * int64_t(disk.f_frsize), free = int64_t(disk.f_bavail) * int64_t(disk.f_frsize);
  struct sysinfo system = {};
  int64_t uptime_s = sysinfo(&system) == 0 ? static_cast<int64_t>(system.uptime) : 0;
  Json state = Json::object({{"uptime_s", uptime_s}, {"hypervisor_type", info->hypervisor_type}, {"hypervisor_version", info->hypervisor_version},
                             {"driver", driver_->name()}, {"arch", info->arch}, {"vcpus", info->vcpus},
                             {"memory_mib", info->memory_mib}, {"disk_gib", total / kGib},
                             {"memory_used_mib", info->memory_used_mib}, {"disk_used_gib", (total - free) / kGib},
                             {"running", servers_->running()}, {"zone", config_.text("agent.zone", "nova")},
                             {"address", config_.text("agent.address", "127.0.0.1")}});
  compute_->observe("host", host_, state);
  storage_->observe("host", host_, std::move(state));
}

void Agent::clean_images() {
  TimeUs now = clock_.now_us();
  // Until the full list is here, what is in use is not known.
  if (now < cleaned_us_ + kCleanEvery || !store_->complete("compute")) return;
  cleaned_us_ = now;
  int removed = images_->clean(servers_->cached_images_in_use(), config_.number("agent.image_cache_days", 7) * 86'400 * kSecondUs);
  if (removed > 0) log::info("unused images removed from the cache", {{"count", removed}});
}

void Agent::sweep_volumes() {
  // Until both full lists are here, what is wanted is not known.
  if (!store_->complete("storage") || !store_->complete("compute")) return;
  volumes_->sweep(clock_.now_us(), config_.number("agent.orphan_grace_s", 600) * kSecondUs);
}

}  // namespace nuri::compute::agent
