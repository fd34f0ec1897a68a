#pragma once

#include "services/ledger/check.h"

// What the resources of a project take of its quotas.
namespace nuri::network {

// Neutron's resources and defaults. What belongs to no project (the cloud's own) takes nothing.
const ledger::Ledger& quota();
// The rows that the ledger must equal.
std::vector<ledger::Audited> audited();
// Rows and limits that are older than the ledger, once.
void adopt_quotas(db::Session& s);

}  // namespace nuri::network
