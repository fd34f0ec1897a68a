#include "network/routes/routes.h"
#include "services/base/fields.h"

namespace nuri::network {

namespace {

// A project's own members read its quotas; only administrators read others' and change any.
Result<Caller> quota_reader(Context& x) {
  Caller caller = TRY(Caller::from(x.claims));
  if (caller.admin || x.param("project") == caller.project_id) return caller;
  return forbidden("Policy does not allow get_quota for another project.");
}

Json most_json(const std::vector<QuotaLine>& lines) {
  Json out = Json::object();
  for (const QuotaLine& l : lines) out.set(l.resource, l.most);
  return out;
}

Result<Response> list(Service& service, const Request&, Context& x) {
  Caller caller = TRY(Caller::from(x.claims));
  Json out = TRY(service.read(caller, [](Work& w) {
    auto projects = w.s.all(
        "SELECT DISTINCT holder FROM ledger_limits WHERE book = 'project' AND holder <> '' "
        "ORDER BY holder",
        {}, [](const db::Row& r) { return r.text(0); });
    Json quotas = Json::array();
    for (const std::string& p : projects) {
      Json q = most_json(quota_lines(w.s, p));
      q.set("project_id", p).set("tenant_id", p);
      quotas.push_back(std::move(q));
    }
    return quotas;
  }));
  return Response::json(200, Json::object({{"quotas", out}}));
}

Result<Response> show(Service& service, const Request&, Context& x) {
  Caller caller = TRY(quota_reader(x));
  auto lines =
      TRY(service.read(caller, [&](Work& w) { return quota_lines(w.s, x.param("project")); }));
  return Response::json(200, Json::object({{"quota", most_json(lines)}}));
}

Result<Response> details(Service& service, const Request&, Context& x) {
  Caller caller = TRY(quota_reader(x));
  auto lines =
      TRY(service.read(caller, [&](Work& w) { return quota_lines(w.s, x.param("project")); }));
  Json out = Json::object();
  for (const QuotaLine& l : lines) {
    out.set(l.resource, Json::object({{"limit", l.most}, {"used", l.used}, {"reserved", 0}}));
  }
  return Response::json(200, Json::object({{"quota", out}}));
}

Result<Response> defaults(Service& service, const Request&, Context& x) {
  Caller caller = TRY(quota_reader(x));
  auto lines = TRY(service.read(caller, [](Work& w) {
    auto out = quota_lines(w.s, "");
    for (QuotaLine& l : out) l.most = quota().class_limit(w.s, l.resource);
    return out;
  }));
  return Response::json(200, Json::object({{"quota", most_json(lines)}}));
}

Result<Response> update(Service& service, const Request& r, Context& x) {
  Caller caller = TRY(Caller::from(x.claims));
  Json body = TRY(body_member(r.body, "quota"));
  auto lines = TRY(service.write(caller, [&](Work& w) -> Result<std::vector<QuotaLine>> {
    TRYV(set_quotas(w.s, x.param("project"), body));
    return quota_lines(w.s, x.param("project"));
  }));
  return Response::json(200, Json::object({{"quota", most_json(lines)}}));
}

Result<Response> reset(Service& service, const Request&, Context& x) {
  Caller caller = TRY(Caller::from(x.claims));
  TRYV(service.write(caller, [&](Work& w) -> Status {
    quota().drop_limits(w.s, x.param("project"));
    return {};
  }));
  return Response::empty(204);
}

}  // namespace

namespace {
// A value for each resource: its limit, or what `value` says.
Schema by_resource(const Json& value) {
  Json properties = Json::object();
  for (const auto& [resource, most] : quota().defaults()) properties.set(resource, value);
  return schema_of(Json::object({{"type", "object"}, {"properties", std::move(properties)}}));
}
}  // namespace

void add_quota_routes(Router& router, std::shared_ptr<Service> service) {
  auto handler = [&](auto f) {
    return [service, f](const Request& r, Context& x) { return f(*service, r, x); };
  };
  std::string one = "/v2.0/quotas/{project}";
  Schema limits = by_resource(Json::object({{"type", "integer"}, {"minimum", -1}}));
  Json number = Json::object({{"type", "integer"}});
  Schema used = by_resource(Json::object(
      {{"type", "object"},
       {"properties", Json::object({{"limit", number}, {"used", number}, {"reserved", number}})}}));
  Schema quota_of = wrapped("quota", limits);
  add_route(router, "GET", "/v2.0/quotas", handler(list))
      .says("Lists the projects with limits of their own")
      .answers(listed("quotas", limits));
  // The project of the token itself (Neutron's old "tenant" resource, still asked for by clients).
  for (const char* word : {"tenant", "project"}) {
    add_route(router, "GET", std::string("/v2.0/quotas/") + word,
              [word](const Request&, Context& x) -> Result<Response> {
                return Response::json(
                    200,
                    Json::object({{word, Json::object({{"tenant_id", x.claims.project_id},
                                                       {"project_id", x.claims.project_id}})}}));
              })
        .says("The project of the token");
  }
  add_route(router, "GET", one, handler(show)).says("A project's limits").answers(quota_of);
  add_route(router, "GET", one + "/default", handler(defaults))
      .says("The limits of projects that have none of their own")
      .answers(quota_of);
  for (const char* path : {"/details.json", "/details"}) {
    add_route(router, "GET", one + path, handler(details))
        .says("A project's limits and what it uses of them")
        .answers(wrapped("quota", used));
  }
  add_route(router, "PUT", one, handler(update))
      .says("Sets a project's limits")
      .reads(quota_of)
      .answers(quota_of);
  add_route(router, "DELETE", one, handler(reset))
      .says("Takes a project back to the default limits")
      .answers_nothing();
}

}  // namespace nuri::network
