#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/base/clock.h"
#include "services/base/fields.h"

// Volumes as the Block Storage API v3 (Cinder, Zed: 3.0 to 3.70) shows them.
namespace nuri::storage {

inline constexpr int64_t kMaxVolumeGib = 16 * 1024;
inline constexpr int64_t kMaxMetadata = 128;

// The volume type there is from the start: a qcow2 file on the host that holds it.
inline constexpr const char* kTypeId = "3c0e7b1a-52d4-4f6e-9a8b-0d1f6e5c4b3a";
inline constexpr const char* kTypeName = "__DEFAULT__";

struct Attachment {
  std::string id, volume_id, server_id, host, device;
  std::string state = "reserved";  // reserved, attaching, attached, detaching
  TimeUs created_us = 0, attached_us = 0;
  // Who made it and alone may end it: "compute", or "" where a user recorded it (os-attach and the
  // attachments API).
  std::string owner = "";
  std::string mode = "rw";  // rw, ro
  Json connector = {};           // as a user's own host described itself
  bool by_compute() const { return owner == "compute"; }
};

struct Volume {
  std::string id, project_id, user_id;
  std::optional<std::string> name, description;
  // creating, available, attaching, in-use, detaching, extending, uploading, awaiting-transfer,
  // maintenance, deleting, error, error_extending
  std::string status = "creating";
  int64_t size_gib = 0;
  int64_t growing_to_gib = 0;  // while it is being extended, until the host has done it; else 0
  std::string zone;
  StringMap metadata;
  bool bootable = false;
  Json image;  // null or {"id", "disk_format", "size", "sha512"}: what the agent copies
  StringMap image_metadata;  // of that image, for people
  std::string host, path;    // where it lies, once placed and made
  std::string error;         // why it is in error, for people
  int64_t revision = 0;      // of the feed's item
  bool metered = false;      // its usage has begun
  TimeUs created_us = 0, updated_us = 0;
  std::optional<Attachment> attachment;
  std::string type_id = kTypeId, type_name = kTypeName;  // the name is read with the row
  std::optional<std::string> snapshot_id, source_volid;  // what it was copied from
  std::string wanted_host;  // where it has to lie: beside its source, or where a server runs
  std::optional<bool> readonly;
  bool written = false;  // a server has had it: it holds more than what it was made from
  std::string upload_image;  // the image it is being copied to; "": none
  Json upload;               // what the agent is told of that: see upload_spec

  // What it takes of its project's quota and of its host.
  int64_t claimed_gib() const { return growing_to_gib > size_gib ? growing_to_gib : size_gib; }
};

// What POST /volumes takes. Cinder's clients send many more members, most of them null: ignored.
struct VolumeCreate {
  std::optional<int64_t> size_gib;
  std::optional<std::string> name, description, zone, type, image, snapshot, source, backup, group;
  std::optional<std::string> consistency_group;
  bool multiattach = false;
  StringMap metadata;
  Json hints;   // OS-SCH-HNT:scheduler_hints: taken, and not followed
  Json unused;  // what old clients send and Cinder itself sets: taken, and not looked at
};
extern const Fields<VolumeCreate> kVolumeCreate;

struct VolumeUpdate {
  std::optional<std::string> name, description;
  std::optional<StringMap> metadata;
};
extern const Fields<VolumeUpdate> kVolumeUpdate;

struct VolumeLook {
  std::string base_url, project_id;
  int microversion = 0;
  bool admin = false;
};
Json volume_schema(int microversion);  // of what these write
extern const Fields<Volume> kVolume;  // without the links
// As POST and PUT answer.
Json volume_view(const Volume& volume, const VolumeLook& look);
// As GET and the detailed list answer: with the extensions' fields.
Json volume_detail(const Volume& volume, const VolumeLook& look);
// As the short list answers.
Json volume_summary(const Volume& volume, const VolumeLook& look);

}  // namespace nuri::storage
