#include <algorithm>

#include "compute/store/ledgers.h"
#include "compute/tasks/server_task.h"
#include "services/base/log.h"

// A running server's life: what its rows want and what its host reports, brought together one
// effect a time.
namespace nuri::compute {

using tasks::Outcome;
using tasks::Task;

namespace {

constexpr TimeUs kLookUs = 60 * kSecondUs;
constexpr TimeUs kImagePollUs = 2 * kSecondUs;
constexpr TimeUs kVolumePollUs =
    kSecondUs / 2;  // storage makes the volume's file ready on the host
constexpr TimeUs kConnectLimitUs = 300 * kSecondUs;
constexpr TimeUs kPlugLimitUs = 300 * kSecondUs;  // a guest that does not take the device
constexpr TimeUs kUnplugLateUs = 60 * kSecondUs;  // or does not let go of it

// Whose end it is that a volume has come into this state.
std::string_view volume_action(std::string_view state) {
  return state == "attached" ? "attach_volume" : "detach_volume";
}

bool has(const std::vector<std::string>& list, const std::string& what) {
  return std::find(list.begin(), list.end(), what) != list.end();
}

}  // namespace

Result<Outcome> ServerTask::watch(const Task& task) {
  View v = TRY(look(task.id));
  if (auto o = TRY(watch_life(v))) return std::move(*o);
  if (auto o = TRY(watch_ports(v))) return std::move(*o);
  if (auto o = TRY(watch_volumes(v))) return std::move(*o);
  bool waiting = std::any_of(v.volumes.begin(), v.volumes.end(),
                             [](const auto& x) { return x.state == "wanted"; });
  bool image_comes = v.server.snapshot != "null";
  return Outcome::wait(waiting ? kVolumePollUs : image_comes ? kImagePollUs : kLookUs,
                       [this, id = task.id](db::Session& s) { return settle(s, id); });
}

// The rows' wish to the agent, the agent's word into the row.
Status ServerTask::settle(db::Session& s, const std::string& id) {
  auto server = find_server(s, id);
  if (!server) return internal("a watched server without a row: " + id);
  const Server before = *server;
  put_spec(s, *server);
  auto state = feed_.observed(s, server->host, "server", id);
  if (state && apply_observation(*server, observation_from(*state), clock_.now_us())) {
    server->updated_us = clock_.now_us();
    // Another flavor is another price, whatever the state.
    if (server->flavor_id != before.flavor_id && !server->usage_state.empty())
      server->usage_state = "resized";
    if (server->vm_state != VmState::error) tell_usage(s, *server);
    put_spec(s, *server);
  }
  if (before.task_state != TaskState::none && server->task_state == TaskState::none) {
    bool bad = server->vm_state == VmState::error;
    finish_actions(s, id, {action_of(before.task_state)}, clock_.now_us(),
                   bad ? "Error" : "Success", bad ? server->fault_message : "");
  }
  save_server(s, *server);
  // Less is held once a resize is over: that always fits.
  if (before.resize != server->resize) {
    TRYV(claim_quota(s, *server));
    allocate_host(s, id, server->host);
  }
  return {};
}

Result<std::optional<Outcome>> ServerTask::watch_ports(const View& v) {
  for (ServerPort port : v.ports) {
    if (port.state == "wanted") {
      auto bound = bind_port(v.server, port);
      if (!bound && !permanent(bound.error())) return bound.error();
      return std::optional(Outcome::next(
          "watch", [this, id = v.server.id, port, made = bound.ok()](db::Session& s) -> Status {
            auto row = find_port(s, port.id);
            ServerPort now = port;
            if (!row && made) {
              // Given up by the request that asked for it, whose own try had failed.
              now.state = "removing";
              insert_port(s, now);
            }
            if (!row) return {};
            if (row->state != "wanted")
              now.state = row->state;  // its owner has changed his mind meanwhile
            if (made)
              save_port(s, now);
            else
              erase_port(s, port.id);
            auto server = find_server(s, id);
            refresh_shown(s, *server);
            put_spec(s, *server);
            save_server(s, *server);
            finish_actions(s, id, {"attach_interface"}, clock_.now_us(),
                           made ? "Success" : "Error");
            return {};
          }));
    }
    if (port.state == "removing") {
      // The host is told first; only what it has let go of is taken from the network.
      return std::optional(
          Outcome::next("watch", [this, id = v.server.id, port](db::Session& s) -> Status {
            ServerPort leaving = port;
            leaving.state = "unplugging";
            save_port(s, leaving);
            return settle(s, id);
          }));
    }
    bool unplugged =
        v.seen && v.seen->revision >= v.server.spec_revision && !has(v.seen->ports, port.id);
    if (port.state != "unplugging" || !unplugged) continue;
    TRYV(free_port(port));
    return std::optional(
        Outcome::next("watch", [this, id = v.server.id, port](db::Session& s) -> Status {
          erase_port(s, port.id);
          auto server = find_server(s, id);
          refresh_shown(s, *server);
          save_server(s, *server);
          finish_actions(s, id, {"detach_interface"}, clock_.now_us(), "Success");
          return {};
        }));
  }
  return std::optional<Outcome>();
}

Result<std::optional<Outcome>> ServerTask::connect_volume(const ServerVolume& volume,
                                                          const Server& server) {
  Json wish = Json::object({{"attachment_id", volume.attachment_id},
                            {"server_id", server.id},
                            {"project_id", volume.project_id},
                            {"host", server.host},
                            {"device", volume.device},
                            {"mode", "rw"}});
  auto answer =
      peers_.storage.call("PUT", "/internal/v1/volumes/" + volume.volume_id + "/attachment", wish);
  if (!answer && !permanent(answer.error())) return answer.error();
  bool late = clock_.now_us() - volume.since_us > kConnectLimitUs;
  if (answer && !(*answer)["ready"].as_bool() && !late) return std::optional<Outcome>();
  bool ready = answer && (*answer)["ready"].as_bool();
  std::string why =
      answer ? "The volume was not made ready on the host in time." : answer.error().message;
  return std::optional(
      Outcome::next("watch",
                    [this, id = server.id, volume, ready, why, refused = !answer.ok(),
                     got = ready ? *answer : Json()](db::Session& s) -> Status {
                      ServerVolume now = volume;
                      now.since_us = clock_.now_us();
                      auto row = find_volume(s, id, volume.volume_id);
                      if (!row || row->state != volume.state)
                        return {};  // its owner has changed his mind meanwhile
                      if (ready) {
                        now.state = "connected";
                        now.path = got["path"].as_string();
                        now.format = got["format"].as_string();
                        now.serial = got["serial"].as_string();
                        now.size_gib = got["size_gib"].as_int();
                      } else {
                        now.state = "unplugging";
                      }
                      if (refused)
                        erase_volume(s, volume.attachment_id);
                      else
                        save_volume(s, now);
                      if (!ready)
                        finish_actions(s, id, {"attach_volume"}, clock_.now_us(), "Error", why);
                      auto server_row = find_server(s, id);
                      refresh_shown(s, *server_row);
                      save_server(s, *server_row);
                      return settle(s, id);
                    }));
}

// It is not to be had: the guest loses it, then storage has it back.
std::optional<Outcome> ServerTask::give_up_volume(const std::string& id, const ServerVolume& volume,
                                                  const std::string& why) {
  return Outcome::next("watch", [this, id, volume, why](db::Session& s) -> Status {
    auto row = find_volume(s, id, volume.volume_id);
    if (!row || row->state != volume.state) return {};
    row->state = "unplugging";
    row->since_us = clock_.now_us();
    save_volume(s, *row);
    finish_actions(s, id, {"attach_volume"}, clock_.now_us(), "Error", why);
    return settle(s, id);
  });
}

// It goes on being tried: a disk must not be given to another while this guest may write to it.
Status ServerTask::say_unplug_late(const View& v, const ServerVolume& volume) {
  std::string why = "The guest has not let go of the volume yet; it is tried on.";
  if (v.seen && !v.seen->error.empty()) why += " The host says: " + v.seen->error;
  bool news = TRY(db_.write([&](db::Session& s) {
    return note_progress(s, v.server.id, "detach_volume", clock_.now_us(), why);
  }));
  if (news)
    log::warning("a volume is not let go of",
                 {{"server", v.server.id}, {"volume", volume.volume_id}, {"why", why}});
  return {};
}

Result<std::optional<Outcome>> ServerTask::watch_volumes(const View& v) {
  auto step = [this, &v](ServerVolume volume, const char* state, const char* done) {
    return std::optional(Outcome::next(
        "watch", [this, id = v.server.id, volume, state, done](db::Session& s) -> Status {
          ServerVolume now = volume;
          auto row = find_volume(s, id, volume.volume_id);
          if (!row || row->state != volume.state) return {};
          now.state = state;
          if (now.state == "released")
            erase_volume(s, volume.attachment_id);
          else
            save_volume(s, now);
          auto server = find_server(s, id);
          refresh_shown(s, *server);
          save_server(s, *server);
          if (done)
            finish_actions(s, id, {volume_action(state)}, clock_.now_us(), done);
          return settle(s, id);
        }));
  };
  for (const ServerVolume& volume : v.volumes) {
    std::string base =
        "/internal/v1/volumes/" + volume.volume_id + "/attachment/" + volume.attachment_id;
    bool current = v.seen && v.seen->revision >= v.server.spec_revision;
    bool plugged = v.seen && has(v.seen->volumes, volume.attachment_id);
    auto late = [&](TimeUs limit) { return clock_.now_us() - volume.since_us > limit; };
    if (volume.state == "wanted") {
      if (auto o = TRY(connect_volume(volume, v.server))) return o;
    } else if (volume.state == "connected" && plugged) {
      auto told = peers_.storage.call("PUT", base + "/attached");
      if (!told && !permanent(told.error())) return told.error();
      if (!told) return give_up_volume(v.server.id, volume, told.error().message);
      return step(volume, "attached", "Success");
    } else if (volume.state == "detaching") {
      // Storage is told for show; a volume it no longer knows as ours is unplugged all the same.
      auto told = peers_.storage.call("PUT", base + "/detaching");
      if (!told && !permanent(told.error())) return told.error();
      return step(volume, "unplugging", nullptr);
    } else if (volume.state == "unplugging" && current && !plugged) {
      TRYV(peers_.storage.call("DELETE", base));
      return step(volume, "released", "Success");
    } else if (volume.state == "connected" && late(kPlugLimitUs)) {
      std::string why = v.seen ? v.seen->error : "";
      return give_up_volume(
          v.server.id, volume,
          "The guest did not take the volume in time" + (why.empty() ? "." : ": " + why));
    } else if (volume.state == "unplugging" && late(kUnplugLateUs)) {
      TRYV(say_unplug_late(v, volume));
    }
  }
  return std::optional<Outcome>();
}

}  // namespace nuri::compute
