#include <map>

#include "services/identity/routes/lookup.h"
#include "services/identity/store/grants.h"

// GET /v3/role_assignments: grants as they were made or, ?effective, what they come to: members for
// groups, projects for what is inherited, implied roles spelled out.
namespace nuri::identity {

namespace {

// A grant to show, and where it came from if it was not made so.
struct Shown {
  Grant grant, made;
};

std::string url_of(const Grant& g, const Context& context) {
  std::string target =
      g.target_kind == "system" ? "/system" : "/" + g.target_kind + "s/" + g.target_id;
  return context.base_url + "/v3" + (g.inherited ? "/OS-INHERIT" : "") + target + "/" +
         g.actor_kind + "s/" + g.actor_id + "/roles/" + g.role_id +
         (g.inherited ? "/inherited_to_projects" : "");
}

std::vector<Shown> as_made(const std::vector<Grant>& grants) {
  std::vector<Shown> out;
  for (const Grant& g : grants) out.push_back({g, g});
  return out;
}

void spread_inherited(db::Session& s, const Shown& from, std::vector<Shown>& out) {
  if (!from.grant.inherited) {
    out.push_back(from);
    return;
  }
  for (const Project& p : below(s, from.grant.target_id)) {
    Shown next = from;
    next.grant.target_kind = "project";
    next.grant.target_id = p.id;
    next.grant.inherited = false;
    out.push_back(std::move(next));
  }
}

std::vector<Shown> effective(db::Session& s, const std::vector<Grant>& grants) {
  Implications implied = implications(s);
  std::vector<Shown> placed, out;
  for (const Grant& g : grants) spread_inherited(s, {g, g}, placed);
  for (const Shown& p : placed) {
    auto actors = p.grant.actor_kind == "user" ? std::vector<std::string>{p.grant.actor_id}
                                               : members_of(s, p.grant.actor_id);
    for (const auto& [role, unused_name] :
         named_roles(s, with_implied({p.grant.role_id}, implied))) {
      for (const std::string& user : actors) {
        Shown next = p;
        next.grant.actor_kind = "user";
        next.grant.actor_id = user;
        next.grant.role_id = role;
        out.push_back(std::move(next));
      }
    }
  }
  return out;
}

struct Wanted {
  std::string user, group, role, project, domain;
  bool system = false, inherited = false, effective = false, names = false, subtree = false;
};

Result<Wanted> wanted_of(const Request& request) {
  const Query& q = request.query;
  Wanted w{q.get("user.id"), q.get("group.id"), q.get("role.id"), q.get("scope.project.id"),
           q.get("scope.domain.id")};
  w.system = q.contains("scope.system");
  w.inherited = q.contains("scope.OS-INHERIT:inherited_to");
  w.effective = flag_filter(request, "effective").value_or(false);
  w.names = flag_filter(request, "include_names").value_or(false);
  w.subtree = flag_filter(request, "include_subtree").value_or(false);
  if (!w.user.empty() && !w.group.empty())
    return bad_request("Specify a user or group, not both", "group.id");
  if (!w.project.empty() && !w.domain.empty())
    return bad_request("Specify a domain or project, not both", "scope.domain.id");
  if (w.effective && !w.group.empty()) {
    return bad_request("Combining effective and group filter will always result in an empty list.",
                       "group.id");
  }
  if (w.subtree && w.project.empty()) {
    return bad_request("scope.project.id must be specified if include_subtree is also specified",
                       "include_subtree");
  }
  return w;
}

bool fits(const Wanted& w, const Grant& g, const std::set<std::string>& projects) {
  auto is = [](const std::string& want, const std::string& kind, const Grant& grant) {
    return want.empty() || (grant.actor_kind == kind && grant.actor_id == want);
  };
  if (!is(w.user, "user", g) || !is(w.group, "group", g)) return false;
  if (!w.role.empty() && g.role_id != w.role) return false;
  if (!w.project.empty() && (g.target_kind != "project" || !projects.contains(g.target_id)))
    return false;
  if (!w.domain.empty() && (g.target_kind != "domain" || g.target_id != w.domain)) return false;
  if (w.system && g.target_kind != "system") return false;
  return !w.inherited || w.effective || g.inherited;
}

// {"id"} and, where names are asked for, {"name", "domain": {"id", "name"}}.
Json reference(db::Session& s, const std::string& kind, const std::string& id, bool names) {
  Json out = Json::object({{"id", id}});
  if (!names) return out;
  std::string domain;
  auto put = [&](const auto& found) {
    if (!found) return;
    out.set("name", found->name);
    domain = found->domain_id;
  };
  if (kind == "user")
    put(kUsers.find(s, id));
  else if (kind == "group")
    put(kGroups.find(s, id));
  else if (kind == "role")
    put(kRoles.find(s, id));
  else
    put(kProjects.find(s, id));
  if (domain.empty()) return out;
  auto row = kProjects.find(s, domain);
  out.set("domain", Json::object({{"id", domain}, {"name", row ? row->name : ""}}));
  return out;
}

Json assignment_json(db::Session& s, const Shown& a, bool names, const Context& context) {
  const Grant& g = a.grant;
  Json scope = Json::object();
  if (g.target_kind == "system")
    scope.set("system", Json::object({{"all", true}}));
  else
    scope.set(g.target_kind, reference(s, g.target_kind, g.target_id, names));
  if (g.inherited || (a.made.inherited && !(g == a.made)))
    scope.set("OS-INHERIT:inherited_to", "projects");
  Json links = Json::object({{"assignment", url_of(a.made, context)}});
  if (a.made.actor_kind == "group" && g.actor_kind == "user") {
    links.set("membership",
              context.base_url + "/v3/groups/" + a.made.actor_id + "/users/" + g.actor_id);
  }
  Json out = Json::object();
  out.set("links", std::move(links));
  out.set("role", reference(s, "role", g.role_id, names));
  out.set(g.actor_kind, reference(s, g.actor_kind, g.actor_id, names));
  out.set("scope", std::move(scope));
  return out;
}

// The domain that a grant's target is or lies in.
std::string domain_of(db::Session& s, const Grant& g) {
  if (g.target_kind != "project") return g.target_kind == "domain" ? g.target_id : "";
  auto p = kProjects.find(s, g.target_id);
  if (!p) return "";
  return p->is_domain ? p->id : p->domain_id;
}

Result<Response> list_assignments(Identity& me, const Request& request, Context& context) {
  Wanted w = TRY(wanted_of(request));
  Json list = TRY(me.db.read([&](db::Session& s) {
    std::set<std::string> projects{w.project};
    if (w.subtree) {
      for (const Project& p : below(s, w.project)) projects.insert(p.id);
    }
    auto grants = all_grants(s);
    if (std::string end = confined_to(context.claims); !end.empty())
      std::erase_if(grants, [&](const Grant& g) { return domain_of(s, g) != end; });
    Json out = Json::array();
    for (const Shown& a : w.effective ? effective(s, grants) : as_made(grants)) {
      if (fits(w, a.grant, projects)) out.push_back(assignment_json(s, a, w.names, context));
    }
    return out;
  }));
  return listed(request, context, "role_assignments", std::move(list));
}

constexpr Rule kRules[] = {
    {"GET", "/v3/role_assignments", "identity:list_role_assignments", list_assignments},
};

}  // namespace

std::span<const Rule> assignment_rules() { return kRules; }

}  // namespace nuri::identity
