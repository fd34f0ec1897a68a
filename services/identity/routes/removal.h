#pragma once

#include "services/identity/routes/identity.h"

// What goes with a thing that goes: grants, memberships, credentials; and the tokens.
namespace nuri::identity {

void remove_user(Identity& me, db::Session& s, const std::string& id);
void remove_group(Identity& me, db::Session& s, const std::string& id);
void remove_role(Identity& me, db::Session& s, const std::string& id);
void remove_project(Identity& me, db::Session& s, const std::string& id);
void remove_domain(Identity& me, db::Session& s, const std::string& id);

// A grant is gone: the tokens of whom it counted for.
void revoke_actor(Identity& me, db::Session& s, const std::string& actor_kind, const std::string& actor_id);
// Application credentials hold roles of their user in a project; without them they are gone too.
void drop_application_credentials(Identity& me, db::Session& s, const std::string& where, const db::Args& args);

}  // namespace nuri::identity
