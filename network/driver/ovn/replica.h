#pragma once

#include <map>
#include <set>
#include <string>

#include "network/driver/ovn/datum.h"

namespace nuri::network::ovn {

using Row = std::map<std::string, Datum>;
using Rows = std::map<std::string, Row>;  // by UUID

// The tables we follow, as the server last told us.
class Replica {
 public:
  // <table-updates> of RFC 7047, 4.1.6: each row's "new" holds all monitored columns.
  void apply(const Json& table_updates);
  void clear() { tables_.clear(); }
  const Rows& table(const std::string& name) const;

 private:
  std::map<std::string, Rows> tables_;
};

}  // namespace nuri::network::ovn
