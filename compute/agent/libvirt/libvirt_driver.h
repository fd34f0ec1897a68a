#pragma once

#include <memory>
#include <string>

#include "compute/agent/core/driver.h"

namespace nuri::compute::agent::libvirt {

struct DriverOptions {
  std::string uri = "qemu:///system";
  std::string virt_type = "auto";  // "kvm", "qemu"; auto: what libvirt says it can
  // pc: every free slot takes a hot plug. q35: PCIe, and only its 8 spare root ports do.
  std::string machine = "pc";
  std::string bridge = "br-int";
  std::string owner = "/var/lib/nuri";  // marks this cloud's domains: its data folder
};

// KVM or QEMU through libvirt. Nothing is asked of libvirtd before the first call, so an agent
// starts while it is away.
std::unique_ptr<Driver> make_driver(DriverOptions options);

}  // namespace nuri::compute::agent::libvirt
