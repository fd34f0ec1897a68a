#include "services/identity/routes/lookup.h"

namespace nuri::identity {

namespace {

constexpr std::string_view kBase = "{base}";

Result<Response> create_service(Identity& me, const Request& request, Context& context) {
  Service v = TRY(read_new(kServiceKind, request));
  v.id = me.random.hex_id();
  return me.db.write([&](db::Session& s) {
    kServices.insert(s, v);
    me.cache.catalog_changed(s);
    return shown(201, kServiceKind, v, context);
  });
}

Result<Response> list_services(Identity& me, const Request& request, Context& context) {
  Filter f;
  f.text(request, "name").text(request, "type");
  auto all =
      TRY(me.db.read([&](db::Session& s) { return kServices.list(s, f.where(), f.args()); }));
  return shown_list(kServiceKind, all, request, context);
}

Result<Response> show_service(Identity& me, const Request&, Context& context) {
  Service v = TRY(me.db.read(
      [&](db::Session& s) { return need(s, kServices, context.param("service_id"), "service"); }));
  return shown(200, kServiceKind, v, context);
}

Result<Response> update_service(Identity& me, const Request& request, Context& context) {
  Json body = TRY(body_member(request.body, "service"));
  Service v = TRY(me.db.write([&](db::Session& s) -> Result<Service> {
    Service now = TRY(need(s, kServices, context.param("service_id"), "service"));
    TRYV(read_changes(kServiceKind, body, now));
    kServices.update(s, now);
    me.cache.catalog_changed(s);
    return now;
  }));
  return shown(200, kServiceKind, v, context);
}

Result<Response> delete_service(Identity& me, const Request&, Context& context) {
  TRYV(me.db.write([&](db::Session& s) -> Status {
    Service v = TRY(need(s, kServices, context.param("service_id"), "service"));
    s.exec("DELETE FROM endpoints WHERE service_id=?1", {v.id});
    kServices.remove(s, v.id);
    me.cache.catalog_changed(s);
    return {};
  }));
  return Response::empty(204);
}

// v2's "region" is v3's region_id; a region named for the first time by it is made (as Keystone
// does).
Status check_endpoint(db::Session& s, Endpoint& e) {
  if (!kServices.find(s, e.service_id))
    return bad_request("Could not find service: " + e.service_id + ".", "service_id");
  if (e.region) {
    e.region_id = e.region;
    if (!e.region_id->empty() && !kRegions.find(s, *e.region_id)) {
      Region made;
      made.id = *e.region_id;
      kRegions.insert(s, made);
    }
  }
  if (e.region_id && e.region_id->empty()) e.region_id = std::nullopt;
  if (e.region_id && !kRegions.find(s, *e.region_id)) {
    return bad_request("Could not find region: " + *e.region_id + ".", "region_id");
  }
  e.region = e.region_id;
  return {};
}

// As its caller would use it: {base} is ours alone.
Endpoint as_seen(Endpoint e, const Request& request) {
  e.region = e.region_id;
  if (e.url.starts_with(kBase)) e.url.replace(0, kBase.size(), cloud_base(request));
  return e;
}

Result<Response> create_endpoint(Identity& me, const Request& request, Context& context) {
  Endpoint e = TRY(read_new(kEndpointKind, request));
  e.id = me.random.hex_id();
  return me.db.write([&](db::Session& s) -> Result<Response> {
    TRYV(check_endpoint(s, e));
    kEndpoints.insert(s, e);
    me.cache.catalog_changed(s);
    return shown(201, kEndpointKind, as_seen(std::move(e), request), context);
  });
}

Result<Response> list_endpoints(Identity& me, const Request& request, Context& context) {
  Filter f;
  f.text(request, "interface")
      .text(request, "service_id")
      .text(request, "region_id")
      .text(request, "region", "region_id");
  auto all =
      TRY(me.db.read([&](db::Session& s) { return kEndpoints.list(s, f.where(), f.args()); }));
  for (Endpoint& e : all) e = as_seen(std::move(e), request);
  return shown_list(kEndpointKind, all, request, context);
}

Result<Response> show_endpoint(Identity& me, const Request& request, Context& context) {
  Endpoint e = TRY(me.db.read([&](db::Session& s) {
    return need(s, kEndpoints, context.param("endpoint_id"), "endpoint");
  }));
  return shown(200, kEndpointKind, as_seen(std::move(e), request), context);
}

Result<Response> update_endpoint(Identity& me, const Request& request, Context& context) {
  Json body = TRY(body_member(request.body, "endpoint"));
  Endpoint e = TRY(me.db.write([&](db::Session& s) -> Result<Endpoint> {
    Endpoint now = TRY(need(s, kEndpoints, context.param("endpoint_id"), "endpoint"));
    TRYV(read_changes(kEndpointKind, body, now));
    TRYV(check_endpoint(s, now));
    kEndpoints.update(s, now);
    me.cache.catalog_changed(s);
    return now;
  }));
  return shown(200, kEndpointKind, as_seen(std::move(e), request), context);
}

Result<Response> delete_endpoint(Identity& me, const Request&, Context& context) {
  TRYV(me.db.write([&](db::Session& s) -> Status {
    if (!kEndpoints.remove(s, context.param("endpoint_id")))
      return no_such("endpoint", context.param("endpoint_id"));
    me.cache.catalog_changed(s);
    return {};
  }));
  return Response::empty(204);
}

constexpr Rule kRules[] = {
    {"GET", "/v3/services", "identity:list_services", list_services},
    {"POST", "/v3/services", "identity:create_service", create_service},
    {"GET", "/v3/services/{service_id}", "identity:get_service", show_service},
    {"PATCH", "/v3/services/{service_id}", "identity:update_service", update_service},
    {"DELETE", "/v3/services/{service_id}", "identity:delete_service", delete_service},
    {"GET", "/v3/endpoints", "identity:list_endpoints", list_endpoints},
    {"POST", "/v3/endpoints", "identity:create_endpoint", create_endpoint},
    {"GET", "/v3/endpoints/{endpoint_id}", "identity:get_endpoint", show_endpoint},
    {"PATCH", "/v3/endpoints/{endpoint_id}", "identity:update_endpoint", update_endpoint},
    {"DELETE", "/v3/endpoints/{endpoint_id}", "identity:delete_endpoint", delete_endpoint},
};

}  // namespace

std::span<const Rule> catalog_rules() { return kRules; }

}  // namespace nuri::identity
