#include "storage/routes/api.h"

#include "storage/store/volume_store.h"

namespace nuri::storage {

Result<Volume> own_volume(db::Session& s, const Context& context) {
  auto volume = store::find(s, context.param("id"));
  const Claims& c = context.claims;
  bool any = c.is_admin() || c.is_service();
  if (!volume || !(any || volume->project_id == c.project_id)) {
    return not_found("Volume " + context.param("id").substr(0, 64) + " could not be found.");
  }
  return std::move(*volume);
}

VolumeLook Api::look(const Context& context) const {
  return {context.base_url, context.param("project_id"), context.microversion,
          context.claims.is_admin()};
}

void Api::add(Router& router, std::string method, const std::string& below, Access access, Method f,
              int since) {
  auto handler = [this, f, since](const Request& request, Context& context) -> Result<Response> {
    const Claims& c = context.claims;
    bool own = c.scope == Claims::Scope::project && context.param("project_id") == c.project_id;
    if (!own && !c.is_admin() && !c.is_service()) {
      return bad_request("Malformed request url: its project is not the token's.", "project_id");
    }
    if (context.microversion < since)
      return not_found("The resource could not be found: it is served from microversion 3." +
                       std::to_string(since) + " on.");
    return (this->*f)(request, context);
  };
  router.add(std::move(method), "/v3/{project_id}" + below, access, handler);
}

void Api::add_routes(Router& router) {
  add_version_routes(router);
  add(router, "POST", "/volumes", Access::member, &Api::create);
  add(router, "GET", "/volumes", Access::reader, &Api::list);
  add(router, "GET", "/volumes/detail", Access::reader, &Api::list_detail);
  add(router, "GET", "/volumes/summary", Access::reader, &Api::summary, 12);
  add(router, "GET", "/volumes/{id}", Access::reader, &Api::show);
  add(router, "PUT", "/volumes/{id}", Access::member, &Api::update);
  add(router, "DELETE", "/volumes/{id}", Access::member, &Api::remove);
  add(router, "POST", "/volumes/{id}/action", Access::member, &Api::action);
  add(router, "GET", "/volumes/{id}/metadata", Access::reader, &Api::get_metadata);
  add(router, "POST", "/volumes/{id}/metadata", Access::member, &Api::add_metadata);
  add(router, "PUT", "/volumes/{id}/metadata", Access::member, &Api::set_metadata);
  add(router, "GET", "/volumes/{id}/metadata/{key}", Access::reader, &Api::get_metadata_item);
  add(router, "PUT", "/volumes/{id}/metadata/{key}", Access::member, &Api::set_metadata_item);
  add(router, "DELETE", "/volumes/{id}/metadata/{key}", Access::member, &Api::remove_metadata_item);
  add(router, "GET", "/snapshots", Access::reader, &Api::no_snapshots);
  add(router, "GET", "/snapshots/detail", Access::reader, &Api::no_snapshots);
  add_discovery(router);
  add_internal(router);
}

void Api::add_discovery(Router& router) {
  add(router, "GET", "/types", Access::reader, &Api::types);
  add(router, "GET", "/types/{type}", Access::reader, &Api::type);
  add(router, "GET", "/types/{type}/extra_specs", Access::reader, &Api::type_specs);
  add(router, "GET", "/limits", Access::reader, &Api::limits);
  add(router, "GET", "/os-quota-sets/{target}", Access::reader, &Api::show_quotas);
  add(router, "GET", "/os-quota-sets/{target}/defaults", Access::reader, &Api::default_quotas);
  add(router, "PUT", "/os-quota-sets/{target}", Access::admin, &Api::update_quotas);
  add(router, "DELETE", "/os-quota-sets/{target}", Access::admin, &Api::remove_quotas);
  add(router, "GET", "/os-services", Access::admin, &Api::services);
  add(router, "GET", "/os-availability-zone", Access::reader, &Api::zones);
  add(router, "GET", "/extensions", Access::token, &Api::extensions);
}

void Api::add_internal(Router& router) {
  auto bind = [this](Method f) {
    return [this, f](const Request& q, Context& c) { return (this->*f)(q, c); };
  };
  const std::string at = "/internal/v1/volumes/{id}/attachment";
  router.add("PUT", at, Access::service, bind(&Api::attach));
  router.add("PUT", at + "/{attachment}/attached", Access::service, bind(&Api::attached));
  router.add("PUT", at + "/{attachment}/detaching", Access::service, bind(&Api::detaching));
  router.add("DELETE", at + "/{attachment}", Access::service, bind(&Api::detach));
}

Result<Volume> Api::change(Context& context,
                           const std::function<Status(db::Session&, Volume&)>& f) {
  return change_any(context, [&](db::Session& s, Volume& v) -> Status {
    if (v.status == "deleting") {
      return bad_request("Invalid volume: Volume " + v.id +
                             " is being deleted; its status must not be deleting.",
                         "status");
    }
    return f(s, v);
  });
}

// Reads, changes and writes a volume in one transaction.
Result<Volume> Api::change_any(Context& context,
                               const std::function<Status(db::Session&, Volume&)>& f) {
  return db_.write([&](db::Session& s) -> Result<Volume> {
    Volume volume = TRY(own_volume(s, context));
    TRYV(f(s, volume));
    TimeUs now = clock_.now_us();
    store::update(s, volume, now);
    volume.updated_us = now;
    return volume;
  });
}

}  // namespace nuri::storage
