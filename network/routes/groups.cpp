#include "network/routes/resource_parts.h"

// Groups of rules, of addresses and of prefixes, and who else may use them.
namespace nuri::network {

namespace {

void add_security_routes(Router& router, std::shared_ptr<Service> service) {
  auto group_view = plain_view(kGroupView);
  Collection group = collection<SecurityGroup>("security-groups", "security_group", groups(),
                                               group_view, visible_groups, find_group);
  group.attributes = names_of(kGroupView);
  group.wants_default_group = true;
  changing<SecurityGroup>(group, group_view, find_group, create_group, update_group, delete_group);
  described(group, kGroupCreate, &kGroupUpdate, kGroupView);
  add_collection(router, service, std::move(group));

  auto rule_view = plain_view(kRuleView);
  Collection rule = collection<Rule>("security-group-rules", "security_group_rule", rules(),
                                     rule_view, visible_rules, find_rule);
  rule.attributes = names_of(kRuleView);
  rule.wants_default_group = true;
  changing<Rule>(rule, rule_view, find_rule, create_rule, nullptr, delete_rule);
  rule.columns["security_group_id"] = "group_id";
  rule.columns.erase("name");
  described<Rule>(rule, kRuleCreate, nullptr, kRuleView);
  add_collection(router, service, std::move(rule));

  auto view = plain_view(kAddressGroupView);
  Collection c = collection<AddressGroup>("address-groups", "address_group", address_groups(), view,
                                          visible_address_groups, find_address_group);
  c.attributes = names_of(kAddressGroupView);
  untagged(c);
  changing<AddressGroup>(c, view, find_address_group, create_address_group, update_address_group,
                         delete_address_group);
  described(c, kAddressGroupCreate, &kAddressGroupUpdate, kAddressGroupView);
  Schema addresses = schema_of(kAddresses);
  acting<AddressGroup>(c, "add_addresses", addresses, view, find_address_group, add_addresses);
  acting<AddressGroup>(c, "remove_addresses", addresses, view, find_address_group,
                       remove_addresses);
  add_collection(router, service, std::move(c));
}

void add_pool_routes(Router& router, std::shared_ptr<Service> service) {
  auto view = plain_view(kSubnetPoolView);
  Collection pool = collection<SubnetPool>("subnetpools", "subnetpool", subnet_pools(), view,
                                           visible_subnet_pools, find_subnet_pool);
  pool.attributes = names_of(kSubnetPoolView);
  changing<SubnetPool>(pool, view, find_subnet_pool, create_subnet_pool, update_subnet_pool,
                       delete_subnet_pool);
  for (auto [name, act] :
       {std::pair{"add_prefixes", &add_prefixes}, std::pair{"remove_prefixes", &remove_prefixes}}) {
    // Its answer has no envelope.
    pool.actions.push_back(
        {name,
         [act](Work& w, const std::string& id, const Json& b) -> Result<Json> {
           return Json::object(
               {{"prefixes",
                 Json::strings(TRY(act(w, TRY(find_subnet_pool(w, id)), b)).prefixes)}});
         },
         schema_of(kPrefixes), schema_of(kPrefixes)});
  }
  described(pool, kSubnetPoolCreate, &kSubnetPoolUpdate, kSubnetPoolView);
  add_collection(router, service, std::move(pool));
}

void add_rbac_routes(Router& router, std::shared_ptr<Service> service) {
  auto view = plain_view(kRbacView);
  Collection c;
  c = collection<RbacPolicy>("rbac-policies", "rbac_policy", rbac_policies(), view,
                             visible_rbac_policies, find_rbac_policy);
  c.plural = "rbac_policies";
  c.attributes = names_of(kRbacView);
  untagged(c);
  changing<RbacPolicy>(c, view, find_rbac_policy, create_rbac_policy, update_rbac_policy,
                       delete_rbac_policy);
  c.columns.erase("name");
  c.columns["object_id"] = "object_id";
  described(c, kRbacCreate, &kRbacUpdate, kRbacView);
  add_collection(router, service, std::move(c));
}

}  // namespace

void add_group_routes(Router& router, std::shared_ptr<Service> service) {
  add_security_routes(router, service);
  add_pool_routes(router, service);
  add_rbac_routes(router, service);
}

}  // namespace nuri::network
