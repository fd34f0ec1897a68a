#include "compute/routes/app.h"

#include <charconv>

#include "services/base/fields.h"

namespace nuri::compute {

namespace {
constexpr int64_t kMaxPage = 1000;
}

Result<Server> App::load(db::Session& s, const Context& c, const std::string& id) const {
  auto server = find_server(s, id);
  bool visible = server && !server->deleted &&
                 (c.claims.is_admin() || server->project_id == c.claims.project_id);
  if (!visible) return not_found("Instance " + id.substr(0, 255) + " could not be found.");
  return std::move(*server);
}

Result<Server> App::load(const Context& c, const std::string& id) const {
  return db.read([&](db::Session& s) { return load(s, c, id); });
}

Result<Server> App::load_unlocked(db::Session& s, const Context& c, const std::string& id) const {
  Server server = TRY(load(s, c, id));
  if (!server.locked.empty() && !c.claims.is_admin())
    return conflict("Instance " + id + " is locked");
  return server;
}

void App::begin_action(db::Session& s, const Context& c, const Server& server, const char* action,
                       const char* event) const {
  TimeUs now = clock.now_us();
  record_action(s, {c.request_id, server.id, action, c.claims.user_id, c.claims.project_id, now,
                    now, 0, event, "", ""});
}

void App::note_action(db::Session& s, const Context& c, const Server& server,
                      const char* action) const {
  TimeUs now = clock.now_us();
  record_action(s, {c.request_id, server.id, action, c.claims.user_id, c.claims.project_id, now,
                    now, now, std::string("compute_") + action, "Success", ""});
}

Status need_own_list(const Context& c) {
  if (!c.claims.project_id.empty() || c.claims.is_admin()) return {};
  return forbidden("This needs a token of a project: yours is of none.");
}

Result<int64_t> limit_of(const Request& request) {
  const std::string* text = request.query.find("limit");
  if (!text) return kMaxPage;
  int64_t value = 0;
  auto r = std::from_chars(text->data(), text->data() + text->size(), value);
  if (text->empty() || r.ec != std::errc() || r.ptr != text->data() + text->size() || value < 0) {
    return bad_request(
        "limit must be a whole number, at least 0, not '" + text->substr(0, 80) + "'.", "limit");
  }
  return value == 0 ? kMaxPage : std::min(value, kMaxPage);
}

Result<bool> flag_of(const Request& request, const char* name, bool fallback) {
  const std::string* text = request.query.find(name);
  if (!text) return fallback;
  if (text->empty()) return true;  // ?all_tenants
  FieldRules rules;
  rules.name = name;
  rules.type = "boolean";
  TRYV(check_field(rules, Json(*text)));
  return loose_bool(Json(*text));
}

std::string next_link(const Request& request, const Context& c, const std::string& marker) {
  Query q = request.query;
  q.set("marker", marker);
  return c.base_url + request.path + "?" + q.encode();
}

Status no_empty_id(const Request& request) {
  std::string_view path = std::string_view(request.target).substr(0, request.target.find('?'));
  return path.ends_with('/') ? Status(not_found("The resource could not be found.")) : Status{};
}

Json next_links(const Request& request, const Context& c, const std::string& marker) {
  return Json::array({Json::object({{"rel", "next"}, {"href", next_link(request, c, marker)}})});
}

Status only_in(const Context& c, int first, int last) {
  if (c.microversion >= first && c.microversion <= last) return {};
  std::string range = c.microversion < first ? "begins with microversion 2." + std::to_string(first)
                                             : "ends with microversion 2." + std::to_string(last);
  return not_found("The resource could not be found: it " + range + ".");
}

void add_all_routes(Router& router, App& app) {
  add_version_routes(router);
  add_create_route(router, app);
  add_server_routes(router, app);
  add_history_routes(router, app);
  add_diagnostics_route(router, app);
  add_action_routes(router, app);
  add_metadata_routes(router, app);
  add_attachment_routes(router, app);
  add_interface_routes(router, app);
  add_flavor_routes(router, app);
  add_keypair_routes(router, app);
  add_host_routes(router, app);
  add_service_routes(router, app);
  add_old_host_routes(router, app);
  add_aggregate_routes(router, app);
  add_group_routes(router, app);
  add_event_routes(router, app);
  add_quota_routes(router, app);
  add_usage_routes(router, app);
  add_legacy_routes(router, app);
  add_legacy_image_routes(router, app);
  add_legacy_volume_routes(router, app);
  // One thing is deleted at a time, and it has a name.
  Handler nothing = [](const Request&, Context&) -> Result<Response> {
    return not_found("The resource could not be found.");
  };
  for (const char* all : {"/v2.1/images", "/v2.1/os-volumes", "/v2.1/os-snapshots",
                          "/v2.1/os-security-groups", "/v2.1/os-floating-ips"})
    router.add("DELETE", all, Access::member, nothing);
}

}  // namespace nuri::compute
