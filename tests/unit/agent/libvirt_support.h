#pragma once

#include <memory>
#include <string>

#include "compute/agent/core/driver.h"

namespace nuri::compute::agent::testing {

// The real driver where a libvirtd answers at $NURI_LIBVIRT_URI (qemu:///system); else null and why not.
std::unique_ptr<Driver> real_driver(std::string& why);
std::string tiny_image();  // $NURI_TINY_IMAGE

}  // namespace nuri::compute::agent::testing
