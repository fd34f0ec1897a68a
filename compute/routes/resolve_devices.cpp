#include "compute/routes/resolve.h"

// The volumes of block_device_mapping_v2: what the user may see of them, and where they lie.
namespace nuri::compute {

namespace {

constexpr const char* kField = "block_device_mapping_v2";

Error unusable(const Error& e, const std::string& what) {
  if (e.code == ErrorCode::not_found)
    return bad_request("Block Device Mapping is Invalid: failed to get " + what + ".", kField);
  return e;
}

// A volume's file lies on one host: a server that is to have it goes there.
Status tie_to_host(App& app, const std::string& volume_id, Resolved& out) {
  auto got = app.peers.storage.call("GET", "/internal/v1/volumes/" + volume_id);
  if (!got && !permanent(got.error())) return got.error();
  std::string host = got ? (*got)["volume"]["host"].as_string() : "";
  if (host.empty()) return {};
  if (out.host.empty()) out.host = host;
  if (out.host != host)
    return bad_request("Block Device Mapping is Invalid: volume " + volume_id + " lies on host " +
                           host + ", the server is to be on " + out.host + ".",
                       kField);
  return {};
}

Status use_volume(App& app, const Context& c, const DeviceWish& d, Resolved& out) {
  auto got = app.peers.storage.call("GET", "/v3/" + c.claims.project_id + "/volumes/" + d.id, {},
                                    c.token);
  if (!got) return unusable(got.error(), "volume " + d.id);
  const Json volume = (*got)["volume"];
  std::string status = volume["status"].as_string();
  if (status != "available")
    return bad_request("Block Device Mapping is Invalid: volume " + d.id +
                           " status must be 'available'. Currently in '" + status + "'",
                       kField);
  if (d.root && volume["bootable"].as_string() != "true")
    return bad_request(
        "Block Device Mapping is Invalid: Volume " + d.id + " is not bootable.", kField);
  bool promised = TRY(app.db.read(
      [&](db::Session& s) { return volume_promised(s, d.id, c.claims.project_id); }));
  if (promised)
    return bad_request("Block Device Mapping is Invalid: volume " + d.id +
                           " is already attached to a server.",
                       kField);
  return tie_to_host(app, d.id, out);
}

Result<Json> use_snapshot(App& app, const Context& c, const DeviceWish& d, Resolved& out) {
  auto got = app.peers.storage.call("GET", "/v3/" + c.claims.project_id + "/snapshots/" + d.id, {},
                                    c.token);
  if (!got) return unusable(got.error(), "snapshot " + d.id);
  const Json snapshot = (*got)["snapshot"];
  if (snapshot["status"].as_string() != "available")
    return bad_request("Block Device Mapping is Invalid: snapshot " + d.id + " is not available.",
                       kField);
  if (d.size_gib > 0 && d.size_gib < snapshot["size"].as_int())
    return bad_request("Block Device Mapping is Invalid: volume_size must be at least the "
                       "snapshot's " +
                           std::to_string(snapshot["size"].as_int()) + " GiB.",
                       kField);
  TRYV(tie_to_host(app, snapshot["volume_id"].as_string(), out));
  return Json::object({{"snapshot", d.id}});
}

Result<Json> use_image(App& app, const Context& c, const DeviceWish& d, const Flavor& flavor) {
  Flavor volume = flavor;  // the disk's size is the volume's
  volume.disk_gib = d.size_gib;
  TRYV(find_usable_image(app, c, d.id, volume, kField));
  return Json::object({{"image", d.id}});
}

}  // namespace

Status resolve_devices(App& app, const Context& c, const ServerCreate& in, Resolved& out) {
  for (const DeviceWish& d : in.devices) {
    ServerVolume v;
    v.project_id = c.claims.project_id;
    v.tag = d.tag;
    v.delete_on_termination = d.delete_on_termination;
    std::string asked = d.root ? "/dev/vda" : d.device;
    v.device = d.root ? asked : free_device(out.volumes, asked);
    Json source;
    if (d.source == "volume") {
      TRYV(use_volume(app, c, d, out));
      v.volume_id = d.id;
    } else if (d.source == "snapshot") {
      source = TRY(use_snapshot(app, c, d, out));
    } else if (d.source == "image") {
      source = TRY(use_image(app, c, d, out.flavor));
    } else {
      source = Json::object();
    }
    if (d.source != "volume") {
      v.state = "making";
      source.set("size_gib", d.size_gib ? Json(d.size_gib) : Json());
      source.set("type", d.type.empty() ? Json() : Json(d.type));
      v.source = source.dump();
    }
    out.volumes.push_back(v);
  }
  return {};
}

}  // namespace nuri::compute
