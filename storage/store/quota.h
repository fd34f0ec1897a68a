#pragma once

#include <map>
#include <string>

#include "services/ledger/ledger.h"
#include "storage/api/snapshot.h"

// What volumes and snapshots take of their project's quotas: each counts once, and once more under
// its type's id (volumes_ID), since a type may be renamed.
namespace nuri::storage::store {

ledger::Ledger make_quota(std::map<std::string, int64_t> defaults);

ledger::Amounts amounts_of(const Volume& volume);
ledger::Amounts amounts_of(const Snapshot& snapshot);

// SQL of the rows that the claims must equal. What is on its way out takes nothing: a host that is
// away may hold it for long.
std::string quota_truth();

}  // namespace nuri::storage::store
