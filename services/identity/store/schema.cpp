#include "services/identity/store/schema.h"

namespace nuri::identity {

// domain_id '' stands for "no domain" (domains themselves, the cloud's roles), so that UNIQUE
// holds.
const std::vector<db::Migration> kMigrations = {{1, R"sql(
CREATE TABLE projects (id TEXT PRIMARY KEY, domain_id TEXT NOT NULL, parent_id TEXT NOT NULL,
  name TEXT NOT NULL, description TEXT NOT NULL, enabled BIGINT NOT NULL, is_domain BIGINT NOT NULL,
  tags TEXT NOT NULL, options TEXT NOT NULL, extra TEXT NOT NULL, UNIQUE (domain_id, name));
CREATE INDEX projects_parent ON projects (parent_id);
CREATE TABLE users (id TEXT PRIMARY KEY, domain_id TEXT NOT NULL, name TEXT NOT NULL,
  enabled BIGINT NOT NULL, default_project_id TEXT, password_hash TEXT, options TEXT NOT NULL,
  extra TEXT NOT NULL, UNIQUE (domain_id, name));
CREATE TABLE user_groups (id TEXT PRIMARY KEY, domain_id TEXT NOT NULL, name TEXT NOT NULL,
  description TEXT NOT NULL, extra TEXT NOT NULL, UNIQUE (domain_id, name));
CREATE TABLE group_members (group_id TEXT NOT NULL, user_id TEXT NOT NULL, PRIMARY KEY (group_id, user_id));
CREATE INDEX group_members_user ON group_members (user_id);
CREATE TABLE roles (id TEXT PRIMARY KEY, name TEXT NOT NULL, domain_id TEXT NOT NULL, description TEXT,
  options TEXT NOT NULL, extra TEXT NOT NULL, UNIQUE (domain_id, name));
CREATE TABLE implied_roles (prior_id TEXT NOT NULL, implied_id TEXT NOT NULL, PRIMARY KEY (prior_id, implied_id));
CREATE TABLE grants (actor_kind TEXT NOT NULL, actor_id TEXT NOT NULL, target_kind TEXT NOT NULL,
  target_id TEXT NOT NULL, role_id TEXT NOT NULL, inherited BIGINT NOT NULL,
  PRIMARY KEY (actor_kind, actor_id, target_kind, target_id, role_id, inherited));
CREATE INDEX grants_target ON grants (target_kind, target_id);
CREATE INDEX grants_role ON grants (role_id);
CREATE TABLE regions (id TEXT PRIMARY KEY, description TEXT NOT NULL, parent_region_id TEXT, extra TEXT NOT NULL);
CREATE TABLE services (id TEXT PRIMARY KEY, type TEXT NOT NULL, name TEXT, description TEXT,
  enabled BIGINT NOT NULL, extra TEXT NOT NULL);
CREATE TABLE endpoints (id TEXT PRIMARY KEY, service_id TEXT NOT NULL, interface TEXT NOT NULL,
  url TEXT NOT NULL, region_id TEXT, enabled BIGINT NOT NULL, extra TEXT NOT NULL);
CREATE TABLE policies (id TEXT PRIMARY KEY, type TEXT NOT NULL, body TEXT NOT NULL, extra TEXT NOT NULL);
CREATE TABLE credentials (id TEXT PRIMARY KEY, user_id TEXT NOT NULL, type TEXT NOT NULL,
  sealed TEXT NOT NULL, project_id TEXT, extra TEXT NOT NULL);
CREATE INDEX credentials_user ON credentials (user_id);
CREATE TABLE application_credentials (id TEXT PRIMARY KEY, user_id TEXT NOT NULL, project_id TEXT NOT NULL,
  name TEXT NOT NULL, description TEXT, secret_hash TEXT, roles TEXT NOT NULL, access_rules TEXT NOT NULL,
  expires_at TEXT, unrestricted BIGINT NOT NULL, UNIQUE (user_id, name));
CREATE TABLE access_rules (id TEXT PRIMARY KEY, user_id TEXT NOT NULL, service TEXT NOT NULL,
  path TEXT NOT NULL, method TEXT NOT NULL);
CREATE INDEX access_rules_user ON access_rules (user_id);
CREATE TABLE trusts (id TEXT PRIMARY KEY, trustor_user_id TEXT NOT NULL, trustee_user_id TEXT NOT NULL,
  project_id TEXT, expires_at TEXT, roles TEXT NOT NULL, impersonation BIGINT NOT NULL,
  allow_redelegation BIGINT NOT NULL, remaining_uses BIGINT);
CREATE TABLE revocations (number BIGINT PRIMARY KEY, what TEXT NOT NULL, id TEXT NOT NULL,
  before_us BIGINT NOT NULL, expires_us BIGINT NOT NULL);
CREATE TABLE counters (name TEXT PRIMARY KEY, value BIGINT NOT NULL);
INSERT INTO counters (name, value) VALUES ('catalog', 1);
INSERT INTO counters (name, value) VALUES ('revocation', 0);
)sql"},
                                                {2, R"sql(
CREATE TABLE password_history (user_id TEXT NOT NULL, number BIGINT NOT NULL, hash TEXT NOT NULL,
  PRIMARY KEY (user_id, number));
)sql"}};

namespace {

// Roles given by a resource, kept as a list of ids.
template <class T>
Column<T> role_ids(std::string name) {
  return {std::move(name),
          [](const T& t) {
            Json out = Json::array();
            for (const RoleRef& r : t.roles) out.push_back(r.id.value_or(""));
            return db::Arg(out);
          },
          [](T& t, const db::Row& row, int c) {
            Json ids = row.json(c);
            for (const Json& id : ids.as_array()) t.roles.push_back({id.as_string(), std::nullopt});
          }};
}

}  // namespace

const Table<Project> kProjects("projects",
                               {col("id", &Project::id), col("domain_id", &Project::domain_id),
                                col("parent_id", &Project::parent_id), col("name", &Project::name),
                                col("description", &Project::description),
                                col("enabled", &Project::enabled),
                                col("is_domain", &Project::is_domain), col("tags", &Project::tags),
                                col("options", &Project::options), col("extra", &Project::extra)});

const Table<User> kUsers("users", {col("id", &User::id), col("domain_id", &User::domain_id),
                                   col("name", &User::name), col("enabled", &User::enabled),
                                   col("default_project_id", &User::default_project_id),
                                   col("password_hash", &User::password_hash),
                                   col("options", &User::options), col("extra", &User::extra)});

const Table<Group> kGroups("user_groups",
                           {col("id", &Group::id), col("domain_id", &Group::domain_id),
                            col("name", &Group::name), col("description", &Group::description),
                            col("extra", &Group::extra)});

const Table<RoleRow> kRoles("roles",
                            {col("id", &RoleRow::id), col("name", &RoleRow::name),
                             col("domain_id", &RoleRow::domain_id),
                             col("description", &RoleRow::description),
                             col("options", &RoleRow::options), col("extra", &RoleRow::extra)});

const Table<Region> kRegions("regions",
                             {col("id", &Region::id), col("description", &Region::description),
                              col("parent_region_id", &Region::parent_region_id),
                              col("extra", &Region::extra)});

const Table<Service> kServices("services",
                               {col("id", &Service::id), col("type", &Service::type),
                                col("name", &Service::name),
                                col("description", &Service::description),
                                col("enabled", &Service::enabled), col("extra", &Service::extra)});

const Table<Endpoint> kEndpoints(
    "endpoints", {col("id", &Endpoint::id), col("service_id", &Endpoint::service_id),
                  col("interface", &Endpoint::interface), col("url", &Endpoint::url),
                  col("region_id", &Endpoint::region_id), col("enabled", &Endpoint::enabled),
                  col("extra", &Endpoint::extra)});

const Table<Policy> kPolicies("policies",
                              {col("id", &Policy::id), col("type", &Policy::type),
                               col("body", &Policy::blob), col("extra", &Policy::extra)});

const Table<Credential> kCredentials(
    "credentials", {col("id", &Credential::id), col("user_id", &Credential::user_id),
                    col("type", &Credential::type), col("sealed", &Credential::blob),
                    col("project_id", &Credential::project_id), col("extra", &Credential::extra)});

const Table<ApplicationCredential> kApplicationCredentials(
    "application_credentials",
    {col("id", &ApplicationCredential::id), col("user_id", &ApplicationCredential::user_id),
     col("project_id", &ApplicationCredential::project_id),
     col("name", &ApplicationCredential::name),
     col("description", &ApplicationCredential::description),
     col("secret_hash", &ApplicationCredential::secret_hash),
     role_ids<ApplicationCredential>("roles"),
     col("access_rules", &ApplicationCredential::access_rules),
     col("expires_at", &ApplicationCredential::expires_at),
     col("unrestricted", &ApplicationCredential::unrestricted)});

const Table<AccessRule> kAccessRules("access_rules", {col("id", &AccessRule::id),
                                                      col("user_id", &AccessRule::user_id),
                                                      col("service", &AccessRule::service),
                                                      col("path", &AccessRule::path),
                                                      col("method", &AccessRule::method)});

const Table<Trust> kTrusts("trusts",
                           {col("id", &Trust::id), col("trustor_user_id", &Trust::trustor_user_id),
                            col("trustee_user_id", &Trust::trustee_user_id),
                            col("project_id", &Trust::project_id),
                            col("expires_at", &Trust::expires_at), role_ids<Trust>("roles"),
                            col("impersonation", &Trust::impersonation),
                            col("allow_redelegation", &Trust::allow_redelegation),
                            col("remaining_uses", &Trust::remaining_uses)});

}  // namespace nuri::identity
