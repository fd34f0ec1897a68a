#include "compute/agent/core/spec.h"

#include "services/base/fields.h"
#include "services/base/random.h"

namespace nuri::compute::agent {

namespace {
constexpr auto kIgnore = Fields<FlavorSpec>::Unknown::ignore;

std::string absolute_path(const Json& j) {
  const std::string& path = j.as_string();
  if (path.empty() || path[0] != '/') return "must be an absolute path";
  return (path + "/").find("/../") == std::string::npos ? "" : "must not contain '..'";
}

std::string block_device(const Json& j) {
  const std::string& device = j.as_string();
  bool ok = device.size() > 7 && device.size() <= 9 && device.compare(0, 7, "/dev/vd") == 0;
  for (size_t i = 7; ok && i < device.size(); ++i) ok = device[i] >= 'a' && device[i] <= 'z';
  return ok ? "" : "must be /dev/vdX";
}

const Fields<FlavorSpec> kFlavor("flavor", kIgnore, {
    text("name", &FlavorSpec::name),
    number("vcpus", &FlavorSpec::vcpus).required_().range(1, 255),
    number("ram_mib", &FlavorSpec::ram_mib).required_().range(1, 16 << 20),
    number("disk_gib", &FlavorSpec::disk_gib).required_().range(0, 1 << 20),
});

const Fields<ImageRef> kImage("image", Fields<ImageRef>::Unknown::ignore, {
    text("id", &ImageRef::id).required_().format_("uuid"),
    text("disk_format", &ImageRef::disk_format).required_(),
    text("sha512", &ImageRef::sha512).nullable_().length(0, 128),
    number("size", &ImageRef::size).nullable_().range(0, INT64_MAX),
    number("virtual_size", &ImageRef::virtual_size).nullable_().range(0, INT64_MAX),
});

const Fields<PortSpec> kPort("port", Fields<PortSpec>::Unknown::ignore, {
    text("id", &PortSpec::id).required_().format_("uuid"),
    text("mac", &PortSpec::mac).required_().format_("mac"),
    text("network_id", &PortSpec::network_id).required_().format_("uuid"),
    number("mtu", &PortSpec::mtu).nullable_().range(68, 65535),
});

const Fields<VolumeSpec> kVolume("volume", Fields<VolumeSpec>::Unknown::ignore, {
    text("attachment_id", &VolumeSpec::attachment_id).required_().format_("uuid"),
    text("volume_id", &VolumeSpec::volume_id).required_().format_("uuid"),
    text("path", &VolumeSpec::path).required_().checked(absolute_path),
    text("format", &VolumeSpec::format).required_().one_of({"qcow2", "raw"}),
    text("device", &VolumeSpec::device).required_().checked(block_device),
    text("serial", &VolumeSpec::serial).nullable_().length(0, 64),
});

const Fields<RebootSpec> kReboot("reboot", Fields<RebootSpec>::Unknown::ignore, {
    number("count", &RebootSpec::count).range(0, INT64_MAX),
    text("type", &RebootSpec::type).nullable_().one_of({"soft", "hard"}),
});

const Fields<DiskSpec> kDisk("disk", Fields<DiskSpec>::Unknown::ignore, {
    number("number", &DiskSpec::number).range(0, INT64_MAX),
    number("keep", &DiskSpec::keep).range(-1, INT64_MAX),
});

const Fields<SnapshotSpec> kSnapshot("snapshot", Fields<SnapshotSpec>::Unknown::ignore, {
    number("number", &SnapshotSpec::number).required_().range(1, INT64_MAX),
    text("image_id", &SnapshotSpec::image_id).required_().format_("uuid"),
});

const Fields<ServerSpec> kServer("server", Fields<ServerSpec>::Unknown::ignore, {
    text("name", &ServerSpec::name).length(0, 255),
    text("project_id", &ServerSpec::project_id),
    text("user_id", &ServerSpec::user_id).nullable_(),
    text("power", &ServerSpec::power).required_().one_of({"running", "stopped", "paused", "suspended"}),
    object("reboot", &ServerSpec::reboot, kReboot).nullable_(),
    object("flavor", &ServerSpec::flavor, kFlavor).required_(),
    object("image", &ServerSpec::image, kImage).nullable_(),
    objects("ports", &ServerSpec::ports, kPort).nullable_(),
    objects("volumes", &ServerSpec::volumes, kVolume).nullable_(),
    object("disk", &ServerSpec::disk, kDisk).nullable_(),
    object("rescue", &ServerSpec::rescue, kImage).nullable_(),
    object("snapshot", &ServerSpec::snapshot, kSnapshot).nullable_(),
    boolean("config_drive", &ServerSpec::config_drive).nullable_(),
});

Error impossible(Error e) {
  e.code = ErrorCode::unprocessable;
  return e;
}
}  // namespace

Result<ServerSpec> parse_server(const std::string& id, const Json& spec) {
  if (!is_uuid(id)) return Error(ErrorCode::unprocessable, "id must be a UUID.", "id");
  auto read = kServer.read(spec);
  if (!read) return impossible(read.error());
  read->id = id;
  if (!read->image && read->volumes.empty()) {
    return Error(ErrorCode::unprocessable, "A server needs an image or a volume to boot from.", "image");
  }
  return read;
}

Result<ImageRef> parse_image(const Json& image) {
  auto read = kImage.read(image);
  if (!read) return impossible(read.error());
  return read;
}

}  // namespace nuri::compute::agent
