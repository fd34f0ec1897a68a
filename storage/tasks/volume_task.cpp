#include "storage/tasks/volume_task.h"

#include "services/tasks/incident.h"
#include "storage/domain/placement.h"
#include "storage/domain/volume_state.h"
#include "storage/store/quota.h"
#include "storage/store/snapshot_store.h"
#include "storage/store/type_store.h"
#include "storage/store/volume_store.h"
#include "storage/tasks/volume_steps.h"

namespace nuri::storage {

using tasks::Outcome;
using tasks::Task;

Result<VolumeSteps::Seen> VolumeSteps::look(const std::string& id) {
  return p_.db.read([&](db::Session& s) -> Result<Seen> {
    auto volume = store::find(s, id);
    if (!volume) return internal("a volume's task without its volume");
    Seen seen{std::move(*volume), "", "", ""};
    auto state = seen.volume.host.empty() ? std::nullopt
                                          : p_.feed.observed(s, seen.volume.host, "volume", id);
    if (state && (*state)["revision"].as_int() >= seen.volume.revision) {
      seen.status = (*state)["status"].as_string();
      seen.path = (*state)["path"].as_string();
      seen.error = (*state)["error"].as_string();
    }
    return seen;
  });
}

// The old size again, for the quota and for the host, which never shrinks what it has grown.
void VolumeSteps::take_back(db::Session& s, Volume& v) {
  if (v.growing_to_gib == 0) return;
  v.growing_to_gib = 0;
  if (v.status != "deleting") p_.quota.take(s, v.project_id, v.id, store::amounts_of(v));
  v.revision = p_.feed.put(s, v.host, "volume", v.id, volume_spec(v));
}

// It has been copied from, or never will be: what waits to be removed may go on.
void VolumeSteps::release_source(db::Session& s, const Volume& v) {
  for (const auto& source : {v.snapshot_id, v.source_volid})
    if (source && tasks::signal(s, *source, p_.clock.now_us())) s.after_commit(p_.wake);
}

// Fields are changed on the row as it is at the commit: a request may have come between.
Outcome VolumeSteps::failed(const std::string& id, const std::string& status,
                            const std::string& why) {
  return Outcome::next("failed", [this, id, status, why](db::Session& s) -> Status {
    auto v = store::find(s, id);
    if (!v) return internal("volume row is gone");
    if (v->status != "deleting") v->status = status;
    take_back(s, *v);
    v->error = why.empty() ? "The host could not make the volume." : why;
    store::update(s, *v, p_.clock.now_us());
    release_source(s, *v);
    tell_user(s, p_, v->project_id, "VOLUME", v->id,
              status == "error" ? "VOLUME_VOLUME_001_002" : "VOLUME_VOLUME_005_001", v->error);
    return {};
  });
}

VolumeSteps::Placed VolumeSteps::choose(db::Session& s, const Volume& v) {
  Placed out;
  auto type = store::find_type(s, v.type_id);
  if (type) out.unmet = unmet_spec(type->extra_specs);
  std::string host =
      v.attachment && !v.attachment->host.empty() ? v.attachment->host : v.wanted_host;
  PlacementRequest q{v.size_gib, host.empty() ? v.zone : "", host, p_.options.overcommit,
                     p_.clock.now_us()};
  auto placed = storage::place(q, store::hosts(s));
  if (placed)
    out.host = *placed;
  else
    out.none = placed.error();
  return out;
}

Result<Outcome> VolumeSteps::place(const Task& task) {
  Seen seen = TRY(look(task.id));
  Placed placed = TRY(p_.db.read([&](db::Session& s) { return choose(s, seen.volume); }));
  if (!placed.unmet.empty()) {
    return failed(task.id, "error",
                  "schedule allocate volume: Could not find any available weighted backend: the "
                  "volume's type asks for " +
                      placed.unmet + ".");
  }
  if (placed.host.empty()) return placed.none;
  bool copies = !seen.volume.image.is_null() || seen.volume.snapshot_id || seen.volume.source_volid;
  return Outcome::next("await",
                       [this, id = task.id, host = placed.host](db::Session& s) -> Status {
                         auto v = store::find(s, id);
                         if (!v) return internal("volume row is gone");
                         bool elsewhere = v->attachment && !v->attachment->host.empty() &&
                                          v->attachment->host != host;
                         if (elsewhere)
                           return conflict("a server elsewhere asked for it meanwhile");
                         v->host = host;
                         v->revision = p_.feed.put(s, host, "volume", id, volume_spec(*v));
                         store::update(s, *v, p_.clock.now_us());
                         return {};
                       })
      .within(copies ? p_.options.make_image_us : p_.options.make_blank_us);
}

Result<Outcome> VolumeSteps::await(const Task& task) {
  Seen seen = TRY(look(task.id));
  if (seen.volume.host.empty()) return Outcome::next("place").within(p_.options.place_us);
  if (seen.status == "failed") return failed(task.id, "error", seen.error);
  if (seen.status != "available") return Outcome::wait(kLookAgainUs);
  return Outcome::next("keep", [this, id = task.id, path = seen.path](db::Session& s) -> Status {
    auto v = store::find(s, id);
    if (!v) return internal("volume row is gone");
    if (v->status == "creating") v->status = std::string(status_by_attachment(*v));
    v->path = path;
    v->error.clear();
    TimeUs now = p_.clock.now_us();
    // Deleted while it was being made: its bill has ended before it began.
    if (!v->metered && v->status != "deleting") {
      store::emit_usage(s, *v, "begin", now);
      v->metered = true;
    }
    store::update(s, *v, now);
    release_source(s, *v);
    return {};
  });
}

Result<Outcome> VolumeSteps::keep(const Task& task) {
  Seen seen = TRY(look(task.id));
  // It follows a server to another host.
  if (seen.volume.host.empty()) return Outcome::next("place").within(p_.options.place_us);
  if (!seen.volume.upload_image.empty())
    return Outcome::next("queue_upload").within(p_.options.upload_us);
  if (seen.volume.status == "extending")
    return Outcome::next("extend").within(p_.options.extend_us);
  return Outcome::wait(kIdleUs);
}

Result<Outcome> VolumeSteps::extend(const Task& task) {
  Seen seen = TRY(look(task.id));
  if (seen.status == "failed") return failed(task.id, "error_extending", seen.error);
  if (seen.status != "available") return Outcome::wait(kLookAgainUs);
  return Outcome::next("keep", [this, id = task.id](db::Session& s) -> Status {
    auto v = store::find(s, id);
    if (!v) return internal("volume row is gone");
    if (v->status == "extending") v->status = std::string(status_by_attachment(*v));
    TimeUs now = p_.clock.now_us();
    bool grown = v->growing_to_gib > v->size_gib;
    v->size_gib = v->claimed_gib();
    v->growing_to_gib = 0;
    v->error.clear();
    if (grown && v->metered) store::emit_usage(s, *v, "change", now);
    store::update(s, *v, now);
    return {};
  });
}

// Waits for the delete signal, or for an administrator who has set the status anew. What the host
// made too late is remembered, so that it can be put to use.
Result<Outcome> VolumeSteps::wait_failed(const Task& task) {
  Seen seen = TRY(look(task.id));
  const Volume& v = seen.volume;
  if (!v.upload_image.empty()) return Outcome::next("end_upload");
  if (v.path.empty() && seen.status == "available") {
    return Outcome::wait(kIdleUs, [this, id = task.id, path = seen.path](db::Session& s) -> Status {
      auto found = store::find(s, id);
      if (!found) return internal("volume row is gone");
      found->path = path;
      store::update(s, *found, p_.clock.now_us());
      return {};
    });
  }
  if (v.path.empty() || v.status.starts_with("error")) return Outcome::wait(kIdleUs);
  if (!v.metered) return Outcome::next("await").within(p_.options.make_blank_us);
  if (v.status == "extending") return Outcome::next("extend").within(p_.options.extend_us);
  return Outcome::next("keep");
}

Status VolumeSteps::late(db::Session& s, const Task& task, const std::string& why) {
  auto v = store::find(s, task.id);
  if (!v) return internal("volume row is gone");
  if (!v->upload_image.empty()) {  // the volume is none the worse for it: "failed" ends the upload
    v->error = why;
    store::update(s, *v, p_.clock.now_us());
    return {};
  }
  v->status = task.step == "extend" ? "error_extending" : "error";
  v->error = why;
  take_back(s, *v);
  store::update(s, *v, p_.clock.now_us());
  release_source(s, *v);
  tell_user(s, p_, v->project_id, "VOLUME", v->id,
            task.step == "extend" ? "VOLUME_VOLUME_005_001" : "VOLUME_VOLUME_001_002", why);
  return {};
}

tasks::Kind volume_kind(const TaskParts& parts) {
  auto steps = std::make_shared<VolumeSteps>(parts);
  auto bind = [steps](Result<Outcome> (VolumeSteps::*f)(const Task&)) -> tasks::Step {
    return [steps, f](const Task& t) { return ((*steps).*f)(t); };
  };
  tasks::Kind kind;
  kind.name = "volume";
  kind.steps = {{"place", bind(&VolumeSteps::place)},
                {"await", bind(&VolumeSteps::await)},
                {"keep", bind(&VolumeSteps::keep)},
                {"extend", bind(&VolumeSteps::extend)},
                {"queue_upload", bind(&VolumeSteps::queue_upload)},
                {"await_upload", bind(&VolumeSteps::await_upload)},
                {"end_upload", bind(&VolumeSteps::end_upload)},
                {"failed", bind(&VolumeSteps::wait_failed)},
                {"remove", bind(&VolumeSteps::remove)},
                {"await_gone", bind(&VolumeSteps::await_gone)}};
  kind.delete_step = "remove";
  kind.teardown = {"remove", "await_gone"};
  kind.failed_step = "failed";
  kind.on_deadline = [steps](db::Session& s, const Task& t, const std::string& why) {
    return steps->late(s, t, why);
  };
  return kind;
}

void create_volume_task(db::Session& s, const Volume& volume, TimeUs now_us,
                        const VolumeTaskOptions& options) {
  tasks::create(s, "volume", volume.id, "place", now_us, now_us + options.place_us);
}

}  // namespace nuri::storage
