#include "compute/agent/libvirt/domain_xml.h"

#include <algorithm>

#include "compute/agent/libvirt/xml.h"

namespace nuri::compute::agent::libvirt {

namespace {
using xml::Writer;
constexpr std::string_view kNamePrefix = "nuri-", kPortPrefix = "ua-port-", kVolumePrefix = "ua-att-";

void write_volume(Writer& w, const VolumeSpec& volume, bool boot) {
  w.open("disk", {{"type", "file"}, {"device", "disk"}});
  w.leaf("driver", {{"name", "qemu"}, {"type", volume.format}, {"cache", "none"}, {"discard", "unmap"}});
  w.leaf("source", {{"file", volume.path}});
  w.leaf("target", {{"dev", volume.device.substr(5)}, {"bus", "virtio"}});
  w.text("serial", volume.serial.empty() ? volume.volume_id : volume.serial);
  if (boot) w.leaf("boot", {{"order", "1"}});
  w.leaf("alias", {{"name", volume_alias(volume.attachment_id)}});
  w.close();
}

void write_port(Writer& w, const Machine& machine, const PortSpec& port) {
  w.open("interface", {{"type", "bridge"}});
  w.leaf("mac", {{"address", port.mac}});
  w.leaf("source", {{"bridge", machine.bridge}});
  w.open("virtualport", {{"type", "openvswitch"}});
  w.leaf("parameters", {{"interfaceid", port.id}});
  w.close();
  w.leaf("model", {{"type", "virtio"}});
  w.leaf("mtu", {{"size", std::to_string(port.mtu)}});
  w.leaf("rom", {{"enabled", "no"}});
  w.leaf("alias", {{"name", port_alias(port.id)}});
  w.close();
}

struct SystemDisk {
  std::string path, device, alias;
  bool boots = true;
};

// The chain is spelled out, so that neither libvirt nor QEMU looks into a guest's disk for it.
void write_root(Writer& w, const SystemDisk& disk, const BaseImage& base) {
  w.open("disk", {{"type", "file"}, {"device", "disk"}});
  w.leaf("driver", {{"name", "qemu"}, {"type", "qcow2"}, {"cache", "none"}, {"discard", "unmap"}});
  w.leaf("source", {{"file", disk.path}});
  w.open("backingStore", {{"type", "file"}});
  w.leaf("format", {{"type", base.format}});
  w.leaf("source", {{"file", base.path}});
  w.leaf("backingStore", {});
  w.close();
  w.leaf("target", {{"dev", disk.device}, {"bus", "virtio"}});
  if (disk.boots) w.leaf("boot", {{"order", "1"}});
  w.leaf("alias", {{"name", disk.alias}});
  w.close();
}

void write_config_drive(Writer& w, const ServerFiles& files) {
  w.open("disk", {{"type", "file"}, {"device", "disk"}});
  w.leaf("driver", {{"name", "qemu"}, {"type", "raw"}});
  w.leaf("source", {{"file", files.config_drive()}});
  // The last letters: the ones before are the volumes'. Virtio, since small guests have no AHCI driver.
  w.leaf("target", {{"dev", "vdz"}, {"bus", "virtio"}});
  w.leaf("readonly", {});
  w.leaf("alias", {{"name", "ua-config"}});
  w.close();
}

// The screen listens nowhere, not even on a socket of the host: whoever is to see it is handed one
// end of a pair by libvirt (libvirt_consoles.cpp).
void write_screen(Writer& w) {
  w.open("graphics", {{"type", "vnc"}}).leaf("listen", {{"type", "none"}}).close();
  w.open("video").leaf("model", {{"type", "vga"}, {"vram", "16384"}, {"heads", "1"}, {"primary", "yes"}}).close();
}

void write_console(Writer& w, const ServerFiles& files) {
  w.open("serial", {{"type", "pty"}});
  w.leaf("log", {{"file", files.console()}, {"append", "on"}});  // rotated by virtlogd, 2 MiB a file
  w.open("target", {{"type", "isa-serial"}, {"port", "0"}}).close();
  w.close();
  w.open("console", {{"type", "pty"}});
  w.leaf("target", {{"type", "serial"}, {"port", "0"}});
  w.close();
  w.open("channel", {{"type", "unix"}});
  w.leaf("target", {{"type", "virtio"}, {"name", "org.qemu.guest_agent.0"}});
  w.close();
}

void write_controllers(Writer& w, const Machine& machine, size_t devices) {
  w.leaf("controller", {{"type", "usb"}, {"model", "none"}});
  if (machine.type != "q35") return;
  // A root port takes one device; hot plug needs free ones, which cannot be added to a running guest.
  w.leaf("controller", {{"type", "pci"}, {"index", "0"}, {"model", "pcie-root"}});
  for (size_t i = 0; i < devices + machine.spare_ports; ++i) {
    w.leaf("controller", {{"type", "pci"}, {"model", "pcie-root-port"}});
  }
}

// libvirt refuses a title of several lines.
std::string one_line(std::string text) {
  std::replace_if(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return text;
}

void write_head(Writer& w, const Machine& machine, const ServerSpec& spec) {
  w.text("name", domain_name(spec.id));
  w.text("uuid", spec.id);
  w.text("title", one_line(spec.name));
  w.open("metadata");
  w.open("nuri:server", {{"xmlns:nuri", std::string(kMetadataUri)}, {"id", spec.id}, {"project", spec.project_id}, {"owner", machine.owner}});
  w.close().close();
  std::string mib = std::to_string(spec.flavor.ram_mib);
  w.text("memory", mib, {{"unit", "MiB"}});
  w.text("currentMemory", mib, {{"unit", "MiB"}});
  w.text("vcpu", std::to_string(spec.flavor.vcpus), {{"placement", "static"}});
  w.open("os").text("type", "hvm", {{"arch", "x86_64"}, {"machine", machine.type}}).close();
  w.open("features").leaf("acpi", {}).leaf("apic", {});
  if (!machine.kvm) w.open("tcg").text("tb-cache", "64", {{"unit", "MiB"}}).close();
  w.close();
  if (machine.kvm) {
    w.leaf("cpu", {{"mode", "host-passthrough"}, {"check", "none"}, {"migratable", "on"}});
  } else {
    w.open("cpu", {{"mode", "custom"}, {"match", "exact"}, {"check", "none"}});
    w.text("model", "qemu64", {{"fallback", "forbid"}}).close();
  }
  w.open("clock", {{"offset", "utc"}}).close();
  w.text("on_poweroff", "destroy").text("on_reboot", "restart").text("on_crash", "destroy");
}
}  // namespace

std::string domain_name(const std::string& server_id) { return std::string(kNamePrefix) + server_id; }
std::string port_alias(const std::string& port_id) { return std::string(kPortPrefix) + port_id; }
std::string volume_alias(const std::string& attachment_id) { return std::string(kVolumePrefix) + attachment_id; }

std::string domain_xml(const Machine& machine, const ServerSpec& spec, const ServerFiles& files,
                       const std::optional<BaseImage>& base, const std::optional<BaseImage>& rescue) {
  Writer w;
  w.open("domain", {{"type", machine.kvm ? "kvm" : "qemu"}});
  write_head(w, machine, spec);
  w.open("devices");
  if (!machine.emulator.empty()) w.text("emulator", machine.emulator);
  if (rescue) write_root(w, {files.rescue(), "vda", "ua-rescue"}, *rescue);
  // The letters between are the volumes'.
  if (base) write_root(w, {files.disk(), rescue ? "vdaa" : "vda", "ua-root", !rescue}, *base);
  for (size_t i = 0; i < spec.volumes.size(); ++i) write_volume(w, spec.volumes[i], !base && !rescue && i == 0);
  if (spec.config_drive) write_config_drive(w, files);
  for (const auto& port : spec.ports) write_port(w, machine, port);
  // Besides disks and ports: serial channel, balloon, random numbers.
  write_controllers(w, machine, 3 + (base ? 1 : 0) + (rescue ? 1 : 0) + (spec.config_drive ? 1 : 0) + spec.volumes.size() + spec.ports.size());
  write_console(w, files);
  write_screen(w);
  w.open("memballoon", {{"model", "virtio"}}).leaf("stats", {{"period", "10"}}).close();
  w.open("rng", {{"model", "virtio"}}).text("backend", "/dev/urandom", {{"model", "random"}}).close();
  return w.take();
}

std::string port_xml(const Machine& machine, const PortSpec& port) {
  Writer w;
  write_port(w, machine, port);
  return w.take();
}

std::string volume_xml(const VolumeSpec& volume) {
  Writer w;
  write_volume(w, volume, false);
  return w.take();
}

std::optional<Domain> read_domain(std::string_view text, const std::string& owner) {
  auto mark = xml::elements(text, "nuri:server");
  auto id = xml::content(text, "uuid"), name = xml::content(text, "name");
  if (mark.empty() || !id || !name || *name != domain_name(*id)) return std::nullopt;
  if (xml::attribute(mark[0], "id") != *id || xml::attribute(mark[0], "xmlns:nuri") != std::string(kMetadataUri) ||
      xml::attribute(mark[0], "owner") != owner) {
    return std::nullopt;
  }
  Domain domain;
  domain.id = *id;
  for (const char* kind : {"interface", "disk"}) {
    for (auto device : xml::elements(text, kind)) {
      auto alias = xml::elements(device, "alias");
      std::string value = alias.empty() ? "" : xml::attribute(alias[0], "name").value_or("");
      if (value.starts_with(kPortPrefix)) domain.ports.insert(value.substr(kPortPrefix.size()));
      if (value.starts_with(kVolumePrefix)) domain.volumes.insert(value.substr(kVolumePrefix.size()));
    }
  }
  return domain;
}

}  // namespace nuri::compute::agent::libvirt
