#include "services/identity/routes/authenticate.h"
#include "services/identity/routes/lookup.h"
#include "services/identity/routes/removal.h"
#include "services/identity/store/grants.h"

namespace nuri::identity {

namespace {

Result<Response> create_user(Identity& me, const Request& request, Context& context) {
  User u = TRY(read_new(kUserKind, request));
  u.id = me.random.hex_id();
  u.domain_id = domain_or_default(u.domain_id, context);
  TRYV(within_reach(context, u.domain_id, "identity:create_user"));
  if (u.password) u.password_hash = TRY(me.hasher.hash(*u.password));
  TRYV(me.db.write([&](db::Session& s) -> Status {
    TRY(need_domain(s, u.domain_id));
    TRYV(unique_name(s, kUsers, u, "user"));
    kUsers.insert(s, u);
    return {};
  }));
  return shown(201, kUserKind, u, context);
}

Result<Response> list_users(Identity& me, const Request& request, Context& context) {
  Filter f;
  f.text(request, "name")
      .text(request, "domain_id")
      .text(request, "default_project_id")
      .flag(request, "enabled")
      .within(context);
  auto users = TRY(me.db.read([&](db::Session& s) { return kUsers.list(s, f.where(), f.args()); }));
  return shown_list(kUserKind, users, request, context);
}

Result<Response> show_user(Identity& me, const Request&, Context& context) {
  User u = TRY(me.db.read([&](db::Session& s) { return need_user(s, context.param("user_id")); }));
  return shown(200, kUserKind, u, context);
}

Result<Response> update_user(Identity& me, const Request& request, Context& context) {
  Json body = TRY(body_member(request.body, "user"));
  User asked;
  TRYV(kUserFields.update(asked, body));
  std::optional<std::string> hash;
  if (asked.password) hash = TRY(me.hasher.hash(*asked.password));
  User u = TRY(me.db.write([&](db::Session& s) -> Result<User> {
    User old = TRY(need_user(s, context.param("user_id")));
    User now = old;
    TRYV(read_changes(kUserKind, body, now));
    if (now.domain_id != old.domain_id) return bad_request("Cannot change Domain ID", "domain_id");
    TRYV(unique_name(s, kUsers, now, "user"));
    if (hash) now.password_hash = hash;
    if (hash || (old.enabled && !now.enabled)) {
      me.revocations.user(s, now.id);
      revoke_trusts_of(me, s, now.id);
    }
    kUsers.update(s, now);
    return now;
  }));
  return shown(200, kUserKind, u, context);
}

Result<Response> delete_user(Identity& me, const Request&, Context& context) {
  TRYV(me.db.write([&](db::Session& s) -> Status {
    User u = TRY(need_user(s, context.param("user_id")));
    remove_user(me, s, u.id);
    return {};
  }));
  return Response::empty(204);
}

// Needs no token: the old password is the proof.
Result<Response> change_password(Identity& me, const Request& request, Context& context) {
  Json body = TRY(body_member(request.body, "user"));
  PasswordChange change = TRY(kPasswordChangeFields.read(body));
  UserRef who;
  who.id = context.param("user_id");
  User known = TRY(check_password(me, who, change.original_password, request.peer));
  if (!known.enabled) return unauthenticated();
  std::string hash = TRY(me.hasher.hash(change.password));
  TRYV(me.db.write([&](db::Session& s) -> Status {
    User u = TRY(need_user(s, known.id));
    // Changed by another meanwhile: what was proved no longer holds.
    if (u.password_hash != known.password_hash) return unauthenticated();
    u.password_hash = hash;
    kUsers.update(s, u);
    me.revocations.user(s, u.id);
    revoke_trusts_of(me, s, u.id);
    return {};
  }));
  return Response::empty(204);
}

Result<Response> user_projects(Identity& me, const Request& request, Context& context) {
  auto projects = TRY(me.db.read([&](db::Session& s) -> Result<std::vector<Project>> {
    User u = TRY(need_user(s, context.param("user_id")));
    return projects_of_user(s, u.id);
  }));
  return shown_list(kProjectKind, projects, request, context);
}

Result<Response> user_groups(Identity& me, const Request& request, Context& context) {
  auto groups = TRY(me.db.read([&](db::Session& s) -> Result<std::vector<Group>> {
    User u = TRY(need_user(s, context.param("user_id")));
    return kGroups.list(s, "id IN (SELECT group_id FROM group_members WHERE user_id=?1)", {u.id});
  }));
  return shown_list(kGroupKind, groups, request, context);
}

constexpr Rule kRules[] = {
    {"GET", "/v3/users", "identity:list_users", list_users},
    {"POST", "/v3/users", "identity:create_user", create_user},
    {"GET", "/v3/users/{user_id}", "identity:get_user", show_user},
    {"PATCH", "/v3/users/{user_id}", "identity:update_user", update_user},
    {"DELETE", "/v3/users/{user_id}", "identity:delete_user", delete_user},
    {"POST", "/v3/users/{user_id}/password", "identity:change_password", change_password},
    {"GET", "/v3/users/{user_id}/projects", "identity:list_user_projects", user_projects},
    {"GET", "/v3/users/{user_id}/groups", "identity:list_groups_for_user", user_groups},
};

}  // namespace

std::span<const Rule> user_rules() { return kRules; }

}  // namespace nuri::identity
