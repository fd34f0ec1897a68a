#include "services/tasks/task.h"
#include "storage/domain/volume_state.h"
#include "storage/routes/actions.h"
#include "storage/store/volume_store.h"

// os-attach, os-detach and what goes with them as Cinder has them: they record who uses a volume
// and connect nothing. An attachment that compute made is compute's alone to end.
namespace nuri::storage {

namespace {

struct Recorded {
  std::optional<std::string> instance_uuid, host_name, mountpoint, attachment_id;
  std::string mode = "rw";
  Json connector;
};
const Fields<Recorded> kAttach{
    "os-attach",
    Fields<Recorded>::Unknown::refuse,
    {text("instance_uuid", &Recorded::instance_uuid).format_("uuid").nullable_(),
     text("host_name", &Recorded::host_name).length(0, 255).nullable_(),
     text("mountpoint", &Recorded::mountpoint).length(1, 255).required_(),
     text("mode", &Recorded::mode).one_of({"rw", "ro"})}};
const Fields<Recorded> kDetach{
    "os-detach",
    Fields<Recorded>::Unknown::refuse,
    {text("attachment_id", &Recorded::attachment_id).format_("uuid").nullable_()}};
const Fields<Recorded> kForce{
    "os-force_detach",
    Fields<Recorded>::Unknown::refuse,
    {text("attachment_id", &Recorded::attachment_id).format_("uuid").nullable_(),
     any("connector", &Recorded::connector).nullable_()}};

Error must_be(const Volume& v, const std::string& status) {
  return bad_request("Invalid volume: Volume " + v.id + " status must be " + status +
                         ", but it is " + v.status + ".",
                     "status");
}

Status not_computes(const Volume& v) {
  if (!v.attachment || !v.attachment->by_compute()) return {};
  return bad_request(
      "Invalid volume: a server uses it; detach it through the Compute API: DELETE "
      "/servers/{id}/os-volume_attachments/{id}.",
      "status");
}

Result<Response> end_recorded(Service& p, const Recorded& in, Context& context) {
  TRY(change_volume(p, context, [&](db::Session& s, Volume& v) -> Status {
    if (!v.attachment && !in.attachment_id && v.status == "available") return {};  // already
    if (!v.attachment || (in.attachment_id && *in.attachment_id != v.attachment->id))
      return bad_request("Invalid volume: it has no such attachment.", "attachment_id");
    TRYV(not_computes(v));
    store::remove_attachment(s, v.id, v.attachment->id);
    v.attachment.reset();
    v.status = "available";
    return {};
  }));
  return Response::empty(202);
}

}  // namespace

Result<Response> record_attach(Service& p, const Json& body, Context& context) {
  Recorded in = TRY(kAttach.read(body));
  if (!in.instance_uuid && !in.host_name)
    return bad_request("os-attach needs instance_uuid or host_name.", "instance_uuid");
  TRY(change_volume(p, context, [&](db::Session& s, Volume& v) -> Status {
    bool reserved = v.status == "attaching" && !v.path.empty();
    if ((v.status != "available" && !reserved) || v.attachment) return must_be(v, "available");
    if (v.readonly.value_or(false) && in.mode != "ro")
      return bad_request("Invalid volume: Volume " + v.id + " is read-only: mode must be ro.",
                         "mode");
    TimeUs now = p.clock.now_us();
    Attachment a{p.random.uuid(),
                 v.id,
                 in.instance_uuid.value_or(""),
                 in.host_name.value_or(""),
                 *in.mountpoint,
                 "attached",
                 now,
                 now};
    a.mode = in.mode;
    store::put_attachment(s, a);
    v.attachment = a;
    v.status = std::string(status_by_attachment(v));
    return {};
  }));
  return Response::empty(202);
}

Result<Response> record_detach(Service& p, const Json& body, Context& context) {
  return end_recorded(p, TRY(kDetach.read(body.is_null() ? Json::object() : body)), context);
}

Result<Response> force_detach(Service& p, const Json& body, Context& context) {
  return end_recorded(p, TRY(kForce.read(body.is_null() ? Json::object() : body)), context);
}

Result<Response> reserve_volume(Service& p, const Json&, Context& context) {
  TRY(change_volume(p, context, [](db::Session&, Volume& v) -> Status {
    if (v.status != "available") return must_be(v, "available");
    v.status = "attaching";
    return {};
  }));
  return Response::empty(202);
}

Result<Response> unreserve_volume(Service& p, const Json&, Context& context) {
  TRY(change_volume(p, context, [](db::Session&, Volume& v) -> Status {
    if (v.status != "attaching" || v.attachment) return must_be(v, "attaching");
    v.status = "available";
    return {};
  }));
  return Response::empty(202);
}

Result<Response> begin_detaching(Service& p, const Json&, Context& context) {
  TRY(change_volume(p, context, [](db::Session& s, Volume& v) -> Status {
    if (v.status != "in-use" || !v.attachment) return must_be(v, "in-use");
    TRYV(not_computes(v));
    v.attachment->state = "detaching";
    store::put_attachment(s, *v.attachment);
    v.status = "detaching";
    return {};
  }));
  return Response::empty(202);
}

Result<Response> roll_detaching(Service& p, const Json&, Context& context) {
  TRY(change_volume(p, context, [](db::Session& s, Volume& v) -> Status {
    if (v.status != "detaching" || !v.attachment) return must_be(v, "detaching");
    TRYV(not_computes(v));
    v.attachment->state = "attached";
    store::put_attachment(s, *v.attachment);
    v.status = "in-use";
    return {};
  }));
  return Response::empty(202);
}

}  // namespace nuri::storage
