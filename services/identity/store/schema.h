#pragma once

#include <vector>

#include "services/db/database.h"
#include "services/identity/api/types.h"
#include "services/identity/store/table.h"

namespace nuri::identity {

extern const std::vector<db::Migration> kMigrations;  // component "identity"

extern const Table<Project> kProjects;
extern const Table<User> kUsers;
extern const Table<Group> kGroups;
extern const Table<RoleRow> kRoles;
extern const Table<Region> kRegions;
extern const Table<Service> kServices;
extern const Table<Endpoint> kEndpoints;
extern const Table<Policy> kPolicies;
extern const Table<Credential> kCredentials;
extern const Table<ApplicationCredential> kApplicationCredentials;
extern const Table<AccessRule> kAccessRules;
extern const Table<Trust> kTrusts;

}  // namespace nuri::identity
