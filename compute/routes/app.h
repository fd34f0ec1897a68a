#pragma once

#include <string>

#include "compute/api/server_view.h"
#include "compute/store/catalog_store.h"
#include "compute/store/server_store.h"
#include "compute/tasks/server_task.h"
#include "services/base/router.h"

// What every handler of compute stands on.
namespace nuri::compute {

struct App {
  db::Database& db;
  Clock& clock;
  Random& random;
  feed::Feed& feed;
  Peers peers;
  ServerTask& task;

  Viewer viewer(const Context& c) const {
    return {c.base_url, c.claims.is_admin(), c.microversion, true};
  }
  // The server if the caller may know of it; 404 if not.
  Result<Server> load(db::Session& s, const Context& c, const std::string& id) const;
  Result<Server> load(const Context& c, const std::string& id) const;
  // The server if the caller may change it now: not locked by somebody above him.
  Result<Server> load_unlocked(db::Session& s, const Context& c, const std::string& id) const;
  void begin_action(db::Session& s, const Context& c, const Server& server, const char* action,
                    const char* event) const;
  // An action that is over with the transaction that records it.
  void note_action(db::Session& s, const Context& c, const Server& server,
                   const char* action) const;
};

// `f(Session&, Server&) -> Result<Response>` in one write transaction; the server is loaded
// unlocked.
template <class F>
Result<Response> change(App& app, const Context& c, const std::string& id, F f) {
  return app.db.write([&](db::Session& s) -> Result<Response> {
    Server server = TRY(app.load_unlocked(s, c, id));
    return f(s, server);
  });
}

void add_all_routes(Router& router, App& app);
void add_version_routes(Router& router);
void add_flavor_routes(Router& router, App& app);
void add_keypair_routes(Router& router, App& app);
void add_server_routes(Router& router, App& app);
void add_create_route(Router& router, App& app);
void add_action_routes(Router& router, App& app);
void add_metadata_routes(Router& router, App& app);
void add_attachment_routes(Router& router, App& app);
void add_interface_routes(Router& router, App& app);
void add_host_routes(Router& router, App& app);
void add_quota_routes(Router& router, App& app);
void add_usage_routes(Router& router, App& app);
void add_legacy_routes(Router& router, App& app);

// Query helpers. Errors: bad_request naming the parameter.
Result<int64_t> limit_of(const Request& request);  // 0..1000; 1000 where nothing is said
Result<bool> flag_of(const Request& request, const char* name, bool fallback);
std::string next_link(const Request& request, const Context& c, const std::string& marker);

}  // namespace nuri::compute
