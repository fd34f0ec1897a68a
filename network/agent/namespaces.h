#pragma once

#include <set>
#include <string>
#include <vector>

#include "network/agent/instance.h"
#include "services/base/result.h"

namespace nuri::network::agent {

struct MetadataNetwork {
  std::string network_id;
  MetadataPort port;
  int64_t mtu = 1442;
  friend bool operator==(const MetadataNetwork& a, const MetadataNetwork& b) {
    return a.network_id == b.network_id && a.port.name == b.port.name && a.port.mac == b.port.mac &&
           a.port.addresses == b.port.addresses && a.mtu == b.mtu;
  }
};

// Network namespaces "nuri-md-<first 8 of the network's id>", each with one foot in br-int as the
// network's metadata port. All idempotent; they outlive the agent.
class Namespaces {
 public:
  struct Names {
    std::string ns = "nuri-md-", link = "nmd";  // prefixes; a link's name has at most 15 letters
  };
  Namespaces(std::string ovs_vsctl, std::string bridge, Names names)
      : ovs_vsctl_(std::move(ovs_vsctl)), bridge_(std::move(bridge)), names_(std::move(names)) {}
  Status ensure(const MetadataNetwork& network);
  Status remove(const std::string& tag);      // the first 8 digits
  std::set<std::string> list() const;         // tags of what is on this host
  bool present(const std::string& tag) const; // the namespace and its link
  // A listening socket on port 80 of the metadata address inside.
  Result<int> listen(const std::string& tag) const;
  static std::string tag_of(const std::string& network_id) { return network_id.substr(0, 8); }

 private:
  std::string ns(const std::string& tag) const { return names_.ns + tag; }
  std::string link(const std::string& tag) const { return names_.link + tag; }
  std::string ovs_vsctl_, bridge_;
  Names names_;
};

}  // namespace nuri::network::agent
