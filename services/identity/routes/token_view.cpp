#include "services/identity/routes/authenticate.h"
#include "services/identity/routes/views.h"
#include "services/identity/store/schema.h"

namespace nuri::identity {

namespace {

Json named(const std::string& id, const std::string& name) {
  return Json::object({{"id", id}, {"name", name}});
}

void put_scope(Json& t, const Claims& c) {
  switch (c.scope) {
    case Claims::Scope::unscoped:
      break;
    case Claims::Scope::project: {
      Json project = named(c.project_id, c.project_name);
      project.set("domain", named(c.project_domain_id, c.project_domain_name));
      t.set("is_domain", c.project_id == c.project_domain_id);
      t.set("project", std::move(project));
      break;
    }
    case Claims::Scope::domain:
      t.set("domain", named(c.domain_id, c.domain_name));
      break;
    case Claims::Scope::system:
      t.set("system", Json::object({{"all", true}}));
      break;
  }
  if (c.scope == Claims::Scope::unscoped) return;
  Json roles = Json::array();
  for (const Role& r : c.roles) roles.push_back(named(r.id, r.name));
  t.set("roles", std::move(roles));
}

// What a token hangs on besides its user: an application credential, a trust.
Status put_notes(Identity& me, Json& t, const Claims& c) {
  auto restricted = noted(c, "ac:"), unrestricted = noted(c, "au:"), trust = noted(c, "tr:");
  if (!restricted && !unrestricted && !trust) return {};
  return me.db.read([&](db::Session& s) -> Status {
    if (restricted || unrestricted) {
      auto ac = kApplicationCredentials.find(s, restricted ? *restricted : *unrestricted);
      if (!ac) return {};
      Json shown = named(ac->id, ac->name);
      shown.set("restricted", restricted.has_value());
      Json rules = Json::array();
      for (const std::string& id : ac->access_rules) {
        if (auto rule = kAccessRules.find(s, id)) rules.push_back(kAccessRuleFields.write(*rule));
      }
      if (rules.size()) shown.set("access_rules", std::move(rules));
      t.set("application_credential", std::move(shown));
    } else if (auto tr = kTrusts.find(s, *trust)) {
      t.set("OS-TRUST:trust",
            Json::object({{"id", tr->id},
                          {"impersonation", tr->impersonation},
                          {"trustor_user", Json::object({{"id", tr->trustor_user_id}})},
                          {"trustee_user", Json::object({{"id", tr->trustee_user_id}})}}));
    }
    return {};
  });
}

}  // namespace

Result<std::string> token_body(Identity& me, const Claims& c, const Request& request,
                               bool with_catalog) {
  std::string base = cloud_base(request);
  auto catalog = TRY(me.cache.catalog());  // before the kept body: it may throw that away
  std::string key =
      (c.audit_ids.empty() ? "" : c.audit_ids.front()) + (with_catalog ? " c " : " - ") + base;
  if (auto kept = me.cache.body(key)) return *kept;
  Json user = named(c.user_id, c.user_name);
  user.set("domain", named(c.user_domain_id, c.user_domain_name));
  user.set("password_expires_at", nullptr);
  Json audit = Json::array();
  for (const auto& a : c.audit_ids) {
    if (a.find(':') == std::string::npos) audit.push_back(a);
  }
  Json t = Json::object({{"methods", Json::strings(c.methods)},
                         {"user", std::move(user)},
                         {"audit_ids", std::move(audit)},
                         {"expires_at", iso_micros(c.expires_us)},
                         {"issued_at", iso_micros(c.issued_us)}});
  put_scope(t, c);
  TRYV(put_notes(me, t, c));
  if (with_catalog && c.scope != Claims::Scope::unscoped) {
    t.set("catalog", catalog_json(*catalog, {base, c.project_id, c.user_id}));
  }
  std::string out = Json::object({{"token", std::move(t)}}).dump();
  me.cache.keep_body(key, out);
  return out;
}

}  // namespace nuri::identity
