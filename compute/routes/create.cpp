#include "compute/routes/resolve.h"
#include "services/tasks/task.h"

// POST /servers
namespace nuri::compute {

namespace {

constexpr TimeUs kPlaceLimitUs = 60 * kSecondUs;
constexpr size_t kMaxIdempotencyKey = 255;

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
void write_server(App& app, db::Session& s, const Context& c, const Server& server,
                  const Resolved& r) {
  insert_server(s, server);
  int64_t position = 0;
  for (ServerPort p : r.ports) {
    if (p.ours) p.id = app.random.uuid();
    p.server_id = server.id;
    p.position = position++;
    insert_port(s, p);
  }
  allocate(s, server.id, server.project_id,
           {1, server.vcpus, server.ram_mib, server.disk_gib + server.ephemeral_gib});
  app.begin_action(s, c, server, "create", "compute__do_build_and_run_instance");
  TimeUs now = app.clock.now_us();
  tasks::create(s, "server", server.id, "place", now, now + kPlaceLimitUs);
}

struct Kept {
  std::string key, hash;  // key "" where the client sent none
};

// The Idempotency-Key header: the same request again gets the first one's answer.
Result<Kept> kept_key(const Request& request, const Context& c) {
  std::string key = request.headers.get("Idempotency-Key");
  if (key.empty()) return Kept{};
  if (key.size() > kMaxIdempotencyKey)
    return bad_request("Idempotency-Key has at most 255 characters.", "Idempotency-Key");
  return Kept{c.claims.project_id + "/" + c.claims.user_id + "/" + key, sha224_hex(request.body)};
}

Result<std::optional<Json>> kept_answer(db::Session& s, const Kept& kept) {
  std::optional<std::pair<std::string, Json>> row;
  if (!kept.key.empty()) {
    row = s.one("SELECT body_hash, answer FROM answers WHERE key=?1", {kept.key},
                [](const db::Row& r) { return std::pair(r.text(0), r.json(1)); });
  }
  if (!row) return std::optional<Json>();
  if (row->first != kept.hash)
    return Error(ErrorCode::unprocessable,
                 "This Idempotency-Key was used with another request body.", "Idempotency-Key");
  return std::optional(row->second);
}

Response answer_of(const Context& c, const Json& body) {
  Response response = Response::json(202, body);
  const std::string& id = body["server"]["id"].as_string();
  if (!id.empty()) response.headers.set("Location", c.base_url + "/v2.1/servers/" + id);
  return response;
}

Result<Json> write_all(App& app, db::Session& s, const Context& c, const ServerCreate& in,
                       const Resolved& r) {
  int64_t most = in.max_count.value_or(in.min_count), count = most;
  auto fits = [&](int64_t n) {
    return check_quota(s, c.claims.project_id, {n, n * r.flavor.vcpus, n * r.flavor.ram_mib, 0});
  };
  while (count > in.min_count && !fits(count)) --count;
  TRYV(fits(count));
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
    write_server(app, s, c, server, r);
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
  Kept kept = TRY(kept_key(request, c));
  auto before = TRY(app.db.read([&](db::Session& s) { return kept_answer(s, kept); }));
  if (before) return answer_of(c, *before);
  Json whole = TRY(parse_json(request.body));
  Json body = TRY(body_member(request.body, "server"));
  for (const auto& [key, value] : whole.as_object()) {
    if (key == "server") continue;
    bool hints = key == "os:scheduler_hints" || key == "OS-SCH-HNT:scheduler_hints";
    if (!hints)
      return bad_request(
          "Additional properties are not allowed ('" + key.substr(0, 255) + "' was unexpected).",
          key.substr(0, 255));
    if (!value.is_object()) return bad_request(key + " must be an object.", key);
    if (value.contains("group"))
      return bad_request("This cloud does not serve server groups yet.", "group");
  }
  ServerCreate in = TRY(read_server_create(body, c.microversion));
  Resolved resolved = TRY(resolve(app, c, in));
  // The server's own password; no guest of this cloud is given one, but clients expect the field.
  std::string password = in.admin_pass.value_or(app.random.hex(6));
  Json answer = TRY(app.db.write([&](db::Session& s) -> Result<Json> {
    if (auto twin = TRY(kept_answer(s, kept))) return std::move(*twin);
    Json made = TRY(write_all(app, s, c, in, resolved));
    if (!kept.key.empty()) {
      s.exec("INSERT INTO answers (key, body_hash, answer, created_us) VALUES (?1, ?2, ?3, ?4)",
             {kept.key, kept.hash, made, app.clock.now_us()});
    }
    return made;
  }));
  if (answer.contains("server")) answer["server"].set("adminPass", password);
  return answer_of(c, answer);
}

}  // namespace

void add_create_route(Router& router, App& app) {
  router.add("POST", "/v2.1/servers", Access::member,
             [&app](const Request& q, Context& c) { return create_server(app, q, c); });
}

}  // namespace nuri::compute
