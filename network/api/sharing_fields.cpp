#include "network/api/field_makers.h"
#include "services/base/net.h"

// Address groups, and the policies that let other projects use an object.
namespace nuri::network {

namespace {
using A = Make<AddressGroup>;
using R = Make<RbacPolicy>;

constexpr int64_t kMostAddresses = 1'000;

Field<AddressGroup> addresses_field() {
  return A::list("addresses", &AddressGroup::addresses)
      .length(0, kMostAddresses)
      .checked([](const Json& j) -> std::string {
        for (const std::string& text : strings_from(j)) {
          if (!Cidr::parse(text) && !IpAddress::parse(text))
            return "'" + text.substr(0, 80) +
                   "' is neither an IP address nor a network in CIDR notation.";
        }
        return {};
      });
}
Field<RbacPolicy> target_field(const char* name) {
  return R::text(name, &RbacPolicy::target).length(1, 255);
}
}  // namespace

const Fields<AddressGroup> kAddressGroupCreate = {
    A::name(), A::description(), A::project(), A::tenant(), addresses_field(),
};
const Fields<AddressGroup> kAddressGroupUpdate = {A::name(), A::description()};
const Fields<AddressGroup> kAddresses = {addresses_field().required_()};
const Fields<AddressGroup> kAddressGroupView = {
    A::id(),
    A::text("name", &AddressGroup::name),
    A::tenant_out(),
    A::project_out(),
    A::text("description", &AddressGroup::description),
    A::list("addresses", &AddressGroup::addresses),
    A::flag("shared", &AddressGroup::shared_with_caller),
    A::created(),
    A::updated(),
    A::revision(),
};

const Fields<RbacPolicy> kRbacCreate = {
    R::project(),
    R::tenant(),
    R::text("object_type", &RbacPolicy::object_type)
        .one_of({"network", "security_group", "subnetpool", "address_group"})
        .required_(),
    R::text("object_id", &RbacPolicy::object_id).length(1, 255).required_(),
    R::text("action", &RbacPolicy::action)
        .one_of({"access_as_shared", "access_as_external"})
        .required_(),
    target_field("target_tenant").required_(),
};
const Fields<RbacPolicy> kRbacUpdate = {target_field("target_tenant")};
const Fields<RbacPolicy> kRbacView = {
    R::id(),
    R::tenant_out(),
    R::project_out(),
    R::text("object_type", &RbacPolicy::object_type),
    R::text("object_id", &RbacPolicy::object_id),
    R::text("action", &RbacPolicy::action),
    R::text("target_tenant", &RbacPolicy::target),
};

}  // namespace nuri::network
