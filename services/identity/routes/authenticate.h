#pragma once

#include "services/identity/api/auth_request.h"
#include "services/identity/api/types.h"
#include "services/identity/routes/identity.h"

namespace nuri::identity {

// Who the caller has proved to be, and what limits the token that may be made of it.
struct Proven {
  User user;
  Project user_domain;
  std::vector<std::string> methods;
  std::shared_ptr<const Claims> parent;  // method token: the token exchanged
  std::optional<ApplicationCredential> app_credential;
  TimeUs at_us = 0;  // before anything was read: a change since then revokes the token
};

// Errors: unauthorized, the same whatever was wrong, for about the same work.
Result<Proven> authenticate(Identity& me, const AuthRequest& request, const std::string& peer);

// A password check with lock-out, as both signing in and changing one's password need it.
Result<User> check_password(Identity& me, const UserRef& who, const std::string& password,
                            const std::string& peer);

// The claims of a new token, its scope resolved and its roles looked up.
Result<Claims> scoped_claims(Identity& me, const Proven& proven, const ScopeRequest& scope);

// A token's audit ids are its own and its parent's, so that revoking a token revokes those made
// from it. What else it hangs on is noted after them, as "gr:DIGEST" (the grants), "ac:ID"
// (application credential), "au:ID" (one that may manage others), "ar:RULE" (its access rules:
// services/base/access_rules.h) and "tr:ID" (trust), never shown as audit ids.
std::optional<std::string> noted(const Claims& c, std::string_view mark);

// {"token": {...}} as Keystone gives it.
Result<std::string> token_body(Identity& me, const Claims& claims, const Request& request,
                               bool with_catalog);

}  // namespace nuri::identity
