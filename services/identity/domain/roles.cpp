#include "services/identity/domain/roles.h"

#include <algorithm>

namespace nuri::identity {

std::set<std::string> with_implied(const std::set<std::string>& roles,
                                   const Implications& implied) {
  std::set<std::string> out;
  std::vector<std::string> next(roles.begin(), roles.end());
  while (!next.empty()) {
    std::string role = std::move(next.back());
    next.pop_back();
    if (!out.insert(role).second) continue;
    auto [from, to] = implied.equal_range(role);
    for (auto it = from; it != to; ++it) next.push_back(it->second);
  }
  return out;
}

bool applies(const Grant& grant, const Target& target) {
  if (!grant.inherited) return grant.target_kind == target.kind && grant.target_id == target.id;
  if (target.kind != "project" || grant.target_kind == "system") return false;
  return std::find(target.above.begin(), target.above.end(), grant.target_id) != target.above.end();
}

std::set<std::string> effective_roles(const std::vector<Grant>& grants, const Target& target,
                                      const Implications& implied) {
  std::set<std::string> direct;
  for (const Grant& g : grants) {
    if (applies(g, target)) direct.insert(g.role_id);
  }
  return with_implied(direct, implied);
}

}  // namespace nuri::identity
