#include <unistd.h>

#include <algorithm>
#include <utility>

#include "compute/agent/core/server_run.h"
#include "services/base/config.h"
#include "services/base/log.h"

namespace nuri::compute::agent {

namespace {
constexpr int kMaxRounds = 8;  // of look, plan, act; then the timer goes on
constexpr TimeUs kAskAgainUs = 10 * kSecondUs;
constexpr TimeUs kEventDelayUs = kSecondUs / 4;

bool hopeless(const Error& e) { return e.code == ErrorCode::unprocessable; }

Json snapshot_json(const ServerRecord& record) {
  if (record.snapshot == 0) return {};
  return Json::object({{"number", record.snapshot},
                       {"status", record.snapshot_status},
                       {"error", record.snapshot_error.empty() ? Json() : Json(record.snapshot_error)}});
}

std::string said(const Error& e) { return e.code == ErrorCode::internal && !e.detail.empty() ? e.detail : e.message; }
}  // namespace

void ServerKeeper::work(const std::string& id) {
  serve_quiet(id);
  auto item = store_.get("server", id);
  if (!item) {
    std::unique_lock lock(mutex_);
    bool doomed = condemned_.erase(id) > 0;
    lock.unlock();
    if (doomed) tear_down_orphan(id);
    return;
  }
  auto held = local_of(id);
  Local& local = *held;
  if (item->spec.is_null()) return tear_down(*item, local);
  ServerFiles files = files_of(id);
  if (!local.loaded) local.record = load_record(files);
  local.loaded = true;
  auto parsed = parse_server(id, item->spec);
  ServerSpec spec = parsed ? *parsed : ServerSpec{};
  Run run{*item, spec, local, files, {}};
  if (local.hopeless_revision == item->revision) return;
  Status done = parsed ? converge(run) : Status(parsed.error());
  if (run.record_dirty) {
    if (auto saved = save_record(files, local.record); !saved) {
      log::warning("cannot keep a server's record", {{"server_id", id}, {"why", saved.error().detail}});
    }
  }
  if (done) {
    local.failures = 0;
    if (run.waiting) queue_.wake(id, WorkQueue::Millis(std::min(options_.unplug_retry_ms, options_.tick_ms)));
    return;
  }
  bool never = hopeless(done.error());
  if (never) local.hopeless_revision = item->revision;
  log::warning("a server is not as wanted", {{"server_id", id}, {"why", said(done.error())}});
  if (run.looked || never) {
    report(run, never ? "failed" : run.actual.domain ? "ready" : run.actual.prepared ? "starting" : "preparing",
           done.error().message);
  }
  if (never) return;
  unsigned wait = std::min(options_.retry_max_ms, options_.retry_min_ms << std::min(local.failures.fetch_add(1), 10u));
  queue_.wake(id, WorkQueue::Millis(wait));
}

// A domain that was there and is gone, with no word yet of why: the hypervisor's event, which tells a
// guest's own power-off from a crash, is a moment behind. Called under mutex_.
bool ServerKeeper::vanished(const ServerSpec& spec, Local& local, const Actual& actual) const {
  bool told = actual.guest_off || local.guest_off_seen || local.record.guest_off || local.shutdown_asked_us != 0;
  if (actual.domain || told || !spec.wants_running()) {
    local.had_domain = actual.domain.has_value();
    local.vanished_us = 0;
    return false;
  }
  if (!local.had_domain) return false;
  if (local.vanished_us == 0) local.vanished_us = clock_.now_us();
  if (clock_.now_us() - local.vanished_us < kEventDelayUs) return true;
  local.had_domain = false;
  return false;
}

Result<Actual> ServerKeeper::look(const ServerSpec& spec, Local& local) {
  Actual actual;
  {
    // Only an event from before the look is answered by it: one that comes meanwhile is kept for
    // the next, else the guest's own power-off would be taken for a crash.
    std::lock_guard lock(mutex_);
    actual.guest_off = std::exchange(local.guest_off_seen, false);
  }
  auto domain = driver_.inspect(spec.id);
  if (!domain) {
    std::lock_guard lock(mutex_);
    local.guest_off_seen = local.guest_off_seen || actual.guest_off;
    return domain.error();
  }
  actual.domain = std::move(*domain);
  actual.prepared = driver_.prepared(spec, files_of(spec.id));
  // The memory of a guest that runs on from it fits its disk no longer.
  if (actual.domain) unlink(files_of(spec.id).memory().c_str());
  actual.suspended = !actual.domain && driver_.suspended(files_of(spec.id));
  std::lock_guard lock(mutex_);
  actual.vanished = vanished(spec, local, actual);
  if (!actual.domain) {
    if (actual.guest_off || std::exchange(local.guest_off_seen, false)) local.record.guest_off = true;
    if (local.shutdown_asked_us != 0) local.off_as_asked = true;
    local.shutdown_asked_us = 0;
  } else {
    local.record.guest_off = false;
  }
  if (!spec.wants_running()) local.record.guest_off = false;
  actual.guest_off = local.record.guest_off;
  actual.shutdown_asked = local.shutdown_asked_us != 0;
  actual.shutdown_overdue =
      actual.shutdown_asked && clock_.now_us() >= local.shutdown_asked_us + TimeUs(options_.shutdown_timeout_ms) * 1000;
  return actual;
}

Status ServerKeeper::converge(Run& run) {
  Local& local = run.local;
  ServerRecord before = local.record;
  for (int round = 0; round < kMaxRounds; ++round) {
    run.actual = TRY(look(run.spec, local));
    run.looked = true;
    if (run.actual.vanished) {
      queue_.wake(run.item.id, WorkQueue::Millis(kEventDelayUs / 1000));
      return {};
    }
    if (local.record.reboots_done < 0) local.record.reboots_done = run.spec.reboot.count;
    if (local.record.disk_number < 0) local.record.disk_number = run.spec.disk.number;
    // A machine that is off has nothing to reboot.
    if (!run.spec.wants_running() && !run.actual.domain) local.record.reboots_done = run.spec.reboot.count;
    take_upload(run);
    take_record(run);
    auto steps = plan(&run.spec, run.actual);
    bool looked_enough = true;
    for (const Step& step : steps) {
      bool sure = TRY(carry_out(run, step));
      if (sure) continue;
      looked_enough = run.waiting;
      break;
    }
    if (looked_enough) break;
  }
  run.record_dirty = run.record_dirty || before.guest_off != local.record.guest_off ||
                     before.reboots_done != local.record.reboots_done ||
                     before.disk_number != local.record.disk_number;
  bool down_as_wanted = !run.actual.domain && (!run.spec.wants_running() || run.actual.guest_off);
  report(run, run.actual.domain || down_as_wanted ? "ready" : "starting", "");
  if (run.actual.shutdown_asked) {
    run.waiting = true;
    ask_again(run);
  }
  return {};
}

// A guest that was still booting has missed the first button press.
void ServerKeeper::ask_again(Run& run) {
  TimeUs now = clock_.now_us();
  {
    std::lock_guard lock(mutex_);
    TimeUs last = std::max(run.local.shutdown_asked_us, run.local.shutdown_repeated_us);
    if (run.local.shutdown_asked_us == 0 || now - last < kAskAgainUs) return;
    run.local.shutdown_repeated_us = now;
  }
  auto asked = driver_.shutdown(run.spec.id);
  if (!asked) log::warning("the guest cannot be asked to shut down", {{"server_id", run.spec.id}, {"why", asked.error().message}});
}

void ServerKeeper::tear_down(const Desired& item, Local& local) {
  auto domain = driver_.inspect(item.id);
  Status done = domain ? Status() : Status(domain.error());
  if (done && *domain) done = driver_.destroy(item.id);
  if (done) done = driver_.remove(item.id, files_of(item.id));
  if (!done) {
    log::warning("a server cannot be removed yet", {{"server_id", item.id}, {"why", said(done.error())}});
    unsigned wait = std::min(options_.retry_max_ms, options_.retry_min_ms << std::min(local.failures.fetch_add(1), 10u));
    queue_.wake(item.id, WorkQueue::Millis(wait));
    return;
  }
  log::info("server removed", {{"server_id", item.id}});
  {
    std::lock_guard lock(mutex_);
    locals_.erase(item.id);
  }
  // Died between the two: the service, not told, wants it gone again.
  store_.forget("server", item.id, item.revision);
  hooks_.observe("server", item.id, Json::object({{"absent", true}, {"revision", item.revision}}));
}

void ServerKeeper::tear_down_orphan(const std::string& id) {
  if (store_.get("server", id)) return;  // wanted again meanwhile
  auto destroyed = driver_.destroy(id);
  auto removed = destroyed ? driver_.remove(id, files_of(id)) : destroyed;
  if (!removed) {
    log::warning("an orphan cannot be removed yet", {{"server_id", id}, {"why", said(removed.error())}});
    return;  // the next sweep condemns it again
  }
  log::warning("orphan removed", {{"server_id", id}});
  hooks_.observe("orphan", id, Json::object({{"absent", true}}));
}

Json ServerKeeper::state_of(Run& run, const char* phase, const std::string& error) const {
  Json ports = Json::array(), volumes = Json::array();
  if (run.actual.domain) {
    for (const auto& id : run.actual.domain->ports) ports.push_back(id);
    for (const auto& id : run.actual.domain->volumes) volumes.push_back(id);
  } else if (Power off = reported_power(run.spec, run.actual); off == Power::stopped || off == Power::suspended) {
    // What it will have when it is started.
    for (const auto& p : run.spec.ports) ports.push_back(p.id);
    for (const auto& v : run.spec.volumes) volumes.push_back(v.attachment_id);
  }
  bool prepared = run.actual.prepared || run.actual.domain;
  return Json::object({{"revision", run.item.revision},
                       {"power", power_name(reported_power(run.spec, run.actual))},
                       {"phase", phase},
                       {"error", error.empty() ? Json() : Json(error)},
                       {"progress", prepared ? 100 : 0},
                       {"reboot_count", std::max<int64_t>(run.local.record.reboots_done, 0)},
                       {"ports", std::move(ports)},
                       {"volumes", std::move(volumes)},
                       {"disk", Json::object({{"number", std::max<int64_t>(run.local.record.disk_number, 0)},
                                              {"keep", run.local.record.kept}})},
                       {"snapshot", snapshot_json(run.local.record)},
                       {"trace", trace_json(run.local.record.trace)}});
}

void ServerKeeper::report(Run& run, const char* phase, const std::string& error) {
  observe(run.local, run.item.id, state_of(run, phase, error));
}

void ServerKeeper::observe(Local& local, const std::string& id, Json state) {
  {
    std::lock_guard lock(mutex_);
    if (local.last_observed == state) return;
    local.last_observed = state;
  }
  hooks_.observe("server", id, std::move(state));
}

}  // namespace nuri::compute::agent
