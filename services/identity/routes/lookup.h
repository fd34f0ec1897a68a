#pragma once

#include "services/identity/routes/views.h"
#include "services/identity/store/schema.h"

// Finding things inside a transaction, with Keystone's words where they are not there.
namespace nuri::identity {

template <class T>
Result<T> need(db::Session& s, const Table<T>& table, const std::string& id, const char* what) {
  auto found = table.find(s, id);
  if (!found) return no_such(what, id);
  return std::move(*found);
}

inline Result<User> need_user(db::Session& s, const std::string& id) {
  return need(s, kUsers, id, "user");
}
inline Result<Group> need_group(db::Session& s, const std::string& id) {
  return need(s, kGroups, id, "group");
}
inline Result<RoleRow> need_role(db::Session& s, const std::string& id) {
  return need(s, kRoles, id, "role");
}
inline Result<Project> need_project(db::Session& s, const std::string& id) {
  return need(s, kProjects, id, "project");
}
inline Result<Project> need_domain(db::Session& s, const std::string& id) {
  auto found = kProjects.find(s, id);
  if (!found || !found->is_domain) return no_such("domain", id);
  return std::move(*found);
}

inline Error duplicate(std::string_view what, const std::string& name,
                       const std::string& domain_id) {
  std::string where = domain_id.empty() ? "." : " at domain ID " + domain_id + ".";
  return conflict("Conflict occurred attempting to store " + std::string(what) +
                  " - Duplicate entry found with name " + name + where);
}

// No other row of that name in that domain.
template <class T>
Status unique_name(db::Session& s, const Table<T>& table, const T& t, const char* what) {
  auto other = table.first(s, "domain_id=?1 AND name=?2", {t.domain_id, t.name});
  if (other && other->id != t.id) return duplicate(what, t.name, t.domain_id);
  return {};
}

// Where a body names no domain: that of a domain-scoped token, else the default one.
inline std::string domain_or_default(const std::string& given, const Context& context) {
  if (!given.empty()) return given;
  return context.claims.domain_id.empty() ? kDefaultDomain : context.claims.domain_id;
}

// Keystone's "immutable" option: such a thing is not deleted, nor changed but for the option
// itself.
inline bool immutable(const Json& options) { return options["immutable"].as_bool(); }
inline Error is_immutable(const char* what, const std::string& id) {
  return forbidden(std::string("Cannot change or delete the resource: ") + what + " " + id +
                   " is immutable.");
}

}  // namespace nuri::identity
