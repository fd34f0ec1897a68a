#pragma once

#include <memory>
#include <string>

#include "compute/api/server_view.h"
#include "compute/store/catalog_store.h"
#include "compute/store/server_index.h"
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
  Peer* metering = nullptr;  // for prices; without it there are none
  std::shared_ptr<ServerIndex> index = std::make_shared<ServerIndex>();

  Viewer viewer(const Context& c) const {
    return {c.base_url, c.claims.is_admin(), c.microversion};
  }
  // The server if the caller may know of it; 404 if not.
  Result<Server> load(db::Session& s, const Context& c, const std::string& id) const;
  Result<Server> load(const Context& c, const std::string& id) const;
  // The server if the caller may change it now: not locked by somebody above him.
  Result<Server> load_unlocked(db::Session& s, const Context& c, const std::string& id) const;
  void begin_action(db::Session& s, const Context& c, const Server& server, const char* action,
                    const char* event) const;
  // What hosts are up, for a viewer who is to see it.
  void tell_host_states(db::Session& s, Viewer& viewer) const;
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
void add_history_routes(Router& router, App& app);
void add_diagnostics_route(Router& router, App& app);
void add_create_route(Router& router, App& app);
void add_action_routes(Router& router, App& app);
void add_metadata_routes(Router& router, App& app);
void add_attachment_routes(Router& router, App& app);
void add_interface_routes(Router& router, App& app);
void add_host_routes(Router& router, App& app);
void add_service_routes(Router& router, App& app);
void add_old_host_routes(Router& router, App& app);
void add_aggregate_routes(Router& router, App& app);
void add_group_routes(Router& router, App& app);
void add_event_routes(Router& router, App& app);
void add_quota_routes(Router& router, App& app);
void add_usage_routes(Router& router, App& app);
void add_legacy_routes(Router& router, App& app);
void add_legacy_image_routes(Router& router, App& app);
void add_legacy_volume_routes(Router& router, App& app);

// Error: forbidden for who has no project to list the things of, and may not see everybody's.
Status need_own_list(const Context& c);
// Query helpers. Errors: bad_request naming the parameter.
Result<int64_t> limit_of(const Request& request);  // 0..1000; 1000 where nothing is said
Result<bool> flag_of(const Request& request, const char* name, bool fallback);
std::string next_link(const Request& request, const Context& c, const std::string& marker);
// Error: not_found where a client has named a thing by "": GET /os-volumes/ is not the list.
Status no_empty_id(const Request& request);
// [{"rel": "next", "href": ...}]
Json next_links(const Request& request, const Context& c, const std::string& marker);
// Error: not_found, as if there were no such thing, outside [first, last].
Status only_in(const Context& c, int first, int last);

}  // namespace nuri::compute
