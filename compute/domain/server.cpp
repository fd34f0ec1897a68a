#include "compute/domain/server.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace nuri::compute {

namespace {
constexpr char kLastDevice = 'y';
constexpr std::array<std::string_view, 11> kVmNames = {
    "building",  "active",  "stopped", "error",   "deleted",          "paused",
    "suspended", "rescued", "resized", "shelved", "shelved_offloaded"};
constexpr std::array<std::string_view, 25> kTaskNames = {"",
                                                         "scheduling",
                                                         "networking",
                                                         "spawning",
                                                         "powering-off",
                                                         "powering-on",
                                                         "rebooting",
                                                         "rebooting_hard",
                                                         "deleting",
                                                         "block_device_mapping",
                                                         "pausing",
                                                         "unpausing",
                                                         "suspending",
                                                         "resuming",
                                                         "rescuing",
                                                         "unrescuing",
                                                         "rebuilding",
                                                         "image_snapshot",
                                                         "resize_migrating",
                                                         "resize_finish",
                                                         "resize_confirming",
                                                         "resize_reverting",
                                                         "shelving",
                                                         "shelving_offloading",
                                                         "unshelving"};
}  // namespace

Json::Array stored_list(const std::string& text) {
  return parse_json(text).value_or(Json()).as_array();
}

Json stored_object(const std::string& text) { return parse_json(text).value_or(Json()); }

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

int power_number(std::string_view power) {
  if (power == "running") return kPowerRunning;
  if (power == "paused") return kPowerPaused;
  if (power == "stopped" || power == "suspended") return kPowerShutdown;
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
  o.disk_number = state["disk"]["number"].as_int();
  o.disk_keep = state["disk"]["keep"].as_int();
  o.snapshot = state["snapshot"]["number"].as_int();
  o.snapshot_status = state["snapshot"]["status"].as_string();
  o.snapshot_error = state["snapshot"]["error"].as_string();
  o.trace = state["trace"];
  return o;
}

std::string power_wish(const Server& server) {
  if (!server.wants_running) return "stopped";
  return server.held.empty() ? "running" : server.held;
}

Json flavor_part(const Server& s) {
  return Json::object({{"id", s.flavor_id},
                       {"name", s.flavor_name},
                       {"specs", s.flavor_specs},
                       {"vcpus", s.vcpus},
                       {"ram_mib", s.ram_mib},
                       {"disk_gib", s.disk_gib},
                       {"ephemeral_gib", s.ephemeral_gib},
                       {"swap_mib", s.swap_mib}});
}

void take_flavor(Server& s, const Json& part) {
  s.flavor_id = part["id"].as_string();
  s.flavor_name = part["name"].as_string();
  s.flavor_specs = part["specs"].as_string("{}");
  s.vcpus = part["vcpus"].as_int();
  s.ram_mib = part["ram_mib"].as_int();
  s.disk_gib = part["disk_gib"].as_int();
  s.ephemeral_gib = part["ephemeral_gib"].as_int();
  s.swap_mib = part["swap_mib"].as_int();
}

void hold_for_resize(Server& s) {
  Json resize = stored_object(s.resize);
  auto beyond = [&](const char* what, const char* more, int64_t has) {
    auto of = [&](const char* which) {
      const Json& part = resize[which];
      return part[what].as_int() + (more ? part[more].as_int() : 0);
    };
    return resize.is_null() ? 0 : std::max(of("old"), of("new")) - has;
  };
  s.extra_vcpus = beyond("vcpus", nullptr, s.vcpus);
  s.extra_ram_mib = beyond("ram_mib", nullptr, s.ram_mib);
  s.extra_disk_gib = beyond("disk_gib", "ephemeral_gib", s.disk_gib + s.ephemeral_gib);
}

std::string_view action_of(TaskState task) {
  switch (task) {
    case TaskState::powering_off:
      return "stop";
    case TaskState::powering_on:
      return "start";
    case TaskState::rebooting:
    case TaskState::rebooting_hard:
      return "reboot";
    case TaskState::pausing:
      return "pause";
    case TaskState::unpausing:
      return "unpause";
    case TaskState::suspending:
      return "suspend";
    case TaskState::resuming:
      return "resume";
    case TaskState::rescuing:
      return "rescue";
    case TaskState::unrescuing:
      return "unrescue";
    case TaskState::rebuilding:
      return "rebuild";
    case TaskState::image_snapshot:
      return "createImage";
    case TaskState::resize_migrating:
    case TaskState::resize_finish:
      return "resize";
    case TaskState::resize_confirming:
      return "confirmResize";
    case TaskState::resize_reverting:
      return "revertResize";
    case TaskState::shelving:
    case TaskState::shelving_offloading:
      return "shelve";
    case TaskState::unshelving:
      return "unshelve";
    case TaskState::scheduling:
    case TaskState::block_device_mapping:
    case TaskState::networking:
    case TaskState::spawning:
      return "create";
    case TaskState::deleting:
      return "delete";
    case TaskState::none:
      return "";
  }
  return "";
}

std::string free_device(const std::vector<ServerVolume>& taken, const std::string& asked) {
  auto used = [&](const std::string& d) {
    return std::any_of(taken.begin(), taken.end(), [&](const auto& v) { return v.device == d; });
  };
  std::string wish = asked.starts_with("/dev/") ? asked : "/dev/" + asked;
  bool fits =
      wish.size() == 8 && wish.starts_with("/dev/vd") && wish[7] > 'a' && wish[7] <= kLastDevice;
  if (fits && !used(wish)) return wish;
  for (char c = 'b'; c <= kLastDevice; ++c) {
    std::string d = std::string("/dev/vd") + c;
    if (!used(d)) return d;
  }
  return "";
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
