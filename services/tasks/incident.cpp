#include "services/tasks/incident.h"

namespace nuri::tasks {

void open_incident(db::Session& s, const Task& task, const std::string& why, TimeUs now_us) {
  int64_t open = s.count(
      "SELECT count(*) FROM incidents WHERE task_id=?1 AND step=?2 AND closed_us IS NULL",
      {task.id, task.step});
  if (open > 0) return;
  s.exec(
      "INSERT INTO incidents (number, task_id, kind, step, why, opened_us)"
      " SELECT coalesce(max(number), 0) + 1, ?1, ?2, ?3, ?4, ?5 FROM incidents",
      {task.id, task.kind, task.step, why, now_us});
}

}  // namespace nuri::tasks
