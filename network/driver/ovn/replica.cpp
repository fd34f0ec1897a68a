#include "network/driver/ovn/replica.h"

namespace nuri::network::ovn {

void Replica::apply(const Json& table_updates) {
  for (const auto& [table, rows] : table_updates.as_object()) {
    Rows& mine = tables_[table];
    for (const auto& [uuid, change] : rows.as_object()) {
      const Json* fresh = change.find("new");
      if (!fresh) {
        mine.erase(uuid);
        continue;
      }
      Row& row = mine[uuid];
      for (const auto& [column, value] : fresh->as_object()) row[column] = Datum::from_json(value);
    }
  }
}

const Rows& Replica::table(const std::string& name) const {
  static const Rows kNone;
  auto found = tables_.find(name);
  return found == tables_.end() ? kNone : found->second;
}

}  // namespace nuri::network::ovn
