#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/base/fields.h"

namespace nuri::compute {

struct NetworkWish {
  std::string network_id, port_id, fixed_ip, tag;
};

// One disk of block_device_mapping_v2 that is a volume.
struct DeviceWish {
  std::string source;  // "image", "volume", "snapshot", "blank"
  std::string id;      // of the source
  std::string device, type, tag;
  int64_t size_gib = 0;  // 0: the source's
  bool root = false, delete_on_termination = false;
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
  std::string image_id;             // "": it boots from the volume that is the root
  std::vector<std::string> groups;  // names or ids
  std::vector<DeviceWish> devices;
};

// What the action rebuild takes.
struct ServerRebuild {
  std::string image_id;
  std::optional<std::string> name, admin_pass, access_ipv4, access_ipv6, disk_config, description,
      key_name, user_data, hostname;
  std::optional<StringMap> metadata;
  Json personality, trusted_certificates;
  bool preserve_ephemeral = false;  // there are no ephemeral disks
  bool has_description = false, has_key = false, has_user_data = false;
};

struct ServerUpdate;

// Everything that can be said without asking anybody. `body` is the value of "server".
Result<ServerCreate> read_server_create(const Json& body, int version);
// The tables behind both readers, for whoever describes the API.
const Fields<ServerCreate>& server_create_fields();
const Fields<ServerUpdate>& server_update_fields();
std::string tag_problem(const Json& tag);  // "" if it may be one

Result<ServerRebuild> read_server_rebuild(const Json& body, int version);
Status read_devices(ServerCreate& c, int version);  // a part of read_server_create

struct ServerUpdate {
  std::optional<std::string> name, description, access_ipv4, access_ipv6, disk_config, hostname;
  bool has_description = false;
};
Result<ServerUpdate> read_server_update(const Json& body, int version);

inline constexpr size_t kMaxMetadataItems = 128;
// {"key": "value"} as POST and PUT metadata take it. Error: bad_request.
Result<StringMap> read_metadata(const Json& metadata);

}  // namespace nuri::compute
