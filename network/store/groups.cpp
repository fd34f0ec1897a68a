#include "network/api/fields.h"
#include "network/domain/addresses.h"
#include "network/domain/rules.h"
#include "network/store/work.h"

namespace nuri::network {

namespace {

Error refuse(ErrorCode code, const char* type, std::string message, std::string field = {}) {
  return neutron_error_of(code, type, std::move(message), std::move(field));
}

void insert_rule(Work& w, SecurityGroup& g, const char* direction, const char* ethertype,
                 bool from_itself) {
  Rule r;
  r.id = w.random.uuid();
  r.project_id = g.project_id;
  r.created_us = r.updated_us = w.now;
  r.group_id = g.id;
  r.direction = direction;
  r.ethertype = ethertype;
  if (from_itself) r.remote_group_id = g.id;
  rules().insert(w.s, r);
  g.rules.push_back(r);
}

void insert_group(Work& w, SecurityGroup& g) {
  groups().insert(w.s, g);
  for (const char* ethertype : {"IPv4", "IPv6"}) {
    insert_rule(w, g, "egress", ethertype, false);
    if (g.is_default) insert_rule(w, g, "ingress", ethertype, true);
  }
}

Error default_exists() {
  return refuse(ErrorCode::conflict, "SecurityGroupDefaultAlreadyExists",
                "Default security group already exists.");
}

}  // namespace

Result<SecurityGroup> default_group(Work& w, const std::string& project_id) {
  auto id = w.s.one("SELECT group_id FROM default_groups WHERE project_id = ?1", {project_id},
                    [](const db::Row& r) { return r.text(0); });
  if (id) return *load_one(w.s, groups(), *id);
  SecurityGroup g;
  g.id = w.random.uuid();
  g.project_id = project_id;
  g.name = "default";
  g.description = "Default security group";
  g.created_us = g.updated_us = w.now;
  g.is_default = true;
  insert_group(w, g);
  w.s.exec("INSERT INTO default_groups (project_id, group_id) VALUES (?1, ?2)", {project_id, g.id});
  return g;
}

Result<SecurityGroup> create_group(Work& w, const Json& body) {
  SecurityGroup g = TRY(kGroupCreate.read(body));
  TRYV(begin(w, g, body));
  TRYV(default_group(w, g.project_id));
  if (g.name == "default") return default_exists();
  TRYV(check_quota(w, g.project_id, "security_group"));
  insert_group(w, g);
  return g;
}

Result<SecurityGroup> update_group(Work& w, SecurityGroup row, const Json& body) {
  TRYV(must_own(w, row, "update_security_group"));
  SecurityGroup next = row;
  TRYV(kGroupUpdate.update(next, body));
  if (next.name != row.name && next.name == "default") return default_exists();
  if (row.is_default && next.name != row.name) {
    return refuse(ErrorCode::conflict, "SecurityGroupCannotUpdateDefault",
                  "Updating default security group not allowed.");
  }
  if (next.stateful != row.stateful &&
      w.s.count("SELECT COUNT(*) FROM ports WHERE security_groups LIKE ?1",
                {"%\"" + row.id + "\"%"}) > 0) {
    return refuse(ErrorCode::conflict, "SecurityGroupInUse",
                  "Security Group " + row.id + " in use: stateful cannot change.");
  }
  touch(w, next);
  groups().update(w.s, next);
  return next;
}

Status delete_group(Work& w, const SecurityGroup& row) {
  TRYV(must_own(w, row, "delete_security_group"));
  if (w.s.count("SELECT COUNT(*) FROM ports WHERE security_groups LIKE ?1",
                {"%\"" + row.id + "\"%"}) > 0) {
    return refuse(ErrorCode::conflict, "SecurityGroupInUse",
                  "Security Group " + row.id + " in use.");
  }
  if (row.is_default && !w.caller.admin) {
    return refuse(ErrorCode::conflict, "SecurityGroupCannotRemoveDefault",
                  "Insufficient rights for removing default security group.");
  }
  // Rules of other groups that name this one go with it: their peers are no more.
  for (const Rule& r : rules().where(w.s, "group_id = ?1 OR remote_group_id = ?1", {row.id}))
    rules().erase(w.s, r.id);
  w.s.exec("DELETE FROM default_groups WHERE group_id = ?1", {row.id});
  drop_policies(w, row.id);
  groups().erase(w.s, row.id);
  return {};
}

Result<Rule> create_rule(Work& w, const Json& body) {
  Rule r = TRY(kRuleCreate.read(body));
  TRYV(read_rule(r, body));
  TRYV(begin(w, r, body));
  SecurityGroup g = TRY(find_group(w, r.group_id));
  TRYV(must_own(w, g, "create_security_group_rule"));
  if (r.remote_group_id) TRYV(find_group(w, *r.remote_group_id));
  if (r.remote_address_group_id) TRYV(find_address_group(w, *r.remote_address_group_id));
  if (body["project_id"].is_null() && body["tenant_id"].is_null()) r.project_id = g.project_id;
  for (const Rule& other : g.rules) {
    if (same_rule(r, other)) {
      return refuse(ErrorCode::conflict, "SecurityGroupRuleExists",
                    "Security group rule already exists. Rule id is " + other.id + ".");
    }
  }
  TRYV(check_quota(w, r.project_id, "security_group_rule"));
  rules().insert(w.s, r);
  touch(w, g);
  groups().update(w.s, g);
  return r;
}

Status delete_rule(Work& w, const Rule& row) {
  rules().erase(w.s, row.id);
  if (auto g = groups().find(w.s, row.group_id)) {
    touch(w, *g);
    groups().update(w.s, *g);
  }
  return {};
}

}  // namespace nuri::network
