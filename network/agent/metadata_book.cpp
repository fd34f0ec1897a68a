#include "network/agent/metadata_book.h"

#include <mutex>

#include "services/base/net.h"

namespace nuri::network::agent {

void MetadataBook::set(const std::vector<Instance>& instances) {
  std::map<std::pair<std::string, std::string>, std::shared_ptr<const Instance>> fresh;
  for (const auto& instance : instances) {
    auto shared = std::make_shared<const Instance>(instance);
    for (const auto& port : instance.ports) {
      for (const auto& a : port.addresses) {
        auto ip = IpAddress::parse(a.ip);
        if (!ip) continue;
        auto [it, added] = fresh.emplace(std::pair(port.network_id, ip->str()), shared);
        // Two servers with one address of one network: neither is told the other's secrets.
        if (!added) it->second = nullptr;
      }
    }
  }
  std::unique_lock lock(mutex_);
  by_address_.swap(fresh);
  follow_passwords(instances);
}

// Where the service has held a password and holds none any more, its user has cleared it and the
// guest may post another.
void MetadataBook::follow_passwords(const std::vector<Instance>& instances) {
  std::map<std::string, Password> kept;
  for (const auto& i : instances) {
    auto it = passwords_.find(i.id);
    bool set = i.password_set.value_or(false);
    if (it == passwords_.end()) {
      if (set) kept[i.id] = {"", true};
      continue;
    }
    bool cleared = it->second.confirmed && i.password_set && !set;
    if (cleared) continue;
    kept[i.id] = it->second;
    kept[i.id].confirmed = it->second.confirmed || set;
  }
  passwords_.swap(kept);
}

bool MetadataBook::take_password(const Instance& instance, const std::string& password) {
  std::unique_lock lock(mutex_);
  return passwords_.emplace(instance.id, Password{password, false}).second;
}

std::string MetadataBook::password(const Instance& instance) const {
  std::shared_lock lock(mutex_);
  auto it = passwords_.find(instance.id);
  if (it == passwords_.end()) return "";
  return it->second.text.empty() ? "posted" : it->second.text;
}

std::shared_ptr<const Instance> MetadataBook::find(const std::string& network_id, const std::string& ip) const {
  std::shared_lock lock(mutex_);
  auto it = by_address_.find({network_id, ip});
  return it == by_address_.end() ? nullptr : it->second;
}

}  // namespace nuri::network::agent
