#include "services/identity/api/field_kinds.h"
#include "services/identity/api/fields.h"

namespace nuri::identity {

namespace {

// keystone/catalog/schema.py: what an endpoint's URL may be; $(name)s are substituted later.
std::string url_problem(const Json& j) {
  const std::string& s = j.as_string();
  bool scheme = s.starts_with("http://") || s.starts_with("https://") || s.starts_with("{base}");
  bool clean = s.find_first_of(" \t\r\n\"<>") == std::string::npos;
  return scheme && clean ? "" : "It must be a URL that starts with http:// or https://.";
}

std::string role_ref_problem(const RoleRef& r) {
  return r.id || r.name ? "" : "A role is given by its id or its name.";
}

const Fields<RoleRef> kRoleRefFields("role", Fields<RoleRef>::Unknown::ignore,
                                     {
                                         unless_empty(text("id", &RoleRef::id).length(1, 64)),
                                         unless_empty(text("name", &RoleRef::name).length(1, 255)),
                                     });

template <class T>
Field<T> roles_field() {
  Field<T> f = objects("roles", &T::roles, kRoleRefFields).length(0, 100);
  f.set = [inner = f.set](T& t, const Json& j, int v) -> Status {
    TRYV(inner(t, j, v));
    for (const RoleRef& r : t.roles) {
      if (auto why = role_ref_problem(r); !why.empty()) return bad_request(why, "roles");
    }
    return {};
  };
  return f;
}

// "" (absent) or a time to come; whether it is to come the handler checks.
template <class T>
Field<T> expires_field() {
  return text_or_null("expires_at", &T::expires_at, 64).checked([](const Json& j) {
    bool ok = j.is_null() || (j.is_string() && parse_iso(j.as_string()));
    return ok ? std::string()
              : std::string(
                    "It must be null or an ISO 8601 time such as 2030-01-31T12:00:00.000000Z.");
  });
}

}  // namespace

const Fields<Region> kRegionFields("region", Fields<Region>::Unknown::ignore,
                                   {
                                       text("id", &Region::id).length(0, 255),
                                       text_or_null("description", &Region::description, 65535),
                                       text_or_null("parent_region_id", &Region::parent_region_id,
                                                    255),
                                   });

const Fields<Service> kServiceFields("service", Fields<Service>::Unknown::ignore,
                                     {
                                         text("id", &Service::id).out_only(),
                                         text("type", &Service::type).required_().length(1, 255),
                                         unless_empty(text_or_null("name", &Service::name)),
                                         unless_empty(text_or_null("description",
                                                                   &Service::description, 65535)),
                                         strict_boolean("enabled", &Service::enabled),
                                     });

const Fields<Endpoint> kEndpointFields(
    "endpoint", Fields<Endpoint>::Unknown::ignore,
    {
        text("id", &Endpoint::id).out_only(),
        id_text("service_id", &Endpoint::service_id).required_(),
        text("interface", &Endpoint::interface).required_().one_of({"admin", "internal", "public"}),
        text("url", &Endpoint::url).required_().length(1, 2048).checked(url_problem),
        text_or_null("region_id", &Endpoint::region_id),
        text_or_null("region", &Endpoint::region),
        strict_boolean("enabled", &Endpoint::enabled),
    });

const Fields<Policy> kPolicyFields("policy", Fields<Policy>::Unknown::ignore,
                                   {
                                       text("id", &Policy::id).out_only(),
                                       text("type", &Policy::type).required_().length(1, 255),
                                       any("blob", &Policy::blob).required_(),
                                   });

const Fields<Credential> kCredentialFields(
    "credential", Fields<Credential>::Unknown::ignore,
    {
        text("id", &Credential::id).out_only(),
        text("user_id", &Credential::user_id).length(1, 64),
        text("type", &Credential::type).required_().length(1, 255),
        text("blob", &Credential::blob).required_().length(0, 65535),
        text_or_null("project_id", &Credential::project_id, 64),
    });

const Fields<ApplicationCredential> kApplicationCredentialFields(
    "application_credential", Fields<ApplicationCredential>::Unknown::ignore,
    {
        text("id", &ApplicationCredential::id).out_only(),
        text("name", &ApplicationCredential::name).required_().length(1, 255).format_("name"),
        text_or_null("description", &ApplicationCredential::description, 65535),
        text_or_null("secret", &ApplicationCredential::secret, 4096).in_only(),
        text("project_id", &ApplicationCredential::project_id).out_only(),
        roles_field<ApplicationCredential>(),
        expires_field<ApplicationCredential>(),
        strict_boolean("unrestricted", &ApplicationCredential::unrestricted),
    });

const Fields<AccessRule> kAccessRuleFields(
    "access_rule", Fields<AccessRule>::Unknown::refuse,
    {
        text("id", &AccessRule::id).length(1, 64),
        text("service", &AccessRule::service).length(1, 64),
        text("path", &AccessRule::path).length(1, 128).checked([](const Json& j) {
          return j.as_string().starts_with("/") ? std::string()
                                                : std::string("It must start with '/'.");
        }),
        text("method", &AccessRule::method)
            .one_of({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}),
    });

const Fields<Trust> kTrustFields(
    "trust", Fields<Trust>::Unknown::ignore,
    {
        text("id", &Trust::id).out_only(),
        id_text("trustor_user_id", &Trust::trustor_user_id).required_(),
        id_text("trustee_user_id", &Trust::trustee_user_id).required_(),
        text_or_null("project_id", &Trust::project_id, 64),
        strict_boolean("impersonation", &Trust::impersonation).required_(),
        strict_boolean("allow_redelegation", &Trust::allow_redelegation),
        expires_field<Trust>(),
        number("remaining_uses", &Trust::remaining_uses).range(1, 1'000'000'000).nullable_(),
        roles_field<Trust>(),
    });

}  // namespace nuri::identity
