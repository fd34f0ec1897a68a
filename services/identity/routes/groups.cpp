#include "services/identity/routes/lookup.h"
#include "services/identity/routes/removal.h"
#include "services/identity/store/grants.h"

namespace nuri::identity {

namespace {

Result<Response> create_group(Identity& me, const Request& request, Context& context) {
  Group g = TRY(read_new(kGroupKind, request));
  g.id = me.random.hex_id();
  g.domain_id = domain_or_default(g.domain_id, context);
  TRYV(within_reach(context, g.domain_id, "identity:create_group"));
  return me.db.write([&](db::Session& s) -> Result<Response> {
    TRY(need_domain(s, g.domain_id));
    TRYV(unique_name(s, kGroups, g, "group"));
    kGroups.insert(s, g);
    return shown(201, kGroupKind, g, context);
  });
}

Result<Response> list_groups(Identity& me, const Request& request, Context& context) {
  Filter f;
  f.text(request, "name").text(request, "domain_id").within(context);
  auto groups =
      TRY(me.db.read([&](db::Session& s) { return kGroups.list(s, f.where(), f.args()); }));
  return shown_list(kGroupKind, groups, request, context);
}

Result<Response> show_group(Identity& me, const Request&, Context& context) {
  Group g =
      TRY(me.db.read([&](db::Session& s) { return need_group(s, context.param("group_id")); }));
  return shown(200, kGroupKind, g, context);
}

Result<Response> update_group(Identity& me, const Request& request, Context& context) {
  Json body = TRY(body_member(request.body, "group"));
  Group g = TRY(me.db.write([&](db::Session& s) -> Result<Group> {
    Group old = TRY(need_group(s, context.param("group_id")));
    Group now = old;
    TRYV(read_changes(kGroupKind, body, now));
    if (now.domain_id != old.domain_id) return bad_request("Cannot change Domain ID", "domain_id");
    TRYV(unique_name(s, kGroups, now, "group"));
    kGroups.update(s, now);
    return now;
  }));
  return shown(200, kGroupKind, g, context);
}

Result<Response> delete_group(Identity& me, const Request&, Context& context) {
  TRYV(me.db.write([&](db::Session& s) -> Status {
    Group g = TRY(need_group(s, context.param("group_id")));
    remove_group(me, s, g.id);
    return {};
  }));
  return Response::empty(204);
}

Result<Response> list_members(Identity& me, const Request& request, Context& context) {
  auto users = TRY(me.db.read([&](db::Session& s) -> Result<std::vector<User>> {
    Group g = TRY(need_group(s, context.param("group_id")));
    return kUsers.list(s, "id IN (SELECT user_id FROM group_members WHERE group_id=?1)", {g.id});
  }));
  return shown_list(kUserKind, users, request, context);
}

struct Membership {
  std::string group, user;
};

Result<Membership> membership(db::Session& s, const Context& context) {
  Group g = TRY(need_group(s, context.param("group_id")));
  User u = TRY(need_user(s, context.param("user_id")));
  return Membership{g.id, u.id};
}

Error not_member(const Membership& m) {
  return not_found("User '" + m.user + "' not found in group '" + m.group + "'.");
}

Result<Response> add_member(Identity& me, const Request&, Context& context) {
  TRYV(me.db.write([&](db::Session& s) -> Status {
    Membership m = TRY(membership(s, context));
    s.exec("INSERT INTO group_members (group_id, user_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
           {m.group, m.user});
    return {};
  }));
  return Response::empty(204);
}

Result<Response> check_member(Identity& me, const Request&, Context& context) {
  TRYV(me.db.read([&](db::Session& s) -> Status {
    Membership m = TRY(membership(s, context));
    bool in = s.count("SELECT count(*) FROM group_members WHERE group_id=?1 AND user_id=?2",
                      {m.group, m.user}) > 0;
    return in ? Status() : Status(not_member(m));
  }));
  return Response::empty(204);
}

Result<Response> remove_member(Identity& me, const Request&, Context& context) {
  TRYV(me.db.write([&](db::Session& s) -> Status {
    Membership m = TRY(membership(s, context));
    if (!s.exec("DELETE FROM group_members WHERE group_id=?1 AND user_id=?2", {m.group, m.user}))
      return not_member(m);
    revoke_membership(me, s, m.group, m.user);
    return {};
  }));
  return Response::empty(204);
}

constexpr Rule kRules[] = {
    {"GET", "/v3/groups", "identity:list_groups", list_groups},
    {"POST", "/v3/groups", "identity:create_group", create_group},
    {"GET", "/v3/groups/{group_id}", "identity:get_group", show_group},
    {"PATCH", "/v3/groups/{group_id}", "identity:update_group", update_group},
    {"DELETE", "/v3/groups/{group_id}", "identity:delete_group", delete_group},
    {"GET", "/v3/groups/{group_id}/users", "identity:list_users_in_group", list_members},
    {"PUT", "/v3/groups/{group_id}/users/{user_id}", "identity:add_user_to_group", add_member},
    {"HEAD", "/v3/groups/{group_id}/users/{user_id}", "identity:check_user_in_group", check_member},
    {"GET", "/v3/groups/{group_id}/users/{user_id}", "identity:check_user_in_group", check_member},
    {"DELETE", "/v3/groups/{group_id}/users/{user_id}", "identity:remove_user_from_group",
     remove_member},
};

}  // namespace

std::span<const Rule> group_rules() { return kRules; }

}  // namespace nuri::identity
