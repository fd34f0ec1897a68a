#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "services/base/json.h"
#include "services/base/result.h"

namespace nuri::compute::agent {

struct Desired {
  std::string source;  // the feed it came from: "compute", "storage"
  std::string kind, id;
  int64_t revision = 0;
  Json spec;  // null: must not exist
};

// What is wanted of this host, in memory and on disk: an agent restarted while a service is away
// still knows its servers. One file an item; thread-safe.
class DesiredStore {
 public:
  // Reads what an earlier run left; a file that cannot be read is skipped (the feed sends it again).
  static Result<std::unique_ptr<DesiredStore>> open(std::string directory);

  // Returns the ids of what changed. `full`: items are all that `source` wants; what it no longer
  // lists is dropped here and thereby an orphan on the host. Memory is changed at once; save()
  // brings the disk up to date, after the workers have been woken.
  std::vector<Desired> apply(const std::string& source, std::vector<Desired> items, bool full);
  void save();
  std::optional<Desired> get(const std::string& kind, const std::string& id) const;
  std::vector<Desired> all(const std::string& kind) const;
  // Forgets a tombstone that has been carried out, unless something newer came meanwhile.
  void forget(const std::string& kind, const std::string& id, int64_t revision);
  // A full list came from this source in this run: only then may something be called an orphan.
  bool complete(const std::string& source) const;

 private:
  using Key = std::pair<std::string, std::string>;
  explicit DesiredStore(std::string directory) : directory_(std::move(directory)) {}
  void load();
  std::string path(const Key& key) const { return directory_ + "/" + key.first + "-" + key.second + ".json"; }

  std::string directory_;
  mutable std::mutex mutex_;
  std::mutex saving_;
  std::map<Key, Desired> items_;
  std::set<Key> dirty_;
  std::set<std::string> complete_;
};

}  // namespace nuri::compute::agent
