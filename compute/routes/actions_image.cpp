#include <algorithm>
#include <array>

#include "compute/routes/actions.h"
#include "services/base/fields.h"

// What of a server becomes an image: createImage, shelve, and back.
namespace nuri::compute {

namespace {

// Of a Glance image: its own fields, not its user's properties.
constexpr std::array<std::string_view, 27> kImageFields = {
    "id",           "name",         "status",      "visibility",    "size",
    "virtual_size", "disk_format",  "owner",       "created_at",    "updated_at",
    "self",         "file",         "schema",      "checksum",      "os_hash_algo",
    "os_hidden",    "min_disk",     "min_ram",     "tags",          "protected",
    "locations",    "direct_url",   "stores",      "os_hash_value", "container_format",
    "host",         "deleted_at"};

// Nova's: what says how the image came about is not the copy's.
constexpr std::array<std::string_view, 8> kNotInherited = {
    "cache_in_nova", "bittorrent",    "img_signature", "img_signature_hash_method",
    "img_signature_key_type", "img_signature_certificate_uuid", "instance_uuid", "image_type"};

template <size_t N>
bool listed(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// The body of the image's PUT: the base image's properties, then ours, then the user's.
Result<Json> image_body(App& app, const Context& c, const Server& server, const std::string& name,
                        const StringMap& metadata) {
  auto base = app.peers.image.call("GET", "/internal/v1/images/" + server.image_id);
  if (!base && !permanent(base.error())) return base.error();
  Json original = base ? *base : Json::object();
  Json properties = Json::object();
  for (const auto& [key, value] : original.as_object()) {
    if (value.is_string() && !listed(kImageFields, key) && !listed(kNotInherited, key))
      properties.set(key, value);
  }
  properties.set("base_image_ref", server.image_id)
      .set("image_type", "snapshot")
      .set("instance_uuid", server.id)
      .set("user_id", server.user_id);
  for (const auto& [key, value] : metadata) {
    if (listed(kImageFields, key))
      return bad_request("metadata must not name a field of the image's own: " + key, "metadata");
    properties.set(key, value);
  }
  return Json::object({{"project_id", server.project_id},
                       {"user_id", c.claims.user_id},
                       {"host", server.host},
                       {"name", name},
                       {"disk_format", "qcow2"},
                       {"container_format", "bare"},
                       {"min_disk", server.disk_gib},
                       {"min_ram", original["min_ram"].as_int()},
                       {"visibility", "private"},
                       {"protected", false},
                       {"tags", Json::array()},
                       {"properties", properties}});
}

// `rotate`: ids of images that go once this one is there.
void want_snapshot(Server& server, const std::string& image_id, const Json& body,
                   const Json& rotate = Json::array()) {
  server.snapshot = Json::object({{"number", ++server.snapshot_count},
                                  {"image_id", image_id},
                                  {"state", "queueing"},
                                  {"rotate", rotate},
                                  {"image", body}})
                        .dump();
}

// Not to be had: the wish is taken back, unless the server's task has come to that already.
void take_back(App& app, const std::string& id, const std::string& image_id, const Error& why) {
  auto done = app.db.write([&](db::Session& s) {
    auto server = find_server(s, id);
    if (!server || stored_object(server->snapshot)["image_id"].as_string() != image_id) return;
    server->snapshot = "null";
    server->task_state = TaskState::none;
    finish_actions(s, id, {"createImage", "createBackup"}, app.clock.now_us(), "Error",
                   why.message);
    save_server(s, *server);
  });
  (void)done;  // the task does it at its next look
}

struct ImageIn {
  std::string name;
  StringMap metadata;
};

}  // namespace

namespace {

// The wish, then the image itself, so that the client finds what it is answered; the server's task
// would make it too.
Result<Response> image_of(App& app, Context& c, const std::string& id, const Json& body,
                          const Json& rotate, bool backup) {
  std::string image_id = app.random.uuid();
  TRYV(change(app, c, id, [&](db::Session& s, Server& now) -> Result<Response> {
    TRYV(allow(Action::snapshot, now));
    want_snapshot(now, image_id, body, rotate);
    now.task_state = TaskState::image_snapshot;
    now.task_since_us = now.updated_us = app.clock.now_us();
    app.begin_action(s, c, now, backup ? "createBackup" : "createImage",
                     backup ? "compute_backup_instance" : "compute_snapshot_instance");
    save_server(s, now);
    app.task.signal(s, id);
    return Response::empty(202);
  }));
  auto queued = queue_snapshot(app.peers.image, image_id, body);
  if (!queued && permanent(queued.error())) {
    take_back(app, id, image_id, queued.error());
    return queued.error();
  }
  if (c.microversion >= 45) return Response::json(202, Json::object({{"image_id", image_id}}));
  Response done = Response::empty(202);
  std::string root = c.base_url.substr(0, c.base_url.rfind('/'));
  done.headers.set("Location", root + "/image/v2/images/" + image_id);
  return done;
}

Result<Server> copied_server(App& app, const Context& c, const std::string& id) {
  Server server = TRY(app.db.read([&](db::Session& s) { return app.load_unlocked(s, c, id); }));
  TRYV(allow(Action::snapshot, server));
  if (server.image_id.empty())
    return bad_request("This cloud makes no image of a server that boots from a volume: make a "
                       "snapshot of the volume, or upload the volume to an image.");
  return server;
}

struct BackupIn {
  std::string name, backup_type;
  int64_t rotation = 0;
  StringMap metadata;
};

// Of the user's backups of this server, all but the newest `kept`.
Result<Json> too_old(App& app, const Context& c, const std::string& id, const BackupIn& in) {
  Json got = TRY(app.peers.image.call("GET",
                                      "/v2/images?image_type=backup&instance_uuid=" + id +
                                          "&sort_key=created_at&sort_dir=desc&limit=1000",
                                      {}, c.token));
  Json out = Json::array();
  int64_t newer = 1;  // the one that is to be made
  for (const Json& image : got["images"].as_array()) {
    bool ours = image["image_type"].as_string() == "backup" &&
                image["instance_uuid"].as_string() == id &&
                image["backup_type"].as_string() == in.backup_type;
    if (ours && ++newer > in.rotation) out.push_back(image["id"]);
  }
  return out;
}

}  // namespace

Result<Response> create_image(App& app, Context& c, const std::string& id, const Json& argument) {
  using I = ImageIn;
  static const Fields<I> kFields(
      "createImage", Fields<I>::Unknown::refuse,
      {text("name", &I::name).required_().length(1, 255).format_("name"),
       string_map("metadata", &I::metadata)});
  I in = TRY(kFields.read(argument));
  Server server = TRY(copied_server(app, c, id));
  Json body = TRY(image_body(app, c, server, in.name, in.metadata));
  return image_of(app, c, id, body, Json::array(), false);
}

Result<Response> create_backup(App& app, Context& c, const std::string& id, const Json& argument) {
  using B = BackupIn;
  static const Fields<B> kFields(
      "createBackup", Fields<B>::Unknown::refuse,
      {text("name", &B::name).required_().length(1, 255).format_("name"),
       text("backup_type", &B::backup_type).required_().length(0, 255),
       number("rotation", &B::rotation).required_().range(0, INT64_MAX),
       string_map("metadata", &B::metadata)});
  B in = TRY(kFields.read(argument));
  Server server = TRY(copied_server(app, c, id));
  Json body = TRY(image_body(app, c, server, in.name, in.metadata));
  body["properties"].set("image_type", "backup").set("backup_type", in.backup_type);
  return image_of(app, c, id, body, TRY(too_old(app, c, id, in)), true);
}

Result<Response> shelve_server(App& app, Context& c, const std::string& id, const Json&) {
  Server server = TRY(app.db.read([&](db::Session& s) { return app.load_unlocked(s, c, id); }));
  TRYV(allow(Action::shelve, server));
  bool copies = !server.image_id.empty();
  Json body;
  if (copies) body = TRY(image_body(app, c, server, server.name + "-shelved", {}));
  std::string image_id = app.random.uuid();
  Response done = TRY(wish(app, c, id, Action::shelve, TaskState::shelving,
                           "compute_shelve_instance", [&](db::Session&, Server& now) -> Status {
                             now.wants_running = false;
                             now.held.clear();
                             if (copies) want_snapshot(now, image_id, body);
                             return {};
                           }));
  return done;
}

// A shelved server leaves its host by itself: there is only the moment of it.
Result<Response> shelve_offload(App& app, Context& c, const std::string& id, const Json&) {
  if (!c.claims.is_admin())
    return forbidden("Policy doesn't allow os_compute_api:os-shelve:shelve_offload to be performed.");
  Server server = TRY(app.db.read([&](db::Session& s) { return app.load_unlocked(s, c, id); }));
  TRYV(allow(Action::shelve_offload, server));
  return Response::empty(202);
}

Result<Response> unshelve_server(App& app, Context& c, const std::string& id,
                                 const Json& argument) {
  std::string zone, host;
  if (!argument.is_null()) {
    if (!argument.is_object()) return bad_request("unshelve must be an object or null.", "unshelve");
    for (const auto& [key, value] : argument.as_object()) {
      bool known = (key == "availability_zone" && c.microversion >= 77) ||
                   (key == "host" && c.microversion >= 91);
      if (!known)
        return bad_request(
            "Additional properties are not allowed ('" + key.substr(0, 255) + "' was unexpected).",
            key.substr(0, 255));
      bool unpin = value.is_null() && key == "availability_zone" && c.microversion >= 91;
      if (!unpin && (!value.is_string() || value.as_string().empty()))
        return bad_request(key + " must be a text of 1 to 255 characters.", key);
      (key == "host" ? host : zone) = value.as_string();
    }
    if (!host.empty() && !c.claims.is_admin())
      return forbidden("Only an administrator may choose the host of a server.");
    auto hosts = TRY(app.db.read([&](db::Session& s) { return list_hosts(s); }));
    bool there = zone.empty() || std::any_of(hosts.begin(), hosts.end(), [&](const Host& h) {
                   return h.zone == zone;
                 });
    if (!there)
      return bad_request("The requested availability zone is not available", "availability_zone");
  }
  return wish(app, c, id, Action::unshelve, TaskState::unshelving, "compute_unshelve_instance",
              [&](db::Session&, Server& server) -> Status {
                if (argument.contains("availability_zone")) server.zone = zone;
                server.forced_host = host;
                server.wants_running = true;
                return {};
              });
}

}  // namespace nuri::compute
