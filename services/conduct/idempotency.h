#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "services/base/clock.h"
#include "services/base/router.h"
#include "services/conduct/sealer.h"
#include "services/db/database.h"

// The Idempotency-Key header of every POST. Same caller, path, key and body: the first answer
// again, for a day. Another body: 422. The first one still under way: 409 with Retry-After. Answers
// other than 2xx are not kept: nothing was done, so the request may be tried again.
//
// Killed at any point, a retry does not do it twice: the key's row is written in the transaction of
// the handler's first write (db::WriteHook), with the answer where the write's function returns a
// Response. Where it does not, and the service dies between that commit and the answer, the row has
// no answer and a retry is told so (409): it is never run again.
namespace nuri::conduct {

inline constexpr TimeUs kKeptUs = 24 * 3600 * kSecondUs;
inline constexpr size_t kMaxKey = 255;
inline constexpr size_t kMaxKeptBytes = 1 << 20;  // of an answer
inline constexpr int64_t kMaxKeptEach = 20'000;   // keys of one user in one project

class Idempotency {
 public:
  Idempotency(db::Database& database, const Clock& clock, Sealer sealer)
      : db_(database), clock_(clock), sealer_(std::move(sealer)) {}

  // One keyed request, from its look for a kept answer to the keeping of its own. Lives in one
  // thread.
  class Run {
   public:
    // Nothing where the request has no key. Errors: 400, 409, 422, 429.
    static Result<std::unique_ptr<Run>> begin(Idempotency& owner, const Request& request,
                                              const Context& context);
    ~Run();
    const std::optional<Response>& kept() const { return kept_; }  // the first answer
    Status before_commit(db::Session& s, const Response* answer);
    // What the handler answered in the end.
    void finish(const Result<Response>& outcome);

   private:
    friend class Idempotency;
    explicit Run(Idempotency& owner) : owner_(owner) {}
    Status look();
    Status write(db::Session& s, const Response* answer);
    Idempotency& owner_;
    std::string id_, caller_, mac_;
    std::optional<Response> kept_;
    bool claimed_ = false;   // in under_way_
    bool counted_ = false;   // in counts_
    bool written_ = false;   // its row is committed
    bool kept_row_ = false;  // and stays
    std::string answer_;     // in the row, before sealing
  };

  Status trim();  // what is older than a day

 private:
  bool claim(const std::string& id);
  Status room(const std::string& caller);
  db::Database& db_;
  const Clock& clock_;
  Sealer sealer_;
  std::mutex mutex_;
  std::set<std::string> under_way_;
  std::map<std::string, int64_t> counts_;  // kept keys by caller, as far as looked at
};

}  // namespace nuri::conduct
