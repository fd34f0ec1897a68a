#include "services/tasks/runner.h"

#include <algorithm>
#include <chrono>

#include "services/base/log.h"

namespace nuri::tasks {

namespace {
constexpr TimeUs kMaxBackoffUs = 60 * kSecondUs;
constexpr const char* kMoved = "task moved meanwhile";
}

Runner::Runner(db::Database& database, Clock& clock, Random& random, std::vector<Kind> kinds, Options options)
    : db_(database), clock_(clock), random_(random), kinds_(std::move(kinds)), options_(std::move(options)) {}

Runner::~Runner() { stop(); }

void Runner::start() {
  for (unsigned i = 0; i < options_.workers; ++i) threads_.emplace_back([this] { loop(); });
}

void Runner::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& t : threads_) t.join();
  threads_.clear();
}

void Runner::wake() {
  {
    std::lock_guard lock(mutex_);
    ++wakes_;
  }
  wake_.notify_all();
}

void Runner::loop() {
  for (;;) {
    uint64_t seen;
    {
      std::lock_guard lock(mutex_);
      if (stopping_) return;
      seen = wakes_;
    }
    if (auto task = claim()) {
      bool written = run_one(*task);
      release(task->id);
      // A database that takes nothing (a full disk) must not have every due step's effect repeated
      // without a pause.
      if (written) continue;
    }
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, std::chrono::microseconds(options_.poll_us), [&] { return stopping_ || wakes_ != seen; });
  }
}

int Runner::run_due() {
  int ran = 0;
  auto due = db_.read([&](db::Session& s) {
    return s.all("SELECT id FROM tasks WHERE run_at_us<=?1 ORDER BY run_at_us, id", {clock_.now_us()},
                 [](const db::Row& r) { return r.text(0); });
  });
  if (!due) return 0;
  for (const auto& id : *due) {
    auto task = db_.read([&](db::Session& s) { return find(s, id); });
    if (!task || !*task) continue;
    run_one(**task);
    ++ran;
  }
  return ran;
}

std::optional<Task> Runner::claim() {
  // A few more than are running: those are due as well, and skipped.
  auto due = db_.read([&](db::Session& s) {
    return s.all("SELECT id FROM tasks WHERE run_at_us<=?1 ORDER BY run_at_us LIMIT ?2", {clock_.now_us(), options_.workers * 2 + 2},
                 [](const db::Row& r) { return r.text(0); });
  });
  if (!due) {
    log::error("cannot look for due tasks", {{"detail", due.error().detail}});
    return std::nullopt;
  }
  for (const auto& id : *due) {
    {
      std::lock_guard lock(mutex_);
      if (!running_.insert(id).second) continue;
    }
    auto task = db_.read([&](db::Session& s) { return find(s, id); });
    if (task && *task && (*task)->run_at_us <= clock_.now_us()) return *task;
    release(id);
  }
  return std::nullopt;
}

void Runner::release(const std::string& id) {
  std::lock_guard lock(mutex_);
  running_.erase(id);
}

void Runner::point(const Task& task, CrashPoint p) const {
  if (options_.at_point) options_.at_point(task, p);
}

const Kind* Runner::kind_of(const Task& task) const {
  auto found = std::find_if(kinds_.begin(), kinds_.end(), [&](const Kind& k) { return k.name == task.kind; });
  return found == kinds_.end() ? nullptr : &*found;
}

Result<Outcome> Runner::decide(const Kind& kind, const Task& task) {
  bool tearing_down = std::find(kind.teardown.begin(), kind.teardown.end(), task.step) != kind.teardown.end();
  if (task.deleting && !tearing_down && task.step != kind.delete_step) return Outcome::next(kind.delete_step);
  auto step = kind.steps.find(task.step);
  if (step == kind.steps.end()) return internal("task kind " + kind.name + " has no step " + task.step);
  try {
    return step->second(task);
  } catch (const std::exception& e) {
    return internal(std::string("step threw: ") + e.what());
  }
}

bool Runner::run_one(const Task& task) {
  const Kind* kind = kind_of(task);
  if (!kind) return retry_later(task, internal("no code for tasks of kind " + task.kind));
  if (task.deadline_us != 0 && !task.deleting && clock_.now_us() >= task.deadline_us) {
    return missed_deadline(
        *kind, task, task.error.empty() ? "The step '" + task.step + "' did not end in time." : task.error);
  }
  point(task, CrashPoint::before_effect);
  auto outcome = decide(*kind, task);
  point(task, CrashPoint::after_effect);
  bool written = commit(*kind, task, std::move(outcome));
  point(task, CrashPoint::after_commit);
  return written;
}

