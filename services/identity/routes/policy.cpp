#include "services/identity/routes/identity.h"

namespace nuri::identity {

namespace {

// Keystone's max_request_body_size.
constexpr uint64_t kMaxBody = 114'688;

bool allowed(Who who, const Context& context) {
  const Claims& c = context.claims;
  switch (who) {
    case Who::open:
    case Who::anyone:
      return true;
    case Who::admin:
      return may_manage(c);
    case Who::admin_read:
      return may_read(c);
    case Who::own_user:
      return may_read(c) || (!c.user_id.empty() && c.user_id == context.param("user_id"));
    case Who::own_user_write:
      return may_manage(c) || (!c.user_id.empty() && c.user_id == context.param("user_id"));
    case Who::only_user:
      return !c.user_id.empty() && c.user_id == context.param("user_id");
    case Who::own_project:
      return may_read(c) || (!c.project_id.empty() && c.project_id == context.param("project_id"));
    case Who::own_domain: {
      const std::string& id = context.param("domain_id");
      return may_read(c) || (!id.empty() && (c.domain_id == id || c.project_domain_id == id ||
                                             c.user_domain_id == id));
    }
    case Who::service:
      return c.is_service();
  }
  return false;
}

}  // namespace

bool may_manage(const Claims& c) { return c.is_admin() || c.is_service(); }
bool may_read(const Claims& c) {
  return may_manage(c) || (c.scope == Claims::Scope::system && c.is_reader());
}

Error no_such(std::string_view kind, std::string_view id) {
  return not_found("Could not find " + std::string(kind) + ": " + std::string(id.substr(0, 255)) +
                   ".");
}

Error not_authorised(std::string_view action) {
  return forbidden(
      "You are not authorized to perform the requested action: " + std::string(action) + ".");
}

Error unauthenticated() {
  return Error(ErrorCode::unauthorized, "The request you have made requires authentication.");
}

void add_rules(Router& router, Identity& identity, std::span<const Rule> rules) {
  for (const Rule& rule : rules) {
    Route route;
    route.method = rule.method;
    route.pattern = rule.pattern;
    route.access = rule.who == Who::open ? Access::open : Access::token;
    route.max_body = kMaxBody;
    route.handler = [&identity, rule](const Request& request,
                                      Context& context) -> Result<Response> {
      TRYV(identity.cache.refresh());
      if (!allowed(rule.who, context)) return not_authorised(rule.action);
      // An agent's token says nothing here: agents ask the services that own their work.
      if (context.claims.is_agent()) return not_authorised(rule.action);
      return rule.handle(identity, request, context);
    };
    router.add(std::move(route));
  }
}

void add_routes(Router& router, Identity& identity) {
  for (auto rules : {version_rules(), token_rules(), domain_rules(), project_rules(), tag_rules(),
                     user_rules(), group_rules(), role_rules(), grant_rules(), assignment_rules(),
                     catalog_rules(), region_rules(), policy_rules(), credential_rules(),
                     application_credential_rules(), trust_rules(), internal_rules()}) {
    add_rules(router, identity, rules);
  }
}

}  // namespace nuri::identity
