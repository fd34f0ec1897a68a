#include "services/identity/routes/authenticate.h"
#include "services/identity/routes/lookup.h"
#include "services/identity/routes/removal.h"
#include "services/identity/store/grants.h"

namespace nuri::identity {

namespace {

// The hashes that a new password of the user must not fit: of the one in use, and of those before.
std::vector<std::string> barred(db::Session& s, const User& u, int unique_passwords) {
  if (unique_passwords < 2) return {};
  auto hashes =
      s.all("SELECT hash FROM password_history WHERE user_id=?1 ORDER BY number DESC LIMIT ?2",
            {u.id, unique_passwords - 2}, [](const db::Row& r) { return r.text(0); });
  hashes.push_back(u.password_hash.value_or(""));
  return hashes;
}

// Outside a transaction: each look costs a hash.
Status refuse_reuse(Identity& me, const User& u, const std::string& password) {
  auto hashes = TRY(me.db.read([&](db::Session& s) { return barred(s, u, me.unique_passwords); }));
  for (const std::string& hash : hashes) {
    if (!TRY(me.hasher.verify(password, hash))) continue;
    return bad_request(
        "The new password cannot be identical to a previous password. The total number which "
        "includes the new password must be unique is " +
            std::to_string(me.unique_passwords) + ".",
        "password");
  }
  return {};
}

// The hash that a password had which is in use no more, and no more of them than are looked at.
void remember(db::Session& s, const User& u, int unique_passwords) {
  if (unique_passwords < 2 || !u.password_hash) return;
  s.exec(
      "INSERT INTO password_history (user_id, number, hash) VALUES (?1, (SELECT"
      " coalesce(max(number), 0) + 1 FROM password_history WHERE user_id=?1), ?2)",
      {u.id, *u.password_hash});
  s.exec(
      "DELETE FROM password_history WHERE user_id=?1 AND number <= (SELECT max(number) FROM"
      " password_history WHERE user_id=?1) - ?2",
      {u.id, unique_passwords});
}

Result<Response> create_user(Identity& me, const Request& request, Context& context) {
  User u = TRY(read_new(kUserKind, request));
  u.id = me.random.hex_id();
  u.domain_id = domain_or_default(u.domain_id, context);
  TRYV(within_reach(context, u.domain_id, "identity:create_user"));
  if (u.password) u.password_hash = TRY(me.hasher.hash(*u.password));
  return me.db.write([&](db::Session& s) -> Result<Response> {
    TRY(need_domain(s, u.domain_id));
    TRYV(unique_name(s, kUsers, u, "user"));
    kUsers.insert(s, u);
    return shown(201, kUserKind, u, context);
  });
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
    if (hash) {
      remember(s, old, me.unique_passwords);
      now.password_hash = hash;
    }
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
  context.subject = {
      .type = "user", .id = *who.id, .action = "change_password", .user_id = *who.id};
  User known = TRY(check_password(me, who, change.original_password, request.peer));
  if (!known.enabled) return unauthenticated();
  TRYV(refuse_reuse(me, known, change.password));
  std::string hash = TRY(me.hasher.hash(change.password));
  TRYV(me.db.write([&](db::Session& s) -> Status {
    User u = TRY(need_user(s, known.id));
    // Changed by another meanwhile: what was proved no longer holds.
    if (u.password_hash != known.password_hash) return unauthenticated();
    remember(s, u, me.unique_passwords);
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
