#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "services/base/json.h"

// What compute wants of a server (docs/internal-protocols.md), as the drivers use it.
namespace nuri::compute::agent {

struct FlavorSpec {
  std::string name;
  int64_t vcpus = 1, ram_mib = 0, disk_gib = 0;
};

struct ImageRef {
  std::string id, disk_format, sha512;
  int64_t size = 0, virtual_size = 0;  // virtual: 0 where nobody has said
};

struct PortSpec {
  std::string id, mac, network_id;
  int64_t mtu = 1442;
};

struct VolumeSpec {
  std::string attachment_id, volume_id, path, format, device, serial;
};

struct RebootSpec {
  int64_t count = 0;
  std::string type = "soft";
};

struct DiskSpec {
  int64_t number = 0;  // a larger one than was made: thrown away and made anew
  int64_t keep = 0;    // n: a copy is put aside as number n; 0: it goes; -1: it takes the disk's place
};

struct SnapshotSpec {
  int64_t number = 0;
  std::string image_id;  // where its data goes
};

struct ServerSpec {
  std::string id, name, project_id, user_id;
  std::string power = "running";  // "stopped", "paused", "suspended"
  RebootSpec reboot;
  FlavorSpec flavor;
  std::optional<ImageRef> image;  // none: boots from its first volume
  std::vector<PortSpec> ports;
  std::vector<VolumeSpec> volumes;
  DiskSpec disk;
  std::optional<ImageRef> rescue;  // boots from this one; its own disk comes second
  std::optional<SnapshotSpec> snapshot;
  bool config_drive = false;
  // There is to be a guest, be it paused.
  bool wants_running() const { return power == "running" || power == "paused"; }
};

// Error: unprocessable, naming the field: such a spec can never become a server.
Result<ServerSpec> parse_server(const std::string& id, const Json& spec);
Result<ImageRef> parse_image(const Json& image);

}  // namespace nuri::compute::agent
