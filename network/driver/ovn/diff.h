#pragma once

#include <string>
#include <vector>

#include "network/driver/ovn/plan.h"
#include "network/driver/ovn/replica.h"

namespace nuri::network::ovn {

struct Changes {
  std::vector<Json> operations;        // of one "transact"
  std::vector<std::string> conflicts;  // rows whose name is taken by one that is not ours
  bool empty() const { return operations.empty(); }
};

// What turns our rows of the replica into those wanted. Rows without our mark, and other people's
// entries in our rows' sets of references, stay as they are. Pure.
Changes diff(const std::vector<Want>& wanted, const Replica& replica,
             const std::string& owner = "nuri");

// The columns we follow in each table of OVN_Northbound.
const std::vector<std::pair<std::string, std::vector<std::string>>>& northbound_columns();

}  // namespace nuri::network::ovn
