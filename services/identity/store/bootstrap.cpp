#include "services/identity/store/bootstrap.h"

#include "services/identity/store/grants.h"
#include "services/identity/store/schema.h"

namespace nuri::identity {

namespace {

struct ServiceSeed {
  const char* type;
  const char* name;
  const char* path;
};

// {base} is the cloud's door as its caller knows it. Cloudkitty's clients ask for type rating;
// metering is the same service by the name that our console looks for.
constexpr ServiceSeed kServiceSeeds[] = {
    {"identity", "keystone", "{base}/identity"},
    {"image", "glance", "{base}/image"},
    {"compute", "nova", "{base}/compute/v2.1"},
    {"volumev3", "cinderv3", "{base}/volume/v3/$(project_id)s"},
    {"network", "neutron", "{base}/network"},
    {"rating", "cloudkitty", "{base}/metering"},
    {"metering", "nuri-metering", "{base}/metering"},
};
constexpr const char* kInterfaces[] = {"public", "internal", "admin"};

class Seeder {
 public:
  Seeder(db::Session& s, Random& random) : s_(s), random_(random) {}
  bool catalog_changed = false;

  void domain() {
    if (kProjects.find(s_, kDefaultDomain)) return;
    Project d;
    d.id = kDefaultDomain;
    d.name = "Default";
    d.description = "The default domain";
    d.is_domain = true;
    kProjects.insert(s_, d);
  }

  std::string project(const std::string& name, const std::string& description) {
    if (auto found = kProjects.first(s_, "domain_id=?1 AND name=?2", {kDefaultDomain, name}))
      return found->id;
    Project p;
    p.id = random_.hex_id();
    p.domain_id = p.parent_id = kDefaultDomain;
    p.name = name;
    p.description = description;
    kProjects.insert(s_, p);
    return p.id;
  }

  // The roles that all services know by name are not to be lost by a slip.
  std::string role(const std::string& name) {
    if (auto found = kRoles.first(s_, "domain_id='' AND name=?1", {name})) return found->id;
    RoleRow r;
    r.id = random_.hex_id();
    r.name = name;
    r.options.set("immutable", true);
    kRoles.insert(s_, r);
    return r.id;
  }

  void implies(const std::string& prior, const std::string& implied) {
    s_.exec(
        "INSERT INTO implied_roles (prior_id, implied_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        {prior, implied});
  }

  std::string user(const std::string& name, const std::optional<std::string>& new_hash) {
    auto found = kUsers.first(s_, "domain_id=?1 AND name=?2", {kDefaultDomain, name});
    User u = found.value_or(User{});
    if (!found) {
      u.id = random_.hex_id();
      u.domain_id = kDefaultDomain;
      u.name = name;
    }
    u.enabled = true;
    if (new_hash) u.password_hash = new_hash;
    if (found)
      kUsers.update(s_, u);
    else
      kUsers.insert(s_, u);
    return u.id;
  }

  void region(const std::string& id) {
    if (kRegions.find(s_, id)) return;
    Region r;
    r.id = id;
    kRegions.insert(s_, r);
    catalog_changed = true;
  }

  void service(const ServiceSeed& seed, const std::string& region_id) {
    auto found = kServices.first(s_, "type=?1", {seed.type});
    if (!found) {
      Service v;
      v.id = random_.hex_id();
      v.type = seed.type;
      v.name = seed.name;
      kServices.insert(s_, v);
      found = v;
      catalog_changed = true;
    }
    for (const char* interface : kInterfaces) {
      if (kEndpoints.first(s_, "service_id=?1 AND interface=?2 AND region_id=?3",
                           {found->id, interface, region_id}))
        continue;
      Endpoint e;
      e.id = random_.hex_id();
      e.service_id = found->id;
      e.interface = interface;
      e.url = seed.path;
      e.region_id = region_id;
      kEndpoints.insert(s_, e);
      catalog_changed = true;
    }
  }

 private:
  db::Session& s_;
  Random& random_;
};

// A new hash where the administrator is not there yet or has another password.
Result<std::optional<std::string>> hash_if_new(db::Database& database, Hasher& hasher,
                                               const std::string& password) {
  auto admin = TRY(database.read([](db::Session& s) {
    return kUsers.first(s, "domain_id=?1 AND name='admin'", {kDefaultDomain});
  }));
  if (admin && TRY(hasher.verify(password, admin->password_hash.value_or(""))))
    return std::optional<std::string>();
  return std::optional<std::string>(TRY(hasher.hash(password)));
}

// The admin's tokens of before end with the old password, in the running service too.
void revoke_user(db::Session& s, const std::string& id, TimeUs now) {
  constexpr TimeUs kLongestTokenUs = 30LL * 24 * 3600 * kSecondUs;
  s.exec("UPDATE counters SET value=value+1 WHERE name='revocation'");
  s.exec(
      "INSERT INTO revocations (number, what, id, before_us, expires_us)"
      " VALUES ((SELECT value FROM counters WHERE name='revocation'), 'user', ?1, ?2, ?3)",
      {id, now + 1, now + kLongestTokenUs});
}

}  // namespace

Status bootstrap(db::Database& database, Hasher& hasher, Random& random, const Clock& clock,
                 const BootstrapOptions& options) {
  auto hash = TRY(hash_if_new(database, hasher, options.password));
  return database.write([&](db::Session& s) {
    Seeder seed(s, random);
    seed.domain();
    std::string admin_role = seed.role("admin"), member = seed.role("member"),
                reader = seed.role("reader");
    seed.role("service");
    seed.implies(admin_role, member);
    seed.implies(member, reader);
    std::string project = seed.project("admin", "The cloud administrator's project");
    std::string admin = seed.user("admin", hash);
    if (hash) revoke_user(s, admin, clock.now_us());
    put_grant(s, {"user", admin, "project", project, admin_role, false});
    put_grant(s, {"user", admin, "system", "all", admin_role, false});
    seed.region(options.region);
    for (const ServiceSeed& v : kServiceSeeds) seed.service(v, options.region);
    if (seed.catalog_changed) s.exec("UPDATE counters SET value=value+1 WHERE name='catalog'");
  });
}

}  // namespace nuri::identity
