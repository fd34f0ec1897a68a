#include "storage/tasks/volume_task.h"

#include "services/tasks/incident.h"
#include "storage/domain/placement.h"
#include "storage/domain/volume_state.h"
#include "storage/store/volume_store.h"

namespace nuri::storage {

namespace {

using tasks::Outcome;
using tasks::Task;

constexpr TimeUs kLookAgainUs =
    30 * kSecondUs;  // while waiting for an agent; a signal comes sooner
constexpr TimeUs kIdleUs = 3600 * kSecondUs;

class VolumeSteps {
 public:
  VolumeSteps(db::Database& database, feed::Feed& feed, Clock& clock, VolumeTaskOptions options)
      : db_(database), feed_(feed), clock_(clock), options_(options) {}

  Result<Outcome> place(const Task& task);
  Result<Outcome> await(const Task& task);
  Result<Outcome> keep(const Task& task);
  Result<Outcome> extend(const Task& task);
  Result<Outcome> wait_failed(const Task& task);
  Result<Outcome> remove(const Task& task);
  Result<Outcome> await_gone(const Task& task);
  Status late(db::Session& s, const Task& task, const std::string& why);

 private:
  struct Seen {
    Volume volume;
    std::string status, path, error;  // the agent's, of the revision wanted; "" until then
  };
  Result<Seen> look(const std::string& id);
  void take_back(db::Session& s, Volume& v);
  Outcome failed(const std::string& id, const std::string& status, const std::string& why);

