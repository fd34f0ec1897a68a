#pragma once

#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "compute/store/server_filter.h"
#include "services/db/database.h"

namespace nuri::compute {

// All servers in memory as far as lists are filtered and sorted by it, so that a page by any filter
// costs a walk over some 100 bytes a server and no table scan. It holds nothing of its own: before
// each use it reads what was written since (servers.change_number), so it cannot be stale, and
// after a restart it fills itself.
class ServerIndex {
 public:
  ServerIndex();
  ~ServerIndex();
  // Ids in order, at most filter.limit. Errors: bad_request for an unknown marker or expression.
  // Inside the transaction that will read the rows: one it has not got is gone or not there yet.
  Result<std::vector<std::string>> page(db::Session& s, const ServerFilter& filter);
  void refresh(db::Session& s);
  size_t size() const;

  struct Data;

 private:
  std::unique_ptr<Data> data_;
  mutable std::shared_mutex mutex_;
};

}  // namespace nuri::compute
