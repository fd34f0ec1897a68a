#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "compute/agent/core/driver.h"

// Domain and device XML. Pure: the same in, the same out.
namespace nuri::compute::agent::libvirt {

inline constexpr std::string_view kMetadataUri = "https://nuri.cloud/xmlns/domain/1";

struct Machine {
  bool kvm = false;
  std::string type = "pc";   // or "q35"
  std::string emulator;      // empty: libvirt's choice
  std::string bridge = "br-int";
  std::string owner = "/var/lib/nuri";  // which cloud's: two on one host leave each other's guests alone
  unsigned spare_ports = 8;  // q35: PCIe root ports left for hot plug
};

std::string domain_name(const std::string& server_id);
// `rescue`: boots from the rescue disk, a clone of it, and has its own as second.
std::string domain_xml(const Machine& machine, const ServerSpec& spec, const ServerFiles& files,
                       const std::optional<BaseImage>& base, const std::optional<BaseImage>& rescue = {});
std::string port_xml(const Machine& machine, const PortSpec& port);
std::string volume_xml(const VolumeSpec& volume);
// User aliases, by which a device is found again: libvirt keeps those that begin with "ua-".
std::string port_alias(const std::string& port_id);
std::string volume_alias(const std::string& attachment_id);

// What a live domain's XML says; nullopt where it does not carry our mark (name, uuid, metadata, owner).
std::optional<Domain> read_domain(std::string_view xml, const std::string& owner);

}  // namespace nuri::compute::agent::libvirt
