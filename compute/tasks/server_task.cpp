#include "compute/tasks/server_task.h"

#include <algorithm>

#include "compute/store/catalog_store.h"
#include "services/feed/outbox.h"

namespace nuri::compute {

using tasks::Outcome;
using tasks::Task;

namespace {
constexpr size_t kMaxPassword = 4096;
constexpr TimeUs kPlaceLimitUs = 60 * kSecondUs;
constexpr TimeUs kPortsLimitUs = 300 * kSecondUs;
constexpr TimeUs kVolumesLimitUs = 3600 * kSecondUs;  // of an image
constexpr TimeUs kBootLimitUs = 1800 * kSecondUs;  // a large image over a slow wire
constexpr TimeUs kLookUs = 60 * kSecondUs;
// A host silent for this long is taken for dead: a delete need not wait for it. The wish that the
// server be gone stays in the feed and reaches the host when it comes back.
constexpr TimeUs kDeadHostUs = 60 * kSecondUs;
}  // namespace

tasks::Kind ServerTask::kind() {
  tasks::Kind k;
  k.name = "server";
  auto step = [this](Result<Outcome> (ServerTask::*f)(const Task&)) {
    return [this, f](const Task& t) { return (this->*f)(t); };
  };
  k.steps = {{"place", step(&ServerTask::place)},   {"ports", step(&ServerTask::ports)},
             {"boot", step(&ServerTask::boot)},     {"watch", step(&ServerTask::watch)},
             {"failed", step(&ServerTask::failed)}, {"remove", step(&ServerTask::remove)},
             {"gone", step(&ServerTask::gone)},     {"release", step(&ServerTask::release)},
             {"volumes", step(&ServerTask::boot_volumes)},
             {"offload", step(&ServerTask::offload)},
             {"offloaded", step(&ServerTask::offloaded)},
             {"parked", step(&ServerTask::parked)}};
  k.delete_step = "remove";
  k.teardown = {"remove", "gone", "release"};
  k.failed_step = "failed";
  k.on_deadline = [this](db::Session& s, const Task& t, const std::string& why) {
    return fail(s, t.id, why);
  };
  return k;
}

Status ServerTask::observed(db::Session& s, const std::string& host, const std::string& kind,
                            const std::string& id, const Json& state) {
  if (kind == "host") {
    observe_host(s, host, state, clock_.now_us(), random_.uuid());
  } else if (kind == "server") {
    signal(s, id);
  } else if (kind == "password") {
    auto server = find_server(s, id);
    if (!server || server->deleted || server->host != host) return {};
    server->password = state["password"].as_string().substr(0, kMaxPassword);
    save_server(s, *server);
    signal(s, id);  // the host is told that it is kept
  }
  return {};
}

void ServerTask::wake_after(db::Session& s) {
  if (wake_) s.after_commit(wake_);
}

void ServerTask::signal(db::Session& s, std::string_view server_id) {
  if (tasks::signal(s, server_id, clock_.now_us())) wake_after(s);
}

bool ServerTask::request_delete(db::Session& s, std::string_view server_id) {
  bool there = tasks::request_delete(s, server_id, clock_.now_us());
  wake_after(s);
  return there;
}

Result<ServerTask::View> ServerTask::look(const std::string& id) {
  return db_.read([&](db::Session& s) -> Result<View> {
    auto server = find_server(s, id);
    if (!server) return internal("a server's task without its row: " + id);
    View v{*server, ports_of(s, id), volumes_of(s, id), std::nullopt};
    if (!server->host.empty()) {
      auto state = feed_.observed(s, server->host, "server", id);
      if (state) v.seen = observation_from(*state);
    }
    return v;
  });
}

void ServerTask::add_stage(Server& server, const char* stage) {
  Json list = parse_json(server.stages).value_or(Json::array());
  int64_t begin = list.size() ? list.at(list.size() - 1)["end_us"].as_int() : server.created_us;
  list.push_back(
      Json::object({{"stage", stage}, {"begin_us", begin}, {"end_us", clock_.now_us()}}));
  server.stages = list.dump();
}

Result<Outcome> ServerTask::place(const Task& task) {
  View v = TRY(look(task.id));
  Plan plan = TRY(db_.read([&](db::Session& s) {
    return compute::place(capacities(s, clock_.now_us()), placement_request(s, v.server));
  }));
  bool shelved = v.server.vm_state == VmState::shelved_offloaded;
  if (plan.host.empty() && shelved) {
    return Outcome::next("parked", [this, id = task.id, why = plan.text()](db::Session& s) {
      return stay_parked(s, id, why);
    });
  }
  if (plan.host.empty()) {
    return Outcome::next("failed", [this, id = task.id, plan](db::Session& s) -> Status {
      auto server = find_server(s, id);
      server->placement = plan.json().dump();
      save_server(s, *server);
      return fail(s, id, plan.text());
    });
  }
  bool volumes_first = !v.volumes.empty();
  return Outcome::next(volumes_first ? "volumes" : "ports",
                       [this, id = task.id, plan, volumes_first](db::Session& s) -> Status {
                         auto server = find_server(s, id);
                         PlaceRequest again = placement_request(s, *server);
                         again.host = plan.host;
                         // Another server may have been promised the room since the look.
                         if (compute::place(capacities(s, clock_.now_us()), again).host.empty())
                           return conflict("The host's room went to another server meanwhile.");
                         allocate_host(s, id, plan.host);
                         server->host = plan.host;
                         server->host_zone = plan.zone;
                         server->placement = plan.json().dump();
                         if (server->vm_state == VmState::building)
                           server->task_state = volumes_first ? TaskState::block_device_mapping
                                                              : TaskState::networking;
                         add_stage(*server, "placement");
                         save_server(s, *server);
                         return {};
                       })
      .within(volumes_first ? kVolumesLimitUs : kPortsLimitUs);
}

Status ServerTask::bind_port(const Server& server, ServerPort& port) {
  std::string target = "/internal/v1/ports/" + port.id;
  std::string owner = "compute:" + (server.host_zone.empty() ? "nova" : server.host_zone);
  Json got;
  if (port.ours && port.state == "wanted") {
    Json body =
        Json::object({{"network_id", port.network_id},
                      {"project_id", server.project_id},
                      {"device_id", server.id},
                      {"device_owner", owner},
                      {"security_groups", parse_json(server.security_group_ids).value_or(Json())},
                      {"fixed_ips", parse_json(port.fixed_ips).value_or(Json())},
                      {"mac_address", Json()},
                      {"name", ""},
                      {"binding:host_id", server.host}});
    got = TRY(peers_.network.call("PUT", target, Json::object({{"port", body}})));
  } else {
    TRYV(peers_.network.call("PUT", target + "/binding",
                             Json::object({{"host_id", server.host},
                                           {"device_id", server.id},
                                           {"device_owner", owner},
                                           {"project_id", server.project_id}})));
    got = TRY(peers_.network.call("GET", target));
  }
  port.mac = got["port"]["mac_address"].as_string();
  port.network_id = got["port"]["network_id"].as_string();
  port.status = got["port"]["status"].as_string("DOWN");
  port.network_name = got["network"]["name"].as_string();
  port.mtu = got["network"]["mtu"].as_int();
  port.addresses = got["addresses"].dump();
  port.metadata_port = got["metadata_port"].dump();
  port.state = "bound";
  return {};
}

Status ServerTask::free_port(const ServerPort& port) {
  auto freed = peers_.network.call("DELETE",
                                   "/internal/v1/ports/" + port.id + (port.ours ? "" : "/binding"));
  // A port its user has deleted meanwhile needs no unbinding.
  if (!freed && freed.error().code != ErrorCode::not_found) return freed.error();
  return {};
}

Result<Outcome> ServerTask::ports(const Task& task) {
  View v = TRY(look(task.id));
  bool shelved = v.server.vm_state == VmState::shelved_offloaded;
  for (ServerPort& port : v.ports) {
    if (port.state != "wanted" && !(shelved && port.state == "bound")) continue;
    auto bound = bind_port(v.server, port);
    if (bound) continue;
    if (!permanent(bound.error())) return bound.error();
    std::string why = "Failed to allocate the network(s): " + bound.error().message;
    if (shelved) {
      return Outcome::next(
          "parked", [this, id = task.id, why](db::Session& s) { return stay_parked(s, id, why); });
    }
    return Outcome::next("failed",
                         [this, id = task.id, why](db::Session& s) { return fail(s, id, why); });
  }
  return Outcome::next("boot",
                       [this, id = task.id, made = v.ports](db::Session& s) -> Status {
                         auto server = find_server(s, id);
                         for (const ServerPort& p : made) save_port(s, p);
                         if (server->vm_state == VmState::building)
                           server->task_state = TaskState::spawning;
                         add_stage(*server, "network");
                         refresh_shown(s, *server);
                         put_spec(s, *server);
                         save_server(s, *server);
                         return {};
                       })
      .within(kBootLimitUs);
}

void ServerTask::put_spec(db::Session& s, Server& server) {
  server.spec_revision =
      feed_.put(s, server.host, "server", server.id,
                server_spec(server, ports_of(s, server.id), volumes_of(s, server.id)));
}

Result<Outcome> ServerTask::boot(const Task& task) {
  View v = TRY(look(task.id));
  if (!v.seen) return Outcome::wait(kLookUs);
  const Observation& seen = *v.seen;
  if (seen.phase == "failed" && seen.revision >= v.server.spec_revision) {
    std::string why = seen.error.empty() ? "The host could not start the server." : seen.error;
    return Outcome::next("failed",
                         [this, id = task.id, why](db::Session& s) { return fail(s, id, why); });
  }
  if (seen.phase == "ready") {
    return Outcome::next("watch", [this, id = task.id, seen](db::Session& s) -> Status {
      auto server = find_server(s, id);
      server->vm_state = VmState::active;
      server->task_state = TaskState::none;
      server->power_state = power_number(seen.power);
      server->progress = 0;
      server->launched_us = server->updated_us = clock_.now_us();
      server->trace = seen.trace.dump();
      add_stage(*server, "boot");
      tell_usage(s, *server);
      finish_actions(s, id, {"create", "unshelve"}, clock_.now_us(), "Success");
      save_server(s, *server);
      return {};
    });
  }
  return Outcome::wait(kLookUs, [id = task.id, seen](db::Session& s) -> Status {
    auto server = find_server(s, id);
    if (server->progress == seen.progress) return {};
    server->progress = seen.progress;
    save_server(s, *server);
    return {};
  });
}

Result<Outcome> ServerTask::failed(const Task& task) {
  View v = TRY(look(task.id));
  if (v.server.vm_state == VmState::shelved_offloaded)
    return Outcome::next(v.server.host.empty() ? "parked" : "offload");
  bool waiting = false;
  for (const ServerVolume& volume : v.volumes) {
    if (volume.state != "detaching" && volume.state != "unplugging") continue;
    bool off = v.server.host.empty() || TRY(db_.read([&](db::Session& s) {
                 return feed_.gone(s, v.server.host, "server", task.id);
               }));
    waiting = waiting || !off;
    if (!off) continue;
    TRYV(peers_.storage.call("DELETE", "/internal/v1/volumes/" + volume.volume_id + "/attachment/" +
                                           volume.attachment_id));
    return Outcome::next("failed", [this, id = task.id, volume](db::Session& s) -> Status {
      erase_volume(s, volume.attachment_id);
      auto server = find_server(s, id);
      refresh_shown(s, *server);
      save_server(s, *server);
      finish_actions(s, id, clock_.now_us(), "Success");
      return {};
    });
  }
  return Outcome::wait(waiting ? 5 * kSecondUs : 24 * 3600 * kSecondUs);
}

// The server as it is stays for its owner to look at and delete; the host is not to go on with it.
// A shelved one has its image still: once the host has let go of it, it can be unshelved again.
Status ServerTask::fail(db::Session& s, const std::string& id, const std::string& why,
                        const std::string& details) {
  auto server = find_server(s, id);
  if (!server) return internal("a failing server without a row: " + id);
  if (server->vm_state == VmState::shelved_offloaded) {
    if (server->host.empty()) return stay_parked(s, id, why);
    finish_actions(s, id, {"unshelve"}, clock_.now_us(), "Error", why);
    return {};
  }
  server->vm_state = VmState::error;
  server->task_state = TaskState::none;
  server->fault_code = 500;
  server->fault_message = why;
  server->fault_details = details;
  server->fault_us = server->updated_us = clock_.now_us();
  if (!server->host.empty()) {
    auto seen = feed_.observed(s, server->host, "server", id);
    if (seen) server->trace = (*seen)["trace"].dump();
    feed_.remove(s, server->host, "server", id);
  }
  finish_actions(s, id, clock_.now_us(), "Error", why);
  save_server(s, *server);
  return {};
}

void ServerTask::tell_usage(db::Session& s, Server& server) {
  std::string state = "active";
  if (server.vm_state == VmState::stopped) state = "stopped";
  if (server.vm_state == VmState::suspended) state = "suspended";
  if (server.vm_state == VmState::shelved_offloaded) state = "shelved_offloaded";
  if (server.usage_state == state) return;
  feed::Event e;
  e.at_us = clock_.now_us();
  e.type = server.usage_state.empty() ? "begin" : "change";
  e.project_id = server.project_id;
  e.user_id = server.user_id;
  e.resource_type = "server";
  e.resource_id = server.id;
  e.data = Json::object({{"name", server.name},
                         {"flavor_id", server.flavor_id},
                         {"flavor_name", server.flavor_name},
                         {"vcpus", server.vcpus},
                         {"ram_mib", server.ram_mib},
                         {"disk_gib", server.disk_gib},
                         {"state", state}});
  feed::emit(s, e);
  server.usage_state = state;
}

Result<Outcome> ServerTask::remove(const Task& task) {
  View v = TRY(look(task.id));
  return Outcome::next(v.server.host.empty() ? "release" : "gone",
                       [this, id = task.id](db::Session& s) -> Status {
                         auto server = find_server(s, id);
                         server->task_state = TaskState::deleting;
                         server->updated_us = clock_.now_us();
                         if (!server->host.empty()) feed_.remove(s, server->host, "server", id);
                         save_server(s, *server);
                         return {};
                       });
}

Result<Outcome> ServerTask::gone(const Task& task) {
  View v = TRY(look(task.id));
  bool over = TRY(db_.read([&](db::Session& s) {
    if (feed_.gone(s, v.server.host, "server", task.id)) return true;
    auto host = find_host(s, v.server.host);
    // What was said while this process was down was not heard.
    bool dead = !host || clock_.now_us() - std::max(host->seen_us, started_us_) > kDeadHostUs;
    return dead && v.volumes.empty();  // a volume could still be written to there
  }));
  if (!over) return Outcome::wait(5 * kSecondUs);
  return Outcome::next("release");
}

Result<Outcome> ServerTask::release(const Task& task) {
  View v = TRY(look(task.id));
  for (const ServerVolume& volume : v.volumes) {
    std::string target = "/internal/v1/volumes/" + volume.volume_id;
    TRYV(peers_.storage.call("DELETE", target + "/attachment/" + volume.attachment_id));
    if (!volume.delete_on_termination) continue;
    // One with snapshots stays its user's; one that was given to another project is theirs.
    auto deleted = peers_.storage.call("DELETE", target + "?project_id=" + volume.project_id);
    if (!deleted && !permanent(deleted.error())) return deleted.error();
  }
  for (const ServerPort& port : v.ports) {
    TRYV(free_port(port));
  }
  // And what an attach that died half way has ordered: the network service makes no more for us.
  TRYV(peers_.network.call("DELETE", "/internal/v1/ports?device_id=" + task.id));
  for (const std::string* kept : {&v.server.snapshot, &v.server.shelve}) {
    TRYV(drop_image(stored_object(*kept)["image_id"].as_string()));
  }
  return Outcome::done([this, id = task.id, freed = v.ports](db::Session& s) -> Status {
    // A request that was waiting for the network service has bound a port since it was freed.
    for (const ServerPort& p : freed) {
      auto now = find_port(s, p.id);
      if (now && now->state != p.state) return conflict("A port was bound while it was given up.");
    }
    return finish_release(s, id);
  });
}

Status ServerTask::finish_release(db::Session& s, const std::string& id) {
  auto server = find_server(s, id);
  for (const ServerPort& p : ports_of(s, id)) erase_port(s, p.id);
  for (const ServerVolume& v : volumes_of(s, id)) erase_volume(s, v.attachment_id);
  compute::release(s, id);
  TimeUs now = clock_.now_us();
  if (!server->usage_state.empty()) {
    feed::emit(s, {now, "end", server->project_id, server->user_id, "server", id, Json::object()});
    server->usage_state.clear();
  }
  server->vm_state = VmState::deleted;
  server->task_state = TaskState::none;
  server->power_state = kPowerNone;
  server->deleted = true;
  server->terminated_us = server->updated_us = now;
  server->addresses = "{}";
  server->volumes = "[]";
  server->password.clear();
  finish_actions(s, id, now, "Success");
  save_server(s, *server);
  return {};
}

}  // namespace nuri::compute
