#include <libvirt/virterror.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compute/agent/libvirt/driver_impl.h"
#include "services/base/log.h"
#include "services/base/process.h"

// Guests that stand still or lie in a file, and disks of guests that are off.
namespace nuri::compute::agent::libvirt {

namespace {
constexpr unsigned kChangeMs = 30'000, kMemoryMs = 600'000, kFlattenMs = 3'600'000;
constexpr int64_t kGib = 1ll << 30;

bool there(const std::string& path) { return access(path.c_str(), F_OK) == 0; }
bool in_state(virDomainPtr d, int wanted) {
  int state = 0, reason = 0;
  return virDomainGetState(d, &state, &reason, 0) == 0 && state == wanted;
}
// libvirt names a file so until all of the memory is in it.
std::string unfinished(const ServerFiles& files) { return files.memory() + ".part"; }
}  // namespace

Status LibvirtDriver::pause(const std::string& id) {
  return with_domain(id, kChangeMs, not_found("no such domain"), [](virDomainPtr d) -> Status {
    if (in_state(d, VIR_DOMAIN_PAUSED) || virDomainSuspend(d) == 0) return {};
    return last_error("pause the guest");
  });
}

Status LibvirtDriver::grow_volume(const std::string& id, const std::string& path, int64_t bytes) {
  return with_domain(id, kChangeMs, not_found("no such domain"), [path, bytes](virDomainPtr d) -> Status {
    auto size = static_cast<unsigned long long>(bytes);
    if (virDomainBlockResize(d, path.c_str(), size, VIR_DOMAIN_BLOCK_RESIZE_BYTES) == 0) return {};
    return last_error("grow the guest's volume");
  });
}

Status LibvirtDriver::resume(const std::string& id) {
  return with_domain(id, kChangeMs, not_found("no such domain"), [](virDomainPtr d) -> Status {
    if (in_state(d, VIR_DOMAIN_RUNNING) || virDomainResume(d) == 0) return {};
    return last_error("resume the guest");
  });
}

// libvirt ends the guest only once the file is whole. An agent that dies meanwhile finds either the
// guest there still, or the whole file under the first name.
Status LibvirtDriver::suspend(const std::string& id, const ServerFiles& files) {
  std::string part = unfinished(files);
  auto done = with_domain(id, kMemoryMs, {}, [part](virDomainPtr d) -> Status {
    if (virDomainSaveFlags(d, part.c_str(), nullptr, VIR_DOMAIN_SAVE_RUNNING) == 0) return {};
    return last_error("save the guest's memory");
  });
  devices_->drop(id);
  TRYV(done);
  if (there(part) && rename(part.c_str(), files.memory().c_str()) != 0) return internal("rename " + part);
  return {};
}

bool LibvirtDriver::suspended(const ServerFiles& files) {
  std::string part = unfinished(files);
  if (there(part)) rename(part.c_str(), files.memory().c_str());
  return there(files.memory());
}

// A file whose guest runs again must go before the guest's next end: its memory would not fit the
// disk any more.
Status LibvirtDriver::restore(const ServerSpec& spec, const ServerFiles& files) {
  devices_->drop(spec.id);
  auto cache = devices_;
  TRYV(connection_.run(kMemoryMs, [path = files.memory(), cache, id = spec.id](virConnectPtr c) -> Status {
    DomainHandle there_already(virDomainLookupByUUIDString(c, id.c_str()));
    auto live = there_already ? read_live(there_already.get(), *cache)
                              : Result<std::optional<Domain>>(std::optional<Domain>());
    if (live && *live) return {};
    if (virDomainRestoreFlags(c, path.c_str(), nullptr, VIR_DOMAIN_SAVE_RUNNING) == 0) return {};
    return last_error("restore the guest's memory");
  }));
  if (unlink(files.memory().c_str()) != 0 && there(files.memory())) return internal("remove " + files.memory());
  return {};
}

Status LibvirtDriver::grow(const ServerSpec& spec, const ServerFiles& files) {
  if (!there(files.disk())) return {};
  std::string text = TRY(run_checked({"qemu-img", "info", "--output=json", "-f", "qcow2", files.disk()}));
  int64_t size = TRY(parse_json(text))["virtual-size"].as_int(), wanted = spec.flavor.disk_gib * kGib;
  if (size >= wanted) return {};
  TRYV(run_checked({"qemu-img", "resize", "-q", "-f", "qcow2", files.disk(), std::to_string(wanted)}));
  return {};
}

Status LibvirtDriver::flatten(const std::string& copy, const std::string& to) {
  TRYV(run_checked({"qemu-img", "convert", "-q", "-f", "qcow2", "-O", "qcow2", copy, to}, kFlattenMs));
  chmod(to.c_str(), 0600);
  return {};
}

}  // namespace nuri::compute::agent::libvirt
