#include "services/identity/routes/authenticate.h"
#include "services/identity/routes/lookup.h"
#include "services/identity/routes/removal.h"
#include "services/identity/store/grants.h"

namespace nuri::identity {

namespace {

constexpr size_t kMaxRules = 50;
constexpr const char* kHere = "/v3/users/{user_id}/application_credentials";

Json rule_json(const AccessRule& r) { return kAccessRuleFields.write(r); }

Json ac_view(db::Session& s, const ApplicationCredential& ac, const Context& context) {
  Json out = kApplicationCredentialFields.write(ac);
  Json roles = Json::array();
  for (const RoleRef& ref : ac.roles) {
    auto role = kRoles.find(s, ref.id.value_or(""));
    if (!role) continue;
    Json domain = role->domain_id.empty() ? Json() : Json(role->domain_id);
    roles.push_back(
        Json::object({{"id", role->id}, {"name", role->name}, {"domain_id", std::move(domain)}}));
  }
  out.set("roles", std::move(roles));
  out.set("user_id", ac.user_id);
  out.set("system", nullptr);
  if (!ac.access_rules.empty()) {
    Json rules = Json::array();
    for (const auto& id : ac.access_rules) {
      if (auto r = kAccessRules.find(s, id)) rules.push_back(rule_json(*r));
    }
    out.set("access_rules", std::move(rules));
  }
  out.set("links", self_link(context.base_url + "/v3/users/" + ac.user_id +
                             "/application_credentials/" + ac.id));
  return out;
}

// A credential gives nothing that its maker has not: those of its roles in the project now or,
// where an application credential makes another, those of that one.
Status settle_roles(Identity& me, const Claims& c, ApplicationCredential& ac) {
  auto have = c.roles;
  if (!noted(c, "au:")) {
    have = TRY(me.db.read([&](db::Session& s) -> Result<std::vector<Role>> {
      return roles_of_user(s, c.user_id, project_target(s, TRY(need_project(s, c.project_id))));
    }));
  }
  if (ac.roles.empty()) {
    for (const Role& r : c.roles) ac.roles.push_back({r.id, r.name});
    return {};
  }
  for (RoleRef& ref : ac.roles) {
    auto own = std::find_if(have.begin(), have.end(), [&](const Role& r) {
      return ref.id ? r.id == *ref.id : r.name == ref.name.value_or("");
    });
    if (own == have.end()) {
      return bad_request("Invalid application credential: the role " +
                             ref.id.value_or(ref.name.value_or("")) +
                             " is not among those of the user in the project.",
                         "roles");
    }
    ref.id = own->id;
  }
  return {};
}

struct WantedRule {
  AccessRule rule;
  bool fresh = false;  // given by what it allows, not by the id of one that exists
};

Result<std::vector<WantedRule>> read_rules(Identity& me, const Json& given,
                                           const std::string& user_id) {
  std::vector<WantedRule> out;
  if (given.is_null()) return out;
  if (!given.is_array() || given.size() > kMaxRules) {
    return bad_request("'access_rules' must be a list of at most 50 rules.", "access_rules");
  }
  for (const Json& j : given.as_array()) {
    AccessRule r = TRY(kAccessRuleFields.read(j));
    if (r.id.empty() && (r.service.empty() || r.path.empty() || r.method.empty())) {
      return bad_request(
          "An access rule needs service, path and method, or the id of one that exists.",
          "access_rules");
    }
    bool fresh = r.id.empty();
    if (fresh) r.id = me.random.hex_id();
    r.user_id = user_id;
    out.push_back({std::move(r), fresh});
  }
  return out;
}

// A rule that the user already has is used again.
Status store_rules(db::Session& s, const std::vector<WantedRule>& rules,
                   ApplicationCredential& ac) {
  for (const auto& [r, fresh] : rules) {
    if (!fresh) {
      auto known = kAccessRules.find(s, r.id);
      if (!known || known->user_id != ac.user_id) return no_such("access rule", r.id);
      ac.access_rules.push_back(r.id);
      continue;
    }
    auto same = kAccessRules.first(s, "user_id=?1 AND service=?2 AND path=?3 AND method=?4",
                                   {r.user_id, r.service, r.path, r.method});
    if (!same) kAccessRules.insert(s, r);
    ac.access_rules.push_back(same ? same->id : r.id);
  }
  return {};
}

Status may_create(Identity& me, const Context& context, ApplicationCredential& ac) {
  const Claims& c = context.claims;
  if (noted(c, "ac:") || noted(c, "tr:"))
    return not_authorised("identity:create_application_credential");
  if (c.scope != Claims::Scope::project) {
    return bad_request("A project-scoped token is needed to create an application credential.",
                       "project_id");
  }
  ac.user_id = c.user_id;
  ac.project_id = c.project_id;
  if (!ac.expires_at) return {};
  TimeUs at = parse_iso(*ac.expires_at).value_or(0);
  if (at <= me.clock.now_us())
    return bad_request("expires_at must be in the future.", "expires_at");
  ac.expires_at = iso_naive(at);
  return {};
}

Result<Response> create(Identity& me, const Request& request, Context& context) {
  Json body = TRY(body_member(request.body, "application_credential"));
  auto ac = TRY(kApplicationCredentialFields.read(body));
  TRYV(may_create(me, context, ac));
  TRYV(settle_roles(me, context.claims, ac));
  auto rules = TRY(read_rules(me, body["access_rules"], ac.user_id));
  ac.id = me.random.hex_id();
  if (!ac.secret) {
    std::string raw(64, '\0');
    me.random.fill({reinterpret_cast<uint8_t*>(raw.data()), raw.size()});
    ac.secret = auth::base64url(raw);
  }
  ac.secret_hash = TRY(me.hasher.hash(*ac.secret));
  return me.db.write([&](db::Session& s) -> Result<Response> {
    if (kApplicationCredentials.first(s, "user_id=?1 AND name=?2", {ac.user_id, ac.name})) {
      return duplicate("application_credential", ac.name, "");
    }
    TRYV(store_rules(s, rules, ac));
    kApplicationCredentials.insert(s, ac);
    Json out = ac_view(s, ac, context);
    out.set("secret", *ac.secret);  // this once
    return Response::json(201, Json::object({{"application_credential", std::move(out)}}));
  });
}

Result<Response> list(Identity& me, const Request& request, Context& context) {
  Filter f;
  f.add("user_id", context.param("user_id")).text(request, "name");
  Json all = TRY(me.db.read([&](db::Session& s) -> Result<Json> {
    TRY(need_user(s, context.param("user_id")));
    Json out = Json::array();
    for (const auto& ac : kApplicationCredentials.list(s, f.where(), f.args()))
      out.push_back(ac_view(s, ac, context));
    return out;
  }));
  return listed(request, context, "application_credentials", std::move(all));
}

Result<ApplicationCredential> owned(db::Session& s, const Context& context) {
  auto ac = TRY(need(s, kApplicationCredentials, context.param("ac_id"), "application credential"));
  if (ac.user_id != context.param("user_id")) return no_such("application credential", ac.id);
  return ac;
}

Result<Response> show(Identity& me, const Request&, Context& context) {
  Json out = TRY(me.db.read(
      [&](db::Session& s) -> Result<Json> { return ac_view(s, TRY(owned(s, context)), context); }));
  return Response::json(200, Json::object({{"application_credential", std::move(out)}}));
}

Result<Response> remove(Identity& me, const Request&, Context& context) {
  if (noted(context.claims, "ac:")) return not_authorised("identity:delete_application_credential");
  TRYV(me.db.write([&](db::Session& s) -> Status {
    auto ac = TRY(owned(s, context));
    drop_application_credentials(me, s, "id=?1", {ac.id});
    return {};
  }));
  return Response::empty(204);
}

Result<Response> list_rules(Identity& me, const Request& request, Context& context) {
  auto rules = TRY(me.db.read([&](db::Session& s) {
    return kAccessRules.list(s, "user_id=?1", {context.param("user_id")});
  }));
  Json out = Json::array();
  for (const AccessRule& r : rules) out.push_back(rule_json(r));
  return listed(request, context, "access_rules", std::move(out));
}

Result<AccessRule> owned_rule(db::Session& s, const Context& context) {
  AccessRule r = TRY(need(s, kAccessRules, context.param("rule_id"), "access rule"));
  if (r.user_id != context.param("user_id")) return no_such("access rule", r.id);
  return r;
}

Result<Response> show_rule(Identity& me, const Request&, Context& context) {
  AccessRule r = TRY(me.db.read([&](db::Session& s) { return owned_rule(s, context); }));
  return Response::json(200, Json::object({{"access_rule", rule_json(r)}}));
}

Result<Response> remove_rule(Identity& me, const Request&, Context& context) {
  TRYV(me.db.write([&](db::Session& s) -> Status {
    AccessRule r = TRY(owned_rule(s, context));
    for (const auto& ac : kApplicationCredentials.list(s, "user_id=?1", {r.user_id})) {
      if (std::find(ac.access_rules.begin(), ac.access_rules.end(), r.id) !=
          ac.access_rules.end()) {
        return forbidden("Access rule " + r.id + " is in use by application credential " + ac.id +
                         " and cannot be deleted.");
      }
    }
    kAccessRules.remove(s, r.id);
    return {};
  }));
  return Response::empty(204);
}

constexpr Rule kRules[] = {
    {"GET", kHere, "identity:list_application_credentials", list},
    {"POST", kHere, "identity:create_application_credential", create},
    {"GET", "/v3/users/{user_id}/application_credentials/{ac_id}",
     "identity:get_application_credential", show},
    {"DELETE", "/v3/users/{user_id}/application_credentials/{ac_id}",
     "identity:delete_application_credential", remove},
    {"GET", "/v3/users/{user_id}/access_rules", "identity:list_access_rules", list_rules},
    {"GET", "/v3/users/{user_id}/access_rules/{rule_id}", "identity:get_access_rule", show_rule},
    {"DELETE", "/v3/users/{user_id}/access_rules/{rule_id}", "identity:delete_access_rule",
     remove_rule},
};

}  // namespace

std::span<const Rule> application_credential_rules() { return kRules; }

}  // namespace nuri::identity
