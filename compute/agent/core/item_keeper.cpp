#include "compute/agent/core/item_keeper.h"

#include <algorithm>

#include "services/base/log.h"

namespace nuri::compute::agent {

namespace {
constexpr unsigned kRetryMinMs = 500, kRetryMaxMs = 30'000;
}

ItemKeeper::ItemKeeper(std::string kind, DesiredStore& store, Work work, unsigned threads)
    : kind_(std::move(kind)), store_(store), work_(std::move(work)), queue_(threads, [this](const std::string& id) { run(id); }) {}

void ItemKeeper::start() {
  queue_.start();
  for (const auto& item : store_.all(kind_)) queue_.wake(item.id);
}

void ItemKeeper::again(const std::string& id) {
  unsigned n;
  {
    std::lock_guard lock(mutex_);
    n = failures_[id]++;
  }
  queue_.wake(id, WorkQueue::Millis(std::min(kRetryMaxMs, kRetryMinMs << std::min(n, 10u))));
}

void ItemKeeper::settled(const std::string& id) {
  std::lock_guard lock(mutex_);
  failures_.erase(id);
}

void ItemKeeper::sweep(TimeUs now, TimeUs grace_us) {
  std::set<std::string> unwanted;
  for (const auto& id : work_.list()) {
    if (!store_.get(kind_, id) && !work_.in_use(id)) unwanted.insert(id);
  }
  std::vector<std::string> fresh, doomed;
  {
    std::lock_guard lock(mutex_);
    std::erase_if(orphans_, [&](const auto& o) { return !unwanted.contains(o.first); });
    for (const auto& id : unwanted) {
      auto [it, is_new] = orphans_.emplace(id, now);
      if (is_new) fresh.push_back(id);
      if (now < it->second + grace_us) continue;
      condemned_.insert(id);
      doomed.push_back(id);
    }
  }
  for (const auto& id : fresh) {
    log::warning("orphan found", {{"kind", kind_}, {"id", id}});
    work_.observe("orphan", id, Json::object({{"first_seen_us", now}, {"removal_us", now + grace_us}}));
  }
  for (const auto& id : doomed) queue_.wake(id);
}

// On the queue's thread that has this id: wanted again meanwhile, it is not removed under it.
void ItemKeeper::remove_orphan(const std::string& id) {
  {
    std::lock_guard lock(mutex_);
    if (condemned_.erase(id) == 0) return;
  }
  if (work_.in_use(id)) return;
  if (auto removed = work_.remove(id); !removed) {
    log::warning("an orphan cannot be removed yet", {{"kind", kind_}, {"id", id}, {"why", removed.error().message}});
    return;  // the next sweep condemns it again
  }
  log::warning("orphan removed", {{"kind", kind_}, {"id", id}});
  work_.observe("orphan", id, Json::object({{"absent", true}}));
}

void ItemKeeper::run(const std::string& id) {
  auto item = store_.get(kind_, id);
  if (!item) return remove_orphan(id);
  if (item->spec.is_null()) {
    if (auto removed = work_.remove(id); !removed) {
      log::warning("cannot be removed yet", {{"kind", kind_}, {"id", id}, {"why", removed.error().message}});
      return again(id);
    }
    settled(id);
    store_.forget(kind_, id, item->revision);
    work_.observe(kind_, id, Json::object({{"absent", true}, {"revision", item->revision}}));
    return;
  }
  auto state = work_.ensure(id, item->spec);
  if (state) {
    settled(id);
    work_.observe(kind_, id, std::move(state->set("revision", item->revision)));
    return;
  }
  const Error& e = state.error();
  log::warning("not as wanted", {{"kind", kind_}, {"id", id}, {"why", e.message}, {"detail", e.detail}});
  if (e.code != ErrorCode::unprocessable) return again(id);
  settled(id);
  work_.observe(kind_, id, Json::object({{"revision", item->revision}, {"status", "failed"}, {"path", nullptr}, {"error", e.message}}));
}

}  // namespace nuri::compute::agent
