#pragma once

#include <string>
#include <vector>

#include "services/base/clock.h"

namespace nuri {

struct Role {
  std::string id;
  std::string name;
};

// What a checked token says. Signed by identity (users) or by a service of this cloud (internal).
struct Claims {
  enum class Scope { unscoped, project, domain, system };

  std::string user_id, user_name, user_domain_id, user_domain_name;
  Scope scope = Scope::unscoped;
  std::string project_id, project_name, project_domain_id, project_domain_name;  // scope project
  std::string domain_id, domain_name;                                            // scope domain
  std::vector<Role> roles;
  std::vector<std::string> methods;
  std::vector<std::string> audit_ids;
  TimeUs issued_us = 0, expires_us = 0;
  std::string service;  // an internal token's owner: "compute", "agent"...; empty for users
  std::string host;     // an agent's host

  bool has_role(std::string_view name) const;
  // What a role counts for outside identity. A domain's roles are over its people and projects,
  // which identity alone keeps; a member of the system has no project to make things in.
  bool is_admin() const { return scope != Scope::domain && has_role("admin"); }  // of the cloud
  bool is_member() const {  // may change things
    return is_admin() || (scope != Scope::domain && scope != Scope::system && has_role("member"));
  }
  bool is_reader() const { return is_member() || (scope != Scope::domain && has_role("reader")); }
  bool is_service() const { return !service.empty() && service != "agent"; }
  bool is_agent() const { return service == "agent"; }
};

}  // namespace nuri
