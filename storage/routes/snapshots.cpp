#include "services/tasks/task.h"
#include "storage/domain/volume_list.h"
#include "storage/domain/volume_state.h"
#include "storage/routes/handlers.h"
#include "storage/routes/making.h"
#include "storage/store/snapshot_store.h"

// Snapshots and their actions.
namespace nuri::storage {

namespace {

constexpr int kForceAlways = 66;  // from here on a volume in use needs no force

Json shown(const Snapshot& n, const Context& context) {
  return Json::object({{"snapshot", snapshot_view(n, context.microversion)}});
}

Result<Response> list_of(Service& p, const Request& request, Context& context, bool detail) {
  ListQuery query = TRY(read_list_query(request.query, kSnapshotRules, context.microversion));
  auto found = TRY(
      p.db.read([&](db::Session& s) { return store::snapshots(s, list_scope(query, context)); }));
  auto page = TRY(select(query, kSnapshotRules, std::move(found), snapshot_list_view()));
  Json items = Json::array();
  for (const Snapshot& n : page.items) {
    items.push_back(detail ? snapshot_detail(n, context.microversion)
                           : snapshot_view(n, context.microversion));
  }
  Json out = Json::object({{"snapshots", std::move(items)}});
  finish_list(out, "snapshots", request, context, query, page.more ? page.items.back().id : "",
              page.count);
  return Response::json(200, out);
}

struct StatusBody {
  std::string status;
  std::optional<std::string> progress;
};
const Fields<StatusBody> kReset{
    "os-reset_status",
    Fields<StatusBody>::Unknown::refuse,
    {text("status", &StatusBody::status)
         .one_of({"available", "creating", "deleting", "error", "error_deleting"})
         .required_()}};
const Fields<StatusBody> kUpdate{
    "os-update_snapshot_status",
    Fields<StatusBody>::Unknown::refuse,
    {text("status", &StatusBody::status)
         .one_of({"creating", "available", "deleting", "error", "error_deleting"})
         .required_(),
     text("progress", &StatusBody::progress)
         .length(0, 4)
         .nullable_()
         .checked([](const Json& j) -> std::string {
           const std::string& text = j.as_string();
           bool digits = text.size() > 1 && text.back() == '%' &&
                         text.find_first_not_of("0123456789") == text.size() - 1;
           return digits ? "" : "It must be a percentage, as 80%.";
         })}};

// What the task relies on stays true: what was never made is not called available, and what is
// called deleting by hand is not half deleted.
Status set_status(Snapshot& n, const std::string& status) {
  if (n.path.empty() && status != "error" && status != n.status) {
    return bad_request(
        "Snapshot " + n.id + " was never made: its status can be error, not " + status + ".",
        "status");
  }
  if (status == "deleting" && !n.metered)
    return bad_request("Snapshot " + n.id + " is deleted by DELETE or os-force_delete.", "status");
  n.status = status;
  return {};
}

Result<Response> reset_snapshot(Service& p, const Json& value, Context& context) {
  TRYV(need_admin(context, "snapshot_extension:snapshot_actions:os-reset_status"));
  StatusBody in = TRY(kReset.read(value));
  TRY(change_snapshot(p, context,
                      [&](db::Session&, Snapshot& n) { return set_status(n, in.status); }));
  return Response::empty(202);
}

Result<Response> update_status(Service& p, const Json& value, Context& context) {
  StatusBody in = TRY(kUpdate.read(value));
  TRY(change_snapshot(p, context, [&](db::Session&, Snapshot& n) -> Status {
    bool known = n.status == "creating" || n.status == "deleting";
    if (!known) {
      return bad_request("Update snapshot status not allowed for a snapshot that is " + n.status +
                             ": it must be creating or deleting.",
                         "status");
    }
    TRYV(set_status(n, in.status));
    if (in.progress) n.progress = *in.progress;
    return {};
  }));
  return Response::empty(202);
}

Result<Response> end_snapshot(Service& p, Context& context, bool force) {
  TRYV(p.db.write([&](db::Session& s) -> Status {
    Snapshot n = TRY(own_snapshot(s, context));
    return start_delete(p, s, n, force);
  }));
  return Response::empty(202);
}

}  // namespace

Result<Response> create_snapshot(Service& p, const Request& request, Context& context) {
  Json body = TRY(body_member(request.body, "snapshot"));
  SnapshotCreate in = TRY(kSnapshotCreate.read(body, context.microversion));
  bool always = context.microversion >= kForceAlways;
  if (always && body.contains("force") && !in.force) {
    return bad_request(
        "From microversion 3.66 on force can only be true, or left out: a volume in "
        "use is always snapshotted.",
        "force");
  }
  return p.db.write([&](db::Session& s) -> Result<Response> {
    Volume v = TRY(own_volume(s, context, in.volume_id.value_or("None")));
    TRYV(may_copy(v, in.force || always, "snapshotted"));
    Snapshot n;
    n.id = p.random.uuid();
    n.user_id = context.claims.user_id;
    n.name = in.name;
    n.description = in.description;
    n.metadata = in.metadata;
    return Response::json(202, shown(TRY(make_snapshot(p, s, v, n)), context));
  });
}

Result<Response> list_snapshots(Service& p, const Request& request, Context& context) {
  return list_of(p, request, context, false);
}

Result<Response> list_snapshots_detail(Service& p, const Request& request, Context& context) {
  return list_of(p, request, context, true);
}

Result<Response> show_snapshot(Service& p, const Request&, Context& context) {
  Snapshot n = TRY(p.db.read([&](db::Session& s) { return own_snapshot(s, context); }));
  return Response::json(200,
                        Json::object({{"snapshot", snapshot_detail(n, context.microversion)}}));
}

Result<Response> update_snapshot(Service& p, const Request& request, Context& context) {
  Json body = TRY(body_member(request.body, "snapshot"));
  SnapshotUpdate in = TRY(kSnapshotUpdate.read(body, context.microversion));
  Snapshot changed = TRY(change_snapshot(p, context, [&](db::Session&, Snapshot& n) -> Status {
    auto says = [&](const char* a, const char* b) { return body.contains(a) || body.contains(b); };
    if (says("name", "display_name")) n.name = in.name;
    if (says("description", "display_description")) n.description = in.description;
    return {};
  }));
  return Response::json(200, shown(changed, context));
}

Result<Response> delete_snapshot(Service& p, const Request&, Context& context) {
  return end_snapshot(p, context, false);
}

Result<Response> snapshot_action(Service& p, const Request& request, Context& context) {
  Json body = TRY(parse_json(request.body));
  if (!body.is_object() || body.size() != 1)
    return bad_request("The body must be an object with one member: the action.");
  const auto& [name, value] = body.as_object().front();
  context.subject.action = name.substr(0, 64);
  if (name == "os-reset_status") return reset_snapshot(p, value, context);
  if (name == "os-update_snapshot_status") return update_status(p, value, context);
  if (name == "os-force_delete") {
    TRYV(need_admin(context, "snapshot action os-force_delete"));
    return end_snapshot(p, context, true);
  }
  if (name == "os-unmanage")
    return bad_request(
        "os-unmanage is not served by this cloud: files that it does not know cannot "
        "be given or taken.",
        name);
  return bad_request("There is no such action: " + name.substr(0, 64) +
                         ". Served are os-reset_status, os-update_snapshot_status and "
                         "os-force_delete.",
                     name.substr(0, 64));
}

}  // namespace nuri::storage
