#include "services/tasks/task.h"

namespace nuri::tasks {

const std::vector<db::Migration> kMigrations = {
    {1, R"sql(
CREATE TABLE tasks (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  step TEXT NOT NULL,
  version BIGINT NOT NULL,
  attempt BIGINT NOT NULL,
  run_at_us BIGINT NOT NULL,
  deadline_us BIGINT NOT NULL,
  deleting BIGINT NOT NULL,
  signals BIGINT NOT NULL,
  error TEXT NOT NULL
);
CREATE INDEX tasks_due ON tasks (run_at_us);
CREATE TABLE incidents (
  number BIGINT PRIMARY KEY,
  task_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  step TEXT NOT NULL,
  why TEXT NOT NULL,
  opened_us BIGINT NOT NULL,
  closed_us BIGINT
);
CREATE INDEX incidents_task ON incidents (task_id);
)sql"},
};

Outcome Outcome::next(std::string step, std::function<Status(db::Session&)> commit) {
  Outcome o;
  o.kind = Kind::next;
  o.step = std::move(step);
  o.commit = std::move(commit);
  return o;
}

Outcome Outcome::wait(TimeUs at_most_us, std::function<Status(db::Session&)> commit) {
  Outcome o;
  o.kind = Kind::wait;
  o.after_us = at_most_us;
  o.commit = std::move(commit);
  return o;
}

Outcome Outcome::done(std::function<Status(db::Session&)> commit) {
  Outcome o;
  o.kind = Kind::done;
  o.commit = std::move(commit);
  return o;
}

void create(db::Session& s, std::string_view kind, std::string_view id, std::string_view first_step, TimeUs now_us,
            TimeUs deadline_us) {
  s.exec("INSERT INTO tasks (id, kind, step, version, attempt, run_at_us, deadline_us, deleting, signals, error)"
         " VALUES (?1, ?2, ?3, 1, 0, ?4, ?5, 0, 0, '')",
         {id, kind, first_step, now_us, deadline_us});
}

bool request_delete(db::Session& s, std::string_view id, TimeUs now_us) {
  return s.exec("UPDATE tasks SET deleting=1, attempt=0, run_at_us=?2, signals=signals+1 WHERE id=?1", {id, now_us}) > 0;
}

bool signal(db::Session& s, std::string_view id, TimeUs now_us) {
  return s.exec("UPDATE tasks SET attempt=0, run_at_us=?2, signals=signals+1 WHERE id=?1", {id, now_us}) > 0;
}

std::optional<Task> find(db::Session& s, std::string_view id) {
  return s.one("SELECT id, kind, step, version, attempt, run_at_us, deadline_us, deleting, signals, error FROM tasks WHERE id=?1",
               {id}, [](const db::Row& r) {
                 return Task{r.text(0), r.text(1), r.text(2), r.i64(3), static_cast<int>(r.i64(4)), r.i64(5), r.i64(6), r.flag(7), r.i64(8), r.text(9)};
               });
}

std::vector<Incident> incidents(db::Session& s, bool open_only) {
  return s.all(std::string("SELECT number, task_id, kind, step, why, opened_us, closed_us FROM incidents") +
                   (open_only ? " WHERE closed_us IS NULL" : "") + " ORDER BY number",
               {}, [](const db::Row& r) {
                 return Incident{r.i64(0), r.text(1), r.text(2), r.text(3), r.text(4), r.i64(5), r.opt_i64(6)};
               });
}

}  // namespace nuri::tasks
