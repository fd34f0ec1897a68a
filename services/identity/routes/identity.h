#pragma once

#include <span>

#include "services/auth/token.h"
#include "services/base/clock.h"
#include "services/base/random.h"
#include "services/base/router.h"
#include "services/db/database.h"
#include "services/identity/domain/lockout.h"
#include "services/identity/store/hasher.h"
#include "services/identity/store/revocations.h"
#include "services/identity/store/vault.h"
#include "services/identity/store/view_cache.h"

namespace nuri::identity {

// What the handlers stand on.
struct Identity {
  db::Database& db;
  const Clock& clock;
  Random& random;
  Hasher& hasher;
  Vault& vault;
  const auth::TokenSigner& signer;
  auth::TokenVerifier& verifier;
  TimeUs token_life_us = 12 * 3600 * kSecondUs;
  Lockout::Options lockout_options = {};
  // A new password that its user chooses is none of the last so many; 0 and 1 allow all.
  int unique_passwords = 0;

  Revocations revocations{clock, verifier, token_life_us};
  ViewCache cache{db, clock, revocations, verifier};
  Lockout lockout{clock, lockout_options};
};

// Who may do an action, beyond having a token. A domain's people are those of a domain-scoped
// token; all that the path names must belong to that domain, and lists show what does.
enum class Who {
  nobody,
  open,            // no token
  anyone,          // any token
  party,           // any token; the handler admits those whom the thing concerns
  service,         // a service of this cloud
  admin,           // the cloud's administrator, or a service of this cloud
  admin_read,      // the same, or a reader of the whole system
  domain_admin,    // admin, or the administrator of the domain
  domain_read,     // admin_read, or a reader of the domain
  own_user,        // admin_read, or the user that {user_id} names
  own_user_write,  // admin, or that user
  only_user,       // nobody but that user
  user_of_domain,  // domain_read, or that user
  own_project,     // domain_read, or a token of the project that {project_id} names
  own_domain,      // admin_read, or a token or user of the domain that {domain_id} names
};

// A row of the policy table; the action's name is Keystone's, and stands in refusals.
struct Permission {
  const char* action;
  Who who;
};
std::span<const Permission> permissions();  // policy_table.cpp: all of them
Who who_may(std::string_view action);       // nobody, where the table has no such action

using Handle = Result<Response> (*)(Identity&, const Request&, Context&);

struct Rule {
  const char* method;
  const char* pattern;
  const char* action;
  Handle handle;
};

void document(Route& route, const Rule& rule);  // for the OpenAPI document
void add_rules(Router& router, Identity& identity, std::span<const Rule> rules);

// All of the above for one process.
void add_routes(Router& router, Identity& identity);

std::span<const Rule> version_rules();
std::span<const Rule> token_rules();
std::span<const Rule> domain_rules();
std::span<const Rule> project_rules();
std::span<const Rule> tag_rules();
std::span<const Rule> user_rules();
std::span<const Rule> group_rules();
std::span<const Rule> role_rules();
std::span<const Rule> grant_rules();
std::span<const Rule> assignment_rules();
std::span<const Rule> catalog_rules();
std::span<const Rule> region_rules();
std::span<const Rule> policy_rules();
std::span<const Rule> credential_rules();
std::span<const Rule> application_credential_rules();
std::span<const Rule> trust_rules();
std::span<const Rule> internal_rules();
std::vector<Rule> all_rules();

bool may_manage(const Claims& c);  // Who::admin
bool may_read(const Claims& c);    // Who::admin_read
// The domain that a caller's view and reach end at; "" where they do not end at one.
std::string confined_to(const Claims& c);
Status within_reach(const Context& context, const std::string& domain_id, std::string_view action);
Error no_such(std::string_view kind, std::string_view id);
Error not_authorised(std::string_view action);
Error unauthenticated();

}  // namespace nuri::identity
