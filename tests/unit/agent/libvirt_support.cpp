#include "tests/unit/agent/libvirt_support.h"

#include <cstdlib>

#include "compute/agent/libvirt/libvirt_driver.h"
#include "services/base/config.h"

namespace nuri::compute::agent::testing {

namespace {
std::string environment(const char* name, const char* fallback) {
  const char* value = std::getenv(name);
  return value && *value ? value : fallback;
}
}  // namespace

std::unique_ptr<Driver> real_driver(std::string& why) {
  libvirt::DriverOptions options;
  options.uri = environment("NURI_LIBVIRT_URI", "qemu:///system");
  // What deploy/up found out about this machine: KVM may be offered and yet not work.
  auto installed = Config::load(environment("NURI_CONFIG", "/etc/nuri/nuri.toml"));
  std::string type = installed ? installed->text("agent.virt_type", "auto") : "auto";
  options.virt_type = environment("NURI_VIRT_TYPE", type.c_str());
  options.machine = environment("NURI_MACHINE", options.machine.c_str());
  options.owner = "nuri-agent-test";  // the machine's own cloud, if there is one, leaves these alone
  auto driver = libvirt::make_driver(options);
  auto host = driver->host();
  if (host) return driver;
  why = "no libvirtd: " + host.error().message + " (deploy/engines up starts one)";
  return nullptr;
}

std::string tiny_image() { return environment("NURI_TINY_IMAGE", "/var/cache/nuri/images/tiny.qcow2"); }

}  // namespace nuri::compute::agent::testing
