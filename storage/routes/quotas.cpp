#include "storage/routes/api.h"
#include "storage/store/volume_store.h"

// Quotas and limits. What is used is counted from the volumes.
namespace nuri::storage {

std::map<std::string, int64_t> Api::quota_of(db::Session& s, const std::string& project_id) {
  auto out = settings_.quotas;
  for (const auto& [resource, limit] : store::quotas(s, project_id)) out[resource] = limit;
  return out;
}

// In the transaction that adds the volume or grows it. Error: too_large (413), as Cinder.
Status Api::check_quota(db::Session& s, const std::string& project_id, int64_t volumes,
                        int64_t gigabytes, int64_t size) {
  auto limits = quota_of(s, project_id);
  store::Usage used = store::usage(s, project_id);
  auto over = [](int64_t limit, int64_t wanted) { return limit >= 0 && wanted > limit; };
  if (over(limits["per_volume_gigabytes"], size)) {
    return Error(ErrorCode::too_large, "VolumeSizeExceedsLimit: Requested volume size " +
                                           std::to_string(size) +
                                           "G is larger than maximum allowed limit " +
                                           std::to_string(limits["per_volume_gigabytes"]) + "G.");
  }
  if (volumes > 0 && over(limits["volumes"], used.volumes + volumes)) {
    return Error(ErrorCode::too_large, "VolumeLimitExceeded: Maximum number of volumes allowed (" +
                                           std::to_string(limits["volumes"]) +
                                           ") exceeded for quota 'volumes'.");
  }
  if (over(limits["gigabytes"], used.gigabytes + gigabytes)) {
    return Error(ErrorCode::too_large,
                 "VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed "
                 "gigabytes quota. Requested " +
                     std::to_string(gigabytes) + "G, quota is " +
                     std::to_string(limits["gigabytes"]) + "G and " +
                     std::to_string(used.gigabytes) + "G has been consumed.");
  }
  return {};
}

namespace {

const std::string kOfType = std::string("_") + kTypeName;

Json quota_json(const std::map<std::string, int64_t>& limits) {
  Json out = Json::object();
  for (const auto& [resource, limit] : limits) out.set(resource, limit);
  for (const char* resource : {"volumes", "gigabytes", "snapshots"})
    out.set(resource + kOfType, -1);
  return out;
}

Json usage_json(const std::map<std::string, int64_t>& limits, const store::Usage& used) {
  Json out = Json::object();
  auto entry = [](int64_t limit, int64_t in_use) {
    return Json::object({{"limit", limit}, {"in_use", in_use}, {"reserved", 0}});
  };
  auto in_use = [&](const std::string& r) {
    return r == "volumes" ? used.volumes : r == "gigabytes" ? used.gigabytes : 0;
  };
  for (const auto& [resource, limit] : limits) out.set(resource, entry(limit, in_use(resource)));
  for (const char* resource : {"volumes", "gigabytes", "snapshots"})
    out.set(resource + kOfType, entry(-1, in_use(resource)));
  return out;
}

Status own_target(const Context& context) {
  const std::string& target = context.param("target");
  if (target == context.claims.project_id || context.claims.is_admin() ||
      context.claims.is_service())
    return {};
  return forbidden("Policy does not allow the quotas of another project to be shown.");
}

}  // namespace

Result<Response> Api::show_quotas(const Request& request, Context& context) {
  TRYV(own_target(context));
  const std::string& target = context.param("target");
  bool with_usage = loose_bool(Json(request.query.get("usage")));
  Json set = TRY(db_.read([&](db::Session& s) {
    auto limits = quota_of(s, target);
    return with_usage ? usage_json(limits, store::usage(s, target)) : quota_json(limits);
  }));
  set.set("id", target);
  return Response::json(200, Json::object({{"quota_set", set}}));
}

Result<Response> Api::default_quotas(const Request&, Context& context) {
  TRYV(own_target(context));
  Json set = quota_json(settings_.quotas);
  set.set("id", context.param("target"));
  return Response::json(200, Json::object({{"quota_set", set}}));
}

Result<Response> Api::update_quotas(const Request& request, Context& context) {
  Json body = TRY(body_member(request.body, "quota_set"));
  if (!body.is_object()) return bad_request("quota_set must be an object.", "quota_set");
  const std::string& target = context.param("target");
  for (const auto& [key, value] : body.as_object()) {
    if (key == "tenant_id" || key == "project_id" || key == "skip_validation" || key == "force")
      continue;
    bool of_type = key.ends_with(kOfType);
    if (!settings_.quotas.contains(key) && !of_type)
      return bad_request("Bad key in quota set: " + key.substr(0, 64) + ".", key.substr(0, 64));
    if (of_type) return bad_request("Quotas by volume type are not served: '" + key + "'.", key);
    FieldRules rules;
    rules.name = key;
    rules.type = "integer";
    rules.min = -1;
    rules.max = INT32_MAX;
    TRYV(check_field(rules, value));
  }
  Json set = TRY(db_.write([&](db::Session& s) {
    for (const auto& [key, value] : body.as_object()) {
      if (!settings_.quotas.contains(key)) continue;
      store::put_quota(s, target, key,
                       value.is_string() ? std::stoll(value.as_string()) : value.as_int());
    }
    return quota_json(quota_of(s, target));
  }));
  return Response::json(200, Json::object({{"quota_set", set}}));
}

Result<Response> Api::remove_quotas(const Request&, Context& context) {
  TRYV(db_.write([&](db::Session& s) { store::remove_quotas(s, context.param("target")); }));
  return Response::empty(200);
}

Result<Response> Api::limits(const Request&, Context& context) {
  const std::string& project = context.param("project_id");
  Json absolute = TRY(db_.read([&](db::Session& s) {
    auto limits = quota_of(s, project);
    store::Usage used = store::usage(s, project);
    return Json::object({{"totalSnapshotsUsed", 0},
                         {"maxTotalBackups", limits["backups"]},
                         {"maxTotalVolumeGigabytes", limits["gigabytes"]},
                         {"maxTotalSnapshots", limits["snapshots"]},
                         {"maxTotalBackupGigabytes", limits["backup_gigabytes"]},
                         {"totalBackupGigabytesUsed", 0},
                         {"maxTotalVolumes", limits["volumes"]},
                         {"totalVolumesUsed", used.volumes},
                         {"totalBackupsUsed", 0},
                         {"totalGigabytesUsed", used.gigabytes}});
  }));
  return Response::json(
      200,
      Json::object({{"limits", Json::object({{"rate", Json::array()}, {"absolute", absolute}})}}));
}

}  // namespace nuri::storage
