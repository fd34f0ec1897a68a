#include "compute/routes/app.h"
#include "services/base/fields.h"

// Quota sets and limits. What the network service counts (addresses, groups) is shown up to 2.35
// with Nova's own defaults, as clients of that age expect the fields.
namespace nuri::compute {

namespace {

struct Line {
  const char* name;
  int64_t Quota::* member;  // nullptr: a constant
  int64_t constant;
  int until;
};

const std::vector<Line>& lines() {
  static const std::vector<Line> kLines = {
      {"instances", &Quota::instances, 0, INT_MAX},
      {"cores", &Quota::cores, 0, INT_MAX},
      {"ram", &Quota::ram_mib, 0, INT_MAX},
      {"metadata_items", &Quota::metadata_items, 0, INT_MAX},
      {"key_pairs", &Quota::key_pairs, 0, INT_MAX},
      {"server_groups", &Quota::server_groups, 0, INT_MAX},
      {"server_group_members", &Quota::server_group_members, 0, INT_MAX},
      {"floating_ips", nullptr, -1, 35},
      {"fixed_ips", nullptr, -1, 35},
      {"security_groups", nullptr, -1, 35},
      {"security_group_rules", nullptr, -1, 35},
      {"injected_files", nullptr, 0, 56},
      {"injected_file_content_bytes", nullptr, 10240, 56},
      {"injected_file_path_bytes", nullptr, 255, 56}};
  return kLines;
}

int64_t value_of(const Line& l, const Quota& q) { return l.member ? q.*(l.member) : l.constant; }

int64_t used_of(const std::string& name, const Used& u) {
  if (name == "instances") return u.instances;
  if (name == "cores") return u.vcpus;
  return name == "ram" ? u.ram_mib : 0;
}

Json quota_json(const Quota& q, int version, const std::string& id) {
  Json out = Json::object();
  if (!id.empty()) out.set("id", id);
  for (const Line& l : lines()) {
    if (version <= l.until) out.set(l.name, value_of(l, q));
  }
  return out;
}

// A project's own quota is everybody's in it to see; another's an administrator's.
Status may_see(const Context& c) {
  if (c.claims.is_admin() || c.param("project") == c.claims.project_id) return {};
  return forbidden(
      "Policy doesn't allow os_compute_api:os-quota-sets:show to be performed for another "
      "project.");
}

Result<Response> show(App& app, Context& c, bool defaults) {
  TRYV(may_see(c));
  Quota q = defaults
                ? Quota{}
                : TRY(app.db.read([&](db::Session& s) { return quota_of(s, c.param("project")); }));
  return Response::json(
      200, Json::object({{"quota_set", quota_json(q, c.microversion, c.param("project"))}}));
}

Result<Response> show_detail(App& app, Context& c) {
  TRYV(may_see(c));
  return app.db.read([&](db::Session& s) -> Result<Response> {
    Quota q = quota_of(s, c.param("project"));
    Used u = used_by_project(s, c.param("project"));
    Json out = Json::object({{"id", c.param("project")}});
    for (const Line& l : lines()) {
      if (c.microversion > l.until) continue;
      out.set(l.name,
              Json::object(
                  {{"limit", value_of(l, q)}, {"in_use", used_of(l.name, u)}, {"reserved", 0}}));
    }
    return Response::json(200, Json::object({{"quota_set", out}}));
  });
}

Result<Response> update(App& app, const Request& request, Context& c) {
  Json body = TRY(body_member(request.body, "quota_set"));
  if (!body.is_object()) return bad_request("quota_set must be an object.", "quota_set");
  bool force = loose_bool(body["force"]);
  return app.db.write([&](db::Session& s) -> Result<Response> {
    Quota q = quota_of(s, c.param("project"));
    Used u = used_by_project(s, c.param("project"));
    for (const auto& [key, value] : body.as_object()) {
      if (key == "force" || key == "tenant_id") continue;
      const Line* line = nullptr;
      for (const Line& l : lines()) {
        if (key == l.name && c.microversion <= l.until) line = &l;
      }
      if (!line)
        return bad_request(
            "Additional properties are not allowed ('" + key.substr(0, 255) + "' was unexpected).",
            key.substr(0, 255));
      FieldRules rules;
      rules.name = key;
      rules.type = "integer";
      rules.min = -1;
      rules.max = INT32_MAX;
      TRYV(check_field(rules, value));
      if (!line->member) continue;  // counted elsewhere
      int64_t limit = value.is_string() ? std::stoll(value.as_string()) : value.as_int();
      if (!force && limit >= 0 && limit < used_of(key, u)) {
        return bad_request("Quota limit " + std::to_string(limit) + " for " + key +
                               " must be greater than or equal to already used and reserved " +
                               std::to_string(used_of(key, u)) + ".",
                           key);
      }
      q.*(line->member) = limit;
    }
    set_quota(s, c.param("project"), q);
    return Response::json(200, Json::object({{"quota_set", quota_json(q, c.microversion, "")}}));
  });
}

Result<Response> limits(App& app, const Request& request, Context& c) {
  std::string project = request.query.get("tenant_id");
  if (project.empty()) project = c.claims.project_id;
  if (project != c.claims.project_id && !c.claims.is_admin())
    return forbidden(
        "Policy doesn't allow os_compute_api:limits to be performed for another project.");
  return app.db.read([&](db::Session& s) -> Result<Response> {
    Quota q = quota_of(s, project);
    Used u = used_by_project(s, project);
    Json a = Json::object({{"maxTotalInstances", q.instances},
                           {"maxTotalCores", q.cores},
                           {"maxTotalRAMSize", q.ram_mib},
                           {"maxTotalKeypairs", q.key_pairs},
                           {"maxServerMeta", q.metadata_items},
                           {"maxServerGroups", q.server_groups},
                           {"maxServerGroupMembers", q.server_group_members},
                           {"totalInstancesUsed", u.instances},
                           {"totalCoresUsed", u.vcpus},
                           {"totalRAMUsed", u.ram_mib},
                           {"totalServerGroupsUsed", 0}});
    if (c.microversion <= 35) {
      for (const char* name : {"maxTotalFloatingIps", "maxSecurityGroups", "maxSecurityGroupRules"})
        a.set(name, -1);
      for (const char* name : {"totalFloatingIpsUsed", "totalSecurityGroupsUsed"}) a.set(name, 0);
    }
    if (c.microversion <= 38) a.set("maxImageMeta", 128);
    if (c.microversion <= 56) a.set("maxPersonality", 0).set("maxPersonalitySize", 10240);
    return Response::json(
        200, Json::object({{"limits", Json::object({{"rate", Json::array()}, {"absolute", a}})}}));
  });
}

}  // namespace

void add_quota_routes(Router& router, App& app) {
  const std::string one = "/v2.1/os-quota-sets/{project}";
  router.add("GET", one, Access::reader,
             [&app](const Request&, Context& c) { return show(app, c, false); });
  router.add("GET", one + "/defaults", Access::reader,
             [&app](const Request&, Context& c) { return show(app, c, true); });
  router.add("GET", one + "/detail", Access::reader,
             [&app](const Request&, Context& c) { return show_detail(app, c); });
  router.add("PUT", one, Access::admin,
             [&app](const Request& q, Context& c) { return update(app, q, c); });
  router.add("DELETE", one, Access::admin, [&app](const Request&, Context& c) {
    return app.db.write([&](db::Session& s) -> Result<Response> {
      drop_quota(s, c.param("project"));
      return Response::empty(202);
    });
  });
  router.add("GET", "/v2.1/limits", Access::reader,
             [&app](const Request& q, Context& c) { return limits(app, q, c); });
}

}  // namespace nuri::compute
