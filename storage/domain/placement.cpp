#include "storage/domain/placement.h"

namespace nuri::storage {

namespace {

constexpr int64_t kMinFreeGib = 1;  // a full disk stops every guest on the host

int64_t room(const PlacementRequest& q, const Host& h) {
  return h.disk_gib * q.overcommit - h.allocated_gib;
}

}  // namespace

Result<std::string> place(const PlacementRequest& q, const std::vector<Host>& hosts) {
  const Host* best = nullptr;
  int other_host = 0, other_zone = 0, silent = 0, full = 0, disabled = 0;
  int64_t nearest = -1;
  for (const Host& h : hosts) {
    if (!q.host.empty() && h.name != q.host) {
      ++other_host;
    } else if (!q.zone.empty() && h.zone != q.zone) {
      ++other_zone;
    } else if (h.disabled) {
      ++disabled;
    } else if (q.now_us - h.seen_us > kHostSilentUs) {
      ++silent;
    } else if (h.disk_gib - h.disk_used_gib < kMinFreeGib || room(q, h) < q.size_gib) {
      ++full;
      nearest = std::max(nearest, std::max<int64_t>(0, room(q, h)));
    } else if (!best || room(q, h) > room(q, *best) ||
               (room(q, h) == room(q, *best) && h.name < best->name)) {
      best = &h;
    }
  }
  if (best) return best->name;
  std::string why = "No host can hold a volume of " + std::to_string(q.size_gib) + " GiB: of " +
                    std::to_string(hosts.size()) + " known";
  if (other_host) why += ", " + std::to_string(other_host) + " are not host " + q.host;
  if (other_zone) why += ", " + std::to_string(other_zone) + " are not in zone " + q.zone;
  if (disabled) why += ", " + std::to_string(disabled) + " are disabled";
  if (silent) why += ", " + std::to_string(silent) + " have been silent for a minute";
  if (full)
    why +=
        ", " + std::to_string(full) + " have no room (at most " + std::to_string(nearest) + " GiB)";
  return unavailable(why + ".");
}

}  // namespace nuri::storage
