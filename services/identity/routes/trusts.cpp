#include "services/identity/routes/authenticate.h"
#include "services/identity/routes/lookup.h"
#include "services/identity/store/grants.h"

// OS-TRUST: a user (trustor) lets another (trustee) act in a project with some of its roles.
namespace nuri::identity {

namespace {

Json role_link(const RoleRow& r, const Context& context) {
  return Json::object({{"id", r.id},
                       {"name", r.name},
                       {"links", self_link(context.base_url + "/v3/roles/" + r.id)}});
}

Json trust_view(db::Session& s, const Trust& t, const Context& context, bool with_roles) {
  Json out = kTrustFields.write(t);
  out.erase("roles");
  out.set("deleted_at", nullptr);
  out.set("redelegation_count", 0);
  std::string self = context.base_url + "/v3/OS-TRUST/trusts/" + t.id;
  if (with_roles) {
    Json roles = Json::array();
    for (const RoleRef& ref : t.roles) {
      if (auto role = kRoles.find(s, ref.id.value_or("")))
        roles.push_back(role_link(*role, context));
    }
    out.set("roles", std::move(roles));
    out.set("roles_links",
            Json::object({{"next", nullptr}, {"previous", nullptr}, {"self", self + "/roles"}}));
  }
  out.set("links", self_link(self));
  return out;
}

// Each delegated role is one that the trustor has in the project.
Status settle_roles(db::Session& s, Trust& t) {
  if (!t.project_id) {
    return t.roles.empty() ? Status()
                           : Status(bad_request("project_id is needed where roles are delegated.",
                                                "project_id"));
  }
  Project p = TRY(need_project(s, *t.project_id));
  auto have = roles_of_user(s, t.trustor_user_id, project_target(s, p));
  if (t.roles.empty()) return forbidden("At least one role should be specified.");
  for (RoleRef& ref : t.roles) {
    auto own = std::find_if(have.begin(), have.end(), [&](const Role& r) {
      return ref.id ? r.id == *ref.id : r.name == ref.name.value_or("");
    });
    if (own == have.end()) return no_such("role", ref.id.value_or(ref.name.value_or("")));
    ref.id = own->id;
  }
  return {};
}

Status settle_expiry(const Identity& me, Trust& t) {
  if (!t.expires_at) return {};
  TimeUs at = parse_iso(*t.expires_at).value_or(0);
  if (at <= me.clock.now_us())
    return bad_request("expires_at must be in the future.", "expires_at");
  t.expires_at = iso_micros(at);
  return {};
}

Result<Response> create(Identity& me, const Request& request, Context& context) {
  Json body = TRY(body_member(request.body, "trust"));
  Trust t = TRY(kTrustFields.read(body));
  bool delegated = noted(context.claims, "ac:") || noted(context.claims, "tr:");
  if (delegated || t.trustor_user_id != context.claims.user_id)
    return not_authorised("identity:create_trust");
  if (t.allow_redelegation)
    return bad_request(
        "Trusts of this cloud cannot be redelegated: allow_redelegation must be false.",
        "allow_redelegation");
  TRYV(settle_expiry(me, t));
  t.id = me.random.hex_id();
  return me.db.write([&](db::Session& s) -> Result<Response> {
    TRY(need_user(s, t.trustee_user_id));
    TRYV(settle_roles(s, t));
    kTrusts.insert(s, t);
    return Response::json(201, Json::object({{"trust", trust_view(s, t, context, true)}}));
  });
}

Result<Response> list(Identity& me, const Request& request, Context& context) {
  std::string trustor = request.query.get("trustor_user_id"),
              trustee = request.query.get("trustee_user_id");
  const std::string& me_id = context.claims.user_id;
  bool own = !me_id.empty() && (trustor == me_id || trustee == me_id);
  if (!own && !may_read(context.claims)) return not_authorised("identity:list_trusts");
  Filter f;
  f.text(request, "trustor_user_id").text(request, "trustee_user_id");
  Json all = TRY(me.db.read([&](db::Session& s) {
    Json out = Json::array();
    for (const Trust& t : kTrusts.list(s, f.where(), f.args()))
      out.push_back(trust_view(s, t, context, false));
    return out;
  }));
  return listed(request, context, "trusts", std::move(all));
}

// The trustor, the trustee and who reads everything see it; to others there is none.
Result<Trust> visible(db::Session& s, const Identity& me, const Context& context) {
  Trust t = TRY(need(s, kTrusts, context.param("trust_id"), "trust"));
  const std::string& user = context.claims.user_id;
  bool party = !user.empty() && (t.trustor_user_id == user || t.trustee_user_id == user);
  auto expires = parse_iso(t.expires_at.value_or(""));
  bool over = expires && *expires <= me.clock.now_us();
  if (over || (!party && !may_read(context.claims))) return no_such("trust", t.id);
  return t;
}

Result<Response> show(Identity& me, const Request&, Context& context) {
  Json out = TRY(me.db.read([&](db::Session& s) -> Result<Json> {
    return trust_view(s, TRY(visible(s, me, context)), context, true);
  }));
  return Response::json(200, Json::object({{"trust", std::move(out)}}));
}

Result<Response> remove(Identity& me, const Request&, Context& context) {
  TRYV(me.db.write([&](db::Session& s) -> Status {
    Trust t = TRY(visible(s, me, context));
    bool allowed = t.trustor_user_id == context.claims.user_id || may_manage(context.claims);
    if (!allowed || noted(context.claims, "tr:")) return not_authorised("identity:delete_trust");
    me.revocations.audit_id(s, "tr:" + t.id, me.clock.now_us() + me.token_life_us);
    kTrusts.remove(s, t.id);
    return {};
  }));
  return Response::empty(204);
}

Result<Response> list_roles(Identity& me, const Request& request, Context& context) {
  Json roles = TRY(me.db.read([&](db::Session& s) -> Result<Json> {
    return trust_view(s, TRY(visible(s, me, context)), context, true)["roles"];
  }));
  return listed(request, context, "roles", std::move(roles));
}

Result<Response> show_role(Identity& me, const Request&, Context& context) {
  Json role = TRY(me.db.read([&](db::Session& s) -> Result<Json> {
    Trust t = TRY(visible(s, me, context));
    const std::string& id = context.param("role_id");
    for (const RoleRef& ref : t.roles) {
      auto row = ref.id == id ? kRoles.find(s, id) : std::nullopt;
      if (row) return role_link(*row, context);
    }
    return no_such("role", id);
  }));
  return Response::json(200, Json::object({{"role", std::move(role)}}));
}

constexpr Rule kRules[] = {
    {"GET", "/v3/OS-TRUST/trusts", "identity:list_trusts", list},
    {"POST", "/v3/OS-TRUST/trusts", "identity:create_trust", create},
    {"GET", "/v3/OS-TRUST/trusts/{trust_id}", "identity:get_trust", show},
    {"DELETE", "/v3/OS-TRUST/trusts/{trust_id}", "identity:delete_trust", remove},
    {"GET", "/v3/OS-TRUST/trusts/{trust_id}/roles", "identity:list_roles_for_trust", list_roles},
    {"GET", "/v3/OS-TRUST/trusts/{trust_id}/roles/{role_id}", "identity:get_role_for_trust",
     show_role},
};

}  // namespace

std::span<const Rule> trust_rules() { return kRules; }

}  // namespace nuri::identity
