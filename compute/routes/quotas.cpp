#include "compute/routes/app.h"
#include "services/base/fields.h"

// Quota sets, quota classes and limits, out of the service's ledger. What the network service
// counts (addresses, groups) has lines up to 2.35, as clients of that age expect the fields.
namespace nuri::compute {

namespace {

constexpr const char* kDefaultClass = "default";

struct Line {
  const char* name;
  int until;            // the last microversion of a quota set that has it
  int class_since = 0;  // of a quota class
  int class_until = INT_MAX;
};

const std::vector<Line>& lines() {
  static const std::vector<Line> kLines = {{"instances", INT_MAX},
                                           {"cores", INT_MAX},
                                           {"ram", INT_MAX},
                                           {"metadata_items", INT_MAX},
                                           {"key_pairs", INT_MAX},
                                           {"server_groups", INT_MAX, 50},
                                           {"server_group_members", INT_MAX, 50},
                                           {"floating_ips", 35, 0, 49},
                                           {"fixed_ips", 35, 0, 49},
                                           {"security_groups", 35, 0, 49},
                                           {"security_group_rules", 35, 0, 49},
                                           {"injected_files", 56, 0, 56},
                                           {"injected_file_content_bytes", 56, 0, 56},
                                           {"injected_file_path_bytes", 56, 0, 56}};
  return kLines;
}

bool shown(const Line& l, int version, bool of_class) {
  return of_class ? version >= l.class_since && version <= l.class_until : version <= l.until;
}

// "" is the default class.
Json limits_json(db::Session& s, const std::string& project, int version, bool of_class) {
  Json out = Json::object();
  for (const Line& l : lines()) {
    if (shown(l, version, of_class)) out.set(l.name, quota().limit(s, project, l.name));
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
  return app.db.read([&](db::Session& s) -> Result<Response> {
    Json out = limits_json(s, defaults ? "" : c.param("project"), c.microversion, false);
    out.set("id", c.param("project"));
    return Response::json(200, Json::object({{"quota_set", out}}));
  });
}

Result<Response> show_detail(App& app, Context& c) {
  TRYV(may_see(c));
  return app.db.read([&](db::Session& s) -> Result<Response> {
    const std::string& project = c.param("project");
    Json out = Json::object({{"id", project}});
    for (const Line& l : lines()) {
      if (!shown(l, c.microversion, false)) continue;
      out.set(l.name, Json::object({{"limit", quota().limit(s, project, l.name)},
                                    {"in_use", quota().used(s, project, l.name)},
                                    {"reserved", 0}}));
    }
    return Response::json(200, Json::object({{"quota_set", out}}));
  });
}

struct Wish {
  std::string name;
  int64_t limit;
};

Result<std::vector<Wish>> read_wishes(const Json& set, int version, bool of_class) {
  const char* what = of_class ? "quota_class_set" : "quota_set";
  if (!set.is_object()) return bad_request(std::string(what) + " must be an object.", what);
  std::vector<Wish> out;
  for (const auto& [key, value] : set.as_object()) {
    if (!of_class && (key == "force" || key == "tenant_id")) continue;
    bool known = false;
    for (const Line& l : lines()) known = known || (key == l.name && shown(l, version, of_class));
    if (!known)
      return bad_request(
          "Additional properties are not allowed ('" + key.substr(0, 255) + "' was unexpected).",
          key.substr(0, 255));
    FieldRules rules;
    rules.name = key;
    rules.type = "integer";
    rules.min = -1;
    rules.max = INT32_MAX;
    TRYV(check_field(rules, value));
    out.push_back({key, value.is_string() ? std::stoll(value.as_string()) : value.as_int()});
  }
  return out;
}

Result<Response> update(App& app, const Request& request, Context& c) {
  Json body = TRY(body_member(request.body, "quota_set"));
  bool force = loose_bool(body["force"]);
  auto wishes = TRY(read_wishes(body, c.microversion, false));
  const std::string& project = c.param("project");
  return app.db.write([&](db::Session& s) -> Result<Response> {
    for (const Wish& w : wishes) {
      int64_t used = quota().used(s, project, w.name);
      if (!force && w.limit >= 0 && w.limit < used) {
        return bad_request("Quota limit " + std::to_string(w.limit) + " for " + w.name +
                               " must be greater than or equal to already used and reserved " +
                               std::to_string(used) + ".",
                           w.name);
      }
      quota().set_limit(s, project, w.name, w.limit);
    }
    return Response::json(
        200, Json::object({{"quota_set", limits_json(s, project, c.microversion, false)}}));
  });
}

Result<Response> show_class(App& app, Context& c) {
  return app.db.read([&](db::Session& s) -> Result<Response> {
    Json out = limits_json(s, "", c.microversion, true);
    out.set("id", c.param("id"));
    return Response::json(200, Json::object({{"quota_class_set", out}}));
  });
}

Result<Response> update_class(App& app, const Request& request, Context& c) {
  if (c.param("id") != kDefaultClass)
    return bad_request(
        "There is one quota class, default: it is what projects without limits of "
        "their own have.",
        "id");
  auto wishes =
      TRY(read_wishes(TRY(body_member(request.body, "quota_class_set")), c.microversion, true));
  return app.db.write([&](db::Session& s) -> Result<Response> {
    for (const Wish& w : wishes) quota().set_class_limit(s, w.name, w.limit);
    return Response::json(
        200, Json::object({{"quota_class_set", limits_json(s, "", c.microversion, true)}}));
  });
}

Json absolute_limits(db::Session& s, const std::string& project, int version) {
  auto limit = [&](const char* name) { return quota().limit(s, project, name); };
  auto used = [&](const char* name) { return quota().used(s, project, name); };
  Json a = Json::object({{"maxTotalInstances", limit("instances")},
                         {"maxTotalCores", limit("cores")},
                         {"maxTotalRAMSize", limit("ram")},
                         {"maxTotalKeypairs", limit("key_pairs")},
                         {"maxServerMeta", limit("metadata_items")},
                         {"maxServerGroups", limit("server_groups")},
                         {"maxServerGroupMembers", limit("server_group_members")},
                         {"totalInstancesUsed", used("instances")},
                         {"totalCoresUsed", used("cores")},
                         {"totalRAMUsed", used("ram")},
                         {"totalServerGroupsUsed", used("server_groups")}});
  if (version <= 35) {
    a.set("maxTotalFloatingIps", limit("floating_ips"))
        .set("maxSecurityGroups", limit("security_groups"))
        .set("maxSecurityGroupRules", limit("security_group_rules"))
        .set("totalFloatingIpsUsed", 0)
        .set("totalSecurityGroupsUsed", 0);
  }
  if (version <= 38) a.set("maxImageMeta", limit("metadata_items"));
  if (version <= 56) {
    a.set("maxPersonality", limit("injected_files"))
        .set("maxPersonalitySize", limit("injected_file_content_bytes"));
  }
  return a;
}

Result<Response> limits(App& app, const Request& request, Context& c) {
  std::string project = request.query.get("tenant_id");
  if (project.empty()) project = c.claims.project_id;
  if (project != c.claims.project_id && !c.claims.is_admin())
    return forbidden(
        "Policy doesn't allow os_compute_api:limits to be performed for another project.");
  return app.db.read([&](db::Session& s) -> Result<Response> {
    Json absolute = absolute_limits(s, project, c.microversion);
    return Response::json(
        200, Json::object(
                 {{"limits", Json::object({{"rate", Json::array()}, {"absolute", absolute}})}}));
  });
}

}  // namespace

void add_quota_routes(Router& router, App& app) {
  const std::string one = "/v2.1/os-quota-sets/{project}", klass = "/v2.1/os-quota-class-sets/{id}";
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
      quota().drop_limits(s, c.param("project"));
      return Response::empty(202);
    });
  });
  router.add("GET", klass, Access::admin,
             [&app](const Request&, Context& c) { return show_class(app, c); });
  router.add("PUT", klass, Access::admin,
             [&app](const Request& q, Context& c) { return update_class(app, q, c); });
  router.add("GET", "/v2.1/limits", Access::reader,
             [&app](const Request& q, Context& c) { return limits(app, q, c); });
}

}  // namespace nuri::compute
