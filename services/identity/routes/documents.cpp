#include "services/identity/routes/views.h"

// What each route says of itself for the OpenAPI document: from its action and its resource's
// table.
namespace nuri::identity {

namespace {

struct Resource {
  std::string collection;  // the path of its list; "/{...}" below it is one of them
  std::string singular, plural;
  Schema schema;
};

template <class T>
Resource resource(const Kind<T>& kind) {
  return {std::string("/v3/") + kind.plural, kind.singular, kind.plural, schema_of(kind.fields)};
}

const std::vector<Resource>& resources() {
  static const std::vector<Resource> all = {
      resource(kDomainKind),
      resource(kProjectKind),
      resource(kUserKind),
      resource(kGroupKind),
      resource(kRoleKind),
      resource(kRegionKind),
      resource(kServiceKind),
      resource(kEndpointKind),
      resource(kPolicyKind),
      resource(kCredentialKind),
      {"/v3/users/{user_id}/application_credentials", "application_credential",
       "application_credentials", schema_of(kApplicationCredentialFields)},
      {"/v3/users/{user_id}/access_rules", "access_rule", "access_rules",
       schema_of(kAccessRuleFields)},
      {"/v3/OS-TRUST/trusts", "trust", "trusts", schema_of(kTrustFields)},
  };
  return all;
}

// Lists that lie below another resource.
const Resource* listed_below(std::string_view pattern) {
  struct Below {
    const char *pattern, *plural;
  };
  constexpr Below kBelow[] = {
      {"/v3/users/{user_id}/projects", "projects"},
      {"/v3/users/{user_id}/groups", "groups"},
      {"/v3/groups/{group_id}/users", "users"},
      {"/v3/auth/projects", "projects"},
      {"/v3/auth/domains", "domains"},
      {"/v3/OS-TRUST/trusts/{trust_id}/roles", "roles"},
  };
  std::string_view plural = pattern.ends_with("/roles") ? "roles" : "";
  for (const Below& b : kBelow) {
    if (pattern == b.pattern) plural = b.plural;
  }
  for (const Resource& r : resources()) {
    if (r.plural == plural) return &r;
  }
  return nullptr;
}

std::string sentence(std::string_view action) {
  std::string out(action.substr(action.find(':') + 1));
  for (char& c : out) c = c == '_' ? ' ' : c;
  if (!out.empty() && out[0] >= 'a') out[0] = static_cast<char>(out[0] - 32);
  return out;
}

bool is_one_of(std::string_view pattern, const std::string& collection) {
  if (!pattern.starts_with(collection + "/{")) return false;
  return pattern.find('/', collection.size() + 1) == std::string_view::npos;
}

void document_resource(Route& route, const Resource& r, bool collection) {
  if (collection && route.method == "GET") {
    route.answers(listed(r.plural, r.schema));
  } else if (route.method == "POST" || route.method == "PATCH" || route.method == "PUT") {
    route.reads(wrapped(r.singular, r.schema)).answers(wrapped(r.singular, r.schema));
    if (route.method != "PATCH") route.status(201);
  } else if (route.method == "GET") {
    route.answers(wrapped(r.singular, r.schema));
  }
}

}  // namespace

void document(Route& route, const Rule& rule) {
  std::string_view pattern = rule.pattern, action = rule.action;
  route.says(sentence(action));
  if (route.method == "DELETE") route.reads_nothing().answers_nothing().status(204);
  for (const Resource& r : resources()) {
    bool collection = pattern == r.collection;
    if (collection || is_one_of(pattern, r.collection)) document_resource(route, r, collection);
    if (collection && route.method == "GET" && r.collection == "/v3/" + r.plural)
      route.query("name", "string", "Only those of this name");
  }
  if (route.method == "GET") {
    if (const Resource* r = listed_below(pattern)) route.answers(listed(r->plural, r->schema));
  }
  bool nothing = action.ends_with("grant") || action == "identity:add_user_to_group" ||
                 action == "identity:check_user_in_group";
  if (nothing) route.reads_nothing().answers_nothing().status(204);
  if (action == "identity:change_password")
    route.reads("user", kPasswordChangeFields).answers_nothing().status(204);
  if (action == "identity:authenticate") route.status(201);
}

}  // namespace nuri::identity
