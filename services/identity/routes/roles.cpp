#include "services/identity/routes/lookup.h"
#include "services/identity/routes/removal.h"
#include "services/identity/store/grants.h"

namespace nuri::identity {

namespace {

Result<Response> create_role(Identity& me, const Request& request, Context& context) {
  RoleRow r = TRY(read_new(kRoleKind, request));
  r.id = me.random.hex_id();
  return me.db.write([&](db::Session& s) -> Result<Response> {
    if (!r.domain_id.empty()) TRY(need_domain(s, r.domain_id));
    TRYV(unique_name(s, kRoles, r, "role"));
    kRoles.insert(s, r);
    return shown(201, kRoleKind, r, context);
  });
}

Result<Response> list_roles(Identity& me, const Request& request, Context& context) {
  // Without ?domain_id the cloud's roles.
  std::string domain = request.query.get("domain_id");
  if (!domain.empty()) TRYV(within_reach(context, domain, "identity:list_roles"));
  Filter f;
  f.text(request, "name").add("domain_id", domain);
  auto roles = TRY(me.db.read([&](db::Session& s) { return kRoles.list(s, f.where(), f.args()); }));
  return shown_list(kRoleKind, roles, request, context);
}

Result<Response> show_role(Identity& me, const Request&, Context& context) {
  RoleRow r =
      TRY(me.db.read([&](db::Session& s) { return need_role(s, context.param("role_id")); }));
  return shown(200, kRoleKind, r, context);
}

Result<Response> update_role(Identity& me, const Request& request, Context& context) {
  Json body = TRY(body_member(request.body, "role"));
  RoleRow r = TRY(me.db.write([&](db::Session& s) -> Result<RoleRow> {
    RoleRow old = TRY(need_role(s, context.param("role_id")));
    RoleRow now = old;
    TRYV(read_changes(kRoleKind, body, now));
    if (immutable(old.options) && immutable(now.options)) return is_immutable("role", now.id);
    if (now.domain_id != old.domain_id) return bad_request("Cannot change Domain ID", "domain_id");
    TRYV(unique_name(s, kRoles, now, "role"));
    kRoles.update(s, now);
    return now;
  }));
  return shown(200, kRoleKind, r, context);
}

Result<Response> delete_role(Identity& me, const Request&, Context& context) {
  TRYV(me.db.write([&](db::Session& s) -> Status {
    RoleRow r = TRY(need_role(s, context.param("role_id")));
    if (immutable(r.options)) return is_immutable("role", r.id);
    remove_role(me, s, r.id);
    return {};
  }));
  return Response::empty(204);
}

Json short_role(const RoleRow& r, const Context& context) {
  return Json::object({{"id", r.id},
                       {"name", r.name},
                       {"links", self_link(context.base_url + "/v3/roles/" + r.id)}});
}

struct Inference {
  RoleRow prior, implied;
};

Result<Inference> inference(db::Session& s, const Context& context) {
  RoleRow prior = TRY(need_role(s, context.param("role_id")));
  RoleRow implied = TRY(need_role(s, context.param("implied_id")));
  return Inference{std::move(prior), std::move(implied)};
}

Result<Inference> known_inference(db::Session& s, const Context& context) {
  Inference i = TRY(inference(s, context));
  if (!s.count("SELECT count(*) FROM implied_roles WHERE prior_id=?1 AND implied_id=?2",
               {i.prior.id, i.implied.id})) {
    return not_found("Could not find role inference: " + i.prior.id + " implies " + i.implied.id +
                     ".");
  }
  return i;
}

Response shown_inference(int status, const Inference& i, const Context& context) {
  Json body = Json::object(
      {{"prior_role", short_role(i.prior, context)}, {"implies", short_role(i.implied, context)}});
  return Response::json(
      status, Json::object({{"role_inference", std::move(body)},
                            {"links", self_link(context.base_url + "/v3/roles/" + i.prior.id +
                                                "/implies/" + i.implied.id)}}));
}

Result<Response> put_inference(Identity& me, const Request&, Context& context) {
  Inference i = TRY(me.db.write([&](db::Session& s) -> Result<Inference> {
    Inference made = TRY(inference(s, context));
    // Nobody becomes the cloud's administrator by way of another role (Keystone's
    // prohibited_implied_role).
    if (made.implied.name == "admin" || made.implied.id == made.prior.id) {
      return forbidden("The role " + made.implied.name + " cannot be an implied role here.");
    }
    if (made.prior.domain_id.empty() && !made.implied.domain_id.empty()) {
      return forbidden("A role of the cloud cannot imply one of a domain (" + made.implied.id +
                       ").");
    }
    s.exec(
        "INSERT INTO implied_roles (prior_id, implied_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        {made.prior.id, made.implied.id});
    return made;
  }));
  return shown_inference(201, i, context);
}

Result<Response> get_inference(Identity& me, const Request&, Context& context) {
  Inference i = TRY(me.db.read([&](db::Session& s) { return known_inference(s, context); }));
  return shown_inference(200, i, context);
}

Result<Response> head_inference(Identity& me, const Request&, Context& context) {
  TRY(me.db.read([&](db::Session& s) { return known_inference(s, context); }));
  return Response::empty(204);
}

Result<Response> delete_inference(Identity& me, const Request&, Context& context) {
  TRYV(me.db.write([&](db::Session& s) -> Status {
    Inference i = TRY(known_inference(s, context));
    Implications implied = implications(s);
    s.exec("DELETE FROM implied_roles WHERE prior_id=?1 AND implied_id=?2",
           {i.prior.id, i.implied.id});
    for (const Grant& g : all_grants(s)) {
      if (with_implied({g.role_id}, implied).contains(i.prior.id)) revoke_grant(me, s, g);
    }
    return {};
  }));
  return Response::empty(204);
}

Result<Json> inferences_of(db::Session& s, const RoleRow& prior, const Context& context) {
  Json implies = Json::array();
  for (const RoleRow& r : kRoles.list(
           s, "id IN (SELECT implied_id FROM implied_roles WHERE prior_id=?1)", {prior.id})) {
    implies.push_back(short_role(r, context));
  }
  return Json::object(
      {{"prior_role", short_role(prior, context)}, {"implies", std::move(implies)}});
}

Result<Response> list_inferences(Identity& me, const Request& request, Context& context) {
  Json body = TRY(me.db.read([&](db::Session& s) -> Result<Json> {
    RoleRow prior = TRY(need_role(s, context.param("role_id")));
    return inferences_of(s, prior, context);
  }));
  return Response::json(200, Json::object({{"role_inference", std::move(body)},
                                           {"links", list_links(request, context)}}));
}

Result<Response> all_inferences(Identity& me, const Request& request, Context& context) {
  Json list = TRY(me.db.read([&](db::Session& s) -> Result<Json> {
    Json out = Json::array();
    for (const RoleRow& r : kRoles.list(s, "id IN (SELECT prior_id FROM implied_roles)")) {
      out.push_back(TRY(inferences_of(s, r, context)));
    }
    return out;
  }));
  return listed(request, context, "role_inferences", std::move(list));
}

constexpr Rule kRules[] = {
    {"GET", "/v3/roles", "identity:list_roles", list_roles},
    {"POST", "/v3/roles", "identity:create_role", create_role},
    {"GET", "/v3/roles/{role_id}", "identity:get_role", show_role},
    {"PATCH", "/v3/roles/{role_id}", "identity:update_role", update_role},
    {"DELETE", "/v3/roles/{role_id}", "identity:delete_role", delete_role},
    {"GET", "/v3/roles/{role_id}/implies", "identity:list_implied_roles", list_inferences},
    {"PUT", "/v3/roles/{role_id}/implies/{implied_id}", "identity:create_implied_role",
     put_inference},
    {"GET", "/v3/roles/{role_id}/implies/{implied_id}", "identity:get_implied_role", get_inference},
    {"HEAD", "/v3/roles/{role_id}/implies/{implied_id}", "identity:check_implied_role",
     head_inference},
    {"DELETE", "/v3/roles/{role_id}/implies/{implied_id}", "identity:delete_implied_role",
     delete_inference},
    {"GET", "/v3/role_inferences", "identity:list_role_inference_rules", all_inferences},
};

}  // namespace

std::span<const Rule> role_rules() { return kRules; }

}  // namespace nuri::identity
