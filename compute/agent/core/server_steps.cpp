#include <algorithm>

#include "compute/agent/core/server_run.h"
#include "services/base/config.h"
#include "services/base/log.h"

namespace nuri::compute::agent {

Result<std::optional<BaseImage>> ServerKeeper::cached(const std::optional<ImageRef>& image) {
  if (!image || !driver_.uses_images()) return std::optional<BaseImage>();
  return std::optional(TRY(images_.get(*image)));
}

Status ServerKeeper::prepare(Run& run) {
  report(run, "preparing", "");
  TRYV(make_directories(run.files.directory, 0711));
  auto base = TRY(traced(run, "image", [&] { return cached(run.spec.image); }));
  if (run.spec.config_drive && driver_.uses_images()) {
    TRYV(traced(run, "config_drive",
                [&] { return make_config_drive(run.files.config_drive(), hooks_.config_files(run.item.spec)); }));
  }
  // Last: the root disk being there is what says that all is.
  TRYV(traced(run, "disk", [&] { return driver_.prepare(run.spec, run.files, base); }));
  run.actual.prepared = true;
  run.local.record.disk_gib = run.actual.disk_gib = run.spec.flavor.disk_gib;
  return {};
}

Status ServerKeeper::start_domain(Run& run) {
  auto base = TRY(cached(run.spec.image));
  auto rescue = TRY(cached(run.spec.rescue));
  TRYV(traced(run, "start", [&] { return driver_.start(run.spec, run.files, base, rescue); }));
  Domain d;
  d.id = run.spec.id;
  for (const auto& p : run.spec.ports) d.ports.insert(p.id);
  for (const auto& v : run.spec.volumes) d.volumes.insert(v.attachment_id);
  run.actual.domain = std::move(d);
  run.actual.guest_off = run.actual.suspended = false;
  run.local.record.guest_off = false;
  run.local.record.reboots_done = run.actual.reboots_done = run.spec.reboot.count;
  std::lock_guard lock(mutex_);
  run.local.shutdown_asked_us = 0;
  run.local.off_as_asked = false;
  return {};
}

// True: it is done and `actual` says so. False: look again, or (run.waiting) wait for the guest.
Result<bool> ServerKeeper::carry_out(Run& run, const Step& step) {
  const std::string& id = run.spec.id;
  log::debug("step", {{"server_id", id}, {"action", action_name(step.action)}, {"id", step.id}});
  auto port = std::find_if(run.spec.ports.begin(), run.spec.ports.end(), [&](const auto& p) { return p.id == step.id; });
  auto volume = std::find_if(run.spec.volumes.begin(), run.spec.volumes.end(),
                             [&](const auto& v) { return v.attachment_id == step.id; });
  switch (step.action) {
    case Action::prepare: TRYV(prepare(run)); return true;
    case Action::start: TRYV(start_domain(run)); return true;
    case Action::pause:
      TRYV(driver_.pause(id));
      run.actual.domain->power = Power::paused;
      return true;
    case Action::resume:
      TRYV(driver_.resume(id));
      run.actual.domain->power = Power::running;
      return true;
    case Action::suspend:
      TRYV(driver_.suspend(id, run.files));
      return false;
    case Action::drop_memory:
    case Action::discard:
    case Action::grow:
    case Action::put_aside:
    case Action::take_back:
    case Action::drop_aside:
    case Action::copy_disk: return change_disk(run, step);
    case Action::shutdown: {
      {
        std::lock_guard lock(mutex_);
        run.local.shutdown_asked_us = clock_.now_us();
      }
      run.actual.shutdown_asked = true;
      run.waiting = true;
      auto asked = driver_.shutdown(id);
      if (!asked) log::warning("the guest cannot be asked to shut down", {{"server_id", id}, {"why", asked.error().message}});
      return false;
    }
    case Action::destroy:
      TRYV(driver_.destroy(id));
      run.actual.domain.reset();
      return !run.spec.wants_running() ? false : true;
    case Action::remove: return internal("remove is not a step of a wanted server");
    case Action::plug_port:
      if (port == run.spec.ports.end()) return false;
      TRYV(driver_.plug_port(id, *port));
      run.actual.domain->ports.insert(step.id);
      return true;
    case Action::plug_volume:
      if (volume == run.spec.volumes.end()) return false;
      TRYV(driver_.plug_volume(id, *volume));
      run.actual.domain->volumes.insert(step.id);
      return true;
    case Action::unplug_port:
    case Action::unplug_volume:
      if (step.action == Action::unplug_port) TRYV(driver_.unplug_port(id, step.id));
      else TRYV(driver_.unplug_volume(id, step.id));
      // Most guests let go at once; the event (or the retry) goes on with the rest otherwise.
      run.actual = TRY(look(run.spec, run.local));
      take_record(run);
      if (!run.actual.domain) return false;
      run.waiting = run.actual.domain->volumes.contains(step.id) || run.actual.domain->ports.contains(step.id);
      return !run.waiting;
  }
  return internal("unknown step");
}

}  // namespace nuri::compute::agent
