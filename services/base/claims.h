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
  bool is_admin() const { return has_role("admin"); }     // cloud administrator
  bool is_member() const { return is_admin() || has_role("member"); }  // may change things
  bool is_reader() const { return is_member() || has_role("reader"); }
  bool is_service() const { return !service.empty() && service != "agent"; }
  bool is_agent() const { return service == "agent"; }
};

}  // namespace nuri
