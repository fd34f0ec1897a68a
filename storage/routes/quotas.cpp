#include <algorithm>
#include <set>

#include "storage/routes/handlers.h"
#include "storage/store/quota.h"
#include "storage/store/type_store.h"

// Quotas, quota classes and limits, all of them the ledger's. By type they are kept under its id
// and shown under its name.
namespace nuri::storage {

namespace {

const std::set<std::string> kTyped = {"volumes", "gigabytes", "snapshots"};
const std::set<std::string> kNotResources = {"tenant_id", "project_id", "skip_validation",
                                             "force",     "id",         "class_name"};

// The name a client uses of a resource, and the ledger's.
struct Resource {
  std::string shown, kept;
};

std::vector<Resource> resources(Service& p, db::Session& s) {
  std::vector<Resource> out;
  for (const auto& [name, limit] : p.settings.quotas) out.push_back({name, name});
  for (const VolumeType& t : store::types(s)) {
    for (const auto& kind : kTyped) out.push_back({kind + "_" + t.name, kind + "_" + t.id});
  }
  return out;
}

Json limits_json(Service& p, db::Session& s, const std::string& project) {
  Json out = Json::object();
  for (const auto& r : resources(p, s)) out.set(r.shown, p.quota.limit(s, project, r.kept));
  return out;
}

Json usage_json(Service& p, db::Session& s, const std::string& project) {
  Json out = Json::object();
  for (const auto& r : resources(p, s)) {
    out.set(r.shown, Json::object({{"limit", p.quota.limit(s, project, r.kept)},
                                   {"in_use", p.quota.used(s, project, r.kept)},
                                   {"reserved", 0}}));
  }
  return out;
}

Status own_target(const Context& context) {
  const std::string& target = context.param("target");
  if (target == context.claims.project_id || context.claims.is_admin() ||
      context.claims.is_service())
    return {};
  return forbidden("Policy does not allow the quotas of another project to be shown.");
}

// The limits of a body by the ledger's names. Errors name the key.
Result<ledger::Amounts> read_limits(Service& p, db::Session& s, const Json& body) {
  ledger::Amounts out;
  auto known = resources(p, s);
  for (const auto& [key, value] : body.as_object()) {
    if (kNotResources.contains(key)) continue;
    auto found = std::find_if(known.begin(), known.end(),
                              [&, &name = key](const Resource& r) { return r.shown == name; });
    if (found == known.end())
      return bad_request("Bad key in quota set: " + key.substr(0, 64) + ".", key.substr(0, 64));
    FieldRules rules;
    rules.name = key;
    rules.type = "integer";
    rules.min = -1;
    rules.max = INT32_MAX;
    TRYV(check_field(rules, value));
    out.emplace_back(found->kept,
                     value.is_string() ? std::stoll(value.as_string()) : value.as_int());
  }
  return out;
}

// The ledger knows a type by its id, people by its name.
Status named(Status claimed, const std::string& type_id, const std::string& type_name) {
  if (claimed) return {};
  Error e = claimed.error();
  size_t at = e.message.find(type_id);
  if (at != std::string::npos) e.message.replace(at, type_id.size(), type_name);
  return e;
}

Result<Json> read_set(const Request& request, const std::string& member) {
  Json body = TRY(body_member(request.body, member));
  if (!body.is_object()) return bad_request(member + " must be an object.", member);
  return body;
}

}  // namespace

Status claim_volume(Service& p, db::Session& s, const Volume& v) {
  int64_t most = p.quota.limit(s, v.project_id, "per_volume_gigabytes");
  if (most >= 0 && v.claimed_gib() > most) {
    return Error(ErrorCode::too_large, "VolumeSizeExceedsLimit: Requested volume size " +
                                           std::to_string(v.claimed_gib()) +
                                           "G is larger than maximum allowed limit " +
                                           std::to_string(most) + "G.");
  }
  return named(p.quota.claim(s, v.project_id, v.id, store::amounts_of(v)), v.type_id, v.type_name);
}

Status claim_snapshot(Service& p, db::Session& s, const Snapshot& n) {
  return named(p.quota.claim(s, n.project_id, n.id, store::amounts_of(n)), n.type_id, n.type_name);
}

Result<Response> show_quotas(Service& p, const Request& request, Context& context) {
  TRYV(own_target(context));
  const std::string& target = context.param("target");
  bool with_usage = loose_bool(Json(request.query.get("usage")));
  Json set = TRY(p.db.read([&](db::Session& s) {
    return with_usage ? usage_json(p, s, target) : limits_json(p, s, target);
  }));
  set.set("id", target);
  return Response::json(200, Json::object({{"quota_set", set}}));
}

Result<Response> show_default_quotas(Service& p, const Request&, Context& context) {
  TRYV(own_target(context));
  Json set = TRY(p.db.read([&](db::Session& s) { return limits_json(p, s, ""); }));
  set.set("id", context.param("target"));
  return Response::json(200, Json::object({{"quota_set", set}}));
}

Result<Response> update_quotas(Service& p, const Request& request, Context& context) {
  Json body = TRY(read_set(request, "quota_set"));
  const std::string& target = context.param("target");
  Json set = TRY(p.db.write([&](db::Session& s) -> Result<Json> {
    auto limits = TRY(read_limits(p, s, body));
    for (const auto& [name, limit] : limits) p.quota.set_limit(s, target, name, limit);
    return limits_json(p, s, target);
  }));
  return Response::json(200, Json::object({{"quota_set", set}}));
}

Result<Response> remove_quotas(Service& p, const Request&, Context& context) {
  TRYV(p.db.write([&](db::Session& s) { p.quota.drop_limits(s, context.param("target")); }));
  return Response::empty(200);
}

// "default" is the one class there is: what every project has that has no limits of its own.
Result<Response> show_quota_class(Service& p, const Request&, Context& context) {
  Json set = TRY(p.db.read([&](db::Session& s) { return limits_json(p, s, ""); }));
  set.set("id", context.param("target"));
  return Response::json(200, Json::object({{"quota_class_set", set}}));
}

Result<Response> update_quota_class(Service& p, const Request& request, Context& context) {
  Json body = TRY(read_set(request, "quota_class_set"));
  if (context.param("target") != "default")
    return bad_request("The only quota class is default.", "class");
  Json set = TRY(p.db.write([&](db::Session& s) -> Result<Json> {
    auto limits = TRY(read_limits(p, s, body));
    for (const auto& [name, limit] : limits) p.quota.set_class_limit(s, name, limit);
    return limits_json(p, s, "");
  }));
  return Response::json(200, Json::object({{"quota_class_set", set}}));
}

Result<Response> show_limits(Service& p, const Request& request, Context& context) {
  // From 3.39 on an administrator may ask for another project's.
  std::string asked = request.query.get("project_id");
  bool other = context.microversion >= 39 && !asked.empty() && context.claims.is_admin();
  const std::string project = other ? asked : context.param("project_id");
  Json absolute = TRY(p.db.read([&](db::Session& s) {
    auto limit = [&](const char* name) { return p.quota.limit(s, project, name); };
    auto used = [&](const char* name) { return p.quota.used(s, project, name); };
    return Json::object({{"totalSnapshotsUsed", used("snapshots")},
                         {"maxTotalBackups", limit("backups")},
                         {"maxTotalVolumeGigabytes", limit("gigabytes")},
                         {"maxTotalSnapshots", limit("snapshots")},
                         {"maxTotalBackupGigabytes", limit("backup_gigabytes")},
                         {"totalBackupGigabytesUsed", 0},
                         {"maxTotalVolumes", limit("volumes")},
                         {"totalVolumesUsed", used("volumes")},
                         {"totalBackupsUsed", 0},
                         {"totalGigabytesUsed", used("gigabytes")}});
  }));
  return Response::json(
      200,
      Json::object({{"limits", Json::object({{"rate", Json::array()}, {"absolute", absolute}})}}));
}

}  // namespace nuri::storage
