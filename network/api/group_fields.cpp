#include "network/api/field_makers.h"
#include "services/base/net.h"

namespace nuri::network {

namespace {
using G = Make<SecurityGroup>;
using R = Make<Rule>;
using S = Make<SubnetPool>;

// What OVN and the database compare: "10.0.0.7/8" as 10.0.0.0/8.
Json normalized_cidr(const Rule& r) {
  auto cidr = r.remote_ip_prefix ? Cidr::parse(*r.remote_ip_prefix) : std::nullopt;
  return cidr ? Json(cidr->str()) : Json();
}
}  // namespace

const Fields<SecurityGroup> kGroupCreate = {
    G::name(),
    G::description(),
    G::project(),
    G::tenant(),
    G::flag("stateful", &SecurityGroup::stateful).nullable_(),
};
const Fields<SecurityGroup> kGroupUpdate = {
    G::name(),
    G::description(),
    G::flag("stateful", &SecurityGroup::stateful).nullable_(),
};
const Fields<SecurityGroup> kGroupView = {
    G::id(),
    G::text("name", &SecurityGroup::name),
    G::tenant_out(),
    G::project_out(),
    G::text("description", &SecurityGroup::description),
    G::flag("stateful", &SecurityGroup::stateful),
    G::flag("shared", &SecurityGroup::shared_with_caller),
    G::objects("security_group_rules", &SecurityGroup::rules, kRuleView),
    G::tags(),
    G::created(),
    G::updated(),
    G::revision(),
};

// Protocol and ports are read by domain/rules.h, whose messages are Neutron's.
const Fields<Rule> kRuleCreate = {
    R::description(),
    R::project(),
    R::tenant(),
    R::text("security_group_id", &Rule::group_id).length(1, 255).required_(),
    R::text("direction", &Rule::direction).one_of({"ingress", "egress"}).required_(),
    R::raw("ethertype"),
    R::raw("protocol"),
    R::raw("port_range_min"),
    R::raw("port_range_max"),
    R::text("remote_group_id", &Rule::remote_group_id).length(1, 255).nullable_(),
    R::text("remote_address_group_id", &Rule::remote_address_group_id).length(1, 255).nullable_(),
    R::raw("remote_ip_prefix", "string").length(0, 64),
};
const Fields<Rule> kRuleView = {
    R::id(),
    R::tenant_out(),
    R::project_out(),
    R::text("security_group_id", &Rule::group_id),
    R::text("ethertype", &Rule::ethertype),
    R::text("direction", &Rule::direction),
    R::text("protocol", &Rule::protocol),
    R::number("port_range_min", &Rule::port_min),
    R::number("port_range_max", &Rule::port_max),
    R::text("remote_ip_prefix", &Rule::remote_ip_prefix),
    R::out("normalized_cidr", normalized_cidr),
    R::text("remote_group_id", &Rule::remote_group_id),
    R::text("remote_address_group_id", &Rule::remote_address_group_id),
    R::text("description", &Rule::description),
    R::tags(),
    R::created(),
    R::updated(),
    R::revision(),
};

const Fields<SubnetPool> kSubnetPoolCreate = {
    S::name(),
    S::description(),
    S::project(),
    S::tenant(),
    S::list("prefixes", &SubnetPool::prefixes).format_("cidr").length(1, 100).required_(),
    S::number("default_prefixlen", &SubnetPool::default_prefix).range(0, 128).nullable_(),
    S::number("min_prefixlen", &SubnetPool::min_prefix).range(0, 128).nullable_(),
    S::number("max_prefixlen", &SubnetPool::max_prefix).range(0, 128).nullable_(),
    S::number("default_quota", &SubnetPool::default_quota).range(0, INT32_MAX).nullable_(),
    S::flag("shared", &SubnetPool::shared).nullable_(),
    S::flag("is_default", &SubnetPool::is_default).nullable_(),
};
const Fields<SubnetPool> kSubnetPoolUpdate = {
    S::name(),
    S::description(),
    S::list("prefixes", &SubnetPool::prefixes).format_("cidr").length(1, 100).nullable_(),
    S::number("default_prefixlen", &SubnetPool::default_prefix).range(0, 128).nullable_(),
    S::number("min_prefixlen", &SubnetPool::min_prefix).range(0, 128).nullable_(),
    S::number("max_prefixlen", &SubnetPool::max_prefix).range(0, 128).nullable_(),
    S::number("default_quota", &SubnetPool::default_quota).range(0, INT32_MAX).nullable_(),
    S::flag("is_default", &SubnetPool::is_default).nullable_(),
};
const Fields<SubnetPool> kPrefixes = {
    S::list("prefixes", &SubnetPool::prefixes).format_("cidr").length(1, 100).required_(),
};
const Fields<SubnetPool> kSubnetPoolView = {
    S::id(),
    S::text("name", &SubnetPool::name),
    S::tenant_out(),
    S::project_out(),
    S::list("prefixes", &SubnetPool::prefixes),
    S::number("ip_version", &SubnetPool::ip_version),
    S::out("default_prefixlen",
           [](const SubnetPool& p) { return std::to_string(p.default_prefix); }),
    S::out("min_prefixlen", [](const SubnetPool& p) { return std::to_string(p.min_prefix); }),
    S::out("max_prefixlen", [](const SubnetPool& p) { return std::to_string(p.max_prefix); }),
    S::number("default_quota", &SubnetPool::default_quota),
    S::out("address_scope_id", [](const SubnetPool&) { return Json(); }),
    S::out("shared", [](const SubnetPool& p) { return p.shared || p.shared_with_caller; }),
    S::flag("is_default", &SubnetPool::is_default),
    S::text("description", &SubnetPool::description),
    S::tags(),
    S::created(),
    S::updated(),
    S::revision(),
};

}  // namespace nuri::network
