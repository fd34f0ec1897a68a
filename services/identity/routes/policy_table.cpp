#include "services/identity/routes/identity.h"

// Who may do what: all of it. The default roles as Keystone's secure defaults have them: the
// administrator of the system (or of any project) does all, a reader of the system sees all, a
// domain's administrator and reader do and see what lies in their domain, and everybody has what is
// their own. What is not named here nobody may do.
namespace nuri::identity {

namespace {

constexpr Permission kPermissions[] = {
    // Signing in, and one's own token
    {"identity:list_versions", Who::open},
    {"identity:get_version", Who::open},
    {"identity:authenticate", Who::open},
    {"identity:change_password", Who::open},
    {"identity:validate_token", Who::party},
    {"identity:revoke_token", Who::party},
    {"identity:get_auth_catalog", Who::party},
    {"identity:get_auth_projects", Who::anyone},
    {"identity:get_auth_domains", Who::anyone},
    {"identity:get_auth_system", Who::anyone},
    // Domains
    {"identity:list_domains", Who::admin_read},
    {"identity:get_domain", Who::own_domain},
    {"identity:create_domain", Who::admin},
    {"identity:update_domain", Who::admin},
    {"identity:delete_domain", Who::admin},
    // Projects and their tags
    {"identity:list_projects", Who::domain_read},
    {"identity:get_project", Who::own_project},
    {"identity:create_project", Who::domain_admin},
    {"identity:update_project", Who::domain_admin},
    {"identity:delete_project", Who::domain_admin},
    {"identity:list_project_tags", Who::own_project},
    {"identity:get_project_tag", Who::own_project},
    {"identity:update_project_tags", Who::domain_admin},
    {"identity:create_project_tag", Who::domain_admin},
    {"identity:delete_project_tags", Who::domain_admin},
    {"identity:delete_project_tag", Who::domain_admin},
    // Users and groups
    {"identity:list_users", Who::domain_read},
    {"identity:get_user", Who::user_of_domain},
    {"identity:create_user", Who::domain_admin},
    {"identity:update_user", Who::domain_admin},
    {"identity:delete_user", Who::domain_admin},
    {"identity:list_user_projects", Who::user_of_domain},
    {"identity:list_groups_for_user", Who::user_of_domain},
    {"identity:list_groups", Who::domain_read},
    {"identity:get_group", Who::domain_read},
    {"identity:create_group", Who::domain_admin},
    {"identity:update_group", Who::domain_admin},
    {"identity:delete_group", Who::domain_admin},
    {"identity:list_users_in_group", Who::domain_read},
    {"identity:check_user_in_group", Who::domain_read},
    {"identity:add_user_to_group", Who::domain_admin},
    {"identity:remove_user_from_group", Who::domain_admin},
    // Roles, and who has them
    {"identity:list_roles", Who::domain_read},
    {"identity:get_role", Who::domain_read},
    {"identity:create_role", Who::admin},
    {"identity:update_role", Who::admin},
    {"identity:delete_role", Who::admin},
    {"identity:list_implied_roles", Who::admin_read},
    {"identity:get_implied_role", Who::admin_read},
    {"identity:check_implied_role", Who::admin_read},
    {"identity:create_implied_role", Who::admin},
    {"identity:delete_implied_role", Who::admin},
    {"identity:list_role_inference_rules", Who::admin_read},
    {"identity:list_grants", Who::domain_read},
    {"identity:check_grant", Who::domain_read},
    {"identity:create_grant", Who::domain_admin},
    {"identity:revoke_grant", Who::domain_admin},
    {"identity:list_system_grants", Who::admin_read},
    {"identity:check_system_grant", Who::admin_read},
    {"identity:create_system_grant", Who::admin},
    {"identity:revoke_system_grant", Who::admin},
    {"identity:list_role_assignments", Who::domain_read},
    // The catalog
    {"identity:list_regions", Who::anyone},
    {"identity:get_region", Who::anyone},
    {"identity:create_region", Who::admin},
    {"identity:update_region", Who::admin},
    {"identity:delete_region", Who::admin},
    {"identity:list_services", Who::admin_read},
    {"identity:get_service", Who::admin_read},
    {"identity:create_service", Who::admin},
    {"identity:update_service", Who::admin},
    {"identity:delete_service", Who::admin},
    {"identity:list_endpoints", Who::admin_read},
    {"identity:get_endpoint", Who::admin_read},
    {"identity:create_endpoint", Who::admin},
    {"identity:update_endpoint", Who::admin},
    {"identity:delete_endpoint", Who::admin},
    {"identity:list_policies", Who::admin_read},
    {"identity:get_policy", Who::admin_read},
    {"identity:create_policy", Who::admin},
    {"identity:update_policy", Who::admin},
    {"identity:delete_policy", Who::admin},
    // What a user keeps and hands on
    {"identity:list_credentials", Who::party},
    {"identity:get_credential", Who::party},
    {"identity:create_credential", Who::party},
    {"identity:update_credential", Who::party},
    {"identity:delete_credential", Who::party},
    {"identity:ec2_list_credentials", Who::own_user},
    {"identity:ec2_get_credential", Who::own_user},
    {"identity:ec2_create_credential", Who::own_user_write},
    {"identity:ec2_delete_credential", Who::own_user_write},
    {"identity:list_application_credentials", Who::own_user},
    {"identity:get_application_credential", Who::own_user},
    {"identity:create_application_credential", Who::only_user},
    {"identity:delete_application_credential", Who::own_user_write},
    {"identity:list_access_rules", Who::own_user},
    {"identity:get_access_rule", Who::own_user},
    {"identity:delete_access_rule", Who::own_user_write},
    {"identity:list_trusts", Who::party},
    {"identity:get_trust", Who::party},
    {"identity:create_trust", Who::party},
    {"identity:delete_trust", Who::party},
    {"identity:list_roles_for_trust", Who::party},
    {"identity:get_role_for_trust", Who::party},
    // The other services
    {"internal:list_revocations", Who::service},
};

}  // namespace

std::span<const Permission> permissions() { return kPermissions; }

}  // namespace nuri::identity
