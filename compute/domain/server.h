#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/base/clock.h"
#include "services/base/json.h"

namespace nuri::compute {

// Nova's vm_state: what the server is. Its names are stored and shown.
enum class VmState {
  building,
  active,
  stopped,
  error,
  deleted,
  paused,
  suspended,
  rescued,
  resized,
  shelved,
  shelved_offloaded
};
// Nova's task_state: what is being done to it.
enum class TaskState {
  none,
  scheduling,
  networking,
  spawning,
  powering_off,
  powering_on,
  rebooting,
  rebooting_hard,
  deleting,
  block_device_mapping,
  pausing,
  unpausing,
  suspending,
  resuming,
  rescuing,
  unrescuing,
  rebuilding,
  image_snapshot,
  resize_migrating,
  resize_finish,
  resize_confirming,
  resize_reverting,
  shelving,
  shelving_offloading,
  unshelving
};

std::string_view name_of(VmState s);
std::string_view name_of(TaskState s);  // "" for none
VmState vm_state_of(std::string_view name);
TaskState task_state_of(std::string_view name);

// Nova's power_state numbers.
inline constexpr int kPowerNone = 0, kPowerRunning = 1, kPowerPaused = 3, kPowerShutdown = 4,
                     kPowerCrashed = 6;

// A list kept as JSON text, by value: a range-for over it outlives the parse.
Json::Array stored_list(const std::string& text);
Json stored_object(const std::string& text);  // null where there is none

struct Server {
  std::string id, project_id, user_id, name, hostname, request_id;
  std::optional<std::string> description;
  std::string image_id,
      image;  // image: JSON {"id", "disk_format", "size", "sha512"}, as the agent gets it
  std::string flavor_id, flavor_name, flavor_specs = "{}";  // the flavor as it was at creation
  int64_t vcpus = 0, ram_mib = 0, disk_gib = 0, ephemeral_gib = 0, swap_mib = 0;
  std::optional<std::string> key_name, key_data, user_data;
  bool config_drive = false;
  std::string zone;         // asked for; "" leaves the choice to the scheduler
  std::string forced_host;  // an administrator's wish
  std::string host, host_zone;
  std::string access_ipv4, access_ipv6, disk_config = "MANUAL";
  std::string metadata = "{}", tags = "[]";  // JSON
  std::string security_groups = "[]";        // JSON: [{"name"}]
  std::string security_group_ids = "null";   // JSON: as the network service takes it
  std::string addresses = "{}",
              volumes = "[]";         // JSON, ready to show: kept with the rows they come from
  std::string locked, locked_reason;  // locked: "", "owner", "admin"
  VmState vm_state = VmState::building;
  TaskState task_state = TaskState::scheduling;
  TimeUs task_since_us = 0;
  int64_t power_state = kPowerNone;
  bool wants_running = true;
  std::string held;         // of one that is to run: "", "paused", "suspended"
  int64_t disk_number = 0;  // counts rebuilds
  int64_t disk_keep = 0;    // the copy put aside for a resize; -1: to be taken back
  int64_t disk_kept = 0;    // the last number given to a copy
  // JSON, null where there is none. snapshot: {"number", "image_id", "state", "for", "image"};
  // resize: {"old", "new", "running"}; rescue: the image; shelve: {"image_id", "host"}.
  std::string snapshot = "null", resize = "null", rescue = "null", shelve = "null";
  int64_t snapshot_count = 0;
  // What a resize holds beyond the flavor, so that there is room for either of the two.
  int64_t extra_vcpus = 0, extra_ram_mib = 0, extra_disk_gib = 0;
  std::string password;  // what the guest posted
  int64_t reboot_count = 0;
  std::string reboot_type = "soft";
  int64_t spec_revision = 0;  // of the newest wish sent to the agent
  int64_t progress = 0;
  TimeUs created_us = 0, updated_us = 0, launched_us = 0, terminated_us = 0;
  bool deleted = false;
  int64_t fault_code = 0;
  std::string fault_message, fault_details;
  TimeUs fault_us = 0;
  std::string reservation_id;
  int64_t launch_index = 0;
  std::string placement = "{}", trace = "[]", stages = "[]";  // JSON
  std::string usage_state;  // what metering was last told: "", "active", "stopped"
};

// A port of a server. Its id is minted before the network service hears of it.
struct ServerPort {
  std::string id, server_id, network_id;
  int64_t position = 0;
  bool ours = true;                // made for the server: deleted with it; else only bound to it
  std::string fixed_ips = "null";  // JSON: asked for
  std::string state = "wanted";    // wanted, bound, removing, unplugging
  std::string mac, network_name;
  int64_t mtu = 0;
  std::string addresses = "[]", floating = "[]", metadata_port = "null";  // JSON
  std::string status = "DOWN", tag;
};

// A wish to have a volume. making: storage is to make it first; wanted: storage is to connect it; connected: the guest is to get it;
// attached; detaching: storage is to hear of it; unplugging: the guest is to lose it, then storage
// releases it.
struct ServerVolume {
  std::string attachment_id, server_id, volume_id, project_id, device, state = "wanted";
  std::string path, format, serial, tag;
  // JSON of one that is yet to be made: {"image"|"snapshot", "size_gib", "type", "name"}.
  std::string source = "null";
  bool delete_on_termination = false;
  int64_t size_gib = 0;
  TimeUs since_us = 0;
};

struct InstanceAction {
  std::string request_id, server_id, action, user_id, project_id;
  TimeUs start_us = 0, updated_us = 0;
  TimeUs finish_us = 0;
  std::string event, result, message;  // result: "", "Success", "Error"
};

// What a client sees: one word from both states.
std::string_view status_of(VmState vm, TaskState task);
// The states a status stands for; nothing where there is no such status.
struct StatePair {
  VmState vm;
  std::vector<TaskState> tasks;  // empty: any but those with a status of their own
};
std::vector<StatePair> states_of(std::string_view status);

// The transition table: is `action` allowed now? Error: conflict in Nova's words.
enum class Action {
  start,
  stop,
  soft_reboot,
  hard_reboot,
  attach_volume,
  detach_volume,
  attach_interface,
  detach_interface,
  floating_address,
  console,
  pause,
  unpause,
  suspend,
  resume,
  rescue,
  unrescue,
  rebuild,
  resize,
  confirm_resize,
  revert_resize,
  snapshot,
  shelve,
  shelve_offload,
  unshelve,
  restore
};
Status allow(Action action, const Server& server);
// It has once been up on a host. One that never was can only be deleted.
inline bool has_run(const Server& server) {
  return !server.host.empty() && server.launched_us != 0;
}

// The agent's last word on a server.
struct Observation {
  int64_t revision = 0;
  std::string power, phase, error;
  int64_t progress = 0, reboot_count = 0, disk_number = 0, disk_keep = 0, snapshot = 0;
  std::string snapshot_status, snapshot_error;
  std::vector<std::string> ports, volumes;
  Json trace;
};
Observation observation_from(const Json& state);
int power_number(std::string_view power);
std::string power_wish(const Server& server);  // as the agent's spec has it

// The flavor as a resize keeps it, and back into the server.
Json flavor_part(const Server& server);
void take_flavor(Server& server, const Json& part);
// Sets what is held beyond the flavor, by server.resize (nothing where that is null).
void hold_for_resize(Server& server);
// The action in whose course a task state is; "" for none of its own.
std::string_view action_of(TaskState task);

// What an observation makes of a server that has been active before. Changes states only.
// Answers whether anything changed.
bool apply_observation(Server& server, const Observation& seen, TimeUs now_us);

// A device's name for a further disk, /dev/vdb to /dev/vdy: the one asked for where it is free and of
// that shape, else the first free one; "" where all are taken. vda is the system disk, vdz the
// config drive.
std::string free_device(const std::vector<ServerVolume>& taken, const std::string& asked);

// A host name out of a server's name: letters, digits and dashes, at most 63 (RFC 1123).
std::string hostname_from(std::string_view name, std::string_view fallback);
std::string sha224_hex(std::string_view text);

}  // namespace nuri::compute
