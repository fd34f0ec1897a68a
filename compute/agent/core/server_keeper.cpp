#include "compute/agent/core/server_keeper.h"

#include <filesystem>

#include "compute/agent/core/console_log.h"
#include "compute/agent/core/server_run.h"
#include "services/base/config.h"
#include "services/base/log.h"
#include "services/base/random.h"

namespace nuri::compute::agent {

namespace {
constexpr unsigned kUploads = 2;  // of snapshots at a time
}

ServerKeeper::ServerKeeper(Driver& driver, ImageCache& images, DesiredStore& store, Clock& clock, Options options,
                           Hooks hooks)
    : driver_(driver), images_(images), store_(store), clock_(clock), options_(std::move(options)),
      hooks_(std::move(hooks)), queue_(options_.workers, [this](const std::string& id) { work(id); }),
      uploads_(kUploads, [this](const std::string& id) { upload(id); }) {
  driver_.on_event([this](const DriverEvent& e) { on_event(e); });
}

void ServerKeeper::start() {
  if (auto made = make_directories(options_.instances, 0711); !made) {
    log::error("cannot make the instances folder", {{"path", options_.instances}, {"why", made.error().detail}});
  }
  queue_.start();
  uploads_.start();
  for (const auto& item : store_.all("server")) queue_.wake(item.id);
  ticker_ = std::thread([this] { tick_loop(); });
}

void ServerKeeper::stop() {
  driver_.on_event(nullptr);
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  tick_.notify_all();
  if (ticker_.joinable()) ticker_.join();
  queue_.stop();
  uploads_.stop();
  end_quiet();
}

void ServerKeeper::tick_loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    tick_.wait_for(lock, std::chrono::milliseconds(options_.tick_ms));
    if (stopping_) return;
    lock.unlock();
    sweep();
    lock.lock();
  }
}

std::shared_ptr<ServerKeeper::Local> ServerKeeper::local_of(const std::string& id) {
  std::lock_guard lock(mutex_);
  auto& local = locals_[id];
  if (!local) local = std::make_shared<Local>();
  return local;
}

void ServerKeeper::on_event(const DriverEvent& event) {
  if (event.id.empty()) {
    for (const auto& item : store_.all("server")) queue_.wake(item.id);
    return;
  }
  if (!store_.get("server", event.id)) return;
  auto local = local_of(event.id);
  if (event.kind == DriverEvent::Kind::guest_off) {
    std::lock_guard lock(mutex_);
    // Where we asked for it, it is our doing and not the guest's will, also when the event comes
    // after a look has found the guest gone.
    if (local->shutdown_asked_us == 0 && !local->off_as_asked) local->guest_off_seen = true;
  }
  queue_.wake(event.id);
}

// One list of the driver's tells for most servers that nothing is to be done.
void ServerKeeper::sweep() {
  auto listed = driver_.list();
  if (!listed) {
    log::warning("the hypervisor cannot be asked", {{"why", listed.error().message}});
    return;
  }
  running_ = static_cast<int>(listed->size());
  std::map<std::string, Domain> domains;
  std::set<std::string> on_host;
  for (auto& d : *listed) {
    on_host.insert(d.id);
    domains[d.id] = std::move(d);
  }
  for (const auto& item : store_.all("server")) {
    if (!settled(item, domains)) queue_.wake(item.id);
  }
  std::error_code ec;
  for (const auto& entry : std::filesystem::directory_iterator(options_.instances, ec)) {
    if (is_uuid(entry.path().filename().string())) on_host.insert(entry.path().filename());
  }
  if (store_.complete("compute")) sweep_orphans(on_host);
}

bool ServerKeeper::settled(const Desired& item, const std::map<std::string, Domain>& domains) {
  auto local = local_of(item.id);
  Json last;
  {
    std::lock_guard lock(mutex_);
    last = local->last_observed;
    if (local->shutdown_asked_us || local->guest_off_seen) return false;
  }
  if (last["revision"].as_int(-1) != item.revision || item.spec.is_null()) return false;
  if (last["phase"].as_string() == "failed" || local->failures > 0) return true;
  auto spec = parse_server(item.id, item.spec);
  if (!spec || last["phase"].as_string() != "ready") return false;
  Actual actual;
  actual.prepared = true;
  if (auto d = domains.find(item.id); d != domains.end()) actual.domain = d->second;
  actual.reboots_done = last["reboot_count"].as_int();
  actual.guest_off = last["power"].as_string() == "stopped" && spec->wants_running();
  actual.suspended = last["power"].as_string() == "suspended";
  actual.disk_number = last["disk"]["number"].as_int();
  actual.kept = last["disk"]["keep"].as_int();
  actual.snapshot = last["snapshot"]["number"].as_int();
  return plan(&*spec, actual).empty() && power_name(reported_power(*spec, actual)) == last["power"].as_string();
}

void ServerKeeper::sweep_orphans(const std::set<std::string>& on_host) {
  TimeUs now = clock_.now_us();
  std::vector<std::pair<std::string, Json>> reports;
  {
    std::lock_guard lock(mutex_);
    std::erase_if(orphans_, [&](const auto& o) { return !on_host.contains(o.first) || store_.get("server", o.first); });
    for (const auto& id : on_host) {
      if (store_.get("server", id)) continue;
      auto [it, fresh] = orphans_.emplace(id, now);
      TimeUs removal = it->second + options_.orphan_grace_us;
      if (fresh) {
        reports.emplace_back(id, Json::object({{"first_seen_us", now}, {"removal_us", removal}}));
        log::warning("orphan found", {{"server_id", id}});
      }
      if (now >= removal) {
        condemned_.insert(id);
        queue_.wake(id);
      }
    }
  }
  for (auto& [id, state] : reports) hooks_.observe("orphan", id, std::move(state));
}

std::set<std::string> ServerKeeper::cached_images_in_use() const {
  std::set<std::string> used;
  for (const auto& item : store_.all("server")) {
    auto spec = parse_server(item.id, item.spec);
    if (spec && spec->image) used.insert(images_.path_of(*spec->image));
    if (spec && spec->rescue) used.insert(images_.path_of(*spec->rescue));
  }
  return used;
}

Result<Json> ServerKeeper::call(const std::string& method, const Json& params) {
  const std::string& id = params["server_id"].as_string();
  if (!is_uuid(id)) return bad_request("server_id must be a UUID.", "server_id");
  if (!store_.get("server", id)) return not_found("This host has no server " + id + ".");
  if (method == "console_log") {
    const Json& lines = params["lines"];
    std::string text = TRY(read_console_log(files_of(id).console(), lines.is_int() ? lines.as_int() : -1));
    return Json::object({{"output", std::move(text)}});
  }
  if (method == "diagnostics") return driver_.diagnostics(id);
  return bad_request("method must be console_log or diagnostics.", "method");
}

}  // namespace nuri::compute::agent
