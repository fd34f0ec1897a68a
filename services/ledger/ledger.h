#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "services/db/database.h"

// The one truth of what is taken of a quota or of a host, kept in the service's own database and
// changed in the transaction that changes what takes it. A service adopts it so:
//
//   main.cpp    TRYV(database->migrate("ledger", ledger::kMigrations));
//   quota.h     // The limits of a project, with their defaults; -1: none.
//               const Ledger& quota();   // static const Ledger q("project", {{"volumes", 10}, {"gigabytes", 1000}});
//   create      db.write([&](db::Session& s) -> Result<Response> {
//                 TRYV(quota().claim(s, v.project_id, v.id, {{"volumes", 1}, {"gigabytes", v.size_gib}}));
//                 insert_volume(s, v); ... });
//   resize      TRYV(quota().claim(s, v.project_id, v.id, {{"gigabytes", bigger}}));   // checks what grows only
//   delete      quota().release(s, v.id);                  // in the transaction from which it costs no quota
//   quota sets  quota().limit / set_limit / drop_limits; quota().lines(s, project, {...}) for limit and used
//   placement   static const Ledger hosts("host", {}); hosts.set_limit(s, host, "vcpus", n); hosts.claim(s, host, server, ...)
//   dry run     TRYV(quota().fits(s, project, {{"cores", 4}}));
//   upgrade     once after migrate: ledger::adopt(s, quota(), kTruth) counts what older rows take
//   tests       kTruth: the rows that the claims must equal, for GET /internal/v1/ledger/check and for
//               the unit tests' fixture (tests/support/sound_ledger.h):
//                 "SELECT id, project_id, 'volumes', 1 FROM volumes WHERE ... UNION ALL
//                  SELECT id, project_id, 'gigabytes', size_gib FROM volumes WHERE ..."
//
// claim() and release() say what shall be, not what shall be added: doing one twice is doing it once.
namespace nuri::ledger {

using Amounts = std::vector<std::pair<std::string, int64_t>>;  // of each resource, by name

inline constexpr int64_t kUnlimited = -1;

// What was asked and does not fit.
struct Overrun {
  std::string resource;
  int64_t asked = 0;  // beyond what the owner has
  int64_t used = 0, limit = 0;
};

struct Line {
  std::string resource;
  int64_t limit = kUnlimited, used = 0;
};

class Ledger {
 public:
  using Words = std::function<Error(const Overrun&)>;
  // `book` tells one ledger of a database from another: "project" for quotas, "host" for capacity.
  // Resources that are not in `defaults` have no limit until one is set.
  Ledger(std::string book, std::map<std::string, int64_t> defaults, Words words = nullptr)
      : book_(std::move(book)), defaults_(std::move(defaults)), words_(std::move(words)) {}

  // The owner (a server's id) takes these amounts of the holder (a project, a host). Resources not
  // named stay as they are; 0 gives one back. Error: over_quota, as `words` puts it, else naming the
  // resource, what was asked, used and the limit; nothing is written then.
  Status claim(db::Session& s, std::string_view holder, std::string_view owner, const Amounts& amounts) const;
  // The same without a look at the limits: what is there already, or what a host has told.
  void take(db::Session& s, std::string_view holder, std::string_view owner, const Amounts& amounts) const;
  void release(db::Session& s, std::string_view owner) const;                            // of each holder
  void release(db::Session& s, std::string_view holder, std::string_view owner) const;   // of this one
  // The owner's claims go over to another holder (a volume's transfer to another project). Checked.
  Status move(db::Session& s, std::string_view owner, std::string_view from, std::string_view to) const;
  // Would a new owner's claim of this fit?
  Status fits(db::Session& s, std::string_view holder, const Amounts& more) const;
  std::optional<Overrun> overrun(db::Session& s, std::string_view holder, std::string_view owner,
                                 const Amounts& amounts) const;

  // The holder's own limit, else the class's, else the default.
  int64_t limit(db::Session& s, std::string_view holder, std::string_view resource) const;
  void set_limit(db::Session& s, std::string_view holder, std::string_view resource, int64_t limit) const;
  void drop_limits(db::Session& s, std::string_view holder) const;  // back to the class's
  // The class "default" of os-quota-class-sets: what holders without a limit of their own have.
  int64_t class_limit(db::Session& s, std::string_view resource) const;
  void set_class_limit(db::Session& s, std::string_view resource, int64_t limit) const;
  int64_t used(db::Session& s, std::string_view holder, std::string_view resource) const;
  // All resources that have a default, a limit or a use; by name.
  std::vector<Line> lines(db::Session& s, std::string_view holder) const;
  Amounts claims(db::Session& s, std::string_view holder, std::string_view owner) const;

  const std::string& book() const { return book_; }
  const std::map<std::string, int64_t>& defaults() const { return defaults_; }

 private:
  struct Standing {
    int64_t had = 0, used = 0, limit = kUnlimited;
  };
  Standing standing(db::Session& s, std::string_view holder, std::string_view owner, std::string_view resource) const;
  void put(db::Session& s, std::string_view holder, std::string_view owner, std::string_view resource,
           int64_t amount, int64_t more) const;
  int64_t fallback(std::string_view resource) const;
  std::string book_;
  std::map<std::string, int64_t> defaults_;
  Words words_;
};

extern const std::vector<db::Migration> kMigrations;  // component "ledger"

}  // namespace nuri::ledger
