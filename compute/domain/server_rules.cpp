#include <algorithm>

#include "compute/domain/server.h"

// What a client sees of a server's states, and what may be done in them. Sources:
// nova/api/openstack/common.py, the check_instance_state decorators of nova/compute/api.py.
namespace nuri::compute {

namespace {

bool resizing(TaskState t) {
  return t == TaskState::resize_migrating ||
         t == TaskState::resize_finish;
}

}  // namespace

std::string_view status_of(VmState vm, TaskState task) {
  bool bootable = vm == VmState::active || vm == VmState::stopped;
  if (bootable && task == TaskState::rebooting_hard) return "HARD_REBOOT";
  if (bootable && resizing(task)) return "RESIZE";
  if ((bootable || vm == VmState::error) && task == TaskState::rebuilding) return "REBUILD";
  switch (vm) {
    case VmState::building:
      return "BUILD";
    case VmState::active:
      return task == TaskState::rebooting ? "REBOOT" : "ACTIVE";
    case VmState::stopped:
      return "SHUTOFF";
    case VmState::error:
      return "ERROR";
    case VmState::deleted:
      return "DELETED";
    case VmState::paused:
      return "PAUSED";
    case VmState::suspended:
      return "SUSPENDED";
    case VmState::rescued:
      return "RESCUE";
    case VmState::resized:
      return task == TaskState::resize_reverting ? "REVERT_RESIZE" : "VERIFY_RESIZE";
    case VmState::shelved:
      return "SHELVED";
    case VmState::shelved_offloaded:
      return "SHELVED_OFFLOADED";
  }
  return "UNKNOWN";
}

std::vector<StatePair> states_of(std::string_view status) {
  using enum VmState;
  using enum TaskState;
  if (status == "BUILD") return {{building, {}}};
  if (status == "ACTIVE") return {{active, {}}};
  if (status == "SHUTOFF") return {{stopped, {}}};
  if (status == "ERROR") return {{error, {}}};
  if (status == "DELETED") return {{deleted, {}}};
  if (status == "PAUSED") return {{paused, {}}};
  if (status == "SUSPENDED") return {{suspended, {}}};
  if (status == "RESCUE") return {{rescued, {}}};
  if (status == "SHELVED") return {{shelved, {}}};
  if (status == "SHELVED_OFFLOADED") return {{shelved_offloaded, {}}};
  if (status == "VERIFY_RESIZE") return {{resized, {}}};
  if (status == "REVERT_RESIZE") return {{resized, {resize_reverting}}};
  if (status == "REBOOT") return {{active, {rebooting}}};
  if (status == "HARD_REBOOT") return {{active, {rebooting_hard}}, {stopped, {rebooting_hard}}};
  if (status == "REBUILD") {
    return {{active, {rebuilding}}, {stopped, {rebuilding}}, {error, {rebuilding}}};
  }
  if (status == "RESIZE") {
    std::vector<TaskState> tasks = {resize_migrating, resize_finish};
    return {{active, tasks}, {stopped, tasks}};
  }
  return {};
}

namespace {

struct Rule {
  Action action;
  const char* name;  // in refusals
  std::vector<VmState> from;
  std::vector<TaskState> during;  // besides none
};

const std::vector<Rule>& rules() {
  using enum VmState;
  using enum TaskState;
  static const std::vector<TaskState> kAny = {
      spawning,     powering_off,      powering_on,   rebooting,        rebooting_hard,
      pausing,      unpausing,         suspending,    resuming,         rescuing,
      unrescuing,   rebuilding,        resize_migrating, resize_finish,
      image_snapshot, resize_confirming, resize_reverting, shelving};
  static const std::vector<Rule> kRules = {
      {Action::start, "start", {stopped}, {}},
      {Action::stop, "stop", {active, error}, {}},
      {Action::soft_reboot, "reboot", {active}, {}},
      {Action::hard_reboot,
       "reboot",
       {active, stopped, paused, suspended, error},
       {rebooting, rebooting_hard}},
      {Action::attach_volume,
       "attach_volume",
       {active, paused, stopped, resized, shelved_offloaded},
       {}},
      {Action::detach_volume,
       "detach_volume",
       {active, paused, stopped, resized, error, shelved_offloaded},
       {}},
      {Action::floating_address,
       "addFloatingIp",
       {active, paused, suspended, stopped, resized, rescued},
       kAny},
      {Action::attach_interface, "attach_interface", {active, paused, stopped}, {}},
      {Action::detach_interface, "detach_interface", {active, paused, stopped}, {}},
      {Action::console,
       "get_console_output",
       {building, active, stopped, error, paused, suspended, rescued, resized},
       kAny},
      {Action::pause, "pause", {active}, {}},
      {Action::unpause, "unpause", {paused}, {}},
      {Action::suspend, "suspend", {active}, {}},
      {Action::resume, "resume", {suspended}, {}},
      {Action::rescue, "rescue", {active, stopped, error}, {}},
      {Action::unrescue, "unrescue", {rescued}, {}},
      {Action::rebuild, "rebuild", {active, stopped, error}, {}},
      {Action::resize, "resize", {active, stopped}, {}},
      {Action::confirm_resize, "confirmResize", {resized}, {}},
      {Action::revert_resize, "revertResize", {resized}, {}},
      {Action::snapshot, "createImage", {active, stopped, paused, suspended}, {}},
      {Action::shelve, "shelve", {active, stopped, paused, suspended}, {}},
      {Action::shelve_offload, "shelveOffload", {shelved}, {}},
      {Action::unshelve, "unshelve", {shelved, shelved_offloaded}, {}},
      {Action::restore, "restore", {}, {}},  // a delete is not put off here
  };
  return kRules;
}

}  // namespace

Status allow(Action action, const Server& server) {
  for (const Rule& rule : rules()) {
    if (rule.action != action) continue;
    auto refuse = [&](const char* what, std::string_view state) {
      return conflict("Cannot '" + std::string(rule.name) + "' instance " + server.id +
                      " while it is in " + what + " " + std::string(state));
    };
    if (std::find(rule.from.begin(), rule.from.end(), server.vm_state) == rule.from.end()) {
      return refuse("vm_state", name_of(server.vm_state));
    }
    bool busy =
        server.task_state != TaskState::none &&
        std::find(rule.during.begin(), rule.during.end(), server.task_state) == rule.during.end();
    if (busy) return refuse("task_state", name_of(server.task_state));
    // Its task is not there to carry it out; giving a volume back needs no guest.
    bool needs_guest = action != Action::console && action != Action::detach_volume &&
                       server.vm_state != VmState::shelved_offloaded;
    if (needs_guest && !has_run(server))
      return conflict("Cannot '" + std::string(rule.name) + "' instance " + server.id +
                      " while it is in vm_state " + std::string(name_of(server.vm_state)) +
                      ": it has never run; delete it.");
    return {};
  }
  return internal("no rule for an action");
}

}  // namespace nuri::compute
