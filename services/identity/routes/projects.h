#pragma once

#include "services/identity/api/types.h"
#include "services/identity/routes/identity.h"

// Shared by projects and domains, which are projects that act as one.
namespace nuri::identity {

// ?tags, ?tags-any, ?not-tags, ?not-tags-any: lists with commas.
bool matches_tags(const Request& request, const std::vector<std::string>& tags);
Result<Project> change_project(Identity& me, db::Session& s, const Project& old, Project now);
Status delete_domain_row(Identity& me, db::Session& s, const Project& domain);
Status insert_domain(db::Session& s, const Project& domain);

}  // namespace nuri::identity
