#include "storage/routes/actions.h"

#include "services/tasks/task.h"
#include "storage/domain/volume_state.h"
#include "storage/routes/handlers.h"
#include "storage/store/quota.h"
#include "storage/store/type_store.h"
#include "storage/store/volume_store.h"
#include "storage/tasks/volume_task.h"

// POST /volumes/{id}/action: which there are, and those that change a volume itself.
namespace nuri::storage {

namespace {

struct Action {
  const char* name;
  ActionFn* run;
  bool admin;
};
constexpr Action kActions[] = {
    {"os-attach", record_attach, false},
    {"os-detach", record_detach, false},
    {"os-force_detach", force_detach, true},
    {"os-reserve", reserve_volume, false},
    {"os-unreserve", unreserve_volume, false},
    {"os-begin_detaching", begin_detaching, false},
    {"os-roll_detaching", roll_detaching, false},
    {"os-extend", extend_volume, false},
    {"os-retype", retype_volume, false},
    {"os-reset_status", reset_volume, true},
    {"os-force_delete", force_delete_volume, true},
    {"os-set_bootable", set_bootable, false},
    {"os-update_readonly_flag", set_readonly, false},
    {"os-set_image_metadata", set_image_metadata, false},
    {"os-unset_image_metadata", unset_image_metadata, false},
    {"os-show_image_metadata", show_image_metadata, false},
    {"os-volume_upload_image", upload_volume, false},
};

struct Refused {
  const char *name, *why;
};
constexpr Refused kRefused[] = {
    {"os-initialize_connection", "servers get volumes through the Compute API"},
    {"os-terminate_connection", "servers lose volumes through the Compute API"},
    {"os-migrate_volume", "a volume stays on the host that holds its file"},
    {"os-migrate_volume_completion", "a volume stays on the host that holds its file"},
    {"os-unmanage", "files that this cloud does not know cannot be given or taken"},
    {"os-reimage", "delete the volume and make one from the image"},
    {"revert", "make a volume from the snapshot"},
};

struct Extend {
  int64_t new_size_gib = 0;
};
const Fields<Extend> kExtend{
    "os-extend",
    Fields<Extend>::Unknown::refuse,
    {number("new_size", &Extend::new_size_gib).range(1, kMaxVolumeGib).required_()}};

struct Retype {
  std::string type, policy = "never";
};
const Fields<Retype> kRetype{
    "os-retype",
    Fields<Retype>::Unknown::refuse,
    {text("new_type", &Retype::type).length(1, 255).required_(),
     text("migration_policy", &Retype::policy).one_of({"never", "on-demand"}).nullable_()}};

struct Reset {
  std::optional<std::string> status, attach_status, migration_status;
};
const Fields<Reset> kReset{
    "os-reset_status",
    Fields<Reset>::Unknown::refuse,
    {text("status", &Reset::status)
         .one_of({"creating", "available", "attaching", "in-use", "detaching", "maintenance",
                  "error", "error_extending", "error_deleting"})
         .nullable_(),
     text("attach_status", &Reset::attach_status).one_of({"attached", "detached"}).nullable_(),
     text("migration_status", &Reset::migration_status).nullable_()}};

struct Flag {
  bool on = false;
};
const Fields<Flag> kBootable{
    "os-set_bootable", Fields<Flag>::Unknown::refuse, {boolean("bootable", &Flag::on).required_()}};
const Fields<Flag> kReadonly{"os-update_readonly_flag",
                             Fields<Flag>::Unknown::refuse,
                             {boolean("readonly", &Flag::on).required_()}};

}  // namespace

Result<Response> volume_action(Service& p, const Request& request, Context& context) {
  Json body = TRY(parse_json(request.body));
  if (!body.is_object() || body.size() != 1)
    return bad_request("The body must be an object with one member: the action.");
  const auto& [name, value] = body.as_object().front();
  context.subject.action = name.substr(0, 64);
  std::string served;
  for (const Action& a : kActions) {
    if (name == a.name) {
      if (a.admin) TRYV(need_admin(context, "volume action " + name));
      return a.run(p, value, context);
    }
    served += std::string(served.empty() ? "" : ", ") + a.name;
  }
  for (const Refused& r : kRefused) {
    if (name == r.name)
      return bad_request("The action " + name + " is not served by this cloud: " + r.why + ".",
                         name);
  }
  return bad_request(
      "There is no such action: " + name.substr(0, 64) + ". Served are " + served + ".",
      name.substr(0, 64));
}

// The agent grows the file; the volume's task waits for it. Until it has, the volume has its old
// size, and its bill too; the quota is taken at once.
Result<Response> extend_volume(Service& p, const Json& value, Context& context) {
  Extend in = TRY(kExtend.read(value));
  TRY(change_volume(p, context, [&](db::Session& s, Volume& v) -> Status {
    TRYV(may_extend(v, in.new_size_gib, context.microversion));
    v.growing_to_gib = in.new_size_gib;
    TRYV(claim_volume(p, s, v));
    v.status = "extending";
    v.revision = p.feed.put(s, v.host, "volume", v.id, volume_spec(v));
    tasks::signal(s, v.id, p.clock.now_us());
    p.wake_after(s);
    return {};
  }));
  return Response::empty(202);
}

// A type is a name, a price and a quota here: the file stays as it is, so it is done at once.
Result<Response> retype_volume(Service& p, const Json& value, Context& context) {
  Retype in = TRY(kRetype.read(value));
  TRY(change_volume(p, context, [&](db::Session& s, Volume& v) -> Status {
    TRYV(may_copy(v, true, "retyped"));
    auto type = own_type(s, context, in.type);
    if (!type) return bad_request(type.error().message, "new_type");
    if (type->id == v.type_id)
      return bad_request(
          "Invalid input received: Retype of " + v.id + " to type " + type->name + " is no change.",
          "new_type");
    if (std::string unmet = unmet_spec(type->extra_specs); !unmet.empty())
      return bad_request(
          "Retype needs a migration, which is not served: the type asks for " + unmet + ".",
          "new_type");
    ledger::Amounts gone = {{"volumes_" + v.type_id, 0}, {"gigabytes_" + v.type_id, 0}};
    TRYV(p.quota.claim(s, v.project_id, v.id, gone));
    v.type_id = type->id;
    v.type_name = type->name;
    TRYV(claim_volume(p, s, v));
    if (v.metered) store::emit_usage(s, v, "change", p.clock.now_us());
    return {};
  }));
  return Response::empty(202);
}

Result<Response> reset_volume(Service& p, const Json& value, Context& context) {
  Reset in = TRY(kReset.read(value));
  if (!in.status && !in.attach_status && !in.migration_status)
    return bad_request("One of status, attach_status and migration_status must be given.",
                       "status");
  TRY(change_any_volume(p, context, [&](db::Session& s, Volume& v) -> Status {
    TRYV(may_reset(v, in.status.value_or(v.status)));
    if (in.status) v.status = *in.status;
    tasks::signal(s, v.id, p.clock.now_us());
    p.wake_after(s);
    return {};
  }));
  return Response::empty(202);
}

Result<Response> force_delete_volume(Service& p, const Json&, Context& context) {
  TRYV(p.db.write([&](db::Session& s) -> Status {
    Volume v = TRY(own_volume(s, context));
    return start_delete(p, s, v, true, true);
  }));
  return Response::empty(202);
}

Result<Response> set_bootable(Service& p, const Json& value, Context& context) {
  Flag in = TRY(kBootable.read(value));
  TRY(change_volume(p, context, [&](db::Session&, Volume& v) -> Status {
    v.bootable = in.on;
    return {};
  }));
  return Response::empty(200);
}

Result<Response> set_readonly(Service& p, const Json& value, Context& context) {
  Flag in = TRY(kReadonly.read(value));
  TRY(change_volume(p, context, [&](db::Session&, Volume& v) -> Status {
    if (v.status != "available" || v.attachment)
      return bad_request("Invalid volume: Volume " + v.id +
                             " status must be available to update readonly flag, but current "
                             "status is: " +
                             v.status + ".",
                         "status");
    v.readonly = in.on;
    return {};
  }));
  return Response::empty(202);
}

}  // namespace nuri::storage
