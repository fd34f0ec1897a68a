#include "services/ledger/ledger.h"

namespace nuri::ledger {

namespace {

constexpr const char* kClass = "";  // the holder of limits that all others fall back to

Error plain_words(const Overrun& o) {
  return Error(ErrorCode::over_quota,
               "Quota exceeded for " + o.resource + ": Requested " + std::to_string(o.asked) +
                   ", but already used " + std::to_string(o.used) + " of " +
                   std::to_string(o.limit) + " " + o.resource,
               o.resource);
}

}  // namespace

const std::vector<db::Migration> kMigrations = {
    {1, R"sql(
CREATE TABLE ledger_claims (
  book TEXT NOT NULL, owner TEXT NOT NULL, holder TEXT NOT NULL, resource TEXT NOT NULL,
  amount BIGINT NOT NULL CHECK (amount > 0),
  PRIMARY KEY (book, owner, holder, resource)
);
CREATE INDEX ledger_claims_holder ON ledger_claims (book, holder, resource);
CREATE TABLE ledger_counters (
  book TEXT NOT NULL, holder TEXT NOT NULL, resource TEXT NOT NULL,
  used BIGINT NOT NULL CHECK (used >= 0),
  PRIMARY KEY (book, holder, resource)
);
CREATE TABLE ledger_limits (
  book TEXT NOT NULL, holder TEXT NOT NULL, resource TEXT NOT NULL, amount BIGINT NOT NULL,
  PRIMARY KEY (book, holder, resource)
);
)sql"},
};

int64_t Ledger::fallback(std::string_view resource) const {
  auto found = defaults_.find(std::string(resource));
  return found == defaults_.end() ? kUnlimited : found->second;
}

Ledger::Standing Ledger::standing(db::Session& s, std::string_view holder, std::string_view owner,
                                  std::string_view resource) const {
  Standing out;
  s.each(
      "SELECT (SELECT amount FROM ledger_claims WHERE book=?1 AND owner=?3 AND holder=?2 AND "
      "resource=?4),"
      " (SELECT used FROM ledger_counters WHERE book=?1 AND holder=?2 AND resource=?4)",
      {book_, holder, owner, resource}, [&](const db::Row& r) {
        out.had = r.i64(0);
        out.used = r.i64(1);
      });
  out.limit = limit(s, holder, resource);
  return out;
}

std::optional<Overrun> Ledger::overrun(db::Session& s, std::string_view holder,
                                       std::string_view owner, const Amounts& amounts) const {
  for (const auto& [resource, amount] : amounts) {
    Standing now = standing(s, holder, owner, resource);
    int64_t more = amount - now.had;
    bool fits =
        more <= 0 || now.limit < 0 || (now.used <= now.limit && more <= now.limit - now.used);
    if (!fits) return Overrun{resource, more, now.used, now.limit};
  }
  return std::nullopt;
}

Status Ledger::claim(db::Session& s, std::string_view holder, std::string_view owner,
                     const Amounts& amounts) const {
  if (auto over = overrun(s, holder, owner, amounts))
    return words_ ? words_(*over) : plain_words(*over);
  take(s, holder, owner, amounts);
  return {};
}

Status Ledger::fits(db::Session& s, std::string_view holder, const Amounts& more) const {
  auto over = overrun(s, holder, "", more);
  if (!over) return {};
  return words_ ? words_(*over) : plain_words(*over);
}

void Ledger::take(db::Session& s, std::string_view holder, std::string_view owner,
                  const Amounts& amounts) const {
  for (const auto& [resource, amount] : amounts) {
    int64_t had = s.count(
        "SELECT amount FROM ledger_claims WHERE book=?1 AND owner=?2 AND holder=?3 AND resource=?4",
        {book_, owner, holder, resource});
    if (amount != had) put(s, holder, owner, resource, amount, amount - had);
  }
}

// A negative amount fails at the table's CHECK, and the transaction with it.
void Ledger::put(db::Session& s, std::string_view holder, std::string_view owner,
                 std::string_view resource, int64_t amount, int64_t more) const {
  if (amount == 0) {
    s.exec("DELETE FROM ledger_claims WHERE book=?1 AND owner=?2 AND holder=?3 AND resource=?4",
           {book_, owner, holder, resource});
  } else {
    s.exec(
        "INSERT INTO ledger_claims (book, owner, holder, resource, amount) VALUES (?1, ?2, ?3, ?4, "
        "?5)"
        " ON CONFLICT (book, owner, holder, resource) DO UPDATE SET amount=excluded.amount",
        {book_, owner, holder, resource, amount});
  }
  int64_t known =
      s.exec("UPDATE ledger_counters SET used=used+?4 WHERE book=?1 AND holder=?2 AND resource=?3",
             {book_, holder, resource, more});
  if (known == 0) {
    s.exec("INSERT INTO ledger_counters (book, holder, resource, used) VALUES (?1, ?2, ?3, ?4)",
           {book_, holder, resource, more});
  }
}

void Ledger::release(db::Session& s, std::string_view owner) const {
  struct Held {
    std::string holder, resource;
    int64_t amount;
  };
  auto held = s.all("SELECT holder, resource, amount FROM ledger_claims WHERE book=?1 AND owner=?2",
                    {book_, owner}, [](const db::Row& r) {
                      return Held{r.text(0), r.text(1), r.i64(2)};
                    });
  for (const Held& h : held) put(s, h.holder, owner, h.resource, 0, -h.amount);
}

void Ledger::release(db::Session& s, std::string_view holder, std::string_view owner) const {
  for (const auto& [resource, amount] : claims(s, holder, owner))
    put(s, holder, owner, resource, 0, -amount);
}

Status Ledger::move(db::Session& s, std::string_view owner, std::string_view from,
                    std::string_view to) const {
  if (from == to) return {};
  Amounts held = claims(s, from, owner);
  TRYV(claim(s, to, owner, held));
  release(s, from, owner);
  return {};
}

int64_t Ledger::limit(db::Session& s, std::string_view holder, std::string_view resource) const {
  // The holder's own comes first: "" sorts before every name.
  auto own = s.one(
      "SELECT amount FROM ledger_limits WHERE book=?1 AND (holder=?2 OR holder='') AND resource=?3"
      " ORDER BY holder DESC",
      {book_, holder, resource}, [](const db::Row& r) { return r.i64(0); });
  return own.value_or(fallback(resource));
}

void Ledger::set_limit(db::Session& s, std::string_view holder, std::string_view resource,
                       int64_t amount) const {
  s.exec(
      "INSERT INTO ledger_limits (book, holder, resource, amount) VALUES (?1, ?2, ?3, ?4)"
      " ON CONFLICT (book, holder, resource) DO UPDATE SET amount=excluded.amount",
      {book_, holder, resource, amount});
}

void Ledger::drop_limits(db::Session& s, std::string_view holder) const {
  s.exec("DELETE FROM ledger_limits WHERE book=?1 AND holder=?2", {book_, holder});
}

int64_t Ledger::class_limit(db::Session& s, std::string_view resource) const {
  return limit(s, kClass, resource);
}

void Ledger::set_class_limit(db::Session& s, std::string_view resource, int64_t amount) const {
  set_limit(s, kClass, resource, amount);
}

int64_t Ledger::used(db::Session& s, std::string_view holder, std::string_view resource) const {
  return s.count("SELECT used FROM ledger_counters WHERE book=?1 AND holder=?2 AND resource=?3",
                 {book_, holder, resource});
}

std::vector<Line> Ledger::lines(db::Session& s, std::string_view holder) const {
  std::map<std::string, Line> found;
  auto line = [&](const std::string& name) -> Line& {
    return found.try_emplace(name, Line{name}).first->second;
  };
  for (const auto& [name, amount] : defaults_) line(name).limit = amount;
  s.each(
      "SELECT resource, amount FROM ledger_limits WHERE book=?1 AND (holder=?2 OR holder='') ORDER "
      "BY holder",
      {book_, holder}, [&](const db::Row& r) { line(r.text(0)).limit = r.i64(1); });
  s.each("SELECT resource, used FROM ledger_counters WHERE book=?1 AND holder=?2", {book_, holder},
         [&](const db::Row& r) { line(r.text(0)).used = r.i64(1); });
  std::vector<Line> out;
  for (auto& [name, l] : found) out.push_back(std::move(l));
  return out;
}

Amounts Ledger::claims(db::Session& s, std::string_view holder, std::string_view owner) const {
  return s.all(
      "SELECT resource, amount FROM ledger_claims WHERE book=?1 AND owner=?2 AND holder=?3 ORDER "
      "BY resource",
      {book_, owner, holder},
      [](const db::Row& r) { return std::pair<std::string, int64_t>(r.text(0), r.i64(1)); });
}

}  // namespace nuri::ledger
