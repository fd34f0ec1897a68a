#pragma once

#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

#include "network/agent/instance.h"

namespace nuri::network::agent {

// Who is asking: a guest is known by the network its question came in on and its address there,
// which the network does not let it forge. Nothing a guest says counts.
class MetadataBook {
 public:
  void set(const std::vector<Instance>& instances);
  std::shared_ptr<const Instance> find(const std::string& network_id, const std::string& ip) const;

 private:
  mutable std::shared_mutex mutex_;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<const Instance>> by_address_;
};

}  // namespace nuri::network::agent
