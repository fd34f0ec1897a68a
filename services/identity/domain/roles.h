#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

// Who has which role where: pure rules over grants read by the store.
namespace nuri::identity {

struct Grant {
  std::string actor_kind;  // "user", "group"
  std::string actor_id;
  std::string target_kind;  // "project", "domain", "system"
  std::string target_id;    // "all" for the system
  std::string role_id;
  bool inherited = false;  // counts for the projects below the target, not for the target itself
  bool operator==(const Grant&) const = default;
};

struct Target {
  std::string kind, id;
  std::vector<std::string> above;  // of a project: its parents and, last, its domain
};

using Implications = std::multimap<std::string, std::string>;  // prior role -> implied role

// A role and all that it implies, directly or not; a cycle ends.
std::set<std::string> with_implied(const std::set<std::string>& roles, const Implications& implied);

// Does the grant count at the target.
bool applies(const Grant& grant, const Target& target);

// The roles that one actor's grants give at the target.
std::set<std::string> effective_roles(const std::vector<Grant>& grants, const Target& target,
                                      const Implications& implied);

}  // namespace nuri::identity
