#include "compute/routes/actions.h"
#include "compute/routes/resolve.h"
#include "compute/store/ledgers.h"
#include "services/base/fields.h"

// Actions on the guest: the wish changes in the row, the server's task brings it about.
namespace nuri::compute {

namespace {

// Another start of the machine, by force.
void boot_anew(Server& server) {
  server.wants_running = true;
  server.held.clear();
  ++server.reboot_count;
  server.reboot_type = "hard";
}

// A resize that broke off ends with the flavor the server has.
Status give_up_resize(db::Session& s, Server& server) {
  if (server.resize == "null") return {};
  server.resize = "null";
  server.disk_keep = 0;
  hold_for_resize(server);
  save_server(s, server);
  allocate_host(s, server.id, server.host);
  return claim_quota(s, server);
}

struct RescueIn {
  std::optional<std::string> admin_pass, image_ref;
};

}  // namespace

Result<Response> start_server(App& app, Context& c, const std::string& id, const Json&) {
  return wish(app, c, id, Action::start, TaskState::powering_on, "compute_start_instance",
              [](db::Session&, Server& server) -> Status {
                server.wants_running = true;
                server.held.clear();
                return {};
              });
}

Result<Response> stop_server(App& app, Context& c, const std::string& id, const Json&) {
  return wish(app, c, id, Action::stop, TaskState::powering_off, "compute_stop_instance",
              [](db::Session&, Server& server) -> Status {
                server.wants_running = false;
                server.held.clear();
                return {};
              });
}

Result<Response> reboot_server(App& app, Context& c, const std::string& id, const Json& argument) {
  std::string type = argument["type"].as_string();
  bool soft = type == "SOFT" || type == "soft" || type == "Soft";
  bool hard = type == "HARD" || type == "hard" || type == "Hard";
  if (!soft && !hard)
    return bad_request("Invalid input for field/attribute type. It must be one of: SOFT, HARD.",
                       "type");
  return wish(app, c, id, soft ? Action::soft_reboot : Action::hard_reboot,
              soft ? TaskState::rebooting : TaskState::rebooting_hard, "compute_reboot_instance",
              [&](db::Session& s, Server& server) -> Status {
                boot_anew(server);
                if (soft) server.reboot_type = "soft";
                return server.vm_state == VmState::error ? give_up_resize(s, server) : Status();
              });
}

Result<Response> pause_server(App& app, Context& c, const std::string& id, const Json&) {
  return wish(app, c, id, Action::pause, TaskState::pausing, "compute_pause_instance",
              [](db::Session&, Server& server) -> Status {
                server.held = "paused";
                return {};
              });
}

Result<Response> unpause_server(App& app, Context& c, const std::string& id, const Json&) {
  return wish(app, c, id, Action::unpause, TaskState::unpausing, "compute_unpause_instance",
              [](db::Session&, Server& server) -> Status {
                server.held.clear();
                return {};
              });
}

Result<Response> suspend_server(App& app, Context& c, const std::string& id, const Json&) {
  return wish(app, c, id, Action::suspend, TaskState::suspending, "compute_suspend_instance",
              [](db::Session&, Server& server) -> Status {
                server.held = "suspended";
                return {};
              });
}

Result<Response> resume_server(App& app, Context& c, const std::string& id, const Json&) {
  return wish(app, c, id, Action::resume, TaskState::resuming, "compute_resume_instance",
              [](db::Session&, Server& server) -> Status {
                server.held.clear();
                return {};
              });
}

Result<Response> rescue_server(App& app, Context& c, const std::string& id, const Json& argument) {
  using R = RescueIn;
  static const Fields<R> kFields(
      "rescue", Fields<R>::Unknown::refuse,
      {text("adminPass", &R::admin_pass).length(0, 255),
       text("rescue_image_ref", &R::image_ref).format_("uuid")});
  R in = argument.is_null() ? R{} : TRY(kFields.read(argument));
  Server server = TRY(app.db.read([&](db::Session& s) { return app.load_unlocked(s, c, id); }));
  TRYV(allow(Action::rescue, server));
  if (server.image_id.empty())
    return bad_request("Instance " + id +
                       " cannot be rescued: Cannot rescue a volume-backed instance");
  // It boots on a disk of the image's own size.
  Flavor any;
  any.ram_mib = server.ram_mib;
  Json image = TRY(find_usable_image(app, c, in.image_ref.value_or(server.image_id), any,
                                     "rescue_image_ref"));
  Response done = TRY(wish(
      app, c, id, Action::rescue, TaskState::rescuing, "compute_rescue_instance",
      [&](db::Session& s, Server& now) -> Status {
        now.rescue = image.dump();
        boot_anew(now);
        return now.vm_state == VmState::error ? give_up_resize(s, now) : Status();
      },
      200));
  done = Response::json(
      200, Json::object({{"adminPass", in.admin_pass.value_or(app.random.hex(6))}}));
  return done;
}

Result<Response> unrescue_server(App& app, Context& c, const std::string& id, const Json&) {
  return wish(app, c, id, Action::unrescue, TaskState::unrescuing, "compute_unrescue_instance",
              [](db::Session&, Server& server) -> Status {
                server.rescue = "null";
                boot_anew(server);
                return {};
              });
}

// It would take an agent inside of the guest.
Result<Response> change_password(App& app, Context& c, const std::string& id,
                                 const Json& argument) {
  const std::string& password = argument["adminPass"].as_string();
  if (!argument["adminPass"].is_string() || password.size() > 255)
    return bad_request("'adminPass' is a required property: a text of at most 255 characters.",
                       "adminPass");
  TRYV(app.load(c, id));
  return Error(ErrorCode::not_implemented,
               "Unable to set password on instance: this cloud runs no agent inside of guests.");
}

// A delete is not put off, so there is never one to be taken back.
Result<Response> restore_server(App& app, Context& c, const std::string& id, const Json&) {
  Server server = TRY(app.load(c, id));
  TRYV(allow(Action::restore, server));
  return Response::empty(202);
}

}  // namespace nuri::compute
