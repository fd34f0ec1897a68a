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
    auto projects = w.s.all("SELECT DISTINCT project_id FROM quotas ORDER BY project_id", {},
                            [](const db::Row& r) { return r.text(0); });
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
  auto lines = TRY(service.read(caller, [](Work& w) { return quota_lines(w.s, ""); }));
  for (QuotaLine& l : lines) l.most = default_quota(l.resource);
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
    w.s.exec("DELETE FROM quotas WHERE project_id = ?1", {x.param("project")});
    return {};
  }));
  return Response::empty(204);
}

}  // namespace

void add_quota_routes(Router& router, std::shared_ptr<Service> service) {
  auto handler = [&](auto f) {
    return [service, f](const Request& r, Context& x) { return f(*service, r, x); };
  };
  std::string one = "/v2.0/quotas/{project}";
  router.add("GET", "/v2.0/quotas", Access::admin, handler(list));
  // The project of the token itself (Neutron's old "tenant" resource, still asked for by clients).
  for (const char* word : {"tenant", "project"}) {
    router.add("GET", std::string("/v2.0/quotas/") + word, Access::reader,
               [word](const Request&, Context& x) -> Result<Response> {
                 return Response::json(
                     200,
                     Json::object({{word, Json::object({{"tenant_id", x.claims.project_id},
                                                        {"project_id", x.claims.project_id}})}}));
               });
  }
  router.add("GET", one, Access::reader, handler(show));
  router.add("GET", one + "/default", Access::reader, handler(defaults));
  router.add("GET", one + "/details.json", Access::reader, handler(details));
  router.add("GET", one + "/details", Access::reader, handler(details));
  router.add("PUT", one, Access::admin, handler(update));
  router.add("DELETE", one, Access::admin, handler(reset));
}

}  // namespace nuri::network
