#include "compute/tasks/server_task.h"

// The volumes a server boots with: made where they are to be made, connected, and only then ports
// and a guest.
namespace nuri::compute {

using tasks::Outcome;
using tasks::Task;

namespace {
constexpr TimeUs kPollUs = kSecondUs / 2;
constexpr TimeUs kPortsLimitUs = 300 * kSecondUs;
}  // namespace

// True once it is there; the row then waits to be connected. Error, if permanent: it cannot be.
Result<bool> ServerTask::make_volume(const Server& server, ServerVolume& volume) {
  Json source = stored_object(volume.source);
  Json wish = Json::object({{"project_id", server.project_id},
                            {"user_id", server.user_id},
                            {"size_gib", source["size_gib"]},
                            {"name", source["name"].as_string()},
                            {"image", source["image"]},
                            {"snapshot", source["snapshot"]},
                            {"source", Json()},
                            {"host", server.host},
                            {"zone", Json()},
                            {"type", source["type"]},
                            {"metadata", Json::object()}});
  Json got = TRY(peers_.storage.call("PUT", "/internal/v1/volumes/" + volume.volume_id,
                                     Json::object({{"volume", wish}})));
  const Json made = got["volume"];
  if (made["status"].as_string() == "error") {
    std::string why = made["error"].as_string();
    return Error(ErrorCode::unprocessable,
                 "Volume " + volume.volume_id + " could not be made" + (why.empty() ? "." : ": " + why));
  }
  if (!made["ready"].as_bool()) return false;
  volume.state = "wanted";
  volume.source = "null";
  return true;
}

Result<bool> ServerTask::connect_for_boot(const Server& server, ServerVolume& volume) {
  Json wish = Json::object({{"attachment_id", volume.attachment_id},
                            {"server_id", server.id},
                            {"project_id", volume.project_id},
                            {"host", server.host},
                            {"device", volume.device},
                            {"mode", "rw"}});
  Json got = TRY(peers_.storage.call(
      "PUT", "/internal/v1/volumes/" + volume.volume_id + "/attachment", wish));
  if (!got["ready"].as_bool()) return false;
  volume.state = "connected";
  volume.path = got["path"].as_string();
  volume.format = got["format"].as_string();
  volume.serial = got["serial"].as_string();
  volume.size_gib = got["size_gib"].as_int();
  volume.since_us = clock_.now_us();
  return true;
}

Result<Outcome> ServerTask::boot_volumes(const Task& task) {
  View v = TRY(look(task.id));
  bool ready = true;
  for (ServerVolume& volume : v.volumes) {
    Result<bool> there = true;
    if (volume.state == "making") there = make_volume(v.server, volume);
    if (there.ok() && *there && volume.state == "wanted")
      there = connect_for_boot(v.server, volume);
    if (!there && !permanent(there.error())) return there.error();
    if (!there) {
      std::string why = "Block Device Mapping is Invalid: " + there.error().message;
      bool shelved = v.server.vm_state == VmState::shelved_offloaded;
      return Outcome::next(shelved ? "parked" : "failed",
                           [this, id = task.id, why, shelved](db::Session& s) {
                             return shelved ? stay_parked(s, id, why) : fail(s, id, why);
                           });
    }
    ready = ready && *there;
  }
  auto keep = [this, id = task.id, rows = v.volumes, ready](db::Session& s) -> Status {
    for (const ServerVolume& row : rows) save_volume(s, row);
    auto server = find_server(s, id);
    if (ready && server->vm_state == VmState::building) server->task_state = TaskState::networking;
    if (ready) add_stage(*server, "volumes");
    refresh_shown(s, *server);
    save_server(s, *server);
    return {};
  };
  if (!ready) return Outcome::wait(kPollUs, keep);
  return Outcome::next("ports", keep).within(kPortsLimitUs);
}

}  // namespace nuri::compute
