#include "storage/domain/volume_state.h"

namespace nuri::storage {

Status may_delete(const Volume& v) {
  if (v.attachment) {
    return bad_request(
        "Invalid volume: Volume status must be available or error or error_extending or creating, "
        "and it "
        "must not be attached; it is " +
            v.status + ".",
        "status");
  }
  return {};
}

Status may_extend(const Volume& v, int64_t new_size_gib) {
  if (v.status != "available") {
    return bad_request("Invalid volume: Volume " + v.id +
                           " status must be available to extend, but it is " + v.status + ".",
                       "status");
  }
  if (new_size_gib <= v.claimed_gib()) {
    return bad_request(
        "Invalid input received: New size for extend must be greater than current size. "
        "(current: " +
            std::to_string(v.claimed_gib()) + ", extended: " + std::to_string(new_size_gib) + ").",
        "new_size");
  }
  return {};
}

Status may_reset(const Volume& v, const std::string& status) {
  if (v.status == "deleting")
    return bad_request("A volume on its way out keeps its status.", "status");
  if (v.path.empty() && (status == "available" || status == "in-use")) {
    return bad_request("Volume " + v.id + " was never made: its status can be error, not " +
                           status + ".",
                       "status");
  }
  return {};
}

Status may_attach(const Volume& v, const Attachment& wish) {
  if (v.status == "deleting" || v.status.starts_with("error")) {
    return conflict("Volume " + v.id + " cannot be attached: its status is " + v.status + ".");
  }
  if (v.attachment) {
    if (v.attachment->id == wish.id) return {};
    return conflict("Volume " + v.id + " is attached already, to server " +
                    v.attachment->server_id + ".");
  }
  if (v.status != "available" && v.status != "creating") {
    return conflict("Volume " + v.id + " cannot be attached: its status is " + v.status +
                    ", not available.");
  }
  if (!v.host.empty() && v.host != wish.host) {
    return conflict("Volume " + v.id + " lies on host " + v.host + "; the server runs on " +
                    wish.host + ".");
  }
  return {};
}

std::string_view status_by_attachment(const Volume& v) {
  if (!v.attachment) return "available";
  if (v.attachment->state == "attached") return "in-use";
  return v.attachment->state == "detaching" ? "detaching" : "attaching";
}

}  // namespace nuri::storage
