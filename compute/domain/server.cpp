#include "compute/domain/server.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace nuri::compute {

namespace {
constexpr std::array<std::string_view, 5> kVmNames = {"building", "active", "stopped", "error",
                                                      "deleted"};
constexpr std::array<std::string_view, 9> kTaskNames = {
    "",          "scheduling",     "networking", "spawning", "powering-off", "powering-on",
    "rebooting", "rebooting_hard", "deleting"};
// After this long without the agent having done as it was told, the owner gets the server back.
constexpr TimeUs kActionLimitUs = 600 * kSecondUs;
}  // namespace

Json::Array stored_list(const std::string& text) {
  return parse_json(text).value_or(Json()).as_array();
}

std::string_view name_of(VmState s) { return kVmNames[static_cast<size_t>(s)]; }
std::string_view name_of(TaskState s) { return kTaskNames[static_cast<size_t>(s)]; }

VmState vm_state_of(std::string_view name) {
  auto it = std::find(kVmNames.begin(), kVmNames.end(), name);
  return it == kVmNames.end() ? VmState::error : static_cast<VmState>(it - kVmNames.begin());
}

TaskState task_state_of(std::string_view name) {
  auto it = std::find(kTaskNames.begin(), kTaskNames.end(), name);
  return it == kTaskNames.end() ? TaskState::none : static_cast<TaskState>(it - kTaskNames.begin());
}

std::string_view status_of(VmState vm, TaskState task) {
  switch (vm) {
    case VmState::building:
      return "BUILD";
    case VmState::active:
      if (task == TaskState::rebooting) return "REBOOT";
      if (task == TaskState::rebooting_hard) return "HARD_REBOOT";
      return "ACTIVE";
    case VmState::stopped:
      return task == TaskState::rebooting_hard ? "HARD_REBOOT" : "SHUTOFF";
    case VmState::error:
      return "ERROR";
    case VmState::deleted:
      return "DELETED";
  }
  return "UNKNOWN";
}

std::vector<StatePair> states_of(std::string_view status) {
  if (status == "BUILD") return {{VmState::building, {}}};
  if (status == "ACTIVE") return {{VmState::active, {}}};
  if (status == "SHUTOFF") return {{VmState::stopped, {}}};
  if (status == "ERROR") return {{VmState::error, {}}};
  if (status == "DELETED") return {{VmState::deleted, {}}};
  if (status == "REBOOT") return {{VmState::active, {TaskState::rebooting}}};
  if (status == "HARD_REBOOT") {
    return {{VmState::active, {TaskState::rebooting_hard}},
            {VmState::stopped, {TaskState::rebooting_hard}}};
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
  static const std::vector<Rule> kRules = {
      {Action::start, "start", {stopped}, {}},
      {Action::stop, "stop", {active, error}, {}},
      {Action::soft_reboot, "reboot", {active}, {}},
      {Action::hard_reboot,
       "reboot",
       {active, stopped, error},
       {TaskState::rebooting, TaskState::rebooting_hard}},
      {Action::attach_volume, "attach_volume", {active, stopped}, {}},
      {Action::detach_volume, "detach_volume", {active, stopped, error}, {}},
      {Action::attach_interface, "attach_interface", {active, stopped}, {}},
      {Action::detach_interface, "detach_interface", {active, stopped}, {}},
      {Action::console,
       "get_console_output",
       {building, active, stopped, error},
       {TaskState::spawning, TaskState::powering_off, TaskState::powering_on, TaskState::rebooting,
        TaskState::rebooting_hard}},
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
    bool needs_guest = action != Action::console && action != Action::detach_volume;
    if (needs_guest && !has_run(server))
      return conflict("Cannot '" + std::string(rule.name) + "' instance " + server.id +
                      " while it is in vm_state " + std::string(name_of(server.vm_state)) +
                      ": it has never run; delete it.");
    return {};
  }
  return internal("no rule for an action");
}

int power_number(std::string_view power) {
  if (power == "running") return kPowerRunning;
  if (power == "paused") return kPowerPaused;
  if (power == "stopped") return kPowerShutdown;
  if (power == "crashed") return kPowerCrashed;
  return kPowerNone;
}

Observation observation_from(const Json& state) {
  Observation o;
  o.revision = state["revision"].as_int();
  o.power = state["power"].as_string("none");
  o.phase = state["phase"].as_string();
  o.error = state["error"].as_string();
  o.progress = state["progress"].as_int();
  o.reboot_count = state["reboot_count"].as_int();
  for (const Json& p : state["ports"].as_array()) o.ports.push_back(p.as_string());
  for (const Json& v : state["volumes"].as_array()) o.volumes.push_back(v.as_string());
  o.trace = state["trace"];
  return o;
}

namespace {

// The agent has taken up the newest wish and is done with it.
bool settled(const Server& server, const Observation& seen) {
  return seen.revision >= server.spec_revision && seen.phase == "ready" &&
         seen.reboot_count >= server.reboot_count;
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

}  // namespace

bool apply_observation(Server& server, const Observation& seen, TimeUs now_us) {
  VmState vm = server.vm_state;
  TaskState task = server.task_state;
  int64_t power = server.power_state;
  server.power_state = power_number(seen.power);
  bool running = seen.power == "running";
  if (settled(server, seen)) {
    // A guest that shut itself down stays down until somebody starts it.
    if (task == TaskState::none && server.wants_running && seen.power == "stopped" &&
        vm == VmState::active) {
      server.wants_running = false;
      finish(server, VmState::stopped);
    } else if (task == TaskState::powering_off && seen.power == "stopped") {
      finish(server, VmState::stopped);
    } else if (task != TaskState::none && task != TaskState::powering_off && running) {
      finish(server, VmState::active);
    } else if (task == TaskState::none && seen.power == "crashed" && vm == VmState::active) {
      fault(server, "The guest crashed. A hard reboot starts it again.", now_us);
    }
  } else if (seen.phase == "failed" && seen.revision >= server.spec_revision &&
             task != TaskState::none) {
    fault(server, seen.error.empty() ? "The host could not do it." : seen.error, now_us);
  } else if (task != TaskState::none && now_us - server.task_since_us > kActionLimitUs) {
    fault(server, "The host did not do it in time.", now_us);
  }
  return vm != server.vm_state || task != server.task_state || power != server.power_state;
}

std::string hostname_from(std::string_view name, std::string_view fallback) {
  std::string out;
  for (char c : name) {
    auto u = static_cast<unsigned char>(c);
    if (std::isalnum(u) && u < 0x80)
      out += static_cast<char>(std::tolower(u));
    else if (c == ' ' || c == '_' || c == '.' || c == '-')
      out += '-';
  }
  while (!out.empty() && out.front() == '-') out.erase(out.begin());
  if (out.size() > 63) out.resize(63);
  while (!out.empty() && out.back() == '-') out.pop_back();
  return out.empty() ? "server-" + std::string(fallback) : out;
}

std::string sha224_hex(std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha224(), nullptr);
  static const char* kHex = "0123456789abcdef";
  std::string out;
  for (unsigned i = 0; i < size; ++i) {
    out += kHex[digest[i] >> 4];
    out += kHex[digest[i] & 15];
  }
  return out;
}

}  // namespace nuri::compute
