#include "storage/store/quota.h"

namespace nuri::storage::store {

namespace {

// In Cinder's words; it answers 413.
Error words(const ledger::Overrun& o) {
  std::string kind = o.resource.substr(0, o.resource.find('_'));
  if (kind == "gigabytes") {
    return Error(ErrorCode::too_large,
                 "VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed " +
                     o.resource + " quota. Requested " + std::to_string(o.asked) + "G, quota is " +
                     std::to_string(o.limit) + "G and " + std::to_string(o.used) +
                     "G has been consumed.");
  }
  std::string name = kind == "snapshots" ? "SnapshotLimitExceeded" : "VolumeLimitExceeded";
  return Error(ErrorCode::too_large, name + ": Maximum number of " + kind + " allowed (" +
                                         std::to_string(o.limit) + ") exceeded for quota '" +
                                         o.resource + "'.");
}

ledger::Amounts amounts(const std::string& kind, const std::string& type_id, int64_t gib) {
  return {{kind, 1}, {"gigabytes", gib}, {kind + "_" + type_id, 1}, {"gigabytes_" + type_id, gib}};
}

}  // namespace

ledger::Ledger make_quota(std::map<std::string, int64_t> defaults) {
  return ledger::Ledger("project", std::move(defaults), words);
}

ledger::Amounts amounts_of(const Volume& v) {
  return amounts("volumes", v.type_id, v.claimed_gib());
}

ledger::Amounts amounts_of(const Snapshot& p) {
  return amounts("snapshots", p.type_id, p.size_gib);
}

std::string quota_truth() {
  const std::string claimed =
      "(CASE WHEN growing_to_gib>size_gib THEN growing_to_gib ELSE size_gib END)";
  std::string out;
  auto add = [&](const std::string& table, const std::string& what, const std::string& amount) {
    for (const std::string& resource : {"'" + what + "'", "'" + what + "_' || type_id"}) {
      out += (out.empty() ? "" : " UNION ALL ") + ("SELECT id, project_id, " + resource) + ", " +
             amount + " FROM " + table + " WHERE NOT (status='deleting' AND metered=0)";
    }
  };
  add("volumes", "volumes", "1");
  add("volumes", "gigabytes", claimed);
  add("snapshots", "snapshots", "1");
  add("snapshots", "gigabytes", "size_gib");
  return out;
}

}  // namespace nuri::storage::store
