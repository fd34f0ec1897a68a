#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/base/json.h"

// The body of POST /v3/auth/tokens (keystone/auth/schema.py).
namespace nuri::identity {

struct DomainRef {
  std::optional<std::string> id, name;
  bool given() const { return id || name; }
};

// By id, or by name and domain.
struct UserRef {
  std::optional<std::string> id, name, password;
  DomainRef domain;
};

struct ProjectRef {
  std::optional<std::string> id, name;
  DomainRef domain;
};

struct AppCredentialRef {
  std::optional<std::string> id, name, secret;
  std::optional<UserRef> user;
};

struct ScopeRequest {
  enum class Kind { none, unscoped, project, domain, system, trust } kind = Kind::none;
  ProjectRef project;
  DomainRef domain;
  std::string trust_id;
};

struct AuthRequest {
  std::vector<std::string> methods;
  std::optional<UserRef> user;                     // method password
  std::optional<std::string> token;                // method token
  std::optional<AppCredentialRef> app_credential;  // method application_credential
  ScopeRequest scope;
};

// Errors: bad_request naming the field; unauthorized for a method that is not served.
Result<AuthRequest> parse_auth_request(const std::string& body);

}  // namespace nuri::identity
