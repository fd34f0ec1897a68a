#include "services/tasks/task.h"
#include "storage/domain/placement.h"
#include "storage/domain/volume_state.h"
#include "storage/routes/handlers.h"
#include "storage/store/snapshot_store.h"
#include "storage/store/volume_store.h"

// What compute asks of an attachment: one owns a volume from its reservation to its end. Each call
// may be made twice.
namespace nuri::storage {

namespace {

struct AttachBody {
  std::string attachment_id, server_id, project_id, host;
  std::optional<std::string> device;
  std::string mode = "rw";
};
const Fields<AttachBody> kAttach{
    "attachment",
    Fields<AttachBody>::Unknown::ignore,
    {text("attachment_id", &AttachBody::attachment_id).format_("uuid").required_(),
     text("server_id", &AttachBody::server_id).format_("uuid").required_(),
     text("project_id", &AttachBody::project_id).length(1, 64).required_(),
     text("host", &AttachBody::host).length(1, 255).required_(),
     text("device", &AttachBody::device).length(0, 255).nullable_(),
     text("mode", &AttachBody::mode).one_of({"rw"})}};

// What is being made, grown, copied, removed or in error stays so: what ends it looks at the
// attachment.
bool follows(const std::string& status) {
  return status == "available" || status == "attaching" || status == "in-use" ||
         status == "detaching";
}

// Where nothing but its origin is in it, it is made anew on the server's host.
void follow(Service& p, db::Session& s, Volume& v, const std::string& host) {
  if (v.host.empty() || v.host == host || !may_follow(v)) return;
  if (store::copies_of(s, "volume", v.id) > 0 || !store::snapshots_of(s, v.id).empty()) return;
  PlacementRequest q{v.claimed_gib(), "", host, p.settings.tasks.overcommit, p.clock.now_us()};
  if (!place(q, store::hosts(s))) return;
  p.feed.remove(s, v.host, "volume", v.id);
  v.host.clear();
  v.path.clear();
  v.revision = 0;
  v.wanted_host = host;
  tasks::signal(s, v.id, p.clock.now_us());
  p.wake_after(s);
}

Json connection(const Volume& v) {
  bool ready = !v.path.empty();
  return Json::object({{"volume_id", v.id},
                       {"attachment_id", v.attachment->id},
                       {"path", ready ? Json(v.path) : Json()},
                       {"format", "qcow2"},
                       {"size_gib", v.size_gib},
                       {"serial", v.id},
                       {"ready", ready}});
}

// A body may say where the guest has it: {"device": "/dev/vdb"}.
Result<Response> set_state(Service& p, const Request& request, Context& context,
                           const std::string& state) {
  Json body = request.body.empty() ? Json::object() : TRY(parse_json(request.body));
  TRYV(p.db.write([&](db::Session& s) -> Status {
    auto v = store::find(s, context.param("id"));
    if (!v || !v->attachment || v->attachment->id != context.param("attachment")) {
      return not_found("Volume " + context.param("id").substr(0, 64) + " has no attachment " +
                       context.param("attachment").substr(0, 64) + ".");
    }
    Attachment& a = *v->attachment;
    TimeUs now = p.clock.now_us();
    if (a.state == "reserved" && state == "attached") a.attached_us = now;
    v->written = true;
    a.state = state;
    if (!body["device"].as_string().empty()) a.device = body["device"].as_string().substr(0, 255);
    store::put_attachment(s, a);
    if (follows(v->status)) v->status = std::string(status_by_attachment(*v));
    store::update(s, *v, now);
    return {};
  }));
  return Response::empty(204);
}

}  // namespace

Result<Response> attach(Service& p, const Request& request, Context& context) {
  AttachBody in = TRY(kAttach.read(TRY(parse_json(request.body))));
  Volume volume = TRY(p.db.write([&](db::Session& s) -> Result<Volume> {
    auto v = store::find(s, context.param("id"));
    if (!v || v->project_id != in.project_id)
      return not_found("Volume " + context.param("id").substr(0, 64) + " could not be found.");
    TimeUs now = p.clock.now_us();
    Attachment wish{in.attachment_id,       v->id,      in.server_id, in.host,
                    in.device.value_or(""), "reserved", now,          0};
    wish.owner = "compute";
    follow(p, s, *v, in.host);
    TRYV(may_attach(*v, wish));
    if (v->attachment) return std::move(*v);
    store::put_attachment(s, wish);
    v->attachment = wish;
    if (v->status == "available") v->status = std::string(status_by_attachment(*v));
    store::update(s, *v, now);
    return std::move(*v);
  }));
  return Response::json(200, connection(volume));
}

Result<Response> attached(Service& p, const Request& q, Context& c) {
  return set_state(p, q, c, "attached");
}

Result<Response> detaching(Service& p, const Request& q, Context& c) {
  return set_state(p, q, c, "detaching");
}

Result<Response> detach(Service& p, const Request&, Context& context) {
  TRYV(p.db.write([&](db::Session& s) {
    auto v = store::find(s, context.param("id"));
    if (!v || !store::remove_attachment(s, v->id, context.param("attachment"))) return;
    v->attachment.reset();
    if (follows(v->status)) v->status = "available";
    store::update(s, *v, p.clock.now_us());
  }));
  return Response::empty(204);
}

}  // namespace nuri::storage
