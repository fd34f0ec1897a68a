#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/base/claims.h"
#include "services/db/database.h"
#include "services/identity/api/types.h"
#include "services/identity/domain/roles.h"

namespace nuri::identity {

void put_grant(db::Session& s, const Grant& g);
bool has_grant(db::Session& s, const Grant& g);
bool remove_grant(db::Session& s, const Grant& g);
std::vector<Grant> all_grants(db::Session& s);
// Of the user and of each group that the user is in.
std::vector<Grant> grants_of_user(db::Session& s, const std::string& user_id);
std::vector<Grant> grants_of_actor(db::Session& s, const std::string& actor_kind,
                                   const std::string& actor_id);
std::vector<Grant> grants_at(db::Session& s, const std::string& actor_kind,
                             const std::string& actor_id, const std::string& target_kind,
                             const std::string& target_id, bool inherited);
Implications implications(db::Session& s);

Target project_target(db::Session& s, const Project& p);
// The project's children and theirs, itself not among them.
std::vector<Project> below(db::Session& s, const std::string& project_id);
// Enabled projects (in enabled domains) where the user has a role.
std::vector<Project> projects_of_user(db::Session& s, const std::string& user_id);
std::vector<Project> domains_of_user(db::Session& s, const std::string& user_id);

// The cloud's roles (not a domain's own) that the user has at the target, by name.
std::vector<Role> roles_of_user(db::Session& s, const std::string& user_id, const Target& target);
std::vector<Role> named_roles(db::Session& s, const std::set<std::string>& ids);
// What a token notes of the roles it stands on: changes when its owner loses one of them at the
// target, so that only the tokens of that user for that target end. A trust is a target too: of who
// acts by it.
std::string grant_note(db::Session& s, const std::string& user_id, const std::string& target_kind,
                       const std::string& target_id);
void next_grant_note(db::Session& s, const std::string& user_id, const std::string& target_kind,
                     const std::string& target_id);
// Does the role make the cloud's administrator, or a service of it, of who has it in a project.
bool ruling_role(db::Session& s, const std::string& role_id);
// Has the actor such a role anywhere but over a domain alone, or is one lent to it by a trust?
bool rules_cloud(db::Session& s, const std::string& actor_kind, const std::string& actor_id,
                 TimeUs now);
std::vector<std::string> members_of(db::Session& s, const std::string& group_id);

}  // namespace nuri::identity
