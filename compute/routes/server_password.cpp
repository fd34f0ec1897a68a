#include "compute/routes/actions.h"

// What the guest told of itself by the metadata service, for its owner alone.
namespace nuri::compute {

void add_password_routes(Router& router, App& app) {
  const std::string at = "/v2.1/servers/{id}/os-server-password";
  router.add("GET", at, Access::reader, [&app](const Request&, Context& c) -> Result<Response> {
    Server server = TRY(app.load(c, c.param("id")));
    return Response::json(200, Json::object({{"password", server.password}}));
  });
  router.add("DELETE", at, Access::member, [&app](const Request&, Context& c) -> Result<Response> {
    return change(app, c, c.param("id"), [&](db::Session& s, Server& server) -> Result<Response> {
      server.password.clear();
      save_server(s, server);
      app.task.signal(s, server.id);
      return Response::empty(204);
    });
  });
}

}  // namespace nuri::compute
