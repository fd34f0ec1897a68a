#include <algorithm>

#include "services/identity/routes/identity.h"
#include "services/identity/store/grants.h"
#include "services/identity/store/schema.h"

namespace nuri::identity {

namespace {

// Keystone's max_request_body_size.
constexpr uint64_t kMaxBody = 114'688;

// Does all that the path names belong to the domain; roles of the cloud belong to all.
bool all_in_domain(db::Session& s, const Context& context, const std::string& domain_id) {
  for (const auto& [name, id] : context.params) {
    bool in = true;
    if (name == "user_id") {
      auto found = kUsers.find(s, id);
      in = found && found->domain_id == domain_id;
    } else if (name == "group_id") {
      auto found = kGroups.find(s, id);
      in = found && found->domain_id == domain_id;
    } else if (name == "project_id") {
      auto found = kProjects.find(s, id);
      in = found && (found->is_domain ? found->id : found->domain_id) == domain_id;
    } else if (name == "domain_id") {
      in = id == domain_id;
    } else if (name == "role_id") {
      auto found = kRoles.find(s, id);
      in = found && (found->domain_id.empty() || found->domain_id == domain_id);
    }
    if (!in) return false;
  }
  return true;
}

// Who rules the cloud is not to be had by way of a domain: not by its password, nor by its groups.
bool names_ruler(db::Session& s, const Context& context, TimeUs now) {
  const std::string &user = context.param("user_id"), &group = context.param("group_id");
  return (!user.empty() && rules_cloud(s, "user", user, now)) ||
         (!group.empty() && rules_cloud(s, "group", group, now));
}

Result<bool> by_domain(Identity& me, const Request& request, const Context& context, bool write) {
  const Claims& c = context.claims;
  bool role = c.has_role("admin") || (!write && (c.has_role("reader") || c.has_role("member")));
  if (c.scope != Claims::Scope::domain || c.domain_id.empty() || !role) return false;
  bool changes = request.method != "GET" && request.method != "HEAD";
  return me.db.read([&](db::Session& s) {
    return all_in_domain(s, context, c.domain_id) &&
           !(changes && names_ruler(s, context, me.clock.now_us()));
  });
}

Result<bool> allowed(Identity& me, Who who, const Request& request, const Context& context) {
  const Claims& c = context.claims;
  auto is = [](const std::string& mine, const std::string& id) {
    return !id.empty() && mine == id;
  };
  bool self = is(c.user_id, context.param("user_id"));
  const std::string &project = context.param("project_id"), &domain = context.param("domain_id");
  switch (who) {
    case Who::nobody:
      return false;
    case Who::open:
    case Who::anyone:
    case Who::party:
      return true;
    case Who::service:
      return c.is_service();
    case Who::admin:
      return may_manage(c);
    case Who::admin_read:
      return may_read(c);
    case Who::domain_admin:
      return may_manage(c) ? Result<bool>(true) : by_domain(me, request, context, true);
    case Who::domain_read:
      return may_read(c) ? Result<bool>(true) : by_domain(me, request, context, false);
    case Who::own_user:
      return may_read(c) || self;
    case Who::own_user_write:
      return may_manage(c) || self;
    case Who::only_user:
      return self;
    case Who::user_of_domain:
      return may_read(c) || self ? Result<bool>(true) : by_domain(me, request, context, false);
    case Who::own_project:
      if (may_read(c) || is(c.project_id, project)) return true;
      return by_domain(me, request, context, false);
    case Who::own_domain:
      return may_read(c) || is(c.domain_id, domain) || is(c.project_domain_id, domain) ||
             is(c.user_domain_id, domain);
  }
  return false;
}

}  // namespace

bool may_manage(const Claims& c) { return c.is_admin() || c.is_service(); }
bool may_read(const Claims& c) {
  bool role = c.has_role("reader") || c.has_role("member");
  return may_manage(c) || (c.scope == Claims::Scope::system && role);
}

std::string confined_to(const Claims& c) {
  return c.scope == Claims::Scope::domain ? c.domain_id : "";
}

Status within_reach(const Context& context, const std::string& domain_id, std::string_view action) {
  std::string end = confined_to(context.claims);
  return end.empty() || end == domain_id ? Status() : Status(not_authorised(action));
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

Who who_may(std::string_view action) {
  for (const Permission& p : permissions()) {
    if (p.action == action) return p.who;
  }
  return Who::nobody;
}

void add_rules(Router& router, Identity& identity, std::span<const Rule> rules) {
  for (const Rule& rule : rules) {
    Who who = who_may(rule.action);
    Route route;
    route.method = rule.method;
    route.pattern = rule.pattern;
    route.access = who == Who::open ? Access::open : Access::token;
    route.max_body = kMaxBody;
    route.handler = [&identity, rule, who](const Request& request,
                                           Context& context) -> Result<Response> {
      TRYV(identity.cache.refresh());
      // An agent's token says nothing here: agents ask the services that own their work.
      if (context.claims.is_agent() || !TRY(allowed(identity, who, request, context)))
        return not_authorised(rule.action);
      return rule.handle(identity, request, context);
    };
    document(router.add(std::move(route)), rule);
  }
}

std::vector<Rule> all_rules() {
  std::vector<Rule> out;
  for (auto rules : {version_rules(), token_rules(), domain_rules(), project_rules(), tag_rules(),
                     user_rules(), group_rules(), role_rules(), grant_rules(), assignment_rules(),
                     catalog_rules(), region_rules(), policy_rules(), credential_rules(),
                     application_credential_rules(), trust_rules(), internal_rules()}) {
    out.insert(out.end(), rules.begin(), rules.end());
  }
  return out;
}

void add_routes(Router& router, Identity& identity) {
  std::vector<Rule> rules = all_rules();
  add_rules(router, identity, rules);
}

}  // namespace nuri::identity
