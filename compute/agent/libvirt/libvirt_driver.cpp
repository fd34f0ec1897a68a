#include <filesystem>

#include <libvirt/virterror.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compute/agent/libvirt/driver_impl.h"
#include "services/base/log.h"
#include "services/base/process.h"

namespace nuri::compute::agent::libvirt {

namespace {
constexpr unsigned kStartMs = 60'000, kChangeMs = 30'000;
constexpr int64_t kGib = 1ll << 30;
constexpr const char* kQemuLogs = "/var/log/libvirt/qemu/";  // libvirt keeps them after a domain

Status make_clone(const std::string& path, const BaseImage& base, int64_t size) {
  std::string part = path + ".part";
  TRYV(run_checked({"qemu-img", "create", "-q", "-f", "qcow2", "-b", base.path, "-F", base.format, part, std::to_string(size)}));
  chmod(part.c_str(), 0600);  // libvirt gives it to QEMU's user while the guest runs
  if (rename(part.c_str(), path.c_str()) != 0) return internal("rename " + part);
  return {};
}

void drop_qemu_log(const std::string& id) {
  std::string path = kQemuLogs + domain_name(id) + ".log";
  struct stat found {};
  if (lstat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode)) unlink(path.c_str());
}
}  // namespace

std::unique_ptr<Driver> make_driver(DriverOptions options) { return std::make_unique<LibvirtDriver>(std::move(options)); }

LibvirtDriver::LibvirtDriver(DriverOptions options)
    : options_(std::move(options)), devices_(std::make_shared<DeviceCache>(options_.owner)),
      connection_(options_.uri, {[sink = events_](const DriverEvent& e) { sink->tell(e); },
                                 [cache = devices_](const std::string& id) { cache->drop(id); }}) {}

Status LibvirtDriver::prepare(const ServerSpec& spec, const ServerFiles& files, const std::optional<BaseImage>& base) {
  if (!base || prepared(spec, files)) return {};
  return make_clone(files.disk(), *base, std::max(spec.flavor.disk_gib * kGib, base->virtual_size));
}

bool LibvirtDriver::prepared(const ServerSpec& spec, const ServerFiles& files) {
  return access((spec.image ? files.disk() : files.directory).c_str(), F_OK) == 0;
}

Status LibvirtDriver::start(const ServerSpec& spec, const ServerFiles& files, const std::optional<BaseImage>& base,
                            const std::optional<BaseImage>& rescue) {
  if (suspended(files)) return restore(spec, files);
  // What was done on a rescue disk stays until the server is its own again.
  if (!rescue) unlink(files.rescue().c_str());
  else if (access(files.rescue().c_str(), F_OK) != 0) TRYV(make_clone(files.rescue(), *rescue, rescue->virtual_size));
  std::string text = domain_xml(TRY(machine()), spec, files, base, rescue);
  devices_->drop(spec.id);
  auto cache = devices_;
  return connection_.run(kStartMs, [text, cache, id = spec.id](virConnectPtr c) -> Status {
    DomainHandle d(virDomainCreateXML(c, text.c_str(), 0));
    if (d) return {};
    Error e = last_error("start the domain");
    DomainHandle there(virDomainLookupByUUIDString(c, id.c_str()));  // a start that came through after all
    if (there) {
      auto live = read_live(there.get(), *cache);
      if (live && *live) return {};
    }
    return e;
  });
}

Status LibvirtDriver::with_domain(const std::string& id, unsigned timeout_ms, Status missing,
                                  std::function<Status(virDomainPtr)> f) {
  auto cache = devices_;
  return connection_.run(timeout_ms, [=](virConnectPtr c) -> Status {
    DomainHandle d(virDomainLookupByUUIDString(c, id.c_str()));
    if (!d) {
      Error e = last_error("look up the domain");
      return e.code == ErrorCode::not_found ? missing : Status(e);
    }
    auto live = TRY(read_live(d.get(), *cache));
    if (live) return f(d.get());
    if (virDomainGetID(d.get()) == static_cast<unsigned>(-1)) return missing;
    return conflict("The domain with this id is not one of this cloud's.");
  });
}

Status LibvirtDriver::shutdown(const std::string& id) {
  return with_domain(id, kChangeMs, {}, [](virDomainPtr d) -> Status {
    if (virDomainShutdownFlags(d, VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN) == 0) return {};
    return last_error("shut the guest down");
  });
}

Status LibvirtDriver::destroy(const std::string& id) {
  auto done = with_domain(id, kChangeMs, {}, [](virDomainPtr d) -> Status {
    if (virDomainDestroyFlags(d, 0) == 0) return {};
    Error e = last_error("stop the domain");
    if (e.code == ErrorCode::not_found || virDomainIsActive(d) == 0) return {};  // it went by itself
    return e;
  });
  devices_->drop(id);
  return done;
}

Status LibvirtDriver::remove(const std::string& id, const ServerFiles& files) {
  if (TRY(inspect(id))) return conflict("The server still runs.");
  // Only ever a folder of this server's.
  std::filesystem::path directory(files.directory);
  if (directory.filename() != id) return internal("not a server's folder: " + files.directory);
  drop_qemu_log(id);
  std::error_code ec;
  std::filesystem::remove_all(directory, ec);
  if (ec) return internal("remove " + files.directory + ": " + ec.message());
  devices_->drop(id);
  return {};
}

Status LibvirtDriver::attach(const std::string& id, const std::string& xml) {
  auto done = with_domain(id, kChangeMs, not_found("no such domain"), [xml](virDomainPtr d) -> Status {
    if (virDomainAttachDeviceFlags(d, xml.c_str(), VIR_DOMAIN_AFFECT_LIVE) == 0) return {};
    Error e = last_error("plug in the device");
    // A guest without a free slot may have one later; only a start's refusal is final.
    e.code = ErrorCode::internal;
    return e;
  });
  devices_->drop(id);
  return done;
}

Status LibvirtDriver::plug_port(const std::string& id, const PortSpec& port) {
  auto now = TRY(inspect(id));
  if (now && now->ports.contains(port.id)) return {};
  return attach(id, port_xml(TRY(machine()), port));
}

Status LibvirtDriver::plug_volume(const std::string& id, const VolumeSpec& volume) {
  auto now = TRY(inspect(id));
  if (now && now->volumes.contains(volume.attachment_id)) return {};
  return attach(id, volume_xml(volume));
}

Status LibvirtDriver::detach(const std::string& id, const std::string& alias) {
  return with_domain(id, kChangeMs, {}, [alias](virDomainPtr d) -> Status {
    if (virDomainDetachDeviceAlias(d, alias.c_str(), VIR_DOMAIN_AFFECT_LIVE) == 0) return {};
    virErrorPtr e = virGetLastError();
    if (e && e->code == VIR_ERR_DEVICE_MISSING) return {};
    // Asked before and not answered yet: QEMU refuses to ask twice. The event tells when it is gone.
    if (e && e->message && std::string_view(e->message).find("in the process of unplug") != std::string_view::npos) return {};
    return last_error("unplug the device");
  });
}

Status LibvirtDriver::unplug_port(const std::string& id, const std::string& port_id) { return detach(id, port_alias(port_id)); }

Status LibvirtDriver::unplug_volume(const std::string& id, const std::string& attachment_id) {
  return detach(id, volume_alias(attachment_id));
}

}  // namespace nuri::compute::agent::libvirt
