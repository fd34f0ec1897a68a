#pragma once

#include "compute/routes/app.h"

// What POST /servers/{id}/action does; the table of names is in actions.cpp.
namespace nuri::compute {

using ActionHandler = Result<Response> (*)(App&, Context&, const std::string& id,
                                           const Json& argument);

// actions_guest.cpp: what is done to the guest.
Result<Response> start_server(App& app, Context& c, const std::string& id, const Json& argument);
Result<Response> stop_server(App& app, Context& c, const std::string& id, const Json& argument);
Result<Response> reboot_server(App& app, Context& c, const std::string& id, const Json& argument);
Result<Response> pause_server(App& app, Context& c, const std::string& id, const Json& argument);
Result<Response> unpause_server(App& app, Context& c, const std::string& id, const Json& argument);
Result<Response> suspend_server(App& app, Context& c, const std::string& id, const Json& argument);
Result<Response> resume_server(App& app, Context& c, const std::string& id, const Json& argument);
Result<Response> rescue_server(App& app, Context& c, const std::string& id, const Json& argument);
Result<Response> unrescue_server(App& app, Context& c, const std::string& id, const Json& argument);
Result<Response> change_password(App& app, Context& c, const std::string& id, const Json& argument);
Result<Response> restore_server(App& app, Context& c, const std::string& id, const Json& argument);

// actions_disk.cpp: what changes its disk or its size.
Result<Response> rebuild_server(App& app, Context& c, const std::string& id, const Json& argument);
Result<Response> resize_server(App& app, Context& c, const std::string& id, const Json& argument);
Result<Response> confirm_resize(App& app, Context& c, const std::string& id, const Json& argument);
Result<Response> revert_resize(App& app, Context& c, const std::string& id, const Json& argument);

// actions_image.cpp: what becomes an image.
Result<Response> create_image(App& app, Context& c, const std::string& id, const Json& argument);
Result<Response> create_backup(App& app, Context& c, const std::string& id, const Json& argument);
Result<Response> shelve_server(App& app, Context& c, const std::string& id, const Json& argument);
Result<Response> shelve_offload(App& app, Context& c, const std::string& id, const Json& argument);
Result<Response> unshelve_server(App& app, Context& c, const std::string& id, const Json& argument);

// server_password.cpp
void add_password_routes(Router& router, App& app);

// Where it is allowed: `f(Session&, Server&) -> Status` changes the wish, the server shows `task` at
// once, and its task is woken.
template <class F>
Result<Response> wish(App& app, Context& c, const std::string& id, Action action, TaskState task,
                      const char* event, F f, int status = 202) {
  return change(app, c, id, [&](db::Session& s, Server& server) -> Result<Response> {
    TRYV(allow(action, server));
    TRYV(f(s, server));
    server.task_state = task;
    server.task_since_us = server.updated_us = app.clock.now_us();
    std::string name(action_of(task));
    app.begin_action(s, c, server, name.c_str(), event);
    save_server(s, server);
    app.task.signal(s, server.id);
    return Response::empty(status);
  });
}

}  // namespace nuri::compute
