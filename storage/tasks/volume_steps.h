#pragma once

#include "storage/tasks/volume_task.h"

// The steps of a volume's task; see volume_task.h for how they follow each other.
namespace nuri::storage {

class VolumeSteps {
 public:
  using Outcome = tasks::Outcome;
  using Task = tasks::Task;
  explicit VolumeSteps(const TaskParts& parts) : p_(parts) {}

  Result<Outcome> place(const Task& task);
  Result<Outcome> await(const Task& task);
  Result<Outcome> keep(const Task& task);
  Result<Outcome> extend(const Task& task);
  Result<Outcome> queue_upload(const Task& task);
  Result<Outcome> await_upload(const Task& task);
  Result<Outcome> end_upload(const Task& task);
  Result<Outcome> wait_failed(const Task& task);
  Result<Outcome> remove(const Task& task);
  Result<Outcome> await_gone(const Task& task);
  Status late(db::Session& s, const Task& task, const std::string& why);

 private:
  struct Seen {
    Volume volume;
    std::string status, path, error;  // the agent's, of the revision wanted; "" until then
  };
  struct Placed {
    std::string host, unmet;
    Error none;  // why there is no host
  };
  Result<Seen> look(const std::string& id);
  Placed choose(db::Session& s, const Volume& volume);
  void take_back(db::Session& s, Volume& v);
  void release_source(db::Session& s, const Volume& v);
  Outcome failed(const std::string& id, const std::string& status, const std::string& why);

  TaskParts p_;
};

}  // namespace nuri::storage
