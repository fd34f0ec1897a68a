#include "network/store/work.h"

// What is deleted stays deleted: orders that come late make nothing.
namespace nuri::network {

namespace {

constexpr TimeUs kTombstoneUs = 3600 * kSecondUs;  // longer than any request is on its way

void bury(Work& w, const std::string& table, const std::string& id) {
  w.s.exec("DELETE FROM " + table + " WHERE deleted_us < ?1", {w.now - kTombstoneUs});
  w.s.exec("INSERT INTO " + table +
               " (id, deleted_us) VALUES (?1, ?2) "
               "ON CONFLICT (id) DO UPDATE SET deleted_us = excluded.deleted_us",
           {id, w.now});
}
bool is_buried(Work& w, const std::string& table, const std::string& id) {
  return w.s.count("SELECT COUNT(*) FROM " + table + " WHERE id = ?1 AND deleted_us >= ?2",
                   {id, w.now - kTombstoneUs}) > 0;
}

}  // namespace

void bury_port(Work& w, const std::string& id) { bury(w, "deleted_ports", id); }
bool buried(Work& w, const std::string& id) { return is_buried(w, "deleted_ports", id); }
bool device_buried(Work& w, const std::string& device) {
  return is_buried(w, "deleted_devices", device);
}

Status bury_device(Work& w, const std::string& device) {
  bury(w, "deleted_devices", device);
  for (const Port& p : load(w.s, ports(), "device_id = ?1", {device})) {
    if (p.of_network()) continue;
    if (!p.from_compute) {
      TRYV(bind_port(w, p, "", "", ""));
      continue;
    }
    bury_port(w, p.id);
    erase_port(w, p);
  }
  return {};
}

}  // namespace nuri::network
