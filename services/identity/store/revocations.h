#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "services/auth/token.h"
#include "services/db/database.h"

namespace nuri::identity {

struct NumberedRevocation {
  int64_t number = 0;
  auth::Revocation revocation;
};

std::string_view what_name(auth::Revocation::What what);

// Tokens taken back: rows with growing numbers, pulled by the other services, told to our own
// verifier at once.
class Revocations {
 public:
  Revocations(const Clock& clock, auth::TokenVerifier& verifier, TimeUs token_life_us)
      : clock_(clock), verifier_(verifier), life_us_(token_life_us) {}

  // Inside the transaction that changes the thing.
  void audit_id(db::Session& s, const std::string& id, TimeUs expires_us);
  void user(db::Session& s, const std::string& id) { add(s, auth::Revocation::What::user, id); }
  void project(db::Session& s, const std::string& id) {
    add(s, auth::Revocation::What::project, id);
  }
  void domain(db::Session& s, const std::string& id) { add(s, auth::Revocation::What::domain, id); }

  // Those that may still matter, in order of number.
  std::vector<NumberedRevocation> after(db::Session& s, int64_t number, int64_t limit) const;
  void forget_expired(db::Session& s) const;

 private:
  void add(db::Session& s, auth::Revocation::What what, const std::string& id);
  void store(db::Session& s, const auth::Revocation& r);
  const Clock& clock_;
  auth::TokenVerifier& verifier_;
  TimeUs life_us_;
};

}  // namespace nuri::identity
