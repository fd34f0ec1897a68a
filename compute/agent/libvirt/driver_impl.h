#pragma once

#include <map>
#include <mutex>

#include "compute/agent/libvirt/connection.h"
#include "compute/agent/libvirt/domain_xml.h"
#include "compute/agent/libvirt/libvirt_driver.h"

namespace nuri::compute::agent::libvirt {

// What is known of live domains' devices, so that a look costs no XML. An entry is good for one
// run of a domain (its libvirt number) until a device event.
class DeviceCache {
 public:
  explicit DeviceCache(std::string owner) : owner_(std::move(owner)) {}
  const std::string& owner() const { return owner_; }
  std::optional<std::optional<Domain>> find(const std::string& id, int number) const;
  void put(const std::string& id, int number, uint64_t generation, std::optional<Domain> domain);
  void drop(const std::string& id);
  uint64_t generation() const;

 private:
  struct Entry {
    int number;
    std::optional<Domain> domain;  // nullopt: not ours
  };
  const std::string owner_;
  mutable std::mutex mutex_;
  uint64_t generation_ = 0;  // an XML fetched before a drop must not be kept after it
  std::map<std::string, Entry> entries_;
};

class LibvirtDriver final : public Driver {
 public:
  explicit LibvirtDriver(DriverOptions options);
  std::string name() const override { return "libvirt"; }
  bool uses_images() const override { return true; }
  Result<HostInfo> host() override;
  Result<std::vector<Domain>> list() override;
  Result<std::optional<Domain>> inspect(const std::string& id) override;
  Status prepare(const ServerSpec& spec, const ServerFiles& files, const std::optional<BaseImage>& base) override;
  bool prepared(const ServerSpec& spec, const ServerFiles& files) override;
  Status start(const ServerSpec& spec, const ServerFiles& files, const std::optional<BaseImage>& base,
               const std::optional<BaseImage>& rescue) override;
  Status grow(const ServerSpec& spec, const ServerFiles& files) override;
  Status flatten(const std::string& copy, const std::string& to) override;
  Status shutdown(const std::string& id) override;
  Status destroy(const std::string& id) override;
  Status pause(const std::string& id) override;
  Status resume(const std::string& id) override;
  Status suspend(const std::string& id, const ServerFiles& files) override;
  bool suspended(const ServerFiles& files) override;
  Status remove(const std::string& id, const ServerFiles& files) override;
  Status plug_port(const std::string& id, const PortSpec& port) override;
  Status plug_volume(const std::string& id, const VolumeSpec& volume) override;
  Status unplug_port(const std::string& id, const std::string& port_id) override;
  Status unplug_volume(const std::string& id, const std::string& attachment_id) override;
  Status grow_volume(const std::string& id, const std::string& path, int64_t bytes) override;
  Result<Json> diagnostics(const std::string& id) override;
  void on_event(std::function<void(const DriverEvent&)> f) override { events_->set(std::move(f)); }

 private:
  // f(virDomainPtr) -> Status on our running domain `id`; `missing` where there is none.
  Status with_domain(const std::string& id, unsigned timeout_ms, Status missing, std::function<Status(virDomainPtr)> f);
  Status restore(const ServerSpec& spec, const ServerFiles& files);
  Status attach(const std::string& id, const std::string& xml);
  Status detach(const std::string& id, const std::string& alias);
  Result<Machine> machine();

  DriverOptions options_;
  std::shared_ptr<DeviceCache> devices_;
  std::shared_ptr<EventSink> events_ = std::make_shared<EventSink>();
  std::mutex mutex_;
  std::optional<Machine> machine_;
  std::optional<HostInfo> host_;
  Connection connection_;
};

// Where it is active and ours; nullopt otherwise.
Result<std::optional<Domain>> read_live(virDomainPtr d, DeviceCache& cache);

}  // namespace nuri::compute::agent::libvirt
