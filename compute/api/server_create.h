#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/base/fields.h"

namespace nuri::compute {

struct NetworkWish {
  std::string network_id, port_id, fixed_ip, tag;
};

// What POST /servers takes.
struct ServerCreate {
  std::string name, flavor_ref, hostname, zone, host, hypervisor_hostname, disk_config = "MANUAL";
  std::string access_ipv4, access_ipv6;
  Json image_ref, networks, block_devices, trusted_certificates, legacy_devices, personality;
  std::optional<std::string> key_name, user_data, description, admin_pass;
  StringMap metadata;
  bool config_drive = false, return_reservation_id = false;
  int64_t min_count = 1;
  std::optional<int64_t> max_count;
  std::vector<std::string> tags;
  Json security_groups;

  // Read out of the above.
  enum class Net { automatic, none, listed } net = Net::automatic;
  std::vector<NetworkWish> wishes;
  std::string image_id;
  std::vector<std::string> groups;  // names or ids
};

// Everything that can be said without asking anybody. `body` is the value of "server".
Result<ServerCreate> read_server_create(const Json& body, int version);
std::string tag_problem(const Json& tag);  // "" if it may be one

struct ServerUpdate {
  std::optional<std::string> name, description, access_ipv4, access_ipv6, disk_config, hostname;
  bool has_description = false;
};
Result<ServerUpdate> read_server_update(const Json& body, int version);

inline constexpr size_t kMaxMetadataItems = 128;
// {"key": "value"} as POST and PUT metadata take it. Error: bad_request.
Result<StringMap> read_metadata(const Json& metadata);

}  // namespace nuri::compute
