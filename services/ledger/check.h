#pragma once

#include <string>
#include <vector>

#include "services/base/router.h"
#include "services/ledger/ledger.h"

// The invariants of a ledger, for a test after each other test and for an operator who wonders.
namespace nuri::ledger {

struct Audited {
  const Ledger* ledger = nullptr;
  // SQL of (owner, holder, resource, amount): what the claims must be exactly, from the resources'
  // own rows. "": only the owners are known.
  std::string truth;
  // SQL of (owner): who may have claims. Used where `truth` is "".
  std::string owners;
};

// Each violated invariant in words; empty: all is well. Sums equal counters; nothing is negative;
// claims are what `truth` says, or at least have an owner.
std::vector<std::string> check(db::Session& s, const Audited& what);

// Makes claims and counters what `truth` says, with no look at limits: for rows that are older than
// the ledger. Limits stay.
void adopt(db::Session& s, const Ledger& ledger, const std::string& truth);
// The same where the book is empty: at each start of a service, cheap.
void adopt_if_empty(db::Session& s, const Ledger& ledger, const std::string& truth);

// GET /internal/v1/ledger/check: {"violations": [...], "claims": N}; access: admin or a service.
void add_check_route(Router& router, db::Database& database, std::vector<Audited> audited);

}  // namespace nuri::ledger
