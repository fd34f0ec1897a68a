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
}

std::shared_ptr<const Instance> MetadataBook::find(const std::string& network_id, const std::string& ip) const {
  std::shared_lock lock(mutex_);
  auto it = by_address_.find({network_id, ip});
  return it == by_address_.end() ? nullptr : it->second;
}

}  // namespace nuri::network::agent
