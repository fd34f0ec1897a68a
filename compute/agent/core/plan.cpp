#include "compute/agent/core/plan.h"

namespace nuri::compute::agent {

namespace {
std::vector<Step> bring_down(const Actual& actual) {
  if (actual.shutdown_overdue) return {{Action::destroy, {}}};
  if (actual.shutdown_asked) return {};
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
}  // namespace

const char* action_name(Action a) {
  switch (a) {
    case Action::prepare: return "prepare";
    case Action::start: return "start";
    case Action::resume: return "resume";
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
  if (!actual.prepared && !actual.domain) steps.push_back({Action::prepare, {}});
  bool reboot = actual.reboots_done < desired->reboot.count;
  if (!desired->wants_running()) {
    if (actual.domain) return bring_down(actual);
    return steps;
  }
  if (!actual.domain) {
    if (!actual.guest_off || reboot) steps.push_back({Action::start, {}});
    return steps;
  }
  bool crashed = actual.domain->power == Power::crashed;
  if (crashed || (reboot && desired->reboot.type == "hard")) return {{Action::destroy, {}}, {Action::start, {}}};
  // A shutdown asked for earlier and taken back meanwhile: the guest is on its way down, so the
  // machine is taken down and started again rather than left to chance.
  if (reboot || actual.shutdown_asked) return bring_down(actual);
  if (actual.domain->power == Power::paused) steps.push_back({Action::resume, {}});
  plan_devices(*desired, *actual.domain, steps);
  return steps;
}

Power reported_power(const ServerSpec& desired, const Actual& actual) {
  if (actual.domain) return actual.domain->power;
  if (!actual.prepared) return Power::none;
  if (!desired.wants_running() || actual.guest_off) return Power::stopped;
  return Power::none;
}

}  // namespace nuri::compute::agent
