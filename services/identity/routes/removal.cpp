#include "services/identity/routes/removal.h"

#include "services/identity/store/grants.h"
#include "services/identity/store/schema.h"

namespace nuri::identity {

namespace {

void revoke_at(Identity& me, db::Session& s, const std::string& user, const std::string& kind,
               const std::string& id) {
  me.revocations.audit_id(s, grant_note(s, user, kind, id), me.clock.now_us() + me.token_life_us);
  next_grant_note(s, user, kind, id);
}

void revoke_for(Identity& me, db::Session& s, const Grant& g, const std::string& user) {
  if (!g.inherited) {
    revoke_at(me, s, user, g.target_kind, g.target_id);
    return;
  }
  for (const Project& p : below(s, g.target_id)) revoke_at(me, s, user, "project", p.id);
}

}  // namespace

void revoke_grant(Identity& me, db::Session& s, const Grant& g) {
  if (g.actor_kind == "user") {
    revoke_for(me, s, g, g.actor_id);
    return;
  }
  for (const std::string& user : members_of(s, g.actor_id)) revoke_for(me, s, g, user);
}

void revoke_membership(Identity& me, db::Session& s, const std::string& group_id,
                       const std::string& user_id) {
  for (const Grant& g : grants_of_actor(s, "group", group_id)) revoke_for(me, s, g, user_id);
}

void revoke_trusts_of(Identity& me, db::Session& s, const std::string& user_id) {
  for (const Trust& t : kTrusts.list(s, "trustor_user_id=?1 OR trustee_user_id=?1", {user_id}))
    revoke_at(me, s, t.trustee_user_id, "trust", t.id);
}

void drop_application_credentials(Identity& me, db::Session& s, const std::string& where,
                                  const db::Args& args) {
  for (const auto& ac : kApplicationCredentials.list(s, where, args)) {
    me.revocations.audit_id(s, (ac.unrestricted ? "au:" : "ac:") + ac.id,
                            me.clock.now_us() + me.token_life_us);
    kApplicationCredentials.remove(s, ac.id);
  }
}

namespace {

void drop_trusts(Identity& me, db::Session& s, const std::string& where, const db::Args& args) {
  for (const Trust& t : kTrusts.list(s, where, args)) {
    me.revocations.audit_id(s, "tr:" + t.id, me.clock.now_us() + me.token_life_us);
    kTrusts.remove(s, t.id);
  }
}

void drop_grants_of(db::Session& s, const char* kind, const std::string& id) {
  s.exec("DELETE FROM grants WHERE actor_kind=?1 AND actor_id=?2", {kind, id});
}

}  // namespace

void remove_user(Identity& me, db::Session& s, const std::string& id) {
  me.revocations.user(s, id);
  drop_grants_of(s, "user", id);
  s.exec("DELETE FROM counters WHERE name LIKE ?1", {"grants:" + id + ":%"});
  drop_application_credentials(me, s, "user_id=?1", {id});
  drop_trusts(me, s, "trustor_user_id=?1 OR trustee_user_id=?1", {id});
  s.exec("DELETE FROM access_rules WHERE user_id=?1", {id});
  s.exec("DELETE FROM password_history WHERE user_id=?1", {id});
  s.exec("DELETE FROM credentials WHERE user_id=?1", {id});
  s.exec("DELETE FROM group_members WHERE user_id=?1", {id});
  kUsers.remove(s, id);
}

void remove_group(Identity& me, db::Session& s, const std::string& id) {
  for (const Grant& g : grants_of_actor(s, "group", id)) revoke_grant(me, s, g);
  drop_grants_of(s, "group", id);
  s.exec("DELETE FROM group_members WHERE group_id=?1", {id});
  kGroups.remove(s, id);
}

void remove_role(Identity& me, db::Session& s, const std::string& id) {
  // Those who have it by way of a role that implies it have it in their tokens too.
  std::set<std::string> holders{id};
  Implications implied = implications(s);
  for (const auto& [prior, to] : implied) {
    if (with_implied({prior}, implied).contains(id)) holders.insert(prior);
  }
  for (const Grant& g : all_grants(s)) {
    if (holders.contains(g.role_id)) revoke_grant(me, s, g);
  }
  s.exec("DELETE FROM grants WHERE role_id=?1", {id});
  s.exec("DELETE FROM implied_roles WHERE prior_id=?1 OR implied_id=?1", {id});
  kRoles.remove(s, id);
}

void remove_project(Identity& me, db::Session& s, const std::string& id) {
  me.revocations.project(s, id);
  s.exec("DELETE FROM grants WHERE target_id=?1 AND target_kind IN ('project', 'domain')", {id});
  s.exec("DELETE FROM credentials WHERE project_id=?1", {id});
  s.exec("UPDATE users SET default_project_id=NULL WHERE default_project_id=?1", {id});
  drop_application_credentials(me, s, "project_id=?1", {id});
  drop_trusts(me, s, "project_id=?1", {id});
  kProjects.remove(s, id);
}

void remove_domain(Identity& me, db::Session& s, const std::string& id) {
  me.revocations.domain(s, id);
  for (const User& u : kUsers.list(s, "domain_id=?1", {id})) remove_user(me, s, u.id);
  for (const Group& g : kGroups.list(s, "domain_id=?1", {id})) remove_group(me, s, g.id);
  for (const RoleRow& r : kRoles.list(s, "domain_id=?1", {id})) remove_role(me, s, r.id);
  for (const Project& p : kProjects.list(s, "domain_id=?1", {id})) remove_project(me, s, p.id);
  remove_project(me, s, id);
}

}  // namespace nuri::identity
