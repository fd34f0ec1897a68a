#include "services/identity/api/auth_request.h"

#include "services/base/fields.h"

namespace nuri::identity {

namespace {

constexpr int64_t kMaxPassword = 4096;
constexpr size_t kMaxMethods = 4;

const Fields<DomainRef> kDomainRef("domain", Fields<DomainRef>::Unknown::ignore,
                                   {
                                       text("id", &DomainRef::id).length(0, 255).nullable_(),
                                       text("name", &DomainRef::name).length(0, 255).nullable_(),
                                   });

const Fields<UserRef> kUserRef(
    "user", Fields<UserRef>::Unknown::ignore,
    {
        text("id", &UserRef::id).length(0, 255).nullable_(),
        text("name", &UserRef::name).length(0, 255).nullable_(),
        text("password", &UserRef::password).length(0, kMaxPassword).nullable_(),
        object("domain", &UserRef::domain, kDomainRef).nullable_(),
    });

const Fields<ProjectRef> kProjectRef(
    "project", Fields<ProjectRef>::Unknown::ignore,
    {
        text("id", &ProjectRef::id).length(0, 255).nullable_(),
        text("name", &ProjectRef::name).length(0, 255).nullable_(),
        object("domain", &ProjectRef::domain, kDomainRef).nullable_(),
    });

const Fields<AppCredentialRef> kAppCredentialRef(
    "application_credential", Fields<AppCredentialRef>::Unknown::ignore,
    {
        text("id", &AppCredentialRef::id).length(0, 255).nullable_(),
        text("name", &AppCredentialRef::name).length(0, 255).nullable_(),
        text("secret", &AppCredentialRef::secret).required_().length(0, kMaxPassword),
        object("user", &AppCredentialRef::user, kUserRef).nullable_(),
    });

Error missing(const char* what, const char* where) {
  return bad_request(std::string("Expecting to find ") + what + " in " + where +
                         ". The server could not comply with the request since it is either "
                         "malformed or otherwise incorrect.",
                     what);
}

Status need_user(const UserRef& u) {
  if (u.id) return {};
  if (!u.name) return missing("id or name", "user");
  if (!u.domain.given()) return missing("domain", "user");
  return {};
}

Status read_password(const Json& identity, AuthRequest& out) {
  const Json* part = identity.find("password");
  if (!part || !part->is_object()) return missing("password", "identity");
  const Json* user = part->find("user");
  if (!user) return missing("user", "password");
  out.user = TRY(kUserRef.read(*user));
  if (!out.user->password) return missing("password", "user");
  return need_user(*out.user);
}

Status read_token(const Json& identity, AuthRequest& out) {
  const Json& id = identity["token"]["id"];
  if (!id.is_string() || id.as_string().empty()) return missing("id", "token");
  out.token = id.as_string();
  return {};
}

Status read_app_credential(const Json& identity, AuthRequest& out) {
  const Json* part = identity.find("application_credential");
  if (!part) return missing("application_credential", "identity");
  out.app_credential = TRY(kAppCredentialRef.read(*part));
  if (out.app_credential->id) return {};
  if (!out.app_credential->name) return missing("id or name", "application_credential");
  if (!out.app_credential->user) return missing("user", "application_credential");
  return need_user(*out.app_credential->user);
}

Status read_methods(const Json& identity, AuthRequest& out) {
  const Json* methods = identity.find("methods");
  if (!methods || !methods->is_array() || methods->size() == 0 || methods->size() > kMaxMethods) {
    return bad_request(
        "'methods' must be a list of 1 to 4 of: password, token, application_credential.",
        "methods");
  }
  for (const Json& m : methods->as_array()) {
    const std::string& name = m.as_string();
    if (!m.is_string()) return bad_request("Each of 'methods' must be a string.", "methods");
    if (name == "password")
      TRYV(read_password(identity, out));
    else if (name == "token")
      TRYV(read_token(identity, out));
    else if (name == "application_credential")
      TRYV(read_app_credential(identity, out));
    else
      return Error(ErrorCode::unauthorized,
                   "Attempted to authenticate with an unsupported method.");
    out.methods.push_back(name);
  }
  return {};
}

Status read_scope(const Json& scope, ScopeRequest& out) {
  if (scope.is_null()) return {};
  if (scope.as_string() == "unscoped" || (scope.is_object() && scope.contains("unscoped"))) {
    out.kind = ScopeRequest::Kind::unscoped;
    return {};
  }
  if (!scope.is_object() || scope.size() != 1) {
    return bad_request(
        "'scope' must hold one of: project, domain, system, OS-TRUST:trust, unscoped.", "scope");
  }
  const auto& [kind, value] = scope.as_object().front();
  if (kind == "project") {
    out.kind = ScopeRequest::Kind::project;
    out.project = TRY(kProjectRef.read(value));
    if (!out.project.id && !out.project.name) return missing("id or name", "project");
    if (!out.project.id && !out.project.domain.given()) return missing("domain", "project");
  } else if (kind == "domain") {
    out.kind = ScopeRequest::Kind::domain;
    out.domain = TRY(kDomainRef.read(value));
    if (!out.domain.given()) return missing("id or name", "domain");
  } else if (kind == "system") {
    if (!value["all"].as_bool()) return bad_request("'system' must be {\"all\": true}.", "system");
    out.kind = ScopeRequest::Kind::system;
  } else if (kind == "OS-TRUST:trust") {
    out.kind = ScopeRequest::Kind::trust;
    out.trust_id = value["id"].as_string();
    if (out.trust_id.empty()) return missing("id", "OS-TRUST:trust");
  } else {
    return bad_request(
        "'scope' must hold one of: project, domain, system, OS-TRUST:trust, unscoped.", "scope");
  }
  return {};
}

}  // namespace

Result<AuthRequest> parse_auth_request(const std::string& body) {
  const Json auth = TRY(body_member(body, "auth"));
  if (!auth.is_object()) return bad_request("'auth' must be an object.", "auth");
  const Json* identity = auth.find("identity");
  if (!identity || !identity->is_object()) return missing("identity", "auth");
  AuthRequest out;
  TRYV(read_methods(*identity, out));
  TRYV(read_scope(auth["scope"], out.scope));
  return out;
}

}  // namespace nuri::identity
