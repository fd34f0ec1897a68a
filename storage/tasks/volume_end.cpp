#include "services/tasks/incident.h"
#include "storage/store/snapshot_store.h"
#include "storage/store/volume_store.h"
#include "storage/tasks/volume_steps.h"

// A volume's way out, and what agents say of volumes.
namespace nuri::storage {

using tasks::Outcome;
using tasks::Task;

// Its file stays while something is being copied from it, and it outlives its snapshots: whoever
// deleted it with them (cascade) finds none of them once it is gone.
Result<Outcome> VolumeSteps::remove(const Task& task) {
  struct Look {
    std::optional<Volume> volume;
    bool needed = false, uploaded = false;
  };
  Look at = TRY(p_.db.read([&](db::Session& s) {
    Look out{store::find(s, task.id)};
    out.needed =
        store::copies_of(s, "volume", task.id) > 0 || !store::snapshots_of(s, task.id).empty();
    if (out.volume && !out.volume->upload_image.empty()) {
      auto state = p_.feed.observed(s, out.volume->host, "upload", out.volume->upload_image);
      out.uploaded = state && std::as_const(*state)["status"].as_string() == "done";
    }
    return out;
  }));
  if (at.needed) return Outcome::wait(kLookAgainUs);
  bool unfinished = at.volume && !at.volume->upload_image.empty() && !at.uploaded;
  // Where the image service is away, the image stays queued: its owner can delete it.
  if (unfinished) (void)p_.images.drop(at.volume->upload_image);
  return Outcome::next("await_gone",
                       [this, id = task.id](db::Session& s) -> Status {
                         auto v = store::find(s, id);
                         if (!v) return {};
                         release_source(s, *v);
                         if (v->host.empty()) return {};
                         if (!v->upload_image.empty())
                           p_.feed.remove(s, v->host, "upload", v->upload_image);
                         p_.feed.remove(s, v->host, "volume", id);
                         return {};
                       })
      .within(p_.options.remove_us);
}

Result<Outcome> VolumeSteps::await_gone(const Task& task) {
  bool gone = TRY(p_.db.read([&](db::Session& s) {
    auto v = store::find(s, task.id);
    return !v || v->host.empty() ||
           (p_.feed.gone(s, v->host, "volume", task.id) &&
            (v->upload_image.empty() || p_.feed.gone(s, v->host, "upload", v->upload_image)));
  }));
  if (!gone) {
    TimeUs now = p_.clock.now_us();
    if (task.deadline_us == 0 || now < task.deadline_us) return Outcome::wait(kLookAgainUs);
    return Outcome::wait(kLookAgainUs, [task, now](db::Session& s) -> Status {
      tasks::open_incident(
          s, task, "The host has not removed the volume in time; it may be away. This goes on.",
          now);
      return {};
    });
  }
  return Outcome::done([this, id = task.id](db::Session& s) -> Status {
    auto v = store::find(s, id);
    if (v && v->metered) store::emit_usage(s, *v, "end", p_.clock.now_us());
    store::remove(s, id);
    return {};
  });
}

Json volume_spec(const Volume& v) {
  Json source;
  if (v.snapshot_id) source = Json::object({{"kind", "snapshot"}, {"id", *v.snapshot_id}});
  if (v.source_volid) source = Json::object({{"kind", "volume"}, {"id", *v.source_volid}});
  return Json::object({{"id", v.id},
                       {"size_gib", v.claimed_gib()},
                       {"format", "qcow2"},
                       {"image", v.image},
                       {"source", source}});
}

feed::Feed::OnObserved on_observed(Clock& clock, std::function<void()> wake) {
  return [&clock, wake](db::Session& s, const std::string& host, const std::string& kind,
                        const std::string& id, const Json& state) -> Status {
    TimeUs now = clock.now_us();
    std::string task;
    if (kind == "volume" || kind == "snapshot") task = id;
    if (kind == "upload") {
      auto volume = store::find_by_upload(s, id);
      if (volume) task = volume->id;
    }
    if (!task.empty() && tasks::signal(s, task, now)) s.after_commit(wake);
    if (kind == "host" && id == host && !state["absent"].as_bool()) {
      store::put_host(s, {host, state["zone"].as_string("nova"), state["disk_gib"].as_int(),
                          state["disk_used_gib"].as_int(), 0, now});
    }
    return {};
  };
}

}  // namespace nuri::storage
