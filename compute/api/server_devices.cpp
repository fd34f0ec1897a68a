#include <algorithm>

#include "compute/api/server_create.h"
#include "services/base/random.h"

// block_device_mapping_v2: the disks of a new server.
namespace nuri::compute {

namespace {

constexpr size_t kMaxDevices = 25;  // vda to vdy
constexpr const char* kField = "block_device_mapping_v2";

struct DeviceIn {
  std::string source_type, destination_type;
  std::optional<std::string> uuid, device_name, device_type, disk_bus, guest_format, tag, type;
  Json boot_index, volume_size;
  std::optional<std::string> image_id, volume_id, snapshot_id;
  bool delete_on_termination = false, no_device = false;
};

const Fields<DeviceIn>& device_fields() {
  using D = DeviceIn;
  static const Fields<D> kFields(
      kField, Fields<D>::Unknown::refuse,
      {
          text("source_type", &D::source_type).one_of({"image", "volume", "snapshot", "blank"}),
          text("destination_type", &D::destination_type).one_of({"local", "volume"}),
          text("uuid", &D::uuid).length(0, 255).nullable_(),
          text("image_id", &D::image_id).length(0, 255).nullable_(),
          text("volume_id", &D::volume_id).length(0, 255).nullable_(),
          text("snapshot_id", &D::snapshot_id).length(0, 255).nullable_(),
          any("boot_index", &D::boot_index),
          any("volume_size", &D::volume_size),
          boolean("delete_on_termination", &D::delete_on_termination).nullable_(),
          boolean("no_device", &D::no_device).nullable_(),
          text("device_name", &D::device_name).length(0, 255).nullable_(),
          text("device_type", &D::device_type).length(0, 255).nullable_(),
          text("disk_bus", &D::disk_bus).length(0, 255).nullable_(),
          text("guest_format", &D::guest_format).length(0, 255).nullable_(),
          text("tag", &D::tag).length(1, 60).since_(32),
          text("volume_type", &D::type).length(0, 255).nullable_().since_(67),
      });
  return kFields;
}

Error wrong(const std::string& why) {
  return bad_request("Block Device Mapping is Invalid: " + why, kField);
}

// A whole number, or one as a text. Error: bad_request.
Result<int64_t> number_of(const Json& value, const char* name, int64_t least, int64_t fallback) {
  if (value.is_null() || (value.is_string() && value.as_string().empty())) return fallback;
  Json n = value.is_string() ? parse_json(value.as_string()).value_or(Json()) : value;
  if (!n.is_int() || n.as_int() < least || n.as_int() > 1'000'000)
    return bad_request(std::string(kField) + ": " + name + " must be a whole number, at least " +
                           std::to_string(least) + ".",
                       kField);
  return n.as_int();
}

Status check_device(const DeviceWish& d, bool local) {
  if (local && d.source == "blank")
    return wrong("this cloud makes no local blank disks: take a volume instead.");
  if (local && d.source != "image")
    return wrong("a " + d.source + " can only be a server's disk with destination_type volume.");
  if (d.source != "blank" && !is_uuid_like(d.id))
    return wrong("uuid must be the UUID of a " + d.source + ".");
  if (!local && d.source == "image" && d.size_gib == 0)
    return wrong(
        "Images with destination_type 'volume' need to have a non-zero size specified");
  if (d.source == "blank" && d.size_gib == 0)
    return wrong("Blank volumes (source: 'blank', dest: 'volume') need to have non-zero size");
  return {};
}

}  // namespace

// The image goes onto the host's disk, unless a volume has boot_index 0.
Status read_devices(ServerCreate& c, int version) {
  if (!c.legacy_devices.is_null())
    return bad_request("This cloud serves block_device_mapping_v2 only.", "block_device_mapping");
  if (!c.block_devices.is_null() && !c.block_devices.is_array())
    return bad_request("block_device_mapping_v2 must be a list.", kField);
  if (c.block_devices.size() > kMaxDevices)
    return bad_request("block_device_mapping_v2 has too many entries: at most 25.", kField);
  int roots = 0;
  std::string local_image;
  for (const Json& item : c.block_devices.as_array()) {
    DeviceIn in = TRY(device_fields().read(item, version));
    if (in.no_device) continue;
    DeviceWish d;
    d.source = in.source_type.empty() ? "volume" : in.source_type;
    d.id = in.uuid.value_or("");
    d.device = in.device_name.value_or("");
    d.type = in.type.value_or("");
    d.tag = in.tag.value_or("");
    d.delete_on_termination = in.delete_on_termination;
    d.size_gib = TRY(number_of(in.volume_size, "volume_size", 0, 0));
    int64_t boot_index = TRY(number_of(in.boot_index, "boot_index", -1, -1));
    bool local = in.destination_type == "local" ||
                 (in.destination_type.empty() && (d.source == "image" || d.source == "blank"));
    d.root = boot_index == 0;
    roots += d.root ? 1 : 0;
    TRYV(check_device(d, local));
    if (local && !d.root) return wrong("a local image must have boot_index 0.");
    if (local)
      local_image = d.id;
    else
      c.devices.push_back(d);
  }
  auto root = std::find_if(c.devices.begin(), c.devices.end(), [](const auto& d) { return d.root; });
  bool by_volume = root != c.devices.end();
  if (by_volume && root->source == "image" && c.image_id == root->id) c.image_id.clear();
  if (!local_image.empty() && !c.image_id.empty() && local_image != c.image_id)
    return wrong("block_device_mapping_v2 names another image than imageRef.");
  if (!local_image.empty()) c.image_id = local_image;
  if (roots > 1 || (by_volume && !c.image_id.empty()))
    return wrong("Boot sequence for the instance and image/block device mapping combination is "
                 "not valid.");
  if (!by_volume && c.image_id.empty())
    return bad_request(c.block_devices.size() ? "Block Device Mapping is Invalid: none has "
                                                "boot_index 0, and there is no imageRef."
                                              : "Invalid imageRef provided.",
                       "imageRef");
  for (size_t i = 0; i < c.devices.size(); ++i) {
    for (size_t k = 0; k < i; ++k) {
      if (c.devices[i].source == "volume" && c.devices[i].id == c.devices[k].id &&
          c.devices[k].source == "volume")
        return wrong("volume " + c.devices[i].id + " is listed twice.");
    }
  }
  int64_t most = c.max_count.value_or(c.min_count);
  bool given = std::any_of(c.devices.begin(), c.devices.end(),
                           [](const auto& d) { return d.source == "volume"; });
  if (most > 1 && given)
    return bad_request("Cannot attach one or more volumes to multiple instances", kField);
  return {};
}

}  // namespace nuri::compute
