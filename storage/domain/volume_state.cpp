#include "storage/domain/volume_state.h"

namespace nuri::storage {

namespace {

bool one_of(const std::string& status, std::initializer_list<std::string_view> allowed) {
  for (std::string_view a : allowed)
    if (status == a) return true;
  return false;
}

Error wrong_status(const std::string& id, const std::string& status, const std::string& doing,
                   const std::string& allowed) {
  return bad_request("Invalid volume: Volume " + id + " cannot be " + doing +
                         ": its status must be " + allowed + ", but it is " + status + ".",
                     "status");
}

}  // namespace

Status may_delete(const Volume& v, bool has_snapshots, bool force) {
  if (v.attachment) {
    return bad_request("Invalid volume: Volume " + v.id +
                           " is attached, and cannot be deleted before it is detached; it is " +
                           v.status + ".",
                       "status");
  }
  if (has_snapshots) {
    return bad_request("Invalid volume: Volume " + v.id +
                           " has snapshots: delete them first, or delete it with cascade=true.",
                       "snapshots");
  }
  bool fit = one_of(v.status, {"available", "error", "error_extending", "creating", "deleting",
                               "error_deleting", "error_restoring", "error_managing"});
  if (!fit && !force) {
    return wrong_status(v.id, v.status, "deleted",
                        "available, error, error_extending, error_deleting or creating");
  }
  return {};
}

Status may_delete(const Snapshot& p, bool force) {
  if (force || one_of(p.status, {"available", "error", "error_deleting", "creating", "deleting"}))
    return {};
  return bad_request(
      "Invalid snapshot: Snapshot status must be available, error, error_deleting or "
      "creating; it is " +
          p.status + ".",
      "status");
}

Status may_copy(const Volume& v, bool live, const std::string& what) {
  if (v.path.empty() || !one_of(v.status, {"available", "in-use"})) {
    return wrong_status(v.id, v.status, what, live ? "available or in-use" : "available");
  }
  if (v.status == "in-use" && !live) {
    return wrong_status(v.id, v.status, what, "available (or in-use, with force)");
  }
  return {};
}

Status may_extend(const Volume& v, int64_t new_size_gib, int microversion) {
  bool live = microversion >= 42;
  if (v.path.empty() ||
      !(v.status == "available" || (live && v.status == "in-use" && v.attachment))) {
    return bad_request("Invalid volume: Volume " + v.id + " status must be " +
                           (live ? "available or in-use" : "available (in-use from 3.42 on)") +
                           " to extend, but it is " + v.status + ".",
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
  if (v.path.empty() && status != v.status && status != "error") {
    return bad_request(
        "Volume " + v.id + " was never made: its status can be error, not " + status + ".",
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
  if (v.readonly.value_or(false)) {
    return conflict("Volume " + v.id +
                    " is read-only, and servers get volumes to write to: take the "
                    "flag away first.");
  }
  std::string lies = v.host.empty() ? v.wanted_host : v.host;
  if (!lies.empty() && !wish.host.empty() && lies != wish.host) {
    return conflict("Volume " + v.id + " lies on host " + lies + "; the server runs on " +
                    wish.host + ".");
  }
  return {};
}

bool may_follow(const Volume& v) {
  bool idle = v.status == "available" || v.status == "creating";
  return idle && !v.written && !v.attachment && !v.snapshot_id && !v.source_volid;
}

std::string_view status_by_attachment(const Volume& v) {
  if (!v.attachment) return "available";
  if (v.attachment->state == "attached") return "in-use";
  return v.attachment->state == "detaching" ? "detaching" : "attaching";
}

}  // namespace nuri::storage
