#include "network/store/snapshot.h"

#include "network/store/rows.h"

namespace nuri::network {

Result<Snapshot> take_snapshot(db::Database& database) {
  return database.read([](db::Session& s) {
    Snapshot out;
    out.networks = load(s, networks());
    out.subnets = load(s, subnets());
    out.ports = load(s, ports());
    out.routers = load(s, routers());
    out.floating_ips = load(s, floating_ips());
    out.groups = load(s, groups());
    out.address_groups = load(s, address_groups());
    return out;
  });
}

Result<int64_t> store_statuses(db::Database& database, const std::vector<PortStatus>& statuses) {
  if (statuses.empty()) return int64_t{0};
  return database.write([&](db::Session& s) {
    int64_t changed = 0;
    for (const PortStatus& p : statuses) {
      // Guarded: a port that was taken down or is the cloud's own meanwhile keeps its status.
      changed += s.exec(
          "UPDATE ports SET status = ?2 WHERE id = ?1 AND status <> ?2 AND status <> 'N/A' "
          "AND (admin_state_up = 1 OR ?2 = 'DOWN')",
          {p.id, p.status});
    }
    return changed;
  });
}

}  // namespace nuri::network
