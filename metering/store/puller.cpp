#include "metering/store/puller.h"

#include <chrono>

#include "metering/store/ledger_store.h"
#include "services/base/log.h"

namespace nuri::metering {

void Puller::start() {
  for (const Source& s : sources_) threads_.emplace_back([this, &s] { loop(s); });
}

void Puller::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& t : threads_) t.join();
  threads_.clear();
}

Result<bool> Puller::pull(const Source& source) {
  int64_t after = TRY(db_.read([&](db::Session& s) { return store::taken(s, source.name); }));
  Json page = TRY(source.fetch(after, kPage));
  std::vector<UsageEvent> events;
  for (const Json& item : page["events"].as_array()) events.push_back(TRY(read_event(item)));
  if (events.empty()) return false;
  int64_t taken =
      TRY(db_.write([&](db::Session& s) { return store::take(s, source.name, events); }));
  if (taken == 0) {
    return Error(ErrorCode::bad_gateway, "The outbox does not go on where it ended: event " +
                                             std::to_string(after + 1) + " is missing.");
  }
  return static_cast<int64_t>(events.size()) >= kPage;
}

// What is wrong with a source is said when it begins and when it ends, not each second.
void Puller::loop(const Source& source) {
  std::string trouble;
  for (;;) {
    auto more = pull(source);
    std::string now = more ? "" : more.error().message;
    if (now != trouble) {
      if (more)
        log::info("usage is pulled again", {{"source", source.name}});
      else
        log::warning("usage cannot be pulled",
                     {{"source", source.name}, {"why", now}, {"detail", more.error().detail}});
      trouble = now;
    }
    std::unique_lock lock(mutex_);
    if (stopping_) return;
    if (more && *more) continue;
    wake_.wait_for(lock, std::chrono::milliseconds(kPauseMs), [&] { return stopping_; });
    if (stopping_) return;
  }
}

}  // namespace nuri::metering
