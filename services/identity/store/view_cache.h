#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>

#include "services/base/clock.h"
#include "services/db/database.h"
#include "services/identity/domain/catalog.h"
#include "services/identity/store/revocations.h"

namespace nuri::identity {

// What a token's check needs, kept in memory: the catalog, and the bodies last answered. Changes
// made here are seen at once; those of another process (bootstrap) within a second, by a counter.
class ViewCache {
 public:
  ViewCache(db::Database& database, const Clock& clock, Revocations& revocations,
            auth::TokenVerifier& verifier)
      : db_(database), clock_(clock), revocations_(revocations), verifier_(verifier) {}

  Result<std::shared_ptr<const Catalog>> catalog();
  // Inside the transaction that changes a service, endpoint or region.
  void catalog_changed(db::Session& s);
  // Revocations made by other processes, the catalog's counter; looked at once a second at most.
  Status refresh();

  std::shared_ptr<const std::string> body(const std::string& key) const;
  void keep_body(const std::string& key, std::string body);

 private:
  Status look(db::Session& s);

  static constexpr TimeUs kLookEvery = kSecondUs;
  static constexpr size_t kMaxBodies = 256;
  db::Database& db_;
  const Clock& clock_;
  Revocations& revocations_;
  auth::TokenVerifier& verifier_;
  std::atomic<TimeUs> looked_us_{0};
  mutable std::shared_mutex mutex_;
  int64_t version_ = -1, revocation_ = 0;
  std::shared_ptr<const Catalog> catalog_;
  std::unordered_map<std::string, std::shared_ptr<const std::string>> bodies_;
};

}  // namespace nuri::identity
