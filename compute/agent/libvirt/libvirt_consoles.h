#pragma once

#include <memory>
#include <string>

#include "compute/agent/console/console_relay.h"

namespace nuri::compute::agent::libvirt {

// Consoles of this cloud's guests (`owner` as the driver has it). The screen listens nowhere:
// libvirt hands QEMU one end of a socket pair. The serial line is the guest's pty.
std::unique_ptr<ConsoleSource> make_consoles(std::string uri, std::string owner);

}  // namespace nuri::compute::agent::libvirt
