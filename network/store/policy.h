#pragma once

#include <string_view>

#include "network/store/work.h"

// Attributes that take more than the member role: one table.
namespace nuri::network {

enum class Who { admin, network_owner };
struct AttributeRule {
  std::string_view resource, attribute;
  Who who;
};
inline constexpr AttributeRule kAttributeRules[] = {
    {"network", "shared", Who::admin},
    {"network", "router:external", Who::admin},
    {"network", "is_default", Who::admin},
    {"network", "provider:network_type", Who::admin},
    {"network", "provider:physical_network", Who::admin},
    {"network", "provider:segmentation_id", Who::admin},
    {"port", "binding:host_id", Who::admin},
    {"port", "binding:profile", Who::admin},
    // On another's network a tenant takes the address it is given and is held to it.
    {"port", "port_security_enabled", Who::network_owner},
    {"port", "mac_address", Who::network_owner},
    {"port", "allowed_address_pairs", Who::network_owner},
    {"port", "fixed_ips:ip_address", Who::network_owner},
    {"router", "external_gateway_info:enable_snat", Who::admin},
    {"router", "external_gateway_info:external_fixed_ips", Who::admin},
    {"floatingip", "floating_ip_address", Who::admin},
    {"subnetpool", "shared", Who::admin},
    {"subnetpool", "is_default", Who::admin},
    {"rbac_policy", "target_tenant:*", Who::admin},
    {"rbac_policy", "action:access_as_external", Who::admin},
};

// `said`: the request sets the attribute. Forbidden where the caller may not; an attribute that is
// not in the table is an error of ours.
Status may_set(const Caller& caller, std::string_view resource, std::string_view attribute,
               bool said, bool owns_network = false);

}  // namespace nuri::network
