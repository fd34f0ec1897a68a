#include "compute/domain/server.h"

// What a host's word makes of a server: the end of an action, or the next part of one with several.
namespace nuri::compute {

namespace {

// After this long without the agent having done as it was told, the owner gets the server back.
constexpr TimeUs kActionLimitUs = 600 * kSecondUs;
constexpr TimeUs kCopyLimitUs = 7200 * kSecondUs;  // of what copies or uploads a whole disk

TimeUs limit_of(TaskState task) {
  bool copies = task == TaskState::image_snapshot || task == TaskState::shelving ||
                task == TaskState::resize_migrating || task == TaskState::rebuilding;
  return copies ? kCopyLimitUs : kActionLimitUs;
}

// The agent has taken up the newest wish and is done with it.
bool settled(const Server& server, const Observation& seen) {
  return seen.revision >= server.spec_revision && seen.phase == "ready" &&
         seen.reboot_count >= server.reboot_count && seen.disk_number >= server.disk_number;
}

void finish(Server& server, VmState state) {
  server.vm_state = state;
  server.task_state = TaskState::none;
  server.fault_code = 0;
  server.fault_message.clear();
}

void fault(Server& server, std::string why, TimeUs now_us) {
  server.vm_state = VmState::error;
  server.task_state = TaskState::none;
  server.fault_code = 500;
  server.fault_message = std::move(why);
  server.fault_us = now_us;
}

bool off(const Observation& seen) { return seen.power == "stopped" || seen.power == "none"; }
bool as_wished(const Server& server, const Observation& seen) {
  return seen.power == power_wish(server) || (!server.wants_running && off(seen)) ||
         (server.held == "suspended" && seen.power == "stopped");
}
VmState state_wished(const Server& server) {
  if (!server.wants_running) return VmState::stopped;
  if (server.held == "paused") return VmState::paused;
  if (server.held == "suspended") return VmState::suspended;
  return server.rescue == "null" ? VmState::active : VmState::rescued;
}

// Of a server whose newest wish is fulfilled: each part of a resize asks for the next.
void advance_resize_by(Server& server, const Observation& seen, TimeUs now_us) {
  Json resize = parse_json(server.resize).value_or(Json());
  if (server.task_state == TaskState::resize_migrating && off(seen) &&
      seen.disk_keep == server.disk_keep) {
    take_flavor(server, resize["new"]);
    server.wants_running = resize["running"].as_bool();
    server.task_state = TaskState::resize_finish;
    server.task_since_us = now_us;
  } else if (server.task_state == TaskState::resize_finish && as_wished(server, seen)) {
    finish(server, VmState::resized);
  } else if (server.task_state == TaskState::resize_confirming && seen.disk_keep == 0) {
    server.resize = "null";
    finish(server, state_wished(server));
  } else if (server.task_state == TaskState::resize_reverting && server.disk_keep < 0) {
    if (!off(seen) || seen.disk_keep != 0) return;
    take_flavor(server, resize["old"]);
    server.disk_keep = 0;
    server.wants_running = resize["running"].as_bool();
    server.task_since_us = now_us;
  } else if (server.task_state == TaskState::resize_reverting && as_wished(server, seen)) {
    server.resize = "null";
    finish(server, state_wished(server));
  }
}

void advance_resize(Server& server, const Observation& seen, TimeUs now_us) {
  advance_resize_by(server, seen, now_us);
  hold_for_resize(server);
}

void advance(Server& server, const Observation& seen, TimeUs now_us) {
  switch (server.task_state) {
    case TaskState::none:
      // A guest that shut itself down stays down until somebody starts it.
      if (server.wants_running && seen.power == "stopped" &&
          (server.vm_state == VmState::active || server.vm_state == VmState::rescued)) {
        server.wants_running = false;
        finish(server, VmState::stopped);
      }
      return;
    case TaskState::powering_off:
    case TaskState::powering_on:
    case TaskState::rebooting:
    case TaskState::rebooting_hard:
    case TaskState::pausing:
    case TaskState::unpausing:
    case TaskState::suspending:
    case TaskState::resuming:
    case TaskState::rescuing:
    case TaskState::unrescuing:
    case TaskState::rebuilding:
      if (as_wished(server, seen)) finish(server, state_wished(server));
      return;
    case TaskState::resize_migrating:
    case TaskState::resize_finish:
    case TaskState::resize_confirming:
    case TaskState::resize_reverting:
      advance_resize(server, seen, now_us);
      return;
    // The task's own business.
    case TaskState::scheduling:
    case TaskState::networking:
    case TaskState::spawning:
    case TaskState::block_device_mapping:
    case TaskState::deleting:
    case TaskState::image_snapshot:
    case TaskState::shelving:
    case TaskState::shelving_offloading:
    case TaskState::unshelving:
      return;
  }
}

}  // namespace

bool apply_observation(Server& server, const Observation& seen, TimeUs now_us) {
  VmState vm = server.vm_state;
  TaskState task = server.task_state;
  int64_t power = server.power_state;
  int64_t keep = server.disk_keep;
  server.power_state = power_number(seen.power);
  bool current = seen.revision >= server.spec_revision;
  if (settled(server, seen)) advance(server, seen, now_us);
  bool same = server.task_state == task && server.vm_state == vm && server.disk_keep == keep;
  // A copy's failure is told with its snapshot; the server is none the worse.
  bool own_end = task == TaskState::image_snapshot || task == TaskState::deleting;
  if (same && task == TaskState::none && settled(server, seen) && seen.power == "crashed" &&
      vm == VmState::active) {
    fault(server, "The guest crashed. A hard reboot starts it again.", now_us);
  } else if (same && seen.phase == "failed" && current && task != TaskState::none && !own_end) {
    fault(server, seen.error.empty() ? "The host could not do it." : seen.error, now_us);
  } else if (same && task != TaskState::none && !own_end &&
             now_us - server.task_since_us > limit_of(task)) {
    fault(server, "The host did not do it in time.", now_us);
  }
  return vm != server.vm_state || task != server.task_state || power != server.power_state ||
         keep != server.disk_keep;
}

}  // namespace nuri::compute
