#pragma once

#include <string>

#include "services/tasks/task.h"

namespace nuri::tasks {

// For a step that is late and yet goes on, as a removal does: an incident, one for as long as it is
// open. Inside the transaction of the step's outcome; the end of the task closes it.
void open_incident(db::Session& s, const Task& task, const std::string& why, TimeUs now_us);

}  // namespace nuri::tasks
