#include "compute/agent/core/plan.h"

namespace nuri::compute::agent {

namespace {
std::vector<Step> bring_down(const Actual& actual) {
  if (actual.shutdown_overdue) return {{Action::destroy, {}}};
  if (actual.shutdown_asked) return {};
  if (actual.domain->power == Power::paused) return {{Action::resume, {}}, {Action::shutdown, {}}};
  return {{Action::shutdown, {}}};
}

void plan_devices(const ServerSpec& desired, const Domain& domain, std::vector<Step>& steps) {
  std::set<std::string> ports, volumes;
  for (const auto& p : desired.ports) ports.insert(p.id);
  for (const auto& v : desired.volumes) volumes.insert(v.attachment_id);
  for (const auto& id : domain.volumes) {
    if (!volumes.contains(id)) steps.push_back({Action::unplug_volume, id});
  }
  for (const auto& id : domain.ports) {
    if (!ports.contains(id)) steps.push_back({Action::unplug_port, id});
  }
  for (const auto& p : desired.ports) {
    if (!domain.ports.contains(p.id)) steps.push_back({Action::plug_port, p.id});
  }
  for (const auto& v : desired.volumes) {
    if (!domain.volumes.contains(v.attachment_id)) steps.push_back({Action::plug_volume, v.attachment_id});
  }
}

void plan_snapshot(const ServerSpec& desired, const Actual& actual, std::vector<Step>& steps) {
  if (desired.snapshot && actual.snapshot < desired.snapshot->number) steps.push_back({Action::copy_disk, {}});
}

// Of one that is off, with its disk as wanted.
void plan_off(const ServerSpec& desired, const Actual& actual, bool reboot, std::vector<Step>& steps) {
  if (desired.disk.keep > 0 && actual.kept != desired.disk.keep) steps.push_back({Action::put_aside, {}});
  if (desired.disk.keep < 0 && actual.kept > 0) steps.push_back({Action::take_back, {}});
  if (desired.disk.keep == 0 && actual.kept > 0) steps.push_back({Action::drop_aside, {}});
  bool stale = actual.suspended && desired.power != "suspended" && (reboot || !desired.wants_running());
  if (stale) steps.push_back({Action::drop_memory, {}});
  if (!desired.wants_running() || (actual.guest_off && !reboot)) return;
  // What was suspended goes on with the disk it had.
  bool cold = !actual.suspended || stale;
  if (cold && desired.image && actual.disk_gib < desired.flavor.disk_gib) steps.push_back({Action::grow, {}});
  steps.push_back({Action::start, {}});
  if (desired.power == "paused") steps.push_back({Action::pause, {}});
}
}  // namespace

const char* action_name(Action a) {
  switch (a) {
    case Action::prepare: return "prepare";
    case Action::start: return "start";
    case Action::pause: return "pause";
    case Action::resume: return "resume";
    case Action::suspend: return "suspend";
    case Action::drop_memory: return "drop_memory";
    case Action::discard: return "discard";
    case Action::grow: return "grow";
    case Action::put_aside: return "put_aside";
    case Action::take_back: return "take_back";
    case Action::drop_aside: return "drop_aside";
    case Action::copy_disk: return "copy_disk";
    case Action::shutdown: return "shutdown";
    case Action::destroy: return "destroy";
    case Action::remove: return "remove";
    case Action::plug_port: return "plug_port";
    case Action::unplug_port: return "unplug_port";
    case Action::plug_volume: return "plug_volume";
    case Action::unplug_volume: return "unplug_volume";
  }
  return "?";
}

const char* power_name(Power p) {
  switch (p) {
    case Power::none: return "none";
    case Power::running: return "running";
    case Power::paused: return "paused";
    case Power::suspended: return "suspended";
    case Power::stopped: return "stopped";
    case Power::crashed: return "crashed";
  }
  return "none";
}

std::vector<Step> plan(const ServerSpec* desired, const Actual& actual) {
  std::vector<Step> steps;
  if (!desired) {
    if (actual.domain) steps.push_back({Action::destroy, {}});
    steps.push_back({Action::remove, {}});
    return steps;
  }
  bool reboot = actual.reboots_done < desired->reboot.count;
  bool anew = actual.disk_number < desired->disk.number;
  if (anew) {
    if (actual.domain) steps.push_back({Action::destroy, {}});
    steps.push_back({Action::discard, {}});
  }
  if (anew || (!actual.prepared && !actual.domain)) steps.push_back({Action::prepare, {}});
  if (anew || !actual.domain) {
    Actual off = actual;
    if (anew) off.suspended = off.guest_off = false;
    if (anew || !actual.prepared) off.disk_gib = desired->flavor.disk_gib;
    plan_off(*desired, off, reboot, steps);
    plan_snapshot(*desired, actual, steps);
    return steps;
  }
  if (desired->power == "suspended") return {{Action::suspend, {}}};
  if (!desired->wants_running()) return bring_down(actual);
  bool crashed = actual.domain->power == Power::crashed;
  if (crashed || (reboot && desired->reboot.type == "hard")) return {{Action::destroy, {}}, {Action::start, {}}};
  // A shutdown asked for earlier and taken back meanwhile: the guest is on its way down, so the
  // machine is taken down and started again rather than left to chance.
  if (reboot || actual.shutdown_asked) return bring_down(actual);
  bool paused = actual.domain->power == Power::paused;
  if (paused && desired->power == "running") steps.push_back({Action::resume, {}});
  if (!paused && desired->power == "paused") steps.push_back({Action::pause, {}});
  if (desired->disk.keep == 0 && actual.kept > 0) steps.push_back({Action::drop_aside, {}});
  plan_devices(*desired, *actual.domain, steps);
  plan_snapshot(*desired, actual, steps);
  return steps;
}

Power reported_power(const ServerSpec& desired, const Actual& actual) {
  if (actual.domain) return actual.domain->power;
  if (!actual.prepared) return Power::none;
  if (actual.suspended) return Power::suspended;
  if (!desired.wants_running() || actual.guest_off) return Power::stopped;
  return Power::none;
}

}  // namespace nuri::compute::agent
