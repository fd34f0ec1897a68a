#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "services/base/json.h"

namespace nuri::network::agent {

struct Address {
  std::string ip;
  int prefix = 0;
  int version = 4;
  std::string gateway;
  std::vector<std::string> dns;
};

struct MetadataPort {
  std::string name, mac;               // md-<network id>
  std::vector<std::string> addresses;  // "10.0.0.2/24"
};

struct InstancePort {
  std::string id, mac, network_id;
  int64_t mtu = 1442;
  std::vector<Address> addresses;
  std::vector<std::string> floating;  // the addresses that lead to it from outside
  MetadataPort metadata;  // name empty: this network has none
};

// A server as its own guest may see it.
struct Instance {
  std::string id, name, project_id, hostname, availability_zone, flavor, image_id, user_data;  // user_data decoded
  int64_t launch_index = 0;
  std::vector<std::pair<std::string, std::string>> keys;  // name, OpenSSH public key
  Json meta = Json::object();
  std::optional<bool> password_set;  // whether the service holds a password of the guest's; unsaid by old ones
  std::vector<InstancePort> ports;
};

// From the feed's `server` spec. What is missing or malformed is left out: never fails.
Instance instance_from(const std::string& id, const Json& spec);

}  // namespace nuri::network::agent
