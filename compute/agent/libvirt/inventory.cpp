#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "compute/agent/libvirt/driver_impl.h"
#include "services/base/log.h"

namespace nuri::compute::agent::libvirt {

namespace {
constexpr unsigned kLookMs = 20'000;

Power power_of(int state) {
  switch (state) {
    case VIR_DOMAIN_PAUSED:
    case VIR_DOMAIN_PMSUSPENDED: return Power::paused;
    case VIR_DOMAIN_CRASHED: return Power::crashed;
    case VIR_DOMAIN_SHUTOFF: return Power::none;
    default: return Power::running;  // blocked on I/O and going down included
  }
}

int64_t used_memory_mib() {
  std::ifstream in("/proc/meminfo");
  std::string key, unit;
  int64_t value, total = 0, available = 0;
  while (in >> key >> value >> unit) {
    if (key == "MemTotal:") total = value;
    if (key == "MemAvailable:") available = value;
  }
  return (total - available) / 1024;
}

Json stats_json(virTypedParameterPtr params, int n) {
  Json out = Json::object();
  for (int i = 0; i < n; ++i) {
    const auto& p = params[i];
    switch (p.type) {
      case VIR_TYPED_PARAM_INT: out.set(p.field, p.value.i); break;
      case VIR_TYPED_PARAM_UINT: out.set(p.field, p.value.ui); break;
      case VIR_TYPED_PARAM_LLONG: out.set(p.field, int64_t(p.value.l)); break;
      case VIR_TYPED_PARAM_ULLONG: out.set(p.field, int64_t(p.value.ul)); break;
      case VIR_TYPED_PARAM_DOUBLE: out.set(p.field, p.value.d); break;
      case VIR_TYPED_PARAM_BOOLEAN: out.set(p.field, p.value.b != 0); break;
      case VIR_TYPED_PARAM_STRING: out.set(p.field, p.value.s); break;
      default: break;
    }
  }
  return out;
}
}  // namespace

std::optional<std::optional<Domain>> DeviceCache::find(const std::string& id, int number) const {
  std::lock_guard lock(mutex_);
  auto it = entries_.find(id);
  if (it == entries_.end() || it->second.number != number) return std::nullopt;
  return it->second.domain;
}

void DeviceCache::put(const std::string& id, int number, uint64_t generation, std::optional<Domain> domain) {
  std::lock_guard lock(mutex_);
  if (generation != generation_) return;
  entries_.insert_or_assign(id, Entry{number, std::move(domain)});
}

void DeviceCache::drop(const std::string& id) {
  std::lock_guard lock(mutex_);
  ++generation_;
  entries_.erase(id);
}

uint64_t DeviceCache::generation() const {
  std::lock_guard lock(mutex_);
  return generation_;
}

Result<std::optional<Domain>> read_live(virDomainPtr d, DeviceCache& cache) {
  char uuid[VIR_UUID_STRING_BUFLEN];
  virDomainGetUUIDString(d, uuid);
  int number = static_cast<int>(virDomainGetID(d));
  if (number < 0) return std::optional<Domain>();
  if (auto known = cache.find(uuid, number)) return *known;
  uint64_t generation = cache.generation();
  char* text = virDomainGetXMLDesc(d, 0);
  if (!text) {
    Error e = last_error("read the domain");
    if (e.code == ErrorCode::not_found) return std::optional<Domain>();
    return e;
  }
  auto domain = read_domain(text, cache.owner());
  std::free(text);
  cache.put(uuid, number, generation, domain);
  return domain;
}

Result<std::optional<Domain>> LibvirtDriver::inspect(const std::string& id) {
  return connection_.run(kLookMs, [id, cache = devices_](virConnectPtr c) -> Result<std::optional<Domain>> {
    DomainHandle d(virDomainLookupByUUIDString(c, id.c_str()));
    if (!d) {
      Error e = last_error("look up the domain");
      if (e.code == ErrorCode::not_found) return std::optional<Domain>();
      return e;
    }
    auto live = TRY(read_live(d.get(), *cache));
    if (!live) return std::optional<Domain>();
    int state = 0, reason = 0;
    if (virDomainGetState(d.get(), &state, &reason, 0) != 0) {
      Error e = last_error("ask for the domain's state");
      if (e.code == ErrorCode::not_found) return std::optional<Domain>();
      return e;
    }
    live->power = power_of(state);
    if (live->power == Power::none) return std::optional<Domain>();
    return live;
  });
}

// One round trip for all states; XML only of domains not seen before.
Result<std::vector<Domain>> LibvirtDriver::list() {
  return connection_.run(kLookMs, [cache = devices_](virConnectPtr c) -> Result<std::vector<Domain>> {
    virDomainStatsRecordPtr* records = nullptr;
    int n = virConnectGetAllDomainStats(c, VIR_DOMAIN_STATS_STATE, &records, VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE);
    if (n < 0) return last_error("list the domains");
    std::vector<Domain> out;
    for (int i = 0; i < n; ++i) {
      char uuid[VIR_UUID_STRING_BUFLEN];
      const char* name = virDomainGetName(records[i]->dom);
      if (!name || virDomainGetUUIDString(records[i]->dom, uuid) != 0 || name != domain_name(uuid)) continue;
      auto live = read_live(records[i]->dom, *cache);
      if (!live || !*live) continue;  // gone meanwhile, or not ours
      int state = VIR_DOMAIN_RUNNING;
      virTypedParamsGetInt(records[i]->params, records[i]->nparams, "state.state", &state);
      (*live)->power = power_of(state);
      out.push_back(std::move(**live));
    }
    virDomainStatsRecordListFree(records);
    return out;
  });
}

Result<Machine> LibvirtDriver::machine() {
  {
    std::lock_guard lock(mutex_);
    if (machine_) return *machine_;
  }
  DriverOptions options = options_;
  auto found = TRY(connection_.run(kLookMs, [options](virConnectPtr c) -> Result<Machine> {
    Machine m;
    m.type = options.machine;
    m.bridge = options.bridge;
    m.owner = options.owner;
    char* kvm = options.virt_type == "qemu" ? nullptr : virConnectGetDomainCapabilities(c, nullptr, "x86_64", nullptr, "kvm", 0);
    m.kvm = kvm != nullptr;
    std::free(kvm);
    if (!m.kvm && options.virt_type == "kvm") return last_error("agent.virt_type is kvm, which libvirt does not offer here");
    if (!m.kvm && virConnectIsAlive(c) != 1) return unavailable("libvirt went away.");  // that was no answer
    return m;
  }));
  log::info("hypervisor chosen", {{"type", found.kvm ? "kvm" : "qemu"}, {"machine", found.type}});
  std::lock_guard lock(mutex_);
  machine_ = found;
  return found;
}

Result<HostInfo> LibvirtDriver::host() {
  std::unique_lock lock(mutex_);
  auto known = host_;
  lock.unlock();
  if (!known) {
    HostInfo info;
    info.hypervisor_type = TRY(machine()).kvm ? "KVM" : "QEMU";
    known = TRY(connection_.run(kLookMs, [info](virConnectPtr c) mutable -> Result<HostInfo> {
      virNodeInfo node = {};
      unsigned long version = 0;
      if (virNodeGetInfo(c, &node) != 0 || virConnectGetVersion(c, &version) != 0) return last_error("ask for the host's size");
      info.vcpus = node.cpus;
      info.memory_mib = static_cast<int64_t>(node.memory / 1024);
      info.arch = node.model;
      info.hypervisor_version = std::to_string(version / 1'000'000) + "." + std::to_string(version / 1'000 % 1'000) + "." +
                                std::to_string(version % 1'000);
      return info;
    }));
    lock.lock();
    host_ = known;
  }
  known->memory_used_mib = used_memory_mib();
  return *known;
}

Result<Json> LibvirtDriver::diagnostics(const std::string& id) {
  return connection_.run(kLookMs, [id, cache = devices_](virConnectPtr c) -> Result<Json> {
    DomainHandle d(virDomainLookupByUUIDString(c, id.c_str()));
    auto live = d ? read_live(d.get(), *cache) : Result<std::optional<Domain>>(std::optional<Domain>());
    if (!live || !*live) return conflict("The server is not running.");
    virDomainPtr one[] = {d.get(), nullptr};
    virDomainStatsRecordPtr* records = nullptr;
    unsigned what = VIR_DOMAIN_STATS_STATE | VIR_DOMAIN_STATS_CPU_TOTAL | VIR_DOMAIN_STATS_BALLOON | VIR_DOMAIN_STATS_VCPU |
                    VIR_DOMAIN_STATS_INTERFACE | VIR_DOMAIN_STATS_BLOCK;
    int n = virDomainListGetStats(one, what, &records, 0);
    if (n < 0) return last_error("ask for statistics");
    Json out = n > 0 ? stats_json(records[0]->params, records[0]->nparams) : Json::object();
    virDomainStatsRecordListFree(records);
    return Json::object({{"driver", "libvirt"}, {"stats", std::move(out)}});
  });
}

}  // namespace nuri::compute::agent::libvirt
