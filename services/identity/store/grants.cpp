#include "services/identity/store/grants.h"

#include <algorithm>

#include "services/auth/token.h"
#include "services/identity/store/schema.h"

namespace nuri::identity {

namespace {

constexpr const char* kColumns =
    "SELECT actor_kind, actor_id, target_kind, target_id, role_id, inherited FROM grants";

Grant grant_of(const db::Row& r) {
  return {r.text(0), r.text(1), r.text(2), r.text(3), r.text(4), r.flag(5)};
}

db::Args args_of(const Grant& g) {
  return {g.actor_kind, g.actor_id, g.target_kind, g.target_id, g.role_id, g.inherited};
}

constexpr const char* kSame =
    " WHERE actor_kind=?1 AND actor_id=?2 AND target_kind=?3 AND target_id=?4 AND role_id=?5 AND "
    "inherited=?6";

}  // namespace

void put_grant(db::Session& s, const Grant& g) {
  s.exec(
      "INSERT INTO grants (actor_kind, actor_id, target_kind, target_id, role_id, inherited)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
      args_of(g));
}

bool has_grant(db::Session& s, const Grant& g) {
  return s.count(std::string("SELECT count(*) FROM grants") + kSame, args_of(g)) > 0;
}

bool remove_grant(db::Session& s, const Grant& g) {
  return s.exec(std::string("DELETE FROM grants") + kSame, args_of(g)) > 0;
}

std::vector<Grant> all_grants(db::Session& s) { return s.all(kColumns, {}, grant_of); }

std::vector<Grant> grants_of_user(db::Session& s, const std::string& user_id) {
  return s.all(
      std::string(kColumns) +
          " WHERE (actor_kind='user' AND actor_id=?1) OR (actor_kind='group' AND actor_id IN"
          " (SELECT group_id FROM group_members WHERE user_id=?1))",
      {user_id}, grant_of);
}

std::vector<Grant> grants_of_actor(db::Session& s, const std::string& actor_kind,
                                   const std::string& actor_id) {
  return s.all(std::string(kColumns) + " WHERE actor_kind=?1 AND actor_id=?2",
               {actor_kind, actor_id}, grant_of);
}

std::vector<Grant> grants_at(db::Session& s, const std::string& actor_kind,
                             const std::string& actor_id, const std::string& target_kind,
                             const std::string& target_id, bool inherited) {
  return s.all(std::string(kColumns) +
                   " WHERE actor_kind=?1 AND actor_id=?2 AND target_kind=?3 AND target_id=?4 AND "
                   "inherited=?5",
               {actor_kind, actor_id, target_kind, target_id, inherited}, grant_of);
}

Implications implications(db::Session& s) {
  Implications out;
  s.each("SELECT prior_id, implied_id FROM implied_roles", {},
         [&](const db::Row& r) { out.emplace(r.text(0), r.text(1)); });
  return out;
}

Target project_target(db::Session& s, const Project& p) {
  Target out{"project", p.id, {}};
  std::string parent = p.parent_id;
  while (!parent.empty() && out.above.size() < 64) {
    out.above.push_back(parent);
    parent = s.one("SELECT parent_id FROM projects WHERE id=?1", {parent}, [](const db::Row& r) {
                return r.text(0);
              }).value_or("");
  }
  return out;
}

std::vector<Project> below(db::Session& s, const std::string& project_id) {
  std::vector<Project> out = kProjects.list(s, "parent_id=?1", {project_id});
  for (size_t i = 0; i < out.size(); ++i) {
    auto next = kProjects.list(s, "parent_id=?1", {out[i].id});
    out.insert(out.end(), next.begin(), next.end());
  }
  return out;
}

std::vector<Project> projects_of_user(db::Session& s, const std::string& user_id) {
  std::vector<Project> out;
  auto add = [&](const Project& p) {
    bool have = std::any_of(out.begin(), out.end(), [&](const Project& o) { return o.id == p.id; });
    if (have || !p.enabled) return;
    auto domain = kProjects.find(s, p.is_domain ? p.id : p.domain_id);
    if (domain && domain->enabled) out.push_back(p);
  };
  for (const Grant& g : grants_of_user(s, user_id)) {
    if (g.target_kind == "project" && !g.inherited) {
      if (auto p = kProjects.find(s, g.target_id)) add(*p);
    } else if (g.inherited) {
      for (const Project& p : below(s, g.target_id)) add(p);
    }
  }
  return out;
}

std::vector<Project> domains_of_user(db::Session& s, const std::string& user_id) {
  std::vector<Project> out;
  for (const Grant& g : grants_of_user(s, user_id)) {
    if (g.target_kind != "domain" || g.inherited) continue;
    bool have =
        std::any_of(out.begin(), out.end(), [&](const Project& o) { return o.id == g.target_id; });
    auto domain = kProjects.find(s, g.target_id);
    if (!have && domain && domain->enabled) out.push_back(*domain);
  }
  return out;
}

std::vector<Role> named_roles(db::Session& s, const std::set<std::string>& ids) {
  std::vector<Role> out;
  for (const std::string& id : ids) {
    auto role = kRoles.find(s, id);
    if (role && role->domain_id.empty()) out.push_back({role->id, role->name});
  }
  return out;
}

std::vector<Role> roles_of_user(db::Session& s, const std::string& user_id, const Target& target) {
  return named_roles(s, effective_roles(grants_of_user(s, user_id), target, implications(s)));
}

namespace {
std::string note_counter(const std::string& user_id, const std::string& kind,
                         const std::string& id) {
  return "grants:" + user_id + ":" + kind + ":" + id;
}
}  // namespace

std::string grant_note(db::Session& s, const std::string& user_id, const std::string& target_kind,
                       const std::string& target_id) {
  std::string counter = note_counter(user_id, target_kind, target_id);
  int64_t turn = s.count("SELECT value FROM counters WHERE name=?1", {counter});
  return "gr:" + auth::sha256_hex(counter + ":" + std::to_string(turn)).substr(0, 32);
}

void next_grant_note(db::Session& s, const std::string& user_id, const std::string& target_kind,
                     const std::string& target_id) {
  s.exec(
      "INSERT INTO counters (name, value) VALUES (?1, 1) ON CONFLICT (name) DO UPDATE SET "
      "value=counters.value+1",
      {note_counter(user_id, target_kind, target_id)});
}

bool ruling_role(db::Session& s, const std::string& role_id) {
  for (const Role& r : named_roles(s, with_implied({role_id}, implications(s)))) {
    if (r.name == "admin" || r.name == "service") return true;
  }
  return false;
}

namespace {
// Does a trust that can still be used let the user act with a role that rules?
bool trusted_to_rule(db::Session& s, const std::string& user_id, TimeUs now) {
  auto trusts = kTrusts.list(s, "trustee_user_id=?1", {user_id});
  return std::any_of(trusts.begin(), trusts.end(), [&](const Trust& t) {
    auto expires = parse_iso(t.expires_at.value_or(""));
    if ((expires && *expires <= now) || t.remaining_uses.value_or(1) <= 0) return false;
    return std::any_of(t.roles.begin(), t.roles.end(),
                       [&](const RoleRef& ref) { return ruling_role(s, ref.id.value_or("")); });
  });
}
}  // namespace

bool rules_cloud(db::Session& s, const std::string& actor_kind, const std::string& actor_id,
                 TimeUs now) {
  if (actor_kind == "user" && trusted_to_rule(s, actor_id, now)) return true;
  auto grants =
      actor_kind == "user" ? grants_of_user(s, actor_id) : grants_of_actor(s, actor_kind, actor_id);
  return std::any_of(grants.begin(), grants.end(), [&](const Grant& g) {
    return (g.target_kind != "domain" || g.inherited) && ruling_role(s, g.role_id);
  });
}

std::vector<std::string> members_of(db::Session& s, const std::string& group_id) {
  return s.all("SELECT user_id FROM group_members WHERE group_id=?1 ORDER BY user_id", {group_id},
               [](const db::Row& r) { return r.text(0); });
}

}  // namespace nuri::identity
