#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "services/base/clock.h"
#include "services/base/random.h"
#include "services/base/router.h"
#include "services/db/database.h"

// How a service tells an agent what it wants, and hears what is. The agent dials in; nothing dials
// a host.
//   GET  /agent/v1/desired?host=H&after=REV&wait_ms=N   {"epoch", "revision", "full", "items": [...], "calls": [...]}
//   POST /agent/v1/observed?host=H                      {"items": [{"kind", "id", "seq", "state"}]}
//   POST /agent/v1/replies?host=H                       {"id", "result"} or {"id", "error"}
// An item is {"kind", "id", "revision", "spec"}; spec null means: must not exist. after=0 (or another
// epoch's) is answered with everything wanted, "full": true: what the agent has and that does not
// list is an orphan. Observations carry a number that only grows; older ones are ignored.
namespace nuri::feed {

extern const std::vector<db::Migration> kMigrations;  // component "feed"

class Feed {
 public:
  // Runs in the transaction that stores the observation: map it into the service's own rows, signal tasks.
  using OnObserved = std::function<Status(db::Session&, const std::string& host, const std::string& kind,
                                          const std::string& id, const Json& state)>;
  Feed(db::Database& database, Clock& clock, Random& random) : db_(database), clock_(clock), random_(random) {}

  void on_observed(OnObserved f) { on_observed_ = std::move(f); }
  void add_routes(Router& router);  // access: agent; and GET /v1/orphans for administrators
  void stop();                      // lets long polls and calls go; before the HTTP server stops

  // Inside a transaction. The same spec again changes nothing (and wakes nobody).
  // Returns the item's revision: the agent's observations carry the revision they reflect.
  int64_t put(db::Session& s, std::string_view host, std::string_view kind, std::string_view id, const Json& spec);
  // Must not exist any more: kept until the agent has said it is gone (state {"absent": true}).
  void remove(db::Session& s, std::string_view host, std::string_view kind, std::string_view id);
  bool wanted(db::Session& s, std::string_view host, std::string_view kind, std::string_view id);
  // True once neither a wish nor a tombstone is left: the agent has confirmed the removal.
  bool gone(db::Session& s, std::string_view host, std::string_view kind, std::string_view id);
  std::optional<Json> observed(db::Session& s, std::string_view host, std::string_view kind, std::string_view id);

  // Asks the agent something that changes nothing (console output, diagnostics), over its own
  // long poll. Errors: unavailable (agent not connected), timeout, or the agent's answer.
  Result<Json> call(const std::string& host, const std::string& method, const Json& params, unsigned timeout_ms);

 private:
  struct Call {
    Json request;
    bool taken = false;
    std::optional<Result<Json>> result;
  };
  Result<Response> get_desired(const Request& request, Context& context);
  Result<Response> post_observed(const Request& request, Context& context);
  Result<Response> post_reply(const Request& request, Context& context);
  Result<Response> get_orphans();
  Status store_one_by_one(const std::string& host, const Json& items);
  static Result<Json> body_items(const std::string& body);
  Result<Json> changes(const std::string& host, int64_t after, const std::string& epoch);
  Json take_calls(const std::string& host);
  Status store_observed(db::Session& s, const std::string& host, const Json& item);
  void bump(db::Session& s);

  db::Database& db_;
  Clock& clock_;
  Random& random_;
  OnObserved on_observed_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> stopping_ = false;
  uint64_t generation_ = 0;  // grows with each committed change or call
  std::map<std::string, std::map<std::string, Call>> calls_;  // host -> id -> call
  std::map<std::string, int> waiting_;                        // host -> long polls under way
  std::map<std::string, std::chrono::steady_clock::time_point> last_poll_;
};

}  // namespace nuri::feed