  db::Database& db_;
  feed::Feed& feed_;
  Clock& clock_;
  VolumeTaskOptions options_;
};

Result<VolumeSteps::Seen> VolumeSteps::look(const std::string& id) {
  return db_.read([&](db::Session& s) -> Result<Seen> {
    auto volume = store::find(s, id);
    if (!volume) return internal("a volume's task without its volume");
    Seen seen{std::move(*volume), "", "", ""};
    auto state =
        seen.volume.host.empty() ? std::nullopt : feed_.observed(s, seen.volume.host, "volume", id);
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
  v.revision = feed_.put(s, v.host, "volume", v.id, volume_spec(v));
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
    store::update(s, *v, clock_.now_us());
    return {};
  });
}

Result<Outcome> VolumeSteps::place(const Task& task) {
  std::string host = TRY(db_.read([&](db::Session& s) -> Result<std::string> {
    auto v = store::find(s, task.id);
    if (!v) return internal("a volume's task without its volume");
    PlacementRequest q{v->size_gib, v->zone, v->attachment ? v->attachment->host : "",
                       options_.overcommit, clock_.now_us()};
    return storage::place(q, store::hosts(s));
  }));
  TimeUs limit = options_.make_blank_us;
  auto outcome = Outcome::next("await", [this, id = task.id, host](db::Session& s) -> Status {
    auto v = store::find(s, id);
    if (!v) return internal("volume row is gone");
    if (v->attachment && v->attachment->host != host)
      return conflict("a server elsewhere asked for it meanwhile");
    v->host = host;
    v->revision = feed_.put(s, host, "volume", id, volume_spec(*v));
    store::update(s, *v, clock_.now_us());
    return {};
  });
  Seen seen = TRY(look(task.id));
  if (!seen.volume.image.is_null()) limit = options_.make_image_us;
  return std::move(outcome).within(limit);
}

Result<Outcome> VolumeSteps::await(const Task& task) {
  Seen seen = TRY(look(task.id));
  if (seen.status == "failed") return failed(task.id, "error", seen.error);
  if (seen.status != "available") return Outcome::wait(kLookAgainUs);
  return Outcome::next("keep", [this, id = task.id, path = seen.path](db::Session& s) -> Status {
    auto v = store::find(s, id);
    if (!v) return internal("volume row is gone");
    if (v->status == "creating") v->status = std::string(status_by_attachment(*v));
    v->path = path;
    v->error.clear();
    TimeUs now = clock_.now_us();
    // Deleted while it was being made: its bill has ended before it began.
    if (!v->metered && v->status != "deleting") {
      store::emit_usage(s, *v, "begin", now);
      v->metered = true;
    }
    store::update(s, *v, now);
    return {};
  });
}

Result<Outcome> VolumeSteps::keep(const Task& task) {
  Seen seen = TRY(look(task.id));
  if (seen.volume.status == "extending") return Outcome::next("extend").within(options_.extend_us);
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
    TimeUs now = clock_.now_us();
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
  if (v.path.empty() && seen.status == "available") {
    return Outcome::wait(kIdleUs, [this, id = task.id, path = seen.path](db::Session& s) -> Status {
      auto found = store::find(s, id);
      if (!found) return internal("volume row is gone");
      found->path = path;
      store::update(s, *found, clock_.now_us());
      return {};
    });
  }
  if (v.path.empty() || v.status.starts_with("error")) return Outcome::wait(kIdleUs);
  if (!v.metered) return Outcome::next("await").within(options_.make_blank_us);
  if (v.status == "extending") return Outcome::next("extend").within(options_.extend_us);
  return Outcome::next("keep");
}

Result<Outcome> VolumeSteps::remove(const Task& task) {
  return Outcome::next("await_gone", [this, id = task.id](db::Session& s) -> Status {
    auto v = store::find(s, id);
    if (v && !v->host.empty()) feed_.remove(s, v->host, "volume", id);
    return {};
  }).within(options_.remove_us);
}

Result<Outcome> VolumeSteps::await_gone(const Task& task) {
  bool gone = TRY(db_.read([&](db::Session& s) {
    auto v = store::find(s, task.id);
    return !v || v->host.empty() || feed_.gone(s, v->host, "volume", task.id);
  }));
  if (!gone) {
    TimeUs now = clock_.now_us();
    if (task.deadline_us == 0 || now < task.deadline_us) return Outcome::wait(kLookAgainUs);
    return Outcome::wait(kLookAgainUs, [task, now](db::Session& s) -> Status {
      tasks::open_incident(
          s, task, "The host has not removed the volume in time; it may be away. This goes on.", now);
      return {};
    });
  }
  return Outcome::done([this, id = task.id](db::Session& s) -> Status {
    auto v = store::find(s, id);
    if (v && v->metered) store::emit_usage(s, *v, "end", clock_.now_us());
    store::remove(s, id);
    return {};
  });
}

Status VolumeSteps::late(db::Session& s, const Task& task, const std::string& why) {
  auto v = store::find(s, task.id);
  if (!v) return internal("volume row is gone");
  v->status = task.step == "extend" ? "error_extending" : "error";
  v->error = why;
  take_back(s, *v);
  store::update(s, *v, clock_.now_us());
  return {};
}

}  // namespace

Json volume_spec(const Volume& v) {
  return Json::object(
      {{"id", v.id}, {"size_gib", v.claimed_gib()}, {"format", "qcow2"}, {"image", v.image}});
}

tasks::Kind volume_kind(db::Database& database, feed::Feed& feed, Clock& clock,
                        VolumeTaskOptions options) {
  auto steps = std::make_shared<VolumeSteps>(database, feed, clock, options);
  auto bind = [steps](Result<Outcome> (VolumeSteps::*f)(const Task&)) -> tasks::Step {
    return [steps, f](const Task& t) { return ((*steps).*f)(t); };
  };
  tasks::Kind kind;
  kind.name = "volume";
  kind.steps = {{"place", bind(&VolumeSteps::place)},
                {"await", bind(&VolumeSteps::await)},
                {"keep", bind(&VolumeSteps::keep)},
                {"extend", bind(&VolumeSteps::extend)},
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

feed::Feed::OnObserved on_observed(Clock& clock, std::function<void()> wake) {
  return [&clock, wake](db::Session& s, const std::string& host, const std::string& kind,
                        const std::string& id, const Json& state) -> Status {
    TimeUs now = clock.now_us();
    if (kind == "volume") {
      if (tasks::signal(s, id, now)) s.after_commit(wake);
    } else if (kind == "host" && id == host && !state["absent"].as_bool()) {
      store::put_host(s, {host, state["zone"].as_string("nova"), state["disk_gib"].as_int(),
                          state["disk_used_gib"].as_int(), 0, now});
    }
    return {};
  };
}

}  // namespace nuri::storage