// The guard: step and version as the step saw them; a signal that came meanwhile is kept by running
// again at once instead of waiting.
Status Runner::apply(db::Session& s, const Task& task, const Outcome& o) {
  TimeUs now = clock_.now_us();
  int64_t moved = 0;
  if (o.kind == Outcome::Kind::done) {
    moved = s.exec("DELETE FROM tasks WHERE id=?1 AND step=?2 AND version=?3", {task.id, task.step, task.version});
    s.exec("UPDATE incidents SET closed_us=?2 WHERE task_id=?1 AND closed_us IS NULL", {task.id, now});
  } else if (o.kind == Outcome::Kind::next) {
    moved = s.exec("UPDATE tasks SET step=?4, version=version+1, attempt=0, error='', run_at_us=?5, deadline_us=?6"
                   " WHERE id=?1 AND step=?2 AND version=?3",
                   {task.id, task.step, task.version, o.step, now + o.after_us, o.deadline_in_us ? now + o.deadline_in_us : 0});
  } else {
    moved = s.exec("UPDATE tasks SET version=version+1, attempt=0, run_at_us=CASE WHEN signals=?4 THEN ?5 ELSE ?6 END"
                   " WHERE id=?1 AND step=?2 AND version=?3",
                   {task.id, task.step, task.version, task.signals, now + o.after_us, now});
  }
  if (moved == 0) return conflict(kMoved);
  return o.commit ? o.commit(s) : Status{};
}

Status Runner::write_outcome(const Task& task, const Outcome& outcome) {
  try {
    return db_.write([&](db::Session& s) -> Status { return apply(s, task, outcome); });
  } catch (const std::exception& e) {
    return internal(std::string("writing a step's result threw: ") + e.what());
  }
}

bool Runner::commit(const Kind& kind, const Task& task, Result<Outcome> outcome) {
  if (!outcome) return retry_later(task, outcome.error());
  Status written = write_outcome(task, *outcome);
  if (written) {
    if (outcome->kind == Outcome::Kind::next) wake();
    return true;
  }
  if (written.error().message == kMoved) return true;  // the next look decides anew
  log::warning("a step's result was not written", {{"kind", kind.name}, {"task", task.id}, {"step", task.step}, {"why", written.error().message}, {"detail", written.error().detail}});
  return retry_later(task, written.error());
}

bool Runner::missed_deadline(const Kind& kind, const Task& task, const std::string& why) {
  log::error("a step missed its deadline", {{"kind", kind.name}, {"task", task.id}, {"step", task.step}, {"why", why}});
  auto written = db_.write([&](db::Session& s) -> Status {
    s.exec("INSERT INTO incidents (number, task_id, kind, step, why, opened_us)"
           " SELECT coalesce(max(number), 0) + 1, ?1, ?2, ?3, ?4, ?5 FROM incidents",
           {task.id, task.kind, task.step, why, clock_.now_us()});
    TRYV(apply(s, task, Outcome::next(kind.failed_step)));
    return kind.on_deadline ? kind.on_deadline(s, task, why) : Status{};
  });
  return written || retry_later(task, written.error());
}

bool Runner::retry_later(const Task& task, const Error& e) {
  TimeUs backoff = std::min<TimeUs>(kMaxBackoffUs, kSecondUs << std::min(task.attempt, 6));
  auto jitter = static_cast<TimeUs>(random_.unit() * 0.5 * static_cast<double>(backoff));
  TimeUs at = clock_.now_us() + backoff - jitter;
  bool ahead = task.deadline_us > clock_.now_us();
  if (ahead && !task.deleting) at = std::min(at, task.deadline_us);
  log::warning("step failed, will be tried again", {{"kind", task.kind}, {"task", task.id}, {"step", task.step}, {"attempt", task.attempt + 1}, {"why", e.message}, {"detail", e.detail}});
  auto written = db_.write([&](db::Session& s) {
    // A signal since the step's look means: at once, not later.
    s.exec("UPDATE tasks SET attempt=attempt+1, error=?4, run_at_us=CASE WHEN signals=?5 THEN ?6 ELSE run_at_us END"
           " WHERE id=?1 AND step=?2 AND version=?3",
           {task.id, task.step, task.version, e.message, task.signals, at});
  });
  if (!written) log::error("cannot put a task off", {{"task", task.id}, {"detail", written.error().detail}});
  return written.ok();
}

}  // namespace nuri::tasks
