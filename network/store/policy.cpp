#include "network/store/policy.h"

namespace nuri::network {

Status may_set(const Caller& caller, std::string_view resource, std::string_view attribute,
               bool said, bool owns_network) {
  if (!said || caller.admin) return {};
  for (const AttributeRule& r : kAttributeRules) {
    if (r.resource != resource || r.attribute != attribute) continue;
    if (r.who == Who::network_owner && owns_network) return {};
    return forbidden("Policy does not allow the attribute " + std::string(attribute) +
                     " to be set by other than an administrator" +
                     (r.who == Who::network_owner ? " or the network's owner." : "."));
  }
  return internal("no rule for the attribute " + std::string(attribute));
}

}  // namespace nuri::network
