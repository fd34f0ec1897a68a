#include <map>

#include "compute/routes/actions.h"
#include "compute/routes/consoles.h"
#include "compute/routes/resolve.h"
#include "compute/routes/server_query.h"
#include "services/base/fields.h"

// POST /servers/{id}/action: one member names the action, its value is the argument.
namespace nuri::compute {

namespace {

constexpr unsigned kConsoleTimeoutMs = 10'000;

Result<Response> console(App& app, Context& c, const std::string& id, const Json& argument) {
  Json lines = argument["length"];
  if (lines.is_string()) lines = parse_json(lines.as_string()).value_or(Json("not a number"));
  bool ok = lines.is_null() || (lines.is_int() && lines.as_int() >= -1);
  if (!ok || (!argument.is_object() && !argument.is_null()))
    return bad_request(
        "Invalid input for field/attribute length. It must be a whole number of lines, at least -1 "
        "(all).",
        "length");
  if (lines.is_int() && lines.as_int() == -1) lines = Json();
  Server server = TRY(app.load(c, id));
  if (server.host.empty()) return conflict("Instance " + id + " is not ready");
  TRYV(allow(Action::console, server));
  Json got =
      TRY(app.feed.call(server.host, "console_log",
                        Json::object({{"server_id", id}, {"lines", lines}}), kConsoleTimeoutMs));
  return Response::json(200, Json::object({{"output", got["output"].as_string()}}));
}

Result<Response> force_delete(App& app, Context& c, const std::string&, const Json&) {
  TRYV(delete_server(app, c));
  return Response::empty(202);
}

Result<Response> lock(App& app, Context& c, const std::string& id, const Json& argument) {
  std::string reason;
  if (c.microversion >= 73 && argument.is_object()) {
    reason = argument["locked_reason"].as_string();
    if (reason.size() > 255 ||
        (argument.contains("locked_reason") && !argument["locked_reason"].is_string()))
      return bad_request("locked_reason is a text of at most 255 characters.", "locked_reason");
  }
  return app.db.write([&](db::Session& s) -> Result<Response> {
    Server server = TRY(app.load(s, c, id));
    bool owner = server.project_id == c.claims.project_id;
    if (server.locked.empty() || server.locked == "owner")
      server.locked = owner && !c.claims.is_admin() ? "owner" : "admin";
    server.locked_reason = reason;
    app.note_action(s, c, server, "lock");
    save_server(s, server);
    return Response::empty(202);
  });
}

Result<Response> unlock(App& app, Context& c, const std::string& id, const Json&) {
  return app.db.write([&](db::Session& s) -> Result<Response> {
    Server server = TRY(app.load(s, c, id));
    if (server.locked == "admin" && !c.claims.is_admin())
      return forbidden("Only an administrator may unlock what an administrator has locked.");
    server.locked.clear();
    server.locked_reason.clear();
    app.note_action(s, c, server, "unlock");
    save_server(s, server);
    return Response::empty(202);
  });
}

Result<Response> reset_state(App& app, Context& c, const std::string& id, const Json& argument) {
  if (!c.claims.is_admin())
    return forbidden(
        "Policy doesn't allow os_compute_api:os-admin-actions:reset_state to be performed.");
  std::string state = argument["state"].as_string();
  if (state != "active" && state != "error")
    return bad_request("Invalid input for field/attribute state. It must be one of: active, error.",
                       "state");
  return app.db.write([&](db::Session& s) -> Result<Response> {
    Server server = TRY(app.load(s, c, id));
    if (state == "active" && !has_run(server))
      return conflict("Cannot 'os-resetState' instance " + id +
                      " to active: it has never run; delete it.");
    if (server.task_state == TaskState::deleting)
      return conflict("Cannot 'os-resetState' instance " + id +
                      " while it is in task_state deleting");
    server.vm_state = vm_state_of(state);
    server.task_state = TaskState::none;
    server.updated_us = app.clock.now_us();
    app.note_action(s, c, server, "resetState");
    save_server(s, server);
    app.task.signal(s, server.id);
    return Response::empty(202);
  });
}

// Every port of the server gets its groups changed by the user's own right in the network service.
Result<Response> change_group(App& app, Context& c, const std::string& id, const Json& argument,
                              bool add) {
  if (!argument["name"].is_string() || argument["name"].as_string().empty())
    return bad_request("'name' is a required property.", "name");
  Server server = TRY(app.db.read([&](db::Session& s) { return app.load_unlocked(s, c, id); }));
  auto found = find_group(app, c, argument["name"].as_string());
  if (!found && found.error().code == ErrorCode::bad_request)
    return not_found(found.error().message);
  Json group = TRY(std::move(found));
  auto ports = TRY(app.db.read([&](db::Session& s) { return ports_of(s, id); }));
  for (const ServerPort& p : ports) {
    Json port = TRY(app.peers.network.call("GET", "/v2.0/ports/" + p.id, {}, c.token))["port"];
    Json groups = Json::array();
    bool there = false;
    for (const Json& g : port["security_groups"].as_array()) {
      if (g == group["id"])
        there = true;
      else
        groups.push_back(g);
    }
    if (!add && !there)
      return conflict("Security group " + argument["name"].as_string() +
                      " is not associated with the instance " + id);
    if (add && there) continue;
    if (add) groups.push_back(group["id"]);
    TRYV(app.peers.network.call(
        "PUT", "/v2.0/ports/" + p.id,
        Json::object({{"port", Json::object({{"security_groups", groups}})}}), c.token));
  }
  return change(app, c, id, [&](db::Session& s, Server& now) -> Result<Response> {
    Json names = Json::array();
    for (const Json& n : stored_list(now.security_groups)) {
      if (n["name"] != group["name"]) names.push_back(n);
    }
    if (add) names.push_back(Json::object({{"name", group["name"]}}));
    now.security_groups = names.dump();
    app.note_action(s, c, now, add ? "addSecurityGroup" : "removeSecurityGroup");
    save_server(s, now);
    return Response::empty(202);
  });
}

Result<Response> add_group(App& app, Context& c, const std::string& id, const Json& a) {
  return change_group(app, c, id, a, true);
}
Result<Response> remove_group(App& app, Context& c, const std::string& id, const Json& a) {
  return change_group(app, c, id, a, false);
}

const std::map<std::string, ActionHandler, std::less<>> kActions = {
    {"os-start", start_server},
    {"os-stop", stop_server},
    {"reboot", reboot_server},
    {"pause", pause_server},
    {"unpause", unpause_server},
    {"suspend", suspend_server},
    {"resume", resume_server},
    {"rescue", rescue_server},
    {"unrescue", unrescue_server},
    {"changePassword", change_password},
    {"restore", restore_server},
    {"rebuild", rebuild_server},
    {"resize", resize_server},
    {"confirmResize", confirm_resize},
    {"revertResize", revert_resize},
    {"createImage", create_image},
    {"createBackup", create_backup},
    {"shelve", shelve_server},
    {"shelveOffload", shelve_offload},
    {"unshelve", unshelve_server},
    {"os-getConsoleOutput", console},
    {"os-getVNCConsole", get_vnc_console},
    {"os-getSerialConsole", get_serial_console},
    {"forceDelete", force_delete},
    {"lock", lock},
    {"unlock", unlock},
    {"os-resetState", reset_state},
    {"addSecurityGroup", add_group},
    {"removeSecurityGroup", remove_group},
    {"addFixedIp", add_fixed_ip},
    {"removeFixedIp", remove_fixed_ip},
    {"addFloatingIp", add_floating_ip},
    {"removeFloatingIp", remove_floating_ip},
};

// Nova's, known to clients, that this cloud answers with a clear no.
const std::vector<std::string_view> kNotServed = {"migrate",
                                                  "os-migrateLive",
                                                  "evacuate",
                                                  "trigger_crash_dump",
                                                  "os-getSPICEConsole",
                                                  "os-getRDPConsole",
                                                  "os-getMKSConsole"};

Result<Response> act(App& app, const Request& request, Context& c) {
  Json body = TRY(parse_json(request.body));
  if (!body.is_object() || body.size() != 1)
    return bad_request("The body must be an object with one member, which names the action.");
  const auto& [name, argument] = body.as_object().front();
  TRYV(app.load(c, c.param("id")));
  auto handler = kActions.find(name);
  if (handler != kActions.end()) return handler->second(app, c, c.param("id"), argument);
  // As Nova since the one hypervisor that had them is gone.
  if (name == "resetNetwork" || name == "injectNetworkInfo")
    return Error(ErrorCode::gone, "The action '" + name + "' is no more.");
  for (auto known : kNotServed) {
    if (known == name) return forbidden("This cloud does not serve the action '" + name + "' yet.");
  }
  return bad_request("There is no such action: " + name.substr(0, 255), "action");
}

}  // namespace

void add_action_routes(Router& router, App& app) {
  router.add("POST", "/v2.1/servers/{id}/action", Access::member,
             [&app](const Request& q, Context& c) { return act(app, q, c); });
  add_password_routes(router, app);
}

}  // namespace nuri::compute
