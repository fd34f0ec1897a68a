#include "services/ledger/check.h"

#include "services/base/schema_like.h"

namespace nuri::ledger {

namespace {

using Found = std::vector<std::string>;

constexpr size_t kMaxFound = 100;

void look(db::Session& s, const Ledger& ledger, const std::string& sql, const std::string& what,
          Found& out) {
  s.each(sql, {ledger.book()}, [&](const db::Row& r) {
    if (out.size() >= kMaxFound) return;
    out.push_back(ledger.book() + ": " + what + ": " + r.text(0) + " of " + r.text(1) + ", " +
                  r.text(2) + ": " + r.text(3) + (r.text(4).empty() ? "" : ", not " + r.text(4)));
  });
}

// Claims of the book and what they must be, side by side.
void compare(db::Session& s, const Audited& a, Found& out) {
  std::string truth = "(SELECT * FROM (" + a.truth + "))";
  look(s, *a.ledger,
       "WITH truth (owner, holder, resource, amount) AS " + truth +
           " SELECT c.owner, c.holder, c.resource, c.amount, coalesce(t.amount, 'none')"
           " FROM ledger_claims c LEFT JOIN truth t ON t.owner=c.owner AND t.holder=c.holder AND"
           " t.resource=c.resource WHERE c.book=?1 AND (t.amount IS NULL OR t.amount<>c.amount)",
       "a claim that no row accounts for", out);
  look(s, *a.ledger,
       "WITH truth (owner, holder, resource, amount) AS " + truth +
           " SELECT t.owner, t.holder, t.resource, 'none', t.amount FROM truth t"
           " WHERE t.amount<>0 AND NOT EXISTS (SELECT 1 FROM ledger_claims c WHERE c.book=?1 AND"
           " c.owner=t.owner AND c.holder=t.holder AND c.resource=t.resource)",
       "a row without a claim", out);
}

}  // namespace

std::vector<std::string> check(db::Session& s, const Audited& a) {
  Found out;
  look(s, *a.ledger,
       "SELECT '', k.holder, k.resource, k.used, coalesce(sum(c.amount), 0) FROM ledger_counters k"
       " LEFT JOIN ledger_claims c ON c.book=k.book AND c.holder=k.holder AND c.resource=k.resource"
       " WHERE k.book=?1 GROUP BY k.holder, k.resource, k.used HAVING "
       "k.used<>coalesce(sum(c.amount), 0)",
       "a counter that is not the sum of its claims", out);
  look(s, *a.ledger,
       "SELECT c.owner, c.holder, c.resource, c.amount, '' FROM ledger_claims c WHERE c.book=?1 "
       "AND NOT EXISTS"
       " (SELECT 1 FROM ledger_counters k WHERE k.book=c.book AND k.holder=c.holder AND "
       "k.resource=c.resource)",
       "a claim without a counter", out);
  look(s, *a.ledger,
       "SELECT '', holder, resource, used, '' FROM ledger_counters WHERE book=?1 AND used<0",
       "a negative counter", out);
  look(s, *a.ledger,
       "SELECT owner, holder, resource, amount, '' FROM ledger_claims WHERE book=?1 AND amount<=0",
       "a claim of nothing or less", out);
  if (!a.truth.empty()) {
    compare(s, a, out);
  } else if (!a.owners.empty()) {
    look(s, *a.ledger,
         "SELECT owner, holder, resource, amount, '' FROM ledger_claims WHERE book=?1 AND owner "
         "NOT IN (" +
             a.owners + ")",
         "a claim without an owner", out);
  }
  return out;
}

void adopt(db::Session& s, const Ledger& ledger, const std::string& truth) {
  struct Fact {
    std::string owner, holder, resource;
    int64_t amount;
  };
  auto facts = s.all(truth, {}, [](const db::Row& r) {
    return Fact{r.text(0), r.text(1), r.text(2), r.i64(3)};
  });
  s.exec("DELETE FROM ledger_claims WHERE book=?1", {ledger.book()});
  s.exec("DELETE FROM ledger_counters WHERE book=?1", {ledger.book()});
  for (const Fact& f : facts) ledger.take(s, f.holder, f.owner, {{f.resource, f.amount}});
}

void adopt_if_empty(db::Session& s, const Ledger& ledger, const std::string& truth) {
  if (s.count("SELECT count(*) FROM ledger_counters WHERE book=?1", {ledger.book()}) == 0)
    adopt(s, ledger, truth);
}

void add_check_route(Router& router, db::Database& database, std::vector<Audited> audited) {
  router
      .add("GET", "/internal/v1/ledger/check", Access::admin,
           [&database, audited = std::move(audited)](const Request&, Context&) -> Result<Response> {
             Json violations = Json::array();
             int64_t claims = 0;
             TRYV(database.read([&](db::Session& s) {
               for (const Audited& a : audited) {
                 for (std::string& text : check(s, a)) violations.push_back(std::move(text));
               }
               claims = s.count("SELECT count(*) FROM ledger_claims");
             }));
             return Response::json(
                 200, Json::object({{"violations", std::move(violations)}, {"claims", claims}}));
           })
      .says("Checks the invariants of quota and capacity")
      .answers(schema_like(R"({"violations": [""], "claims": 1})"));
}

}  // namespace nuri::ledger
