#include "storage/domain/volume_state.h"
#include "storage/routes/api.h"
#include "storage/store/volume_store.h"

// os-attach and os-detach as Cinder has them: they record who uses a volume and connect nothing. An
// attachment that compute made has a host and is compute's alone to end.
namespace nuri::storage {

namespace {

struct Recorded {
  std::optional<std::string> instance_uuid, host_name, mountpoint, attachment_id;
  std::string mode = "rw";
};
const Fields<Recorded> kAttach{"os-attach",
                               Fields<Recorded>::Unknown::refuse,
                               {text("instance_uuid", &Recorded::instance_uuid).format_("uuid").required_(),
                                text("host_name", &Recorded::host_name).length(0, 255).nullable_(),
                                text("mountpoint", &Recorded::mountpoint).length(1, 255).required_(),
                                text("mode", &Recorded::mode).one_of({"rw", "ro"})}};
const Fields<Recorded> kDetach{"os-detach",
                               Fields<Recorded>::Unknown::refuse,
                               {text("attachment_id", &Recorded::attachment_id).format_("uuid").nullable_()}};

}  // namespace

Result<Response> Api::record_attach(const Json& body, Context& context) {
  Recorded in = TRY(kAttach.read(body));
  TRY(change(context, [&](db::Session& s, Volume& v) -> Status {
    if (v.status != "available" || v.attachment) {
      return bad_request("Invalid volume: it must be available to be attached, but it is " + v.status + ".", "status");
    }
    TimeUs now = clock_.now_us();
    Attachment a{random_.uuid(), v.id, *in.instance_uuid, "", *in.mountpoint, "attached", now, now};
    store::put_attachment(s, a);
    v.attachment = a;
    v.status = std::string(status_by_attachment(v));
    return {};
  }));
  return Response::empty(202);
}

Result<Response> Api::record_detach(const Json& body, Context& context) {
  Recorded in = TRY(kDetach.read(body.is_null() ? Json::object() : body));
  TRY(change(context, [&](db::Session& s, Volume& v) -> Status {
    if (!v.attachment || (in.attachment_id && *in.attachment_id != v.attachment->id)) {
      return bad_request("Invalid volume: it has no such attachment.", "attachment_id");
    }
    if (!v.attachment->host.empty()) {
      return bad_request("Invalid volume: a server uses it; detach it through the Compute API: DELETE "
                         "/servers/{id}/os-volume_attachments/{id}.", "status");
    }
    store::remove_attachment(s, v.id, v.attachment->id);
    v.attachment.reset();
    v.status = "available";
    return {};
  }));
  return Response::empty(202);
}

}  // namespace nuri::storage
