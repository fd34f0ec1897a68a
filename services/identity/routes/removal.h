#pragma once

#include "services/identity/domain/roles.h"
#include "services/identity/routes/identity.h"

// What goes with a thing that goes: grants, memberships, credentials; and the tokens.
namespace nuri::identity {

void remove_user(Identity& me, db::Session& s, const std::string& id);
void remove_group(Identity& me, db::Session& s, const std::string& id);
void remove_role(Identity& me, db::Session& s, const std::string& id);
void remove_project(Identity& me, db::Session& s, const std::string& id);
void remove_domain(Identity& me, db::Session& s, const std::string& id);

// A grant is gone (or a role in it): the tokens of those it counted for, at the targets it counted
// at.
void revoke_grant(Identity& me, db::Session& s, const Grant& g);
// The same for one who leaves a group: what the group's grants gave.
void revoke_membership(Identity& me, db::Session& s, const std::string& group_id,
                       const std::string& user_id);
// The tokens of trusts that the user has given or was given, which may bear the other's name: the
// user's own revocation does not reach them all.
void revoke_trusts_of(Identity& me, db::Session& s, const std::string& user_id);
// Application credentials hold roles of their user in a project; without them they are gone too.
void drop_application_credentials(Identity& me, db::Session& s, const std::string& where,
                                  const db::Args& args);

}  // namespace nuri::identity
