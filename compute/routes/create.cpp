#include "compute/api/hints.h"
#include "compute/routes/dry_run.h"
#include "services/tasks/task.h"

// POST /servers
namespace nuri::compute {

namespace {

constexpr TimeUs kPlaceLimitUs = 60 * kSecondUs;

Server server_from(App& app, const Context& c, const ServerCreate& in, const Resolved& r) {
  Server s;
  s.id = app.random.uuid();
  s.project_id = c.claims.project_id;
  s.user_id = c.claims.user_id;
  s.request_id = c.request_id;
  s.description = in.description;
  s.image_id = r.image["id"].as_string();
  s.image = r.image.dump();
  s.flavor_id = r.flavor.id;
  s.flavor_name = r.flavor.name;
  s.flavor_specs = r.flavor.specs;
  s.vcpus = r.flavor.vcpus;
  s.ram_mib = r.flavor.ram_mib;
  s.disk_gib = r.flavor.disk_gib;
  s.ephemeral_gib = r.flavor.ephemeral_gib;
  s.swap_mib = r.flavor.swap_mib;
  s.user_data = in.user_data;
  s.config_drive = in.config_drive;
  s.zone = r.zone;
  s.forced_host = r.host;
  s.access_ipv4 = in.access_ipv4;
  s.access_ipv6 = in.access_ipv6;
  s.disk_config = in.disk_config;
  s.metadata = string_map_json(in.metadata).dump();
  s.tags = Json::strings(in.tags).dump();
  s.security_groups = r.group_names.dump();
  s.security_group_ids = r.group_ids.dump();
  s.created_us = s.updated_us = s.task_since_us = app.clock.now_us();
  if (r.key) {
    s.key_name = r.key->name;
    s.key_data = r.key->public_key;
  }
  return s;
}

// The server, its ports' ids, its share of the quota and its task, in the caller's transaction.
Status write_server(App& app, db::Session& s, const Context& c, const Server& server,
                    const Resolved& r, const Hints& hints) {
  TRYV(claim_quota(s, server));
  insert_server(s, server);
  insert_hints(s, server.id, hints);
  int64_t position = 0;
  for (ServerPort p : r.ports) {
    if (p.ours) p.id = app.random.uuid();
    p.server_id = server.id;
    p.position = position++;
    insert_port(s, p);
  }
  for (ServerVolume v : r.volumes) {
    v.attachment_id = app.random.uuid();
    if (v.state == "making") v.volume_id = app.random.uuid();
    if (volume_promised(s, v.volume_id, v.project_id))
      return bad_request("Block Device Mapping is Invalid: volume " + v.volume_id +
                             " is already attached to a server.",
                         "block_device_mapping_v2");
    v.server_id = server.id;
    v.since_us = app.clock.now_us();
    insert_volume(s, v);
  }
  app.begin_action(s, c, server, "create", "compute__do_build_and_run_instance");
  TimeUs now = app.clock.now_us();
  tasks::create(s, "server", server.id, "place", now, now + kPlaceLimitUs);
  return {};
}

// What is asked for as what can be: the group is the project's and has room for `count` more.
Result<Hints> check_hints(db::Session& s, const Context& c, const HintWish& wish, int64_t count) {
  Hints hints{"", wish.same_host, wish.different_host};
  if (wish.group.empty()) return hints;
  auto group = find_server_group(s, wish.group);
  if (!group || group->project_id != c.claims.project_id)
    return bad_request("ServerGroup " + wish.group + " could not be found", "group");
  int64_t most = quota().limit(s, c.claims.project_id, "server_group_members");
  if (most >= 0 && count_group_members(s, group->id, c.claims.user_id) + count > most)
    return Error(ErrorCode::over_quota, "Quota exceeded, too many servers in group",
                 "server_group_members");
  hints.group_id = group->id;
  return hints;
}

Response answer_of(const Context& c, const Json& body) {
  Response response = Response::json(202, body);
  const std::string& id = body["server"]["id"].as_string();
  if (!id.empty()) response.headers.set("Location", c.base_url + "/v2.1/servers/" + id);
  return response;
}

Status check_metadata_quota(db::Session& s, const Context& c, const ServerCreate& in) {
  int64_t most = quota().limit(s, c.claims.project_id, "metadata_items");
  if (most < 0 || static_cast<int64_t>(in.metadata.size()) <= most) return {};
  return Error(ErrorCode::over_quota,
               "Maximum number of metadata items exceeds " + std::to_string(most), "metadata");
}

Result<Json> write_all(App& app, db::Session& s, const Context& c, const ServerCreate& in,
                       const Resolved& r, const HintWish& wish) {
  TRYV(check_metadata_quota(s, c, in));
  int64_t most = in.max_count.value_or(in.min_count), count = most;
  auto fits = [&](int64_t n) {
    return quota().fits(
        s, c.claims.project_id,
        {{"instances", n}, {"cores", n * r.flavor.vcpus}, {"ram", n * r.flavor.ram_mib}});
  };
  while (count > in.min_count && !fits(count)) --count;
  TRYV(fits(count));
  Hints hints = TRY(check_hints(s, c, wish, count));
  std::string reservation = "r-" + app.random.hex(4);
  Json answer;
  for (int64_t i = 0; i < count; ++i) {
    Server server = server_from(app, c, in, r);
    server.name = most > 1 ? in.name + "-" + std::to_string(i + 1) : in.name;
    server.hostname = !in.hostname.empty()
                          ? in.hostname + (most > 1 ? "-" + std::to_string(i + 1) : "")
                          : hostname_from(server.name, server.id);
    server.reservation_id = reservation;
    server.launch_index = i;
    TRYV(write_server(app, s, c, server, r, hints));
    if (i > 0) continue;
    answer = Json::object(
        {{"server", Json::object({{"id", server.id},
                                  {"links", links(app.viewer(c), "servers", server.id)},
                                  {"OS-DCF:diskConfig", server.disk_config},
                                  {"security_groups", r.group_names}})}});
  }
  if (in.return_reservation_id) answer = Json::object({{"reservation_id", reservation}});
  app.task.wake_after(s);
  return answer;
}

Result<Response> create_server(App& app, const Request& request, Context& c) {
  Json whole = TRY(parse_json(request.body));
  Json body = TRY(body_member(request.body, "server"));
  HintWish wish = TRY(read_hints(whole));
  ServerCreate in = TRY(read_server_create(body, c.microversion));
  Resolved resolved = TRY(resolve(app, c, in));
  if (TRY(flag_of(request, "dry_run", false))) {
    int64_t count = in.max_count.value_or(in.min_count);
    Hints hints = TRY(app.db.read([&](db::Session& s) { return check_hints(s, c, wish, count); }));
    return dry_run(app, c, server_from(app, c, in, resolved), hints, count);
  }
  // The server's own password; no guest of this cloud is given one, but clients expect the field.
  std::string password = in.admin_pass.value_or(app.random.hex(6));
  // The answer is made inside the transaction, so that it is kept with it (services/conduct).
  return app.db.write([&](db::Session& s) -> Result<Response> {
    Json answer = TRY(write_all(app, s, c, in, resolved, wish));
    if (answer.contains("server")) answer["server"].set("adminPass", password);
    return answer_of(c, answer);
  });
}

}  // namespace

void add_create_route(Router& router, App& app) {
  router
      .add("POST", "/v2.1/servers", Access::member,
           [&app](const Request& q, Context& c) { return create_server(app, q, c); })
      .says("Creates servers")
      .reads("server", server_create_fields())
      .query("dry_run", "boolean",
             "Make nothing: answer whether it would find its place, its price and the quota left")
      .status(202);
}

}  // namespace nuri::compute
