#include "compute/agent/core/desired_store.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "services/base/config.h"
#include "services/base/log.h"

namespace nuri::compute::agent {

namespace {
// Kinds and ids become file names.
bool safe_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '-' || c == '_';
  });
}
}  // namespace

Result<std::unique_ptr<DesiredStore>> DesiredStore::open(std::string directory) {
  TRYV(make_directories(directory, 0700));
  std::unique_ptr<DesiredStore> store(new DesiredStore(std::move(directory)));
  store->load();
  return store;
}

void DesiredStore::load() {
  std::error_code ec;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, ec)) {
    if (entry.path().extension() != ".json") continue;
    auto text = read_file(entry.path());
    auto json = text ? parse_json(*text) : Result<Json>(text.error());
    Desired d;
    if (json) {
      d = {(*json)["source"].as_string(), (*json)["kind"].as_string(), (*json)["id"].as_string(),
           (*json)["revision"].as_int(), (*json)["spec"]};
    }
    if (!safe_name(d.kind) || !safe_name(d.id)) {
      log::warning("unreadable desired state skipped", {{"file", entry.path().string()}});
      continue;
    }
    Key key{d.kind, d.id};
    items_[key] = std::move(d);
  }
}

std::vector<Desired> DesiredStore::apply(const std::string& source, std::vector<Desired> items, bool full) {
  std::lock_guard lock(mutex_);
  std::vector<Desired> changed;
  std::set<Key> listed;
  for (auto& item : items) {
    if (!safe_name(item.kind) || !safe_name(item.id)) {
      log::error("desired item with an unusable name", {{"kind", item.kind}, {"id", item.id}});
      continue;
    }
    item.source = source;
    Key key{item.kind, item.id};
    listed.insert(key);
    auto old = items_.find(key);
    bool same = old != items_.end() && old->second.revision == item.revision && old->second.spec == item.spec;
    if (same && !item.spec.is_null()) continue;  // a tombstone again: the service missed our answer
    changed.push_back(item);
    items_[key] = std::move(item);
    dirty_.insert(key);
  }
  if (!full) return changed;
  complete_.insert(source);
  for (auto it = items_.begin(); it != items_.end();) {
    if (it->second.source != source || listed.contains(it->first)) {
      ++it;
      continue;
    }
    changed.push_back(it->second);
    changed.back().spec = Json();
    dirty_.insert(it->first);
    it = items_.erase(it);
  }
  return changed;
}

void DesiredStore::save() {
  std::lock_guard saving(saving_);
  std::vector<std::pair<Key, std::optional<Desired>>> work;
  {
    std::lock_guard lock(mutex_);
    for (const auto& key : dirty_) {
      auto it = items_.find(key);
      work.emplace_back(key, it == items_.end() ? std::nullopt : std::optional(it->second));
    }
    dirty_.clear();
  }
  for (const auto& [key, item] : work) {
    if (!item) {
      unlink(path(key).c_str());
      continue;
    }
    Json j = Json::object({{"source", item->source}, {"kind", item->kind}, {"id", item->id},
                           {"revision", item->revision}, {"spec", item->spec}});
    // User data may hold secrets.
    auto written = write_file(path(key), j.dump(), 0600);
    if (!written) log::error("cannot keep desired state", {{"id", item->id}, {"why", written.error().detail}});
  }
}

std::optional<Desired> DesiredStore::get(const std::string& kind, const std::string& id) const {
  std::lock_guard lock(mutex_);
  auto it = items_.find({kind, id});
  return it == items_.end() ? std::nullopt : std::optional(it->second);
}

std::vector<Desired> DesiredStore::all(const std::string& kind) const {
  std::lock_guard lock(mutex_);
  std::vector<Desired> out;
  for (const auto& [key, item] : items_) {
    if (key.first == kind) out.push_back(item);
  }
  return out;
}

void DesiredStore::forget(const std::string& kind, const std::string& id, int64_t revision) {
  {
    std::lock_guard lock(mutex_);
    auto it = items_.find({kind, id});
    if (it == items_.end() || !it->second.spec.is_null() || it->second.revision != revision) return;
    items_.erase(it);
    dirty_.insert({kind, id});
  }
  save();
}

bool DesiredStore::complete(const std::string& source) const {
  std::lock_guard lock(mutex_);
  return complete_.contains(source);
}

}  // namespace nuri::compute::agent
