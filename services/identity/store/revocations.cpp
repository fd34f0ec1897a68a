#include "services/identity/store/revocations.h"

namespace nuri::identity {

namespace {
using What = auth::Revocation::What;

What what_of(const std::string& name) {
  for (What w : {What::audit_id, What::user, What::project, What::domain}) {
    if (what_name(w) == name) return w;
  }
  return What::audit_id;
}
}  // namespace

std::string_view what_name(What what) {
  switch (what) {
    case What::audit_id:
      return "audit_id";
    case What::user:
      return "user";
    case What::project:
      return "project";
    case What::domain:
      return "domain";
  }
  return "audit_id";
}

void Revocations::store(db::Session& s, const auth::Revocation& r) {
  s.exec("UPDATE counters SET value=value+1 WHERE name='revocation'");
  s.exec(
      "INSERT INTO revocations (number, what, id, before_us, expires_us)"
      " VALUES ((SELECT value FROM counters WHERE name='revocation'), ?1, ?2, ?3, ?4)",
      {what_name(r.what), r.id, r.before_us, r.expires_us});
  constexpr int64_t kTidyEvery = 100;
  if (s.count("SELECT value FROM counters WHERE name='revocation'") % kTidyEvery == 0)
    forget_expired(s);
  s.after_commit([this, r] { verifier_.revoke({r}); });
}

void Revocations::audit_id(db::Session& s, const std::string& id, TimeUs expires_us) {
  store(s, {What::audit_id, id, clock_.now_us(), expires_us});
}

void Revocations::add(db::Session& s, What what, const std::string& id) {
  // A token issued in this very microsecond counts as older.
  TimeUs now = clock_.now_us();
  store(s, {what, id, now + 1, now + life_us_});
}

std::vector<NumberedRevocation> Revocations::after(db::Session& s, int64_t number,
                                                   int64_t limit) const {
  return s.all(
      "SELECT number, what, id, before_us, expires_us FROM revocations"
      " WHERE number > ?1 AND expires_us > ?2 ORDER BY number LIMIT ?3",
      {number, clock_.now_us(), limit}, [](const db::Row& r) {
        return NumberedRevocation{r.i64(0), {what_of(r.text(1)), r.text(2), r.i64(3), r.i64(4)}};
      });
}

void Revocations::forget_expired(db::Session& s) const {
  s.exec("DELETE FROM revocations WHERE expires_us <= ?1", {clock_.now_us()});
}

}  // namespace nuri::identity
