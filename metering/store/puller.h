#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "services/base/json.h"
#include "services/db/database.h"

namespace nuri::metering {

// Pulls the outboxes of the other services into the ledger, each on a thread of its own so that one
// that does not answer holds up no other. The number of the last event taken is written with the
// entries it caused: pulled again after a crash, an event finds itself known.
class Puller {
 public:
  static constexpr int64_t kPage = 1000;
  static constexpr int kPauseMs = 1000;
  // GET /internal/v1/events?after=N&limit=M of the source.
  using Fetch = std::function<Result<Json>(int64_t after, int64_t limit)>;
  struct Source {
    std::string name;
    Fetch fetch;
  };
  Puller(db::Database& database, std::vector<Source> sources)
      : db_(database), sources_(std::move(sources)) {}
  ~Puller() { stop(); }
  void start();
  void stop();
  // One page of one source. Returns whether there may be more at once.
  Result<bool> pull(const Source& source);

 private:
  void loop(const Source& source);
  db::Database& db_;
  std::vector<Source> sources_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace nuri::metering
