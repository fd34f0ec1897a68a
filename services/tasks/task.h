#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "services/base/clock.h"
#include "services/base/json.h"
#include "services/db/database.h"

// The task contract (ARCHITECTURE.md): each resource with a life of its own has one lifelong task,
// its row written in the transaction that writes the resource's, with the same id.
namespace nuri::tasks {

struct Task {
  std::string id;       // the resource's id
  std::string kind;     // "server", "volume"
  std::string step;     // what to do next
  int64_t version = 0;  // grows with each commit; guards against two workers
  int attempt = 0;      // failures of this step in a row
  TimeUs run_at_us = 0;
  TimeUs deadline_us = 0;  // of this step; 0: none. Missed: an incident, and on_deadline
  bool deleting = false;   // the delete signal
  int64_t signals = 0;     // counts signal() calls, so that none is lost between a look and a wait
  std::string error;       // the last failure, for people
};

// What a step decided. `commit` runs in the transaction that moves the task on: it writes the
// step's result. If the task changed meanwhile, nothing is written and the step runs again.
struct Outcome {
  enum class Kind { next, wait, done } kind = Kind::wait;
  std::string step;
  TimeUs after_us = 0;     // next: delay before it; wait: until woken or this much later
  TimeUs deadline_in_us = 0;  // next: how long the next step may take in all; 0: no limit
  std::function<Status(db::Session&)> commit;

  static Outcome next(std::string step, std::function<Status(db::Session&)> commit = nullptr);
  Outcome within(TimeUs deadline_in) && { deadline_in_us = deadline_in; return std::move(*this); }
  // Looks again when woken, at the latest after `at_most_us`.
  static Outcome wait(TimeUs at_most_us, std::function<Status(db::Session&)> commit = nullptr);
  // The life is over: the task's row goes, in the transaction of commit (which removes the resource).
  static Outcome done(std::function<Status(db::Session&)> commit = nullptr);
};

// An Error means: try again later (2^n s with jitter, capped at a minute) for as long as it takes.
using Step = std::function<Result<Outcome>(const Task&)>;

struct Kind {
  std::string name;
  std::map<std::string, Step> steps;
  // Where the delete signal leads, before any other step. The steps from there on are in `teardown`,
  // where the signal is no news.
  std::string delete_step;
  std::vector<std::string> teardown;
  // Puts the resource into a state its owner can see and delete; the task then goes to `failed_step`
  // (a step that waits for the delete signal). Called in the transaction that moves the task.
  std::function<Status(db::Session&, const Task&, const std::string& why)> on_deadline;
  std::string failed_step;
};

// Inside the transaction that writes the resource.
void create(db::Session& s, std::string_view kind, std::string_view id, std::string_view first_step, TimeUs now_us,
            TimeUs deadline_us = 0);
// False where there is no such task (already gone).
bool request_delete(db::Session& s, std::string_view id, TimeUs now_us);
// The world changed: look again. Woken at once, attempts forgotten.
bool signal(db::Session& s, std::string_view id, TimeUs now_us);
std::optional<Task> find(db::Session& s, std::string_view id);

struct Incident {
  int64_t number = 0;
  std::string task_id, kind, step, why;
  TimeUs opened_us = 0;
  std::optional<TimeUs> closed_us;
};
std::vector<Incident> incidents(db::Session& s, bool open_only);

extern const std::vector<db::Migration> kMigrations;  // component "tasks"

}  // namespace nuri::tasks
