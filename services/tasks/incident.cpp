#include "services/tasks/incident.h"

namespace nuri::tasks {

void open_incident(db::Session& s, const Task& task, const std::string& why, TimeUs now_us) {
  s.exec(
      "INSERT INTO incidents (number, task_id, kind, step, why, opened_us)"
      " SELECT coalesce(max(number), 0) + 1, ?1, ?2, ?3, ?4, ?5 FROM incidents"
      " HAVING NOT EXISTS (SELECT 1 FROM incidents WHERE task_id=?1 AND step=?3 AND closed_us IS "
      "NULL)",
      {task.id, task.kind, task.step, why, now_us});
}

}  // namespace nuri::tasks
