#include <algorithm>

#include "compute/store/ledgers.h"
#include "compute/tasks/server_task.h"
#include "services/base/log.h"

// Actions with several parts: resizes, snapshots, shelving. What part is next is in the rows.
namespace nuri::compute {

using tasks::Outcome;
using tasks::Task;

namespace {

constexpr TimeUs kImagePollUs = 2 * kSecondUs;
constexpr TimeUs kSnapshotLimitUs = 7200 * kSecondUs;
constexpr TimeUs kGoneUs = 5 * kSecondUs;
constexpr TimeUs kParkedUs = 24 * 3600 * kSecondUs;

bool off_as_wished(const Server& server, const std::optional<Observation>& seen) {
  return seen && seen->revision >= server.spec_revision && seen->phase == "ready" &&
         !server.wants_running && (seen->power == "stopped" || seen->power == "none");
}

}  // namespace

Result<Json> queue_snapshot(Peer& image, const std::string& image_id, const Json& body) {
  return image.call("PUT", "/internal/v1/images/" + image_id, Json::object({{"image", body}}));
}

// Where there is one.
Status ServerTask::drop_image(const std::string& image_id) {
  if (image_id.empty()) return {};
  auto dropped = peers_.image.call("DELETE", "/internal/v1/images/" + image_id);
  if (!dropped && !permanent(dropped.error())) return dropped.error();
  return {};
}

Result<std::optional<Outcome>> ServerTask::watch_life(const View& v) {
  const Server& server = v.server;
  bool shelved = server.vm_state == VmState::shelved || server.vm_state == VmState::shelved_offloaded;
  if (server.shelve != "null" && !shelved) return unpack(server);
  Json snapshot = stored_object(server.snapshot);
  if (!snapshot.is_null()) return watch_snapshot(v, snapshot);
  // One that boots from volumes has nothing to be copied.
  if (server.task_state == TaskState::shelving && off_as_wished(server, v.seen)) {
    return std::optional(Outcome::next("offload", [this, id = server.id](db::Session& s) -> Status {
      auto now = find_server(s, id);
      now->vm_state = VmState::shelved;
      now->task_state = TaskState::shelving_offloading;
      now->shelve = Json::object({{"image_id", ""}, {"host", now->host}}).dump();
      save_server(s, *now);
      return {};
    }));
  }
  if (server.task_state == TaskState::shelving_offloading)
    return std::optional(Outcome::next("offload"));
  return std::optional<Outcome>();
}

// It runs again: what it lay in while it was shelved is not needed any more.
Result<std::optional<Outcome>> ServerTask::unpack(const Server& server) {
  TRYV(drop_image(stored_object(server.shelve)["image_id"].as_string()));
  return std::optional(Outcome::next("watch", [id = server.id](db::Session& s) -> Status {
    auto now = find_server(s, id);
    now->shelve = "null";
    save_server(s, *now);
    return {};
  }));
}

// queueing: the image is to be there; waiting: the server is to be off; wanted: the host copies.
Result<std::optional<Outcome>> ServerTask::watch_snapshot(const View& v, const Json& snapshot) {
  const std::string& state = snapshot["state"].as_string();
  auto become = [&](const char* next) {
    return std::optional(Outcome::next(
        "watch", [this, id = v.server.id, snapshot, next](db::Session& s) -> Status {
          auto now = find_server(s, id);
          Json wish = stored_object(now->snapshot);
          if (wish["number"] != snapshot["number"]) return {};
          now->snapshot = wish.set("state", next).dump();
          save_server(s, *now);
          return settle(s, id);
        }));
  };
  if (state == "queueing") {
    auto queued =
        queue_snapshot(peers_.image, snapshot["image_id"].as_string(), snapshot["image"]);
    if (!queued && !permanent(queued.error())) return queued.error();
    if (queued) return become(v.server.task_state == TaskState::shelving ? "waiting" : "wanted");
    return std::optional(Outcome::next(
        "watch", [this, id = v.server.id, snapshot, why = queued.error().message](db::Session& s) {
          return finish_snapshot(s, id, snapshot, why);
        }));
  }
  if (state == "waiting") {
    if (off_as_wished(v.server, v.seen)) return become("wanted");
    return std::optional<Outcome>();
  }
  return end_snapshot(v, snapshot);
}

Result<std::optional<Outcome>> ServerTask::end_snapshot(const View& v, const Json& snapshot) {
  const std::string& image_id = snapshot["image_id"].as_string();
  bool current = v.seen && v.seen->snapshot >= snapshot["number"].as_int();
  bool late = clock_.now_us() - v.server.task_since_us > kSnapshotLimitUs;
  bool done = current && v.seen->snapshot_status == "done";
  bool failed = current && v.seen->snapshot_status == "failed";
  if (!done && !failed && !late) return std::optional<Outcome>();
  std::string why;
  if (done) {
    auto image = peers_.image.call("GET", "/internal/v1/images/" + image_id);
    if (!image && !permanent(image.error())) return image.error();
    std::string status = image ? (*image)["status"].as_string() : "gone";
    if (status == "saving" && !late) return std::optional(Outcome::wait(kImagePollUs));
    if (status != "active") why = "The image's data did not arrive: the image is " + status + ".";
  } else {
    why = failed ? v.seen->snapshot_error : "The host did not copy the disk in time.";
  }
  if (!why.empty()) TRYV(drop_image(image_id));
  if (why.empty()) {
    for (const Json& old : snapshot["rotate"].as_array()) TRYV(drop_image(old.as_string()));
  }
  bool shelved = why.empty() && v.server.task_state == TaskState::shelving;
  return std::optional(Outcome::next(shelved ? "offload" : "watch",
                                     [this, id = v.server.id, snapshot, why](db::Session& s) {
                                       return finish_snapshot(s, id, snapshot, why);
                                     }));
}

// No problem: the image is there.
Status ServerTask::finish_snapshot(db::Session& s, const std::string& id, const Json& snapshot,
                                   const std::string& problem) {
  auto server = find_server(s, id);
  if (stored_object(server->snapshot)["number"] != snapshot["number"]) return {};
  TaskState task = server->task_state;
  server->snapshot = "null";
  server->updated_us = clock_.now_us();
  if (task == TaskState::shelving && problem.empty()) {
    server->vm_state = VmState::shelved;
    server->task_state = TaskState::shelving_offloading;
    server->shelve =
        Json::object({{"image_id", snapshot["image_id"]}, {"host", server->host}}).dump();
  } else if (task == TaskState::shelving) {
    // It is off, or on its way: its owner may start it again.
    server->vm_state = VmState::stopped;
    server->task_state = TaskState::none;
    server->held.clear();
    finish_actions(s, id, {"shelve"}, clock_.now_us(), "Error", problem);
    tell_usage(s, *server);
  } else {
    if (task == TaskState::image_snapshot) server->task_state = TaskState::none;
    finish_actions(s, id, {"createImage", "createBackup"}, clock_.now_us(),
                   problem.empty() ? "Success" : "Error", problem);
  }
  if (!problem.empty()) log::warning("a snapshot failed", {{"server", id}, {"why", problem}});
  put_spec(s, *server);
  save_server(s, *server);
  return {};
}

Result<Outcome> ServerTask::offload(const Task& task) {
  return Outcome::next("offloaded", [this, id = task.id](db::Session& s) -> Status {
    auto server = find_server(s, id);
    feed_.remove(s, server->host, "server", id);
    return {};
  });
}

Result<Outcome> ServerTask::offloaded(const Task& task) {
  View v = TRY(look(task.id));
  bool gone = TRY(db_.read(
      [&](db::Session& s) { return feed_.gone(s, v.server.host, "server", task.id); }));
  if (!gone) return Outcome::wait(kGoneUs);
  return Outcome::next("parked", [this, id = task.id](db::Session& s) -> Status {
    auto server = find_server(s, id);
    server->host.clear();
    server->vm_state = VmState::shelved_offloaded;
    server->task_state = TaskState::none;
    server->power_state = kPowerNone;
    server->held.clear();
    server->wants_running = true;
    server->updated_us = clock_.now_us();
    finish_actions(s, id, {"shelve"}, clock_.now_us(), "Success");
    tell_usage(s, *server);
    save_server(s, *server);
    allocate_host(s, id, "");
    return {};
  });
}

Status ServerTask::stay_parked(db::Session& s, const std::string& id, const std::string& why) {
  auto server = find_server(s, id);
  server->host.clear();
  server->task_state = TaskState::none;
  server->updated_us = clock_.now_us();
  finish_actions(s, id, {"unshelve"}, clock_.now_us(), "Error", why);
  save_server(s, *server);
  allocate_host(s, id, "");
  return {};
}

// A shelved server's volumes are kept for it by storage, though no guest has them.
Result<std::optional<Outcome>> ServerTask::park_volumes(const View& v, const std::string& host) {
  auto become = [&](const ServerVolume& volume, const char* state, const char* action,
                    const std::string& problem) {
    return std::optional(Outcome::next(
        "parked", [this, id = v.server.id, volume, state, action, problem](db::Session& s) -> Status {
          auto row = find_volume(s, id, volume.volume_id);
          if (!row || (row->state != "wanted" && *state)) return {};
          ServerVolume now = volume;
          now.state = state;
          if (*state)
            save_volume(s, now);
          else
            erase_volume(s, volume.attachment_id);
          auto server = find_server(s, id);
          refresh_shown(s, *server);
          save_server(s, *server);
          finish_actions(s, id, {action}, clock_.now_us(), problem.empty() ? "Success" : "Error",
                         problem);
          return {};
        }));
  };
  for (ServerVolume volume : v.volumes) {
    std::string at =
        "/internal/v1/volumes/" + volume.volume_id + "/attachment/" + volume.attachment_id;
    if (volume.state == "detaching" || volume.state == "unplugging") {
      TRYV(peers_.storage.call("DELETE", at));
      return become(volume, "", "detach_volume", "");
    }
    if (volume.state != "wanted") continue;
    Server there = v.server;
    there.host = host;
    auto connected = connect_for_boot(there, volume);
    if (connected && !*connected) continue;
    if (connected) {
      auto told = peers_.storage.call("PUT", at + "/attached");
      if (told) return become(volume, "attached", "attach_volume", "");
      connected = told.error();
    }
    if (!permanent(connected.error())) return connected.error();
    return become(volume, "", "attach_volume", connected.error().message);
  }
  return std::optional<Outcome>();
}

Result<Outcome> ServerTask::parked(const Task& task) {
  View v = TRY(look(task.id));
  Json shelve = stored_object(v.server.shelve);
  if (auto o = TRY(park_volumes(v, shelve["host"].as_string()))) return std::move(*o);
  bool waiting = std::any_of(v.volumes.begin(), v.volumes.end(),
                             [](const auto& x) { return x.state == "wanted"; });
  if (v.server.task_state != TaskState::unshelving)
    return Outcome::wait(waiting ? kImagePollUs : kParkedUs);
  const std::string& image_id = shelve["image_id"].as_string();
  Json image;
  if (!image_id.empty()) {
    auto got = peers_.image.call("GET", "/internal/v1/images/" + image_id);
    if (!got && !permanent(got.error())) return got.error();
    if (!got || (*got)["status"].as_string() != "active") {
      return Outcome::next("parked", [this, id = task.id](db::Session& s) {
        return stay_parked(s, id, "The shelved server's image is not there any more.");
      });
    }
    image = Json::object({{"id", image_id},
                          {"disk_format", (*got)["disk_format"]},
                          {"size", (*got)["size"]},
                          {"virtual_size", (*got)["virtual_size"]},
                          {"sha512", (*got)["os_hash_value"]}});
  }
  return Outcome::next("place", [id = task.id, image](db::Session& s) -> Status {
    auto server = find_server(s, id);
    if (!image.is_null()) server->image = image.dump();
    // Its volumes are files of the host it was on.
    if (!volumes_of(s, id).empty() && server->forced_host.empty())
      server->forced_host = stored_object(server->shelve)["host"].as_string();
    for (ServerVolume volume : volumes_of(s, id)) {
      volume.state = "wanted";
      save_volume(s, volume);
    }
    save_server(s, *server);
    return {};
  });
}

}  // namespace nuri::compute
