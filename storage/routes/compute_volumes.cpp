#include "storage/domain/volume_state.h"
#include "storage/routes/handlers.h"
#include "storage/routes/making.h"
#include "storage/store/snapshot_store.h"
#include "storage/store/volume_store.h"

// Volumes and snapshots that compute asks for by id: the disk of a server that boots from a volume,
// and the image of one. Each call may be made twice.
namespace nuri::storage {

namespace {

struct Wish {
  std::string project_id, user_id;
  std::optional<int64_t> size_gib;
  std::optional<std::string> name, image, snapshot, source, host, zone, type, volume_id;
  StringMap metadata;
};
const Fields<Wish> kVolumeWish{
    "volume",
    Fields<Wish>::Unknown::ignore,
    {text("project_id", &Wish::project_id).length(1, 64).required_(),
     text("user_id", &Wish::user_id).length(1, 64).required_(),
     number("size_gib", &Wish::size_gib).range(1, kMaxVolumeGib).nullable_(),
     text("name", &Wish::name).length(0, 255).nullable_(), text("image", &Wish::image).nullable_(),
     text("snapshot", &Wish::snapshot).nullable_(), text("source", &Wish::source).nullable_(),
     text("host", &Wish::host).length(0, 255).nullable_(),
     text("zone", &Wish::zone).length(0, 255).nullable_(),
     text("type", &Wish::type).length(0, 255).nullable_(),
     string_map("metadata", &Wish::metadata).length(0, kMaxMetadata).nullable_()}};
const Fields<Wish> kSnapshotWish{
    "snapshot",
    Fields<Wish>::Unknown::ignore,
    {text("volume_id", &Wish::volume_id).length(1, 64).required_(),
     text("project_id", &Wish::project_id).length(1, 64).required_(),
     text("user_id", &Wish::user_id).length(1, 64).required_(),
     text("name", &Wish::name).length(0, 255).nullable_(),
     string_map("metadata", &Wish::metadata).length(0, kMaxMetadata).nullable_()}};

Json view(const Volume& v) {
  Json attachment;
  if (v.attachment) {
    attachment = Json::object({{"id", v.attachment->id},
                               {"server_id", v.attachment->server_id},
                               {"state", v.attachment->state}});
  }
  return Json::object(
      {{"volume", Json::object({{"id", v.id},
                                {"project_id", v.project_id},
                                {"status", v.status},
                                {"size_gib", v.size_gib},
                                {"host", v.host.empty() ? v.wanted_host : v.host},
                                {"path", v.path.empty() ? Json() : Json(v.path)},
                                {"format", "qcow2"},
                                {"ready", !v.path.empty()},
                                {"bootable", v.bootable},
                                {"image_metadata", string_map_json(v.image_metadata)},
                                {"type", v.type_name},
                                {"attachment", attachment},
                                {"error", v.error.empty() ? Json() : Json(v.error)}})}});
}

Json view(const Snapshot& n) {
  return Json::object(
      {{"snapshot", Json::object({{"id", n.id},
                                  {"volume_id", n.volume_id},
                                  {"status", n.status},
                                  {"size_gib", n.size_gib},
                                  {"host", n.host},
                                  {"error", n.error.empty() ? Json() : Json(n.error)}})}});
}

Error gone(const Context& context) {
  return Error(ErrorCode::gone, context.param("id") + " has been deleted.");
}

Status need_uuid(const Context& context) {
  if (is_uuid(context.param("id"))) return {};
  return bad_request("The id in the path must be a UUID.", "id");
}

}  // namespace

Result<Response> put_volume(Service& p, const Request& request, Context& context) {
  TRYV(need_uuid(context));
  Wish in = TRY(kVolumeWish.read(TRY(body_member(request.body, "volume"))));
  Making m;
  m.id = context.param("id");
  m.project_id = in.project_id;
  m.user_id = in.user_id;
  m.host = in.host.value_or("");
  m.in.size_gib = in.size_gib;
  m.in.name = in.name;
  m.in.image = in.image;
  m.in.snapshot = in.snapshot;
  m.in.source = in.source;
  if (m.host.empty()) m.in.zone = in.zone;  // the host says more
  m.in.type = in.type;
  m.in.metadata = in.metadata;
  auto there = [&](db::Session& s) -> Result<std::optional<Volume>> {
    if (store::is_buried(s, m.id)) return gone(context);
    auto found = store::find(s, m.id);
    if (found && found->project_id != m.project_id)
      return conflict("A volume of another project has this id.");
    return found;
  };
  auto found = TRY(p.db.read(there));  // no image is asked for twice
  if (found) return Response::json(200, view(*found));
  return make_volume(
      p, m, [](const Volume& v) { return Response::json(200, view(v)); }, there);
}

Result<Response> get_volume(Service& p, const Request&, Context& context) {
  Volume v = TRY(p.db.read([&](db::Session& s) { return own_volume(s, context); }));
  return Response::json(200, view(v));
}

// ?project_id= says whose the volume is to be: one that went to another project meanwhile stays.
Result<Response> drop_volume(Service& p, const Request& request, Context& context) {
  const std::string owner = request.query.get("project_id");
  TRYV(p.db.write([&](db::Session& s) -> Status {
    auto v = store::find(s, context.param("id"));
    if (v && !owner.empty() && v->project_id != owner) return {};
    store::bury(s, context.param("id"), p.clock.now_us());
    if (!v || v->status == "deleting") return {};
    Status done = start_delete(p, s, *v, false, true);
    return done ? done : Status(conflict(done.error().message));
  }));
  return Response::empty(204);
}

Result<Response> put_snapshot(Service& p, const Request& request, Context& context) {
  TRYV(need_uuid(context));
  Wish in = TRY(kSnapshotWish.read(TRY(body_member(request.body, "snapshot"))));
  Snapshot made = TRY(p.db.write([&](db::Session& s) -> Result<Snapshot> {
    if (store::is_buried(s, context.param("id"))) return gone(context);
    if (auto found = store::find_snapshot(s, context.param("id"))) return std::move(*found);
    auto v = store::find(s, *in.volume_id);
    if (!v || v->project_id != in.project_id)
      return not_found("Volume " + *in.volume_id + " could not be found.");
    TRYV(may_copy(*v, true, "snapshotted"));
    Snapshot n;
    n.id = context.param("id");
    n.user_id = in.user_id;
    n.name = in.name;
    n.metadata = in.metadata;
    return make_snapshot(p, s, *v, n);
  }));
  return Response::json(200, view(made));
}

Result<Response> get_snapshot(Service& p, const Request&, Context& context) {
  Snapshot n = TRY(p.db.read([&](db::Session& s) { return own_snapshot(s, context); }));
  return Response::json(200, view(n));
}

Result<Response> drop_snapshot(Service& p, const Request&, Context& context) {
  TRYV(p.db.write([&](db::Session& s) -> Status {
    store::bury(s, context.param("id"), p.clock.now_us());
    auto n = store::find_snapshot(s, context.param("id"));
    return n ? start_delete(p, s, *n, true) : Status{};
  }));
  return Response::empty(204);
}

}  // namespace nuri::storage
