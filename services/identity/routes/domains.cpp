#include "services/identity/routes/lookup.h"
#include "services/identity/routes/projects.h"

namespace nuri::identity {

namespace {

Result<Response> create_domain(Identity& me, const Request& request, Context& context) {
  Project d = TRY(read_new(kDomainKind, request));
  d.id = me.random.hex_id();
  d.is_domain = true;
  return me.db.write([&](db::Session& s) -> Result<Response> {
    TRYV(insert_domain(s, d));
    return shown(201, kDomainKind, d, context);
  });
}

Result<Response> list_domains(Identity& me, const Request& request, Context& context) {
  Filter f;
  f.text(request, "name").flag(request, "enabled").add("is_domain", true);
  auto domains =
      TRY(me.db.read([&](db::Session& s) { return kProjects.list(s, f.where(), f.args()); }));
  return shown_list(kDomainKind, domains, request, context);
}

Result<Response> show_domain(Identity& me, const Request&, Context& context) {
  Project d =
      TRY(me.db.read([&](db::Session& s) { return need_domain(s, context.param("domain_id")); }));
  return shown(200, kDomainKind, d, context);
}

Result<Response> update_domain(Identity& me, const Request& request, Context& context) {
  Json body = TRY(body_member(request.body, "domain"));
  Project d = TRY(me.db.write([&](db::Session& s) -> Result<Project> {
    Project old = TRY(need_domain(s, context.param("domain_id")));
    Project now = old;
    TRYV(read_changes(kDomainKind, body, now));
    return change_project(me, s, old, std::move(now));
  }));
  return shown(200, kDomainKind, d, context);
}

Result<Response> delete_domain(Identity& me, const Request&, Context& context) {
  TRYV(me.db.write([&](db::Session& s) -> Status {
    Project d = TRY(need_domain(s, context.param("domain_id")));
    return delete_domain_row(me, s, d);
  }));
  return Response::empty(204);
}

constexpr Rule kRules[] = {
    {"GET", "/v3/domains", "identity:list_domains", list_domains},
    {"POST", "/v3/domains", "identity:create_domain", create_domain},
    {"GET", "/v3/domains/{domain_id}", "identity:get_domain", show_domain},
    {"PATCH", "/v3/domains/{domain_id}", "identity:update_domain", update_domain},
    {"DELETE", "/v3/domains/{domain_id}", "identity:delete_domain", delete_domain},
};

}  // namespace

std::span<const Rule> domain_rules() { return kRules; }

}  // namespace nuri::identity
