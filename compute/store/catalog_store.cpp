#include "compute/store/catalog_store.h"

#include "compute/store/columns.h"

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
  auto known = find_host(s, name);
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
  h.seen_us = now_us;
  if (known) {
    hosts().update(s, h);
    return;
  }
  h.id = new_id;
  h.created_us = now_us;
  hosts().insert(s, h);
}

std::vector<Host> list_hosts(db::Session& s) { return hosts().all(s, "ORDER BY name"); }
std::optional<Host> find_host(db::Session& s, std::string_view name) {
  return hosts().one(s, "WHERE name=?1", {name});
}
bool save_host(db::Session& s, const Host& h) { return hosts().update(s, h); }

void allocate(db::Session& s, std::string_view server_id, std::string_view project_id,
              const Used& what) {
  s.exec(
      "INSERT INTO allocations (server_id, project_id, host, vcpus, ram_mib, disk_gib) VALUES (?1, "
      "?2, '', ?3, ?4, ?5)",
      {server_id, project_id, what.vcpus, what.ram_mib, what.disk_gib});
}
void allocate_host(db::Session& s, std::string_view server_id, std::string_view host) {
  s.exec("UPDATE allocations SET host=?2 WHERE server_id=?1", {server_id, host});
}
void release(db::Session& s, std::string_view server_id) {
  s.exec("DELETE FROM allocations WHERE server_id=?1", {server_id});
}

namespace {
Used used_where(db::Session& s, const char* where, std::string_view value) {
  return s
      .one(std::string("SELECT count(*), coalesce(sum(vcpus), 0), coalesce(sum(ram_mib), 0), "
                       "coalesce(sum(disk_gib), 0) FROM allocations WHERE ") +
               where,
           {value}, [](const db::Row& r) { return Used{r.i64(0), r.i64(1), r.i64(2), r.i64(3)}; })
      .value_or(Used{});
}
}  // namespace

Used used_by_project(db::Session& s, std::string_view project_id) {
  return used_where(s, "project_id=?1", project_id);
}
Used used_on_host(db::Session& s, std::string_view host) { return used_where(s, "host=?1", host); }

std::vector<HostCapacity> capacities(db::Session& s, TimeUs now_us) {
  std::vector<HostCapacity> out;
  for (const Host& h : list_hosts(s)) {
    Used used = used_on_host(s, h.name);
    out.push_back({h.name, h.zone, host_up(h, now_us), h.enabled, h.vcpus, h.memory_mib, h.disk_gib,
                   used.vcpus, used.ram_mib, used.disk_gib});
  }
  return out;
}

Quota quota_of(db::Session& s, std::string_view project_id) {
  return s
      .one(
          "SELECT instances, cores, ram_mib, key_pairs, metadata_items, server_groups, "
          "server_group_members FROM quotas WHERE project_id=?1",
          {project_id},
          [](const db::Row& r) {
            return Quota{r.i64(0), r.i64(1), r.i64(2), r.i64(3), r.i64(4), r.i64(5), r.i64(6)};
          })
      .value_or(Quota{});
}

void set_quota(db::Session& s, std::string_view project_id, const Quota& q) {
  drop_quota(s, project_id);
  s.exec(
      "INSERT INTO quotas (project_id, instances, cores, ram_mib, key_pairs, metadata_items, "
      "server_groups, server_group_members)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
      {project_id, q.instances, q.cores, q.ram_mib, q.key_pairs, q.metadata_items, q.server_groups,
       q.server_group_members});
}

void drop_quota(db::Session& s, std::string_view project_id) {
  s.exec("DELETE FROM quotas WHERE project_id=?1", {project_id});
}

Status check_quota(db::Session& s, std::string_view project_id, const Used& more) {
  Quota q = quota_of(s, project_id);
  Used u = used_by_project(s, project_id);
  struct Line {
    const char* name;
    int64_t limit, used, wanted;
  };
  for (const Line& l : {Line{"instances", q.instances, u.instances, more.instances},
                        Line{"cores", q.cores, u.vcpus, more.vcpus},
                        Line{"ram", q.ram_mib, u.ram_mib, more.ram_mib}}) {
    if (l.limit < 0 || l.used + l.wanted <= l.limit) continue;
    std::string name = l.name;
    return Error(ErrorCode::over_quota, "Quota exceeded for " + name + ": Requested " +
                                            std::to_string(l.wanted) + ", but already used " +
                                            std::to_string(l.used) + " of " +
                                            std::to_string(l.limit) + " " + name);
  }
  return {};
}

}  // namespace nuri::compute
