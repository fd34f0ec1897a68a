#include <set>

#include "services/identity/api/field_kinds.h"
#include "services/identity/api/fields.h"

namespace nuri::identity {

namespace {

constexpr size_t kMaxTags = 80;

// keystone/common/validation/parameter_types.py: a tag has 1 to 255 characters without ',' and '/'.
std::string tags_problem(const Json& j) {
  if (!j.is_array()) return "It must be a list of strings.";
  if (j.size() > kMaxTags) return "At most 80 tags are allowed.";
  std::set<std::string> seen;
  for (const Json& tag : j.as_array()) {
    const std::string& s = tag.as_string();
    if (s.empty() || s.size() > 255) return "A tag is a string of 1 to 255 characters.";
    if (s.find_first_of(",/") != std::string::npos) return "A tag must not hold ',' or '/'.";
    if (!seen.insert(s).second) return "The tags must be unique.";
  }
  return "";
}

Field<Project> id_out() { return text("id", &Project::id).out_only(); }
Field<Project> project_name() {
  return text("name", &Project::name).required_().length(1, 64).format_("name");
}
Field<Project> tags() { return strings("tags", &Project::tags).checked(tags_problem); }

}  // namespace

using Unknown = Fields<Project>::Unknown;

const Fields<Project> kDomainFields("domain", Unknown::ignore,
                                    {
                                        id_out(),
                                        project_name(),
                                        text_or_null("description", &Project::description, 65535),
                                        strict_boolean("enabled", &Project::enabled),
                                        tags(),
                                        options(&Project::options),
                                    });

const Fields<Project> kProjectFields(
    "project", Unknown::ignore,
    {
        id_out(),
        project_name(),
        null_if_empty(text_or_null("domain_id", &Project::domain_id, 64)),
        text_or_null("description", &Project::description, 65535),
        strict_boolean("enabled", &Project::enabled),
        null_if_empty(text_or_null("parent_id", &Project::parent_id, 64)),
        strict_boolean("is_domain", &Project::is_domain),
        tags(),
        options(&Project::options),
    });

const Fields<User> kUserFields(
    "user", Fields<User>::Unknown::ignore,
    {
        text("id", &User::id).out_only(),
        text("name", &User::name).required_().length(1, 255).format_("name"),
        text_or_null("domain_id", &User::domain_id, 64),
        strict_boolean("enabled", &User::enabled),
        unless_empty(text_or_null("default_project_id", &User::default_project_id, 64)),
        text_or_null("password", &User::password, 4096).in_only(),
        computed<User>("password_expires_at", [](const User&) { return nullptr; }),
        options(&User::options),
    });

const Fields<Group> kGroupFields(
    "group", Fields<Group>::Unknown::ignore,
    {
        text("id", &Group::id).out_only(),
        text("name", &Group::name).required_().length(1, 64).format_("name"),
        text_or_null("domain_id", &Group::domain_id, 64),
        text_or_null("description", &Group::description, 65535),
    });

const Fields<RoleRow> kRoleFields(
    "role", Fields<RoleRow>::Unknown::ignore,
    {
        text("id", &RoleRow::id).out_only(),
        text("name", &RoleRow::name).required_().length(1, 255).format_("name"),
        null_if_empty(text_or_null("domain_id", &RoleRow::domain_id, 64)),
        text_or_null("description", &RoleRow::description, 65535),
        options(&RoleRow::options),
    });

const Fields<PasswordChange> kPasswordChangeFields(
    "user", Fields<PasswordChange>::Unknown::refuse,
    {
        text("password", &PasswordChange::password).required_().length(1, 4096),
        text("original_password", &PasswordChange::original_password).required_().length(0, 4096),
    });

}  // namespace nuri::identity
