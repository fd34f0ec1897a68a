#pragma once

#include "services/identity/store/grants.h"
#include "tests/unit/identity/world.h"

namespace nuri::identity {

// Two domains with the same things in each, under ids that say which: "home-user", "away-project";
// and callers of every kind, each by a letter.
//   A M R  administrator, member, reader of the system      n  a user without a role
//   a m r  of the domain home                               f  a member of away-project
//   P Q q  administrator, member, reader of home-project    s  a service of the cloud
//   u      home-user itself, a member of home-project       g  an agent
class Personas : public World {
 protected:
  static constexpr std::string_view kAll = "AMRamrPQqunfsg";

  Claims claims_of(char persona) {
    Claims c;
    c.user_id = c.user_name = persona == 'u' ? "home-user" : "some-user";
    c.user_domain_id = persona == 'f' ? "away" : "home";
    const char* role = std::string_view("AaP").find(persona) != std::string_view::npos   ? "admin"
                       : std::string_view("Rrq").find(persona) != std::string_view::npos ? "reader"
                                                                                         : "member";
    if (persona != 'n') c.roles = {{role, role}};
    if (std::string_view("AMR").find(persona) != std::string_view::npos) {
      c.scope = Claims::Scope::system;
    } else if (std::string_view("amr").find(persona) != std::string_view::npos) {
      c.scope = Claims::Scope::domain;
      c.domain_id = "home";
    } else if (persona != 'n') {
      c.scope = Claims::Scope::project;
      c.project_domain_id = persona == 'f' ? "away" : "home";
      c.project_id = c.project_domain_id + "-project";
    }
    c.methods = {"password"};
    return c;
  }

  std::string token_of_persona(char persona) {
    clock.advance(10);  // not older than what the last call took back
    if (persona == 's' || persona == 'g') {
      auto self =
          auth::ServiceIdentity::open(dir.file("service.key"), persona == 's' ? "compute" : "agent",
                                      clock, persona == 'g' ? "host1" : "");
      return (*self)->token();
    }
    Claims c = claims_of(persona);
    c.issued_us = clock.now_us();
    c.expires_us = c.issued_us + 3600 * kSecondUs;
    c.audit_ids = {"walk" + std::to_string(c.issued_us)};
    return signer->sign(c).value();
  }

  // Puts back what a call may have removed.
  void restore() {
    ASSERT_TRUE(database->write([&](db::Session& s) {
      for (std::string side : {"home", "away"}) restore_side(s, side);
      Service service;
      service.id = service.type = "walk-service";
      put(s, kServices, service);
      Endpoint endpoint;
      endpoint.id = "walk-endpoint";
      endpoint.service_id = service.id;
      endpoint.interface = "public";
      endpoint.url = "http://x";
      put(s, kEndpoints, endpoint);
      Region region;
      region.id = "walk-region";
      put(s, kRegions, region);
      Policy policy;
      policy.id = policy.type = "walk-policy";
      put(s, kPolicies, policy);
      RoleRow implied;
      implied.id = implied.name = "walk-implied";
      put(s, kRoles, implied);
    }));
  }

  // The pattern with each {name} replaced by the thing of that side.
  static std::string path_of(const Rule& rule, const std::string& side) {
    std::string out;
    for (const char* c = rule.pattern; *c; ++c) {
      if (*c != '{') {
        out += *c;
        continue;
      }
      std::string name;
      while (*++c != '}') name += *c;
      out += id_of(name, side);
    }
    return out;
  }

 private:
  static std::string id_of(const std::string& name, const std::string& side) {
    if (name == "domain_id") return side;
    if (name == "tag") return "blue";
    if (name == "access") return side + "-access";
    bool shared = name == "service_id" || name == "endpoint_id" || name == "region_id" ||
                  name == "policy_id" || name == "implied_id";
    return (shared ? "walk-" : side + "-") + name.substr(0, name.size() - 3);
  }

  template <class T>
  static void put(db::Session& s, const Table<T>& table, const T& t) {
    if (!table.update(s, t)) table.insert(s, t);
  }

  void restore_side(db::Session& s, const std::string& side) {
    Project domain, project;
    domain.id = domain.name = side;
    domain.is_domain = true;
    put(s, kProjects, domain);
    project.id = project.name = side + "-project";
    project.domain_id = project.parent_id = side;
    project.tags = {"blue"};
    put(s, kProjects, project);
    User user;
    user.id = user.name = side + "-user";
    user.domain_id = side;
    put(s, kUsers, user);
    Group group;
    group.id = group.name = side + "-group";
    group.domain_id = side;
    put(s, kGroups, group);
    RoleRow role;
    role.id = role.name = side + "-role";
    role.domain_id = side;
    put(s, kRoles, role);
    restore_kept(s, side);
  }

  // What the side's user keeps and hands on.
  void restore_kept(db::Session& s, const std::string& side) {
    std::string user = side + "-user", project = side + "-project";
    Credential credential;
    credential.id = side + "-credential";
    credential.user_id = user;
    credential.type = "cert";
    credential.blob = *vault->seal("blob", credential.id);
    put(s, kCredentials, credential);
    Credential ec2 = credential;
    ec2.type = "ec2";
    ec2.id = auth::sha256_hex(side + "-access");
    ec2.blob = *vault->seal(Json::object({{"access", side + "-access"}}).dump(), ec2.id);
    put(s, kCredentials, ec2);
    ApplicationCredential ac;
    ac.id = ac.name = side + "-ac";
    ac.user_id = user;
    ac.project_id = project;
    put(s, kApplicationCredentials, ac);
    AccessRule rule{side + "-rule", user, "compute", "/", "GET"};
    put(s, kAccessRules, rule);
    Trust trust;
    trust.id = side + "-trust";
    trust.trustor_user_id = user;
    trust.trustee_user_id = "trustee";
    trust.project_id = project;
    trust.roles = {{side + "-role", std::nullopt}};
    put(s, kTrusts, trust);
  }
};

}  // namespace nuri::identity
