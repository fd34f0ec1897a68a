#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/base/clock.h"
#include "services/base/json.h"

// Keystone's resources. `extra` holds what a caller sent and the table of fields does not know
// (a user's email, for one); it is given back as it came.
namespace nuri::identity {

inline constexpr const char* kDefaultDomain = "default";

// A domain is a project that acts as one: is_domain, with no domain and no parent of its own.
struct Project {
  std::string id, domain_id, parent_id, name, description;
  bool enabled = true, is_domain = false;
  std::vector<std::string> tags;
  Json options = Json::object(), extra = Json::object();
};

struct User {
  std::string id, domain_id, name;
  bool enabled = true;
  std::optional<std::string> default_project_id;
  std::optional<std::string> password;       // only on its way in; never stored
  std::optional<std::string> password_hash;  // never shown
  Json options = Json::object(), extra = Json::object();
};

struct Group {
  std::string id, domain_id, name, description;
  Json extra = Json::object();
};

struct RoleRow {
  std::string id, name;
  std::string domain_id;  // "" for the cloud's roles; a domain's own roles never reach a token
  std::optional<std::string> description;
  Json options = Json::object(), extra = Json::object();
};

struct Region {
  std::string id, description;
  std::optional<std::string> parent_region_id;
  Json extra = Json::object();
};

struct Service {
  std::string id, type;
  std::optional<std::string> name, description;
  bool enabled = true;
  Json extra = Json::object();
};

struct Endpoint {
  std::string id, service_id, interface, url;
  std::optional<std::string> region_id, region;  // `region` is v2's name of the same, on its way in
  bool enabled = true;
  Json extra = Json::object();
};

struct Policy {
  std::string id, type;
  Json blob;
  Json extra = Json::object();
};

struct Credential {
  std::string id, user_id, type, blob;  // blob is encrypted in the database
  std::optional<std::string> project_id;
  Json extra = Json::object();
};

struct RoleRef {
  std::optional<std::string> id, name;
};

struct AccessRule {
  std::string id, user_id, service, path, method;
};

struct ApplicationCredential {
  std::string id, user_id, project_id, name;
  std::optional<std::string> description, secret, secret_hash;
  std::vector<RoleRef> roles;
  std::vector<std::string> access_rules;  // ids
  std::optional<std::string> expires_at;
  bool unrestricted = false;
};

struct Trust {
  std::string id, trustor_user_id, trustee_user_id;
  std::optional<std::string> project_id, expires_at;
  std::vector<RoleRef> roles;
  bool impersonation = false, allow_redelegation = false;
  std::optional<int64_t> remaining_uses;
};

}  // namespace nuri::identity
