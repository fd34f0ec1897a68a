#include "services/base/access_rules.h"
#include "services/identity/routes/authenticate.h"
#include "services/identity/store/grants.h"
#include "services/identity/store/schema.h"

namespace nuri::identity {

namespace {

std::optional<Project> domain_by(db::Session& s, const DomainRef& ref) {
  auto d = ref.id ? kProjects.find(s, *ref.id)
                  : kProjects.first(s, "domain_id='' AND name=?1", {*ref.name});
  if (!d || !d->is_domain || !d->enabled) return std::nullopt;
  return d;
}

// The domain that a project belongs to: itself, where it acts as one.
std::optional<Project> domain_of(db::Session& s, const Project& p) {
  auto d = kProjects.find(s, p.is_domain ? p.id : p.domain_id);
  if (!d || !d->enabled) return std::nullopt;
  return d;
}

std::optional<Project> project_by(db::Session& s, const ProjectRef& ref) {
  if (ref.id) return kProjects.find(s, *ref.id);
  auto d = domain_by(s, ref.domain);
  return d ? kProjects.first(s, "domain_id=?1 AND name=?2", {d->id, *ref.name}) : std::nullopt;
}

void set_project(Claims& c, const Project& p, const Project& domain) {
  c.scope = Claims::Scope::project;
  c.project_id = p.id;
  c.project_name = p.name;
  c.project_domain_id = domain.id;
  c.project_domain_name = domain.name;
}

Status to_project(db::Session& s, const std::string& user_id, const std::optional<Project>& p,
                  Claims& c) {
  if (!p || !p->enabled) return unauthenticated();
  auto domain = domain_of(s, *p);
  if (!domain) return unauthenticated();
  set_project(c, *p, *domain);
  c.roles = roles_of_user(s, user_id, project_target(s, *p));
  c.audit_ids.push_back(grant_note(s, user_id, "project", p->id));
  return c.roles.empty() ? Status(unauthenticated()) : Status();
}

Status to_domain(db::Session& s, const std::string& user_id, const DomainRef& ref, Claims& c) {
  auto d = domain_by(s, ref);
  if (!d) return unauthenticated();
  c.scope = Claims::Scope::domain;
  c.domain_id = d->id;
  c.domain_name = d->name;
  c.roles = roles_of_user(s, user_id, {"domain", d->id, {}});
  c.audit_ids.push_back(grant_note(s, user_id, "domain", d->id));
  return c.roles.empty() ? Status(unauthenticated()) : Status();
}

// Only the roles that were delegated, as far as their giver still has them.
void keep_only(Claims& c, const std::vector<RoleRef>& delegated, const Implications& implied) {
  std::set<std::string> ids;
  for (const RoleRef& r : delegated) ids.insert(r.id.value_or(""));
  ids = with_implied(ids, implied);
  std::erase_if(c.roles, [&](const Role& r) { return !ids.contains(r.id); });
}

Status to_trust(db::Session& s, TimeUs now, const Proven& proven, const std::string& id,
                Claims& c) {
  auto trust = kTrusts.find(s, id);
  if (!trust || trust->trustee_user_id != proven.user.id || !trust->project_id)
    return unauthenticated();
  auto expires = parse_iso(trust->expires_at.value_or(""));
  if (expires && *expires <= now) return unauthenticated();
  auto trustor = kUsers.find(s, trust->trustor_user_id);
  if (!trustor || !trustor->enabled) return unauthenticated();
  auto home = kProjects.find(s, trustor->domain_id);
  if (!home || !home->enabled) return unauthenticated();
  TRYV(to_project(s, trustor->id, kProjects.find(s, *trust->project_id), c));
  keep_only(c, trust->roles, implications(s));
  if (c.roles.empty()) return unauthenticated();
  if (trust->impersonation) {
    c.user_id = trustor->id;
    c.user_name = trustor->name;
    c.user_domain_id = home->id;
    c.user_domain_name = home->name;
  }
  if (expires) c.expires_us = std::min(c.expires_us, *expires);
  c.audit_ids.push_back("tr:" + trust->id);
  c.audit_ids.push_back(grant_note(s, trust->trustee_user_id, "trust", trust->id));
  return {};
}

// A trust with a number of uses spends one for each token.
Status spend_use(db::Session& s, const std::string& id) {
  auto trust = kTrusts.find(s, id);
  if (!trust) return unauthenticated();
  if (!trust->remaining_uses) return {};
  if (*trust->remaining_uses <= 0) return unauthenticated();
  trust->remaining_uses = *trust->remaining_uses - 1;
  kTrusts.update(s, *trust);
  return {};
}

Status to_app_credential(db::Session& s, const Proven& proven, Claims& c) {
  const ApplicationCredential& ac = *proven.app_credential;
  TRYV(to_project(s, proven.user.id, kProjects.find(s, ac.project_id), c));
  keep_only(c, ac.roles, implications(s));
  if (c.roles.empty()) return unauthenticated();
  if (auto expires = parse_iso(ac.expires_at.value_or("")))
    c.expires_us = std::min(c.expires_us, *expires);
  c.audit_ids.push_back((ac.unrestricted ? "au:" : "ac:") + ac.id);
  for (const std::string& id : ac.access_rules) {
    auto rule = kAccessRules.find(s, id);
    if (!rule) return unauthenticated();
    c.audit_ids.push_back(access_note(rule->service, rule->method, rule->path));
  }
  return {};
}

Status apply(db::Session& s, TimeUs now, const Proven& proven, const ScopeRequest& scope,
             Claims& c) {
  using Kind = ScopeRequest::Kind;
  if (proven.app_credential) {
    if (scope.kind != Kind::none) return unauthenticated();  // its project is its scope
    return to_app_credential(s, proven, c);
  }
  switch (scope.kind) {
    case Kind::unscoped:
      return {};
    case Kind::project:
      return to_project(s, proven.user.id, project_by(s, scope.project), c);
    case Kind::domain:
      return to_domain(s, proven.user.id, scope.domain, c);
    case Kind::trust:
      return to_trust(s, now, proven, scope.trust_id, c);
    case Kind::system:
      c.scope = Claims::Scope::system;
      c.roles = roles_of_user(s, proven.user.id, {"system", "all", {}});
      c.audit_ids.push_back(grant_note(s, proven.user.id, "system", "all"));
      return c.roles.empty() ? Status(unauthenticated()) : Status();
    case Kind::none:
      break;
  }
  if (!proven.user.default_project_id) return {};
  Claims with_default = c;
  auto p = kProjects.find(s, *proven.user.default_project_id);
  if (to_project(s, proven.user.id, p, with_default).ok()) c = std::move(with_default);
  return {};
}

}  // namespace

Result<Claims> scoped_claims(Identity& me, const Proven& proven, const ScopeRequest& scope) {
  Claims c;
  c.user_id = proven.user.id;
  c.user_name = proven.user.name;
  c.user_domain_id = proven.user_domain.id;
  c.user_domain_name = proven.user_domain.name;
  c.methods = proven.methods;
  c.issued_us = proven.at_us;
  c.expires_us = proven.parent ? proven.parent->expires_us : proven.at_us + me.token_life_us;
  std::string raw(16, '\0');
  me.random.fill({reinterpret_cast<uint8_t*>(raw.data()), raw.size()});
  c.audit_ids = {auth::base64url(raw)};
  if (proven.parent && !proven.parent->audit_ids.empty())
    c.audit_ids.push_back(proven.parent->audit_ids.front());
  TimeUs now = me.clock.now_us();
  if (scope.kind == ScopeRequest::Kind::trust) {
    TRYV(me.db.write([&](db::Session& s) -> Status {
      TRYV(apply(s, now, proven, scope, c));
      return spend_use(s, scope.trust_id);
    }));
    return c;
  }
  TRYV(me.db.read([&](db::Session& s) { return apply(s, now, proven, scope, c); }));
  return c;
}

}  // namespace nuri::identity
