#include "storage/tasks/snapshot_task.h"

#include "services/tasks/incident.h"
#include "storage/store/snapshot_store.h"
#include "storage/store/volume_store.h"

namespace nuri::storage {

namespace {

using tasks::Outcome;
using tasks::Task;

class SnapshotSteps {
 public:
  explicit SnapshotSteps(const TaskParts& parts) : p_(parts) {}

  Result<Outcome> make(const Task& task);
  Result<Outcome> await(const Task& task);
  Result<Outcome> keep(const Task&) { return Outcome::wait(kIdleUs); }
  Result<Outcome> remove(const Task& task);
  Result<Outcome> await_gone(const Task& task);
  Status late(db::Session& s, const Task& task, const std::string& why);

 private:
  using Change = std::function<Status(db::Session&, Snapshot&)>;
  // On the row as it is at the commit: a request may have come between.
  std::function<Status(db::Session&)> change(const std::string& id, Change f);
  void fail(db::Session& s, Snapshot& p, const std::string& why);
  void free_volume(db::Session& s, const Snapshot& p);

  TaskParts p_;
};

std::function<Status(db::Session&)> SnapshotSteps::change(const std::string& id, Change f) {
  return [this, id, f](db::Session& s) -> Status {
    auto p = store::find_snapshot(s, id);
    if (!p) return internal("snapshot row is gone");
    TRYV(f(s, *p));
    store::update(s, *p, p_.clock.now_us());
    return {};
  };
}

// Its volume may be waiting for the copy's end, or for this one's.
void SnapshotSteps::free_volume(db::Session& s, const Snapshot& p) {
  if (tasks::signal(s, p.volume_id, p_.clock.now_us())) s.after_commit(p_.wake);
}

void SnapshotSteps::fail(db::Session& s, Snapshot& p, const std::string& why) {
  if (p.status != "deleting") p.status = "error";
  p.error = why.empty() ? "The host could not make the snapshot." : why;
  free_volume(s, p);
  tell_user(s, p_, p.project_id, "VOLUME_SNAPSHOT", p.id, "VOLUME_VOLUME_SNAPSHOT_009_001",
            p.error);
}

Result<Outcome> SnapshotSteps::make(const Task& task) {
  return Outcome::next("await", change(task.id,
                                       [this](db::Session& s, Snapshot& p) -> Status {
                                         p.revision = p_.feed.put(s, p.host, "snapshot", p.id,
                                                                  snapshot_spec(p));
                                         return {};
                                       }))
      .within(p_.options.make_image_us);
}

Result<Outcome> SnapshotSteps::await(const Task& task) {
  auto state = TRY(p_.db.read([&](db::Session& s) -> Result<Json> {
    auto p = store::find_snapshot(s, task.id);
    if (!p) return internal("a snapshot's task without its snapshot");
    auto seen = p_.feed.observed(s, p->host, "snapshot", task.id);
    if (!seen || std::as_const(*seen)["revision"].as_int() < p->revision) return Json();
    return *seen;
  }));
  const Json& seen = state;
  const std::string& status = seen["status"].as_string();
  if (status == "failed") {
    std::string why = seen["error"].as_string();
    return Outcome::next("keep",
                         change(task.id, [this, why](db::Session& s, Snapshot& p) -> Status {
                           fail(s, p, why);
                           return {};
                         }));
  }
  if (status != "available") return Outcome::wait(kLookAgainUs);
  std::string path = seen["path"].as_string();
  return Outcome::next("keep", change(task.id, [this, path](db::Session& s, Snapshot& p) -> Status {
                         if (p.status == "creating") p.status = "available";
                         p.progress = "100%";
                         p.path = path;
                         p.error.clear();
                         if (!p.metered && p.status != "deleting") {
                           store::emit_usage(s, p, "begin", p_.clock.now_us());
                           p.metered = true;
                         }
                         free_volume(s, p);
                         return {};
                       }));
}

Result<Outcome> SnapshotSteps::remove(const Task& task) {
  bool needed =
      TRY(p_.db.read([&](db::Session& s) { return store::copies_of(s, "snapshot", task.id) > 0; }));
  if (needed) return Outcome::wait(kLookAgainUs);
  return Outcome::next("await_gone",
                       [this, id = task.id](db::Session& s) -> Status {
                         auto p = store::find_snapshot(s, id);
                         if (p) p_.feed.remove(s, p->host, "snapshot", id);
                         return {};
                       })
      .within(p_.options.remove_us);
}

Result<Outcome> SnapshotSteps::await_gone(const Task& task) {
  bool gone = TRY(p_.db.read([&](db::Session& s) {
    auto p = store::find_snapshot(s, task.id);
    return !p || p_.feed.gone(s, p->host, "snapshot", task.id);
  }));
  if (!gone) {
    TimeUs now = p_.clock.now_us();
    if (task.deadline_us == 0 || now < task.deadline_us) return Outcome::wait(kLookAgainUs);
    return Outcome::wait(kLookAgainUs, [task, now](db::Session& s) -> Status {
      tasks::open_incident(
          s, task, "The host has not removed the snapshot in time; it may be away. This goes on.",
          now);
      return {};
    });
  }
  return Outcome::done([this, id = task.id](db::Session& s) -> Status {
    auto p = store::find_snapshot(s, id);
    if (!p) return {};
    if (p->metered) store::emit_usage(s, *p, "end", p_.clock.now_us());
    store::remove_snapshot(s, id);
    free_volume(s, *p);
    return {};
  });
}

Status SnapshotSteps::late(db::Session& s, const Task& task, const std::string& why) {
  return change(task.id, [this, why](db::Session& s2, Snapshot& p) -> Status {
    fail(s2, p, why);
    return {};
  })(s);
}

}  // namespace

Json snapshot_spec(const Snapshot& p) {
  return Json::object({{"id", p.id},
                       {"size_gib", p.size_gib},
                       {"format", "qcow2"},
                       {"image", Json()},
                       {"source", Json::object({{"kind", "volume"}, {"id", p.volume_id}})}});
}

tasks::Kind snapshot_kind(const TaskParts& parts) {
  auto steps = std::make_shared<SnapshotSteps>(parts);
  auto bind = [steps](Result<Outcome> (SnapshotSteps::*f)(const Task&)) -> tasks::Step {
    return [steps, f](const Task& t) { return ((*steps).*f)(t); };
  };
  tasks::Kind kind;
  kind.name = "snapshot";
  kind.steps = {{"make", bind(&SnapshotSteps::make)},
                {"await", bind(&SnapshotSteps::await)},
                {"keep", bind(&SnapshotSteps::keep)},
                {"remove", bind(&SnapshotSteps::remove)},
                {"await_gone", bind(&SnapshotSteps::await_gone)}};
  kind.delete_step = "remove";
  kind.teardown = {"remove", "await_gone"};
  kind.failed_step = "keep";
  kind.on_deadline = [steps](db::Session& s, const Task& t, const std::string& why) {
    return steps->late(s, t, why);
  };
  return kind;
}

void create_snapshot_task(db::Session& s, const Snapshot& snapshot, TimeUs now_us,
                          const VolumeTaskOptions& options) {
  tasks::create(s, "snapshot", snapshot.id, "make", now_us, now_us + options.make_blank_us);
}

}  // namespace nuri::storage
