#pragma once

#include <set>

#include "network/api/types.h"
#include "services/base/fields.h"

// The field tables: what a POST and a PUT take, what an answer holds. kXAdmin holds the fields that
// only administrators see.
namespace nuri::network {

extern const Fields<Pool> kPool;
extern const Fields<HostRoute> kHostRoute;
extern const Fields<FixedIp> kFixedIp;
extern const Fields<AddressPair> kAddressPair;
extern const Fields<DhcpOption> kDhcpOption;

extern const Fields<Network> kNetworkCreate, kNetworkUpdate, kNetworkView, kNetworkAdmin;
extern const Fields<Subnet> kSubnetCreate, kSubnetUpdate, kSubnetView;
extern const Fields<Port> kPortCreate, kPortUpdate, kPortView, kPortAdmin;
extern const Fields<VirtualRouter> kRouterCreate, kRouterUpdate, kRouterView;
extern const Fields<Gateway> kGatewayInfo;
extern const Fields<FloatingIp> kFloatingIpCreate, kFloatingIpUpdate, kFloatingIpView;
extern const Fields<SecurityGroup> kGroupCreate, kGroupUpdate, kGroupView;
extern const Fields<Rule> kRuleCreate, kRuleView;
extern const Fields<SubnetPool> kSubnetPoolCreate, kSubnetPoolUpdate, kSubnetPoolView;
extern const Fields<SubnetPool> kPrefixes;  // of add_prefixes and remove_prefixes
extern const Fields<AddressGroup> kAddressGroupCreate, kAddressGroupUpdate, kAddressGroupView;
extern const Fields<AddressGroup> kAddresses;  // of add_addresses and remove_addresses
extern const Fields<RbacPolicy> kRbacCreate, kRbacUpdate, kRbacView;

}  // namespace nuri::network
