#include <algorithm>

#include "compute/routes/app.h"
#include "services/base/fields.h"

// Volumes of a server: the handler stores the wish, the server's task brings it about.
namespace nuri::compute {

namespace {

struct Attach {
  std::string volume_id;
  std::optional<std::string> device, tag;
  bool delete_on_termination = false;
};

Result<Attach> read_attach(const Request& request, int version) {
  using A = Attach;
  static const Fields<A> kFields(
      "volumeAttachment", Fields<A>::Unknown::refuse,
      {
          text("volumeId", &A::volume_id).required_().format_("uuid"),
          text("device", &A::device)
              .length(0, 255)
              .nullable_()
              .checked([](const Json& v) -> std::string {
                const std::string& d = v.as_string();
                if (d.empty() || d == "auto") return "";
                std::string name = d.starts_with("/dev/") ? d.substr(5) : d;
                bool ok = name.size() >= 1 && std::all_of(name.begin(), name.end(), [](char ch) {
                            return std::isalnum(static_cast<unsigned char>(ch));
                          });
                return ok ? "" : "It must be a device's name such as /dev/vdb.";
              }),
          text("tag", &A::tag).length(1, 60).since_(49),
          boolean("delete_on_termination", &A::delete_on_termination).since_(79),
      });
  Json body = TRY(body_member(request.body, "volumeAttachment"));
  A in = TRY(kFields.read(body, version));
  return in;
}

Result<Response> attach(App& app, const Request& request, Context& c) {
  Attach in = TRY(read_attach(request, c.microversion));
  Server server =
      TRY(app.db.read([&](db::Session& s) { return app.load_unlocked(s, c, c.param("id")); }));
  TRYV(allow(Action::attach_volume, server));
  // What the user may see and whether it is free; storage has the last word when the task asks.
  auto volume = app.peers.storage.call(
      "GET", "/v3/" + c.claims.project_id + "/volumes/" + in.volume_id, {}, c.token);
  if (!volume && volume.error().code == ErrorCode::not_found)
    return not_found("Volume " + in.volume_id + " could not be found.");
  if (!volume) return volume.error();
  std::string status = (*volume)["volume"]["status"].as_string();
  if (status != "available") {
    return bad_request("Invalid volume: volume " + in.volume_id +
                           " status must be 'available'. Currently in '" + status + "'",
                       "volumeId");
  }
  return change(app, c, server.id, [&](db::Session& s, Server& now) -> Result<Response> {
    TRYV(allow(Action::attach_volume, now));
    auto taken = volumes_of(s, now.id);
    if (find_volume(s, now.id, in.volume_id))
      return bad_request(
          "Invalid volume: volume " + in.volume_id + " is attached to this server already.",
          "volumeId");
    // Promised to another, though storage may not have heard of it yet.
    if (volume_promised(s, in.volume_id, now.project_id))
      return bad_request(
          "Invalid volume: volume " + in.volume_id + " is already attached to another server.",
          "volumeId");
    std::string device = free_device(taken, in.device.value_or(""));
    if (device.empty())
      return forbidden("At most 24 volumes can be attached to a server.");
    ServerVolume v;
    v.attachment_id = app.random.uuid();
    v.server_id = now.id;
    v.volume_id = in.volume_id;
    v.project_id = now.project_id;
    v.device = device;
    v.delete_on_termination = in.delete_on_termination;
    v.tag = in.tag.value_or("");
    v.since_us = app.clock.now_us();
    insert_volume(s, v);
    refresh_shown(s, now);
    save_server(s, now);
    app.begin_action(s, c, now, "attach_volume", "compute_attach_volume");
    app.task.signal(s, now.id);
    return Response::json(200,
                          Json::object({{"volumeAttachment", attachment_json(v, app.viewer(c))}}));
  });
}

Result<Response> detach(App& app, Context& c) {
  return change(app, c, c.param("id"), [&](db::Session& s, Server& server) -> Result<Response> {
    auto v = find_volume(s, server.id, c.param("volume_id"));
    if (!v) return not_found("volume_id not found: " + c.param("volume_id").substr(0, 255));
    TRYV(allow(Action::detach_volume, server));
    if (v->device == "/dev/vda")
      return bad_request("Cannot detach a root device volume", "volume_id");
    if (v->state == "detaching" || v->state == "unplugging") return Response::empty(202);
    v->state = "detaching";
    v->since_us = app.clock.now_us();
    save_volume(s, *v);
    app.begin_action(s, c, server, "detach_volume", "compute_detach_volume");
    app.task.signal(s, server.id);
    return Response::empty(202);
  });
}

struct AttachmentChange {
  std::string volume_id;
  std::optional<bool> delete_on_termination;
  std::optional<std::string> id, server_id, device, tag;
};

// From 2.85 on, whether the volume goes with the server; another volume in its place is not served.
Result<Response> update(App& app, const Request& request, Context& c) {
  using A = AttachmentChange;
  static const Fields<A> kFields(
      "volumeAttachment", Fields<A>::Unknown::refuse,
      {text("volumeId", &A::volume_id).required_().format_("uuid"),
       boolean("delete_on_termination", &A::delete_on_termination).since_(85),
       text("id", &A::id).since_(85), text("serverId", &A::server_id).since_(85),
       text("device", &A::device).nullable_().since_(85),
       text("tag", &A::tag).nullable_().since_(85)});
  TRYV(app.load(c, c.param("id")));
  A in = TRY(kFields.read(TRY(body_member(request.body, "volumeAttachment")), c.microversion));
  return change(app, c, c.param("id"), [&](db::Session& s, Server& server) -> Result<Response> {
    auto v = find_volume(s, server.id, c.param("volume_id"));
    if (!v) return not_found("volume_id not found: " + c.param("volume_id").substr(0, 255));
    if (in.volume_id != v->volume_id)
      return bad_request("This cloud does not put another volume into a volume's place.",
                         "volumeId");
    if (in.delete_on_termination) v->delete_on_termination = *in.delete_on_termination;
    save_volume(s, *v);
    refresh_shown(s, server);
    save_server(s, server);
    return Response::empty(202);
  });
}

Result<Response> list(App& app, Context& c) {
  return app.db.read([&](db::Session& s) -> Result<Response> {
    Server server = TRY(app.load(s, c, c.param("id")));
    Json out = Json::array();
    for (const auto& v : volumes_of(s, server.id)) out.push_back(attachment_json(v, app.viewer(c)));
    return Response::json(200, Json::object({{"volumeAttachments", out}}));
  });
}

Result<Response> show(App& app, Context& c) {
  return app.db.read([&](db::Session& s) -> Result<Response> {
    Server server = TRY(app.load(s, c, c.param("id")));
    auto v = find_volume(s, server.id, c.param("volume_id"));
    if (!v)
      return not_found("Instance " + server.id + " is not attached to volume " +
                       c.param("volume_id").substr(0, 255));
    return Response::json(200,
                          Json::object({{"volumeAttachment", attachment_json(*v, app.viewer(c))}}));
  });
}

}  // namespace

void add_attachment_routes(Router& router, App& app) {
  const std::string all = "/v2.1/servers/{id}/os-volume_attachments", one = all + "/{volume_id}";
  router.add("GET", all, Access::reader,
             [&app](const Request&, Context& c) { return list(app, c); });
  router.add("POST", all, Access::member,
             [&app](const Request& q, Context& c) { return attach(app, q, c); });
  router.add("GET", one, Access::reader,
             [&app](const Request&, Context& c) { return show(app, c); });
  router.add("PUT", one, Access::member,
             [&app](const Request& q, Context& c) { return update(app, q, c); });
  router.add("DELETE", one, Access::member,
             [&app](const Request&, Context& c) { return detach(app, c); });
}

}  // namespace nuri::compute
