#include "compute/store/catalog_store.h"

#include "compute/store/columns.h"
#include "compute/store/placement_store.h"

namespace nuri::compute {

namespace {

const Table<Flavor>& flavors() {
  using F = Flavor;
  static const Table<F> kTable("flavors", 1,
                               {
                                   column("id", &F::id),
                                   column("name", &F::name),
                                   column("description", &F::description),
                                   column("vcpus", &F::vcpus),
                                   column("ram_mib", &F::ram_mib),
                                   column("disk_gib", &F::disk_gib),
                                   column("ephemeral_gib", &F::ephemeral_gib),
                                   column("swap_mib", &F::swap_mib),
                                   column("rxtx_factor", &F::rxtx_factor),
                                   column("is_public", &F::is_public),
                                   column("specs", &F::specs),
                                   column("created_us", &F::created_us),
                               });
  return kTable;
}

const Table<Keypair>& keypairs() {
  using K = Keypair;
  static const Table<K> kTable("keypairs", 2,
                               {
                                   column("user_id", &K::user_id),
                                   column("name", &K::name),
                                   column("type", &K::type),
                                   column("public_key", &K::public_key),
                                   column("fingerprint", &K::fingerprint),
                                   column("number", &K::number),
                                   column("created_us", &K::created_us),
                               });
  return kTable;
}

const Table<Host>& hosts() {
  using H = Host;
  static const Table<H> kTable("hosts", 1,
                               {
                                   column("name", &H::name),
                                   column("id", &H::id),
                                   column("zone", &H::zone),
                                   column("hypervisor_type", &H::hypervisor_type),
                                   column("driver", &H::driver),
                                   column("arch", &H::arch),
                                   column("address", &H::address),
                                   column("hypervisor_version", &H::hypervisor_version),
                                   column("vcpus", &H::vcpus),
                                   column("memory_mib", &H::memory_mib),
                                   column("disk_gib", &H::disk_gib),
                                   column("memory_used_mib", &H::memory_used_mib),
                                   column("disk_used_gib", &H::disk_used_gib),
                                   column("running", &H::running),
                                   column("uptime_s", &H::uptime_s),
                                   column("seen_us", &H::seen_us),
                                   column("created_us", &H::created_us),
                                   column("enabled", &H::enabled),
                                   column("forced_down", &H::forced_down),
                                   column("disabled_reason", &H::disabled_reason),
                               });
  return kTable;
}

}  // namespace

void insert_flavor(db::Session& s, const Flavor& f) { flavors().insert(s, f); }
bool save_flavor(db::Session& s, const Flavor& f) { return flavors().update(s, f); }
bool erase_flavor(db::Session& s, std::string_view id) {
  return s.exec("DELETE FROM flavors WHERE id=?1", {id}) > 0;
}
std::optional<Flavor> find_flavor(db::Session& s, std::string_view id) {
  return flavors().one(s, "WHERE id=?1", {id});
}

std::vector<Flavor> flavors_for(db::Session& s, std::string_view project_id) {
  return flavors().all(s,
                       "WHERE is_public=1 OR ?1='' OR id IN (SELECT flavor_id FROM flavor_access "
                       "WHERE project_id=?1) ORDER BY id",
                       {project_id});
}

bool flavor_visible(db::Session& s, const Flavor& f, std::string_view project_id) {
  return f.is_public ||
         s.count("SELECT count(*) FROM flavor_access WHERE flavor_id=?1 AND project_id=?2",
                 {f.id, project_id}) > 0;
}

std::vector<std::string> flavor_projects(db::Session& s, std::string_view flavor_id) {
  return s.all("SELECT project_id FROM flavor_access WHERE flavor_id=?1 ORDER BY project_id",
               {flavor_id}, [](const db::Row& r) { return r.text(0); });
}

void insert_keypair(db::Session& s, Keypair k) {
  k.number = s.count("SELECT coalesce(max(number), 0) + 1 FROM keypairs");
  keypairs().insert(s, k);
}
std::optional<Keypair> find_keypair(db::Session& s, std::string_view user_id,
                                    std::string_view name) {
  return keypairs().one(s, "WHERE user_id=?1 AND name=?2", {user_id, name});
}
std::vector<Keypair> keypairs_of(db::Session& s, std::string_view user_id) {
  return keypairs().all(s, "WHERE user_id=?1 ORDER BY name", {user_id});
}
bool erase_keypair(db::Session& s, std::string_view user_id, std::string_view name) {
  return s.exec("DELETE FROM keypairs WHERE user_id=?1 AND name=?2", {user_id, name}) > 0;
}

void observe_host(db::Session& s, const std::string& name, const Json& state, TimeUs now_us,
                  const std::string& new_id) {
  auto known = hosts().one(s, "WHERE name=?1", {name});
  Host h = known.value_or(Host{});
  h.name = name;
  h.zone = state["zone"].as_string("nova");
  h.hypervisor_type = state["hypervisor_type"].as_string("QEMU");
  h.driver = state["driver"].as_string();
  h.arch = state["arch"].as_string("x86_64");
  h.address = state["address"].as_string();
  h.hypervisor_version = state["hypervisor_version"].as_int();
  h.vcpus = state["vcpus"].as_int();
  h.memory_mib = state["memory_mib"].as_int();
  h.disk_gib = state["disk_gib"].as_int();
  h.memory_used_mib = state["memory_used_mib"].as_int();
  h.disk_used_gib = state["disk_used_gib"].as_int();
  h.running = state["running"].as_int();
  h.uptime_s = state["uptime_s"].as_int();
  h.seen_us = now_us;
  if (known) {
    hosts().update(s, h);
    return;
  }
  h.id = new_id;
  h.created_us = now_us;
  hosts().insert(s, h);
}

// An aggregate's zone comes before the one a host says it is in.
std::vector<Host> list_hosts(db::Session& s) {
  auto all = hosts().all(s, "ORDER BY name");
  auto zones = zones_by_aggregate(s);
  for (Host& h : all) {
    if (auto zone = zones.find(h.name); zone != zones.end()) h.zone = zone->second;
  }
  return all;
}
std::optional<Host> find_host(db::Session& s, std::string_view name) {
  auto h = hosts().one(s, "WHERE name=?1", {name});
  if (!h) return h;
  auto zones = zones_by_aggregate(s);
  if (auto zone = zones.find(h->name); zone != zones.end()) h->zone = zone->second;
  return h;
}
bool save_host(db::Session& s, const Host& h) {
  return s.exec("UPDATE hosts SET enabled=?2, forced_down=?3, disabled_reason=?4 WHERE name=?1",
                {h.name, h.enabled, h.forced_down, h.disabled_reason}) > 0;
}
bool erase_host(db::Session& s, std::string_view name) {
  s.exec("DELETE FROM aggregate_hosts WHERE host=?1", {name});
  return s.exec("DELETE FROM hosts WHERE name=?1", {name}) > 0;
}

}  // namespace nuri::compute
