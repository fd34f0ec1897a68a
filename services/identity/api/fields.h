#pragma once

#include "services/base/fields.h"
#include "services/identity/api/types.h"

// The field tables of Keystone's resources (keystone/*/schema.py at Zed): unknown members are kept
// as extras by those resources that have them, refused by the others.
namespace nuri::identity {

extern const Fields<Project> kDomainFields;
extern const Fields<Project> kProjectFields;
extern const Fields<User> kUserFields;
extern const Fields<Group> kGroupFields;
extern const Fields<RoleRow> kRoleFields;
extern const Fields<Region> kRegionFields;
extern const Fields<Service> kServiceFields;
extern const Fields<Endpoint> kEndpointFields;
extern const Fields<Policy> kPolicyFields;
extern const Fields<Credential> kCredentialFields;
extern const Fields<ApplicationCredential> kApplicationCredentialFields;
extern const Fields<AccessRule> kAccessRuleFields;
extern const Fields<Trust> kTrustFields;

struct PasswordChange {
  std::string password, original_password;
};
extern const Fields<PasswordChange> kPasswordChangeFields;

// What went in besides the fields of the table; a resource's own members never count as extra.
template <class T>
void take_extra(Json& extra, const Fields<T>& fields, const Json& body) {
  for (const auto& [key, value] : body.as_object()) {
    bool own = key == "id" || key == "links" || key == "extra";
    for (const auto& f : fields.list()) own = own || f.name == key;
    if (!own) extra.set(key, value);
  }
}

template <class T>
Json write_with_extra(const Fields<T>& fields, const T& value) {
  Json out = fields.write(value);
  if constexpr (requires { value.extra; }) {
    for (const auto& [key, v] : value.extra.as_object()) {
      if (!out.contains(key)) out.set(key, v);
    }
  }
  return out;
}

}  // namespace nuri::identity
