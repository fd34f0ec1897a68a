#include "network/api/fields.h"
#include "network/domain/addresses.h"
#include "network/store/policy.h"

// Who may use another project's object.
namespace nuri::network {

namespace {

Error refuse(ErrorCode code, const char* type, std::string message, std::string field = {}) {
  return neutron_error_of(code, type, std::move(message), std::move(field));
}

// The projects that use an object, by type and action; ?1 is the object.
struct Use {
  std::string_view type, action, projects;
};
constexpr Use kUses[] = {
    {"network", kShared, "SELECT project_id FROM ports WHERE network_id = ?1"},
    {"network", kExternal,
     "SELECT project_id FROM routers WHERE gateway_network_id = ?1 UNION "
     "SELECT project_id FROM floating_ips WHERE network_id = ?1"},
    {"security_group", kShared,
     "SELECT project_id FROM ports WHERE security_groups LIKE '%\"' || ?1 || '\"%'"},
    {"subnetpool", kShared, "SELECT project_id FROM subnets WHERE subnetpool_id = ?1"},
    {"address_group", kShared, "SELECT project_id FROM rules WHERE remote_address_group_id = ?1"},
};

// The object as the caller sees it; its owner.
Result<std::string> owner_of(Work& w, const RbacPolicy& p) {
  if (p.object_type == "network") return TRY(find_network(w, p.object_id)).project_id;
  if (p.object_type == "security_group") return TRY(find_group(w, p.object_id)).project_id;
  if (p.object_type == "subnetpool") return TRY(find_subnet_pool(w, p.object_id)).project_id;
  return TRY(find_address_group(w, p.object_id)).project_id;
}

// An administrator's policy is about the object's owner all the same.
RbacPolicy as_of_owner(Work& w, RbacPolicy p) {
  if (auto owner = owner_of(w, p)) p.project_id = *owner;
  return p;
}

Status check_target(Work& w, const RbacPolicy& p) {
  return may_set(w.caller, "rbac_policy", "target_tenant:*", p.target == "*");
}

Status check_action(Work& w, const RbacPolicy& p) {
  if (p.action == kShared) return {};
  if (p.object_type != "network") {
    return refuse(ErrorCode::bad_request, "InvalidInput",
                  "Invalid input for operation: action " + p.action +
                      " is not valid for the "
                      "object type " +
                      p.object_type + ".",
                  "action");
  }
  return may_set(w.caller, "rbac_policy", "action:access_as_external", true);
}

Error in_use(const RbacPolicy& p) {
  return refuse(ErrorCode::conflict, "RbacPolicyInUse",
                "RBAC policy on object " + p.object_id +
                    " cannot be removed because other objects depend on it. Projects use it by "
                    "this policy alone.");
}

// The flags of the object's row follow the policies that name everybody.
void update_flags(Work& w, const RbacPolicy& p) {
  auto has = [&](const char* clause) {
    return w.s.count(
               "SELECT COUNT(*) FROM rbac_policies WHERE object_id = ?1 AND " + std::string(clause),
               {p.object_id}) > 0;
  };
  if (p.object_type == "network") {
    if (auto n = networks().find(w.s, p.object_id)) {
      n->shared = has("action = 'access_as_shared' AND target = '*'");
      n->external = has("action = 'access_as_external'");
      touch(w, *n);
      networks().update(w.s, *n);
    }
  } else if (p.object_type == "subnetpool") {
    if (auto pool = subnet_pools().find(w.s, p.object_id)) {
      pool->shared = has("action = 'access_as_shared' AND target = '*'");
      touch(w, *pool);
      subnet_pools().update(w.s, *pool);
    }
  }
}

Status check_free(Work& w, const RbacPolicy& p) {
  if (w.s.count("SELECT COUNT(*) FROM rbac_policies WHERE object_id = ?1 AND action = ?2 AND "
                "target = ?3 AND id <> ?4",
                {p.object_id, p.action, p.target, p.id}) == 0)
    return {};
  return refuse(ErrorCode::conflict, "DuplicatePolicyError",
                "An RBAC policy already exists with those values.");
}

}  // namespace

std::set<std::string> shared_with(Work& w, std::string_view type, std::string_view action) {
  std::set<std::string> out;
  w.s.each(
      "SELECT object_id FROM rbac_policies WHERE object_type = ?1 AND action = ?2 AND target "
      "IN (?3, '*')",
      {type, action, w.caller.project_id}, [&](const db::Row& r) { out.insert(r.text(0)); });
  return out;
}

bool is_shared_with(Work& w, std::string_view type, const std::string& id,
                    std::string_view action) {
  return w.s.count(
             "SELECT COUNT(*) FROM rbac_policies WHERE object_id = ?1 AND object_type = ?2 "
             "AND action = ?3 AND target IN (?4, '*')",
             {id, type, action, w.caller.project_id}) > 0;
}

void share_with_all(Work& w, const Common& owner, std::string_view type, std::string_view action) {
  RbacPolicy p;
  p.id = w.random.uuid();
  p.project_id = owner.project_id;
  p.created_us = p.updated_us = w.now;
  p.object_type = type;
  p.object_id = owner.id;
  p.action = action;
  p.target = "*";
  if (check_free(w, p)) rbac_policies().insert(w.s, p);
}

void unshare_with_all(Work& w, const std::string& id, std::string_view action) {
  // An external network that is external no more is so for nobody.
  for (const RbacPolicy& p :
       rbac_policies().where(w.s,
                             "object_id = ?1 AND action = ?2 AND (target = '*' OR "
                             "action = 'access_as_external')",
                             {id, action}))
    rbac_policies().erase(w.s, p.id);
}

void drop_policies(Work& w, const std::string& object_id) {
  for (const RbacPolicy& p : rbac_policies().where(w.s, "object_id = ?1", {object_id}))
    rbac_policies().erase(w.s, p.id);
}

bool used_by_others(Work& w, const RbacPolicy& going) {
  std::set<std::string> covered, users;
  for (const RbacPolicy& p : rbac_policies().where(w.s, "object_id = ?1 AND action = ?2",
                                                   {going.object_id, going.action})) {
    if (p.id != going.id) covered.insert(p.target);
  }
  if (covered.contains("*")) return false;
  for (const Use& u : kUses) {
    if (u.type != going.object_type || u.action != going.action) continue;
    w.s.each(u.projects, {going.object_id}, [&](const db::Row& r) { users.insert(r.text(0)); });
  }
  for (const std::string& project : users) {
    bool named = going.target == "*" || going.target == project;
    // "" owns what is the cloud's own.
    if (named && !project.empty() && project != going.project_id && !covered.contains(project))
      return true;
  }
  return false;
}

Result<RbacPolicy> create_rbac_policy(Work& w, const Json& body) {
  RbacPolicy p = TRY(kRbacCreate.read(body));
  TRYV(begin(w, p, body));
  std::string owner = TRY(owner_of(w, p));
  if (!w.caller.admin && owner != w.caller.project_id) {
    return refuse(ErrorCode::bad_request, "InvalidInput",
                  "Invalid input for operation: Only admins can manipulate policies on objects "
                  "they do not own.",
                  "object_id");
  }
  TRYV(check_action(w, p));
  TRYV(check_target(w, p));
  TRYV(check_free(w, p));
  TRYV(check_quota(w, p.project_id, "rbac_policy"));
  rbac_policies().insert(w.s, p);
  update_flags(w, p);
  return p;
}

Result<RbacPolicy> update_rbac_policy(Work& w, RbacPolicy row, const Json& body) {
  RbacPolicy next = row;
  TRYV(kRbacUpdate.update(next, body));
  TRYV(check_action(w, next));
  TRYV(check_target(w, next));
  if (next.target == row.target) return row;
  TRYV(check_free(w, next));
  touch(w, next);
  rbac_policies().update(w.s, next);
  // With the new target in its place: does somebody lose?
  RbacPolicy old = as_of_owner(w, row);
  old.id.clear();
  if (used_by_others(w, old)) return in_use(row);
  update_flags(w, next);
  return next;
}

Status delete_rbac_policy(Work& w, const RbacPolicy& row) {
  TRYV(check_action(w, row));
  if (used_by_others(w, as_of_owner(w, row))) return in_use(row);
  rbac_policies().erase(w.s, row.id);
  update_flags(w, row);
  return {};
}

}  // namespace nuri::network
