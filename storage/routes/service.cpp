#include "storage/routes/service.h"

#include "services/tasks/task.h"
#include "storage/domain/volume_state.h"
#include "storage/store/record_store.h"
#include "storage/store/snapshot_store.h"
#include "storage/store/type_store.h"
#include "storage/store/volume_store.h"

namespace nuri::storage {

namespace {

bool sees(const Context& context, const std::string& project_id) {
  const Claims& c = context.claims;
  return c.is_admin() || c.is_service() || project_id == c.project_id;
}

Error unknown(const std::string& what, const std::string& id) {
  return not_found(what + " " + id.substr(0, 64) + " could not be found.");
}

Error leaving(const std::string& what, const std::string& id) {
  return bad_request("Invalid volume: " + what + " " + id +
                         " is being deleted; its status must not be deleting.",
                     "status");
}

}  // namespace

Result<Volume> own_volume(db::Session& s, const Context& context, const std::string& id) {
  auto volume = store::find(s, id);
  if (!volume || !sees(context, volume->project_id)) return unknown("Volume", id);
  return std::move(*volume);
}

Result<Volume> own_volume(db::Session& s, const Context& context) {
  return own_volume(s, context, context.param("id"));
}

Result<Snapshot> own_snapshot(db::Session& s, const Context& context, const std::string& id) {
  auto snapshot = store::find_snapshot(s, id);
  if (!snapshot || !sees(context, snapshot->project_id)) return unknown("Snapshot", id);
  return std::move(*snapshot);
}

Result<Snapshot> own_snapshot(db::Session& s, const Context& context) {
  return own_snapshot(s, context, context.param("id"));
}

Result<VolumeType> own_type(db::Session& s, const Context& context, const std::string& asked) {
  auto type = store::find_type_named(s, asked);
  bool seen = type && (context.claims.is_admin() || context.claims.is_service() ||
                       store::may_use(s, *type, context.claims.project_id));
  if (!seen) return unknown("Volume type", asked);
  return std::move(*type);
}

Result<Volume> change_any_volume(Service& p, Context& context, const VolumeChange& f) {
  return p.db.write([&](db::Session& s) -> Result<Volume> {
    Volume volume = TRY(own_volume(s, context));
    TRYV(f(s, volume));
    TimeUs now = p.clock.now_us();
    store::update(s, volume, now);
    volume.updated_us = now;
    return volume;
  });
}

Result<Volume> change_volume(Service& p, Context& context, const VolumeChange& f) {
  return change_any_volume(p, context, [&](db::Session& s, Volume& v) -> Status {
    if (v.status == "deleting") return leaving("Volume", v.id);
    return f(s, v);
  });
}

Result<Snapshot> change_snapshot(Service& p, Context& context, const SnapshotChange& f) {
  return p.db.write([&](db::Session& s) -> Result<Snapshot> {
    Snapshot snapshot = TRY(own_snapshot(s, context));
    if (snapshot.status == "deleting" && !snapshot.metered) return leaving("Snapshot", snapshot.id);
    TRYV(f(s, snapshot));
    TimeUs now = p.clock.now_us();
    store::update(s, snapshot, now);
    snapshot.updated_us = now;
    return snapshot;
  });
}

Status start_delete(Service& p, db::Session& s, Snapshot& snapshot, bool force) {
  TRYV(may_delete(snapshot, force));
  TimeUs now = p.clock.now_us();
  if (snapshot.metered) store::emit_usage(s, snapshot, "end", now);
  snapshot.metered = false;
  snapshot.status = "deleting";
  p.quota.release(s, snapshot.id);
  store::update(s, snapshot, now);
  tasks::request_delete(s, snapshot.id, now);
  p.wake_after(s);
  return {};
}

Status start_delete(Service& p, db::Session& s, Volume& volume, bool cascade, bool force) {
  auto snapshots = store::snapshots_of(s, volume.id);
  bool in_the_way = !cascade && std::any_of(snapshots.begin(), snapshots.end(), [](const auto& n) {
    return n.status != "deleting" || n.metered;
  });
  TRYV(may_delete(volume, in_the_way, force));
  for (Snapshot& n : snapshots) {
    if (n.project_id == volume.project_id) TRYV(start_delete(p, s, n, true));
  }
  TimeUs now = p.clock.now_us();
  if (volume.metered) store::emit_usage(s, volume, "end", now);
  volume.metered = false;
  volume.status = "deleting";
  p.quota.release(s, volume.id);
  store::remove_transfers_of(s, volume.id);
  store::update(s, volume, now);
  tasks::request_delete(s, volume.id, now);
  p.wake_after(s);
  return {};
}

Status need_admin(const Context& context, const std::string& action) {
  if (context.claims.is_admin()) return {};
  return forbidden("Policy does not allow " + action +
                   " to be performed: it needs the admin role.");
}

VolumeLook look_of(const Context& context) {
  return {context.base_url, context.param("project_id"), context.microversion,
          context.claims.is_admin()};
}

std::string list_scope(const ListQuery& query, const Context& context) {
  bool everything = query.all_projects && context.claims.is_admin();
  return everything ? "" : context.param("project_id");
}

void finish_list(Json& out, const std::string& what, const Request& request,
                 const Context& context, const ListQuery& query, const std::string& last,
                 int64_t count) {
  if (!last.empty()) {
    Query next = request.query;
    next.set("marker", last);
    std::string at = context.base_url + request.path + "?" + next.encode();
    out.set(what + "_links", Json::array({Json::object({{"rel", "next"}, {"href", at}})}));
  }
  if (query.with_count) out.set("count", count);
}

}  // namespace nuri::storage
