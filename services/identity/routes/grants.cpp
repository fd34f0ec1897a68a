#include "services/identity/store/grants.h"

#include <deque>

#include "services/identity/routes/lookup.h"
#include "services/identity/routes/removal.h"

// Who has which role where. The same handlers serve each path: what the path names says which kind
// of actor (user, group) and of target (project, domain, system) it is about.
namespace nuri::identity {

namespace {

// The grant that a path is about, each part of it known to exist; `role` of it empty in a list's
// path.
Result<Grant> grant_of(db::Session& s, const Request& request, const Context& context,
                       bool deleting = false) {
  Grant g;
  g.inherited = request.path.ends_with("/inherited_to_projects");
  std::string domain_id;
  if (const std::string& id = context.param("project_id"); !id.empty()) {
    Project p = TRY(need_project(s, id));
    g.target_kind = "project";
    g.target_id = p.id;
    domain_id = p.is_domain ? p.id : p.domain_id;
  } else if (const std::string& domain = context.param("domain_id"); !domain.empty()) {
    g.target_id = domain_id = TRY(need_domain(s, domain)).id;
    g.target_kind = "domain";
  } else {
    g.target_kind = "system";
    g.target_id = "all";
  }
  g.actor_kind = context.param("user_id").empty() ? "group" : "user";
  g.actor_id = g.actor_kind == "user" ? context.param("user_id") : context.param("group_id");
  if (g.actor_kind == "user")
    TRY(need_user(s, g.actor_id));
  else
    TRY(need_group(s, g.actor_id));
  if (const std::string& id = context.param("role_id"); !id.empty()) {
    RoleRow role = TRY(need_role(s, id));
    if (!deleting && !role.domain_id.empty() && role.domain_id != domain_id) {
      return forbidden("The role " + role.id +
                       " belongs to another domain than the target of the grant.");
    }
    g.role_id = role.id;
  }
  return g;
}

// A domain's administrator hands out no role that reaches beyond the domain.
Status refuse_ruling(db::Session& s, const Context& context, const Grant& g, const char* action) {
  bool reaches = (g.target_kind != "domain" || g.inherited) && ruling_role(s, g.role_id);
  return reaches && !confined_to(context.claims).empty() ? Status(not_authorised(action))
                                                         : Status();
}

Error no_grant(const Grant& g) {
  return not_found("Could not find role assignment with role: " + g.role_id + ", user or group: " +
                   g.actor_id + ", project, domain, or system: " + g.target_id + ".");
}

Result<Response> put(Identity& me, const Request& request, Context& context) {
  TRYV(me.db.write([&](db::Session& s) -> Status {
    Grant g = TRY(grant_of(s, request, context));
    TRYV(refuse_ruling(s, context, g, "identity:create_grant"));
    put_grant(s, g);
    return {};
  }));
  return Response::empty(204);
}

Result<Response> check(Identity& me, const Request& request, Context& context) {
  TRYV(me.db.read([&](db::Session& s) -> Status {
    Grant g = TRY(grant_of(s, request, context));
    return has_grant(s, g) ? Status() : Status(no_grant(g));
  }));
  return Response::empty(204);
}

Result<Response> remove(Identity& me, const Request& request, Context& context) {
  TRYV(me.db.write([&](db::Session& s) -> Status {
    Grant g = TRY(grant_of(s, request, context, true));
    TRYV(refuse_ruling(s, context, g, "identity:revoke_grant"));
    if (!remove_grant(s, g)) return no_grant(g);
    revoke_grant(me, s, g);
    if (g.target_kind != "project") return {};
    auto users =
        g.actor_kind == "user" ? std::vector<std::string>{g.actor_id} : members_of(s, g.actor_id);
    for (const auto& u : users)
      drop_application_credentials(me, s, "user_id=?1 AND project_id=?2", {u, g.target_id});
    return {};
  }));
  return Response::empty(204);
}

Result<Response> list(Identity& me, const Request& request, Context& context) {
  auto roles = TRY(me.db.read([&](db::Session& s) -> Result<std::vector<RoleRow>> {
    Grant g = TRY(grant_of(s, request, context));
    std::vector<RoleRow> out;
    for (const Grant& found :
         grants_at(s, g.actor_kind, g.actor_id, g.target_kind, g.target_id, g.inherited)) {
      if (auto role = kRoles.find(s, found.role_id)) out.push_back(std::move(*role));
    }
    return out;
  }));
  return shown_list(kRoleKind, roles, request, context);
}

class GrantRules {
 public:
  GrantRules() {
    for (const char* actor : {"/users/{user_id}", "/groups/{group_id}"}) {
      for (const char* target : {"/v3/projects/{project_id}", "/v3/domains/{domain_id}"}) {
        std::string inherit = "/v3/OS-INHERIT" + std::string(target + 3) + actor + "/roles";
        one_list(std::string(target) + actor + "/roles", "grant");
        one_role(std::string(target) + actor + "/roles/{role_id}", "grant");
        one_list(inherit + "/inherited_to_projects", "grant");
        one_role(inherit + "/{role_id}/inherited_to_projects", "grant");
      }
      one_list(std::string("/v3/system") + actor + "/roles", "system_grant");
      one_role(std::string("/v3/system") + actor + "/roles/{role_id}", "system_grant");
    }
  }
  std::span<const Rule> rules() const { return rules_; }

 private:
  void add(const char* method, const std::string& pattern, const std::string& action,
           Handle handle) {
    const char* kept_pattern = texts_.emplace_back(pattern).c_str();
    const char* kept_action = texts_.emplace_back("identity:" + action).c_str();
    rules_.push_back({method, kept_pattern, kept_action, handle});
  }
  void one_list(const std::string& pattern, const std::string& what) {
    add("GET", pattern, "list_" + what + "s", list);
  }
  void one_role(const std::string& pattern, const std::string& what) {
    add("PUT", pattern, "create_" + what, put);
    add("HEAD", pattern, "check_" + what, check);
    add("GET", pattern, "check_" + what, check);
    add("DELETE", pattern, "revoke_" + what, remove);
  }
  std::deque<std::string> texts_;  // a deque: its strings stay where they are
  std::vector<Rule> rules_;
};

}  // namespace

std::span<const Rule> grant_rules() {
  static const GrantRules all;
  return all.rules();
}

}  // namespace nuri::identity
