#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/base/clock.h"
#include "services/base/fields.h"

// Images as the Image API v2 (Glance, Zed) shows them.
namespace nuri::image {

inline constexpr int64_t kMaxProperties = 128;
inline constexpr int64_t kMaxTags = 128;
inline constexpr int64_t kMaxMembers = 128;

struct Image {
  std::string id;
  std::optional<std::string> name;
  std::string status = "queued";
  std::string visibility = "shared";
  std::optional<std::string> owner;
  std::optional<std::string> disk_format, container_format;
  int64_t min_disk = 0, min_ram = 0;  // GiB, MiB
  bool is_protected = false, hidden = false;
  std::optional<std::string> checksum, hash_value;  // md5, sha512; set with the data
  std::optional<int64_t> size, virtual_size;        // bytes
  std::vector<std::string> tags;
  StringMap properties;  // the user's own, shown beside the others
  TimeUs created_us = 0, updated_us = 0;
  // Not shown. Of an image that awaits an agent's upload: the service that queued it and the host.
  std::string queued_by, upload_host;
  std::string user_id;  // who made it
};

// Reads a create's body (unknown members are the user's properties: see read_image) and writes all
// but the properties.
extern const Fields<Image> kImage;

// Errors: bad_request; forbidden for what only the service sets.
Result<Image> read_image(const Json& body);
Json image_view(const Image& image);
// The JSON schema of an image, from the field table: GET /v2/schemas/image.
Json image_schema();

// Whether a name is one of the table's, and so no user's property.
bool is_base_property(std::string_view name);
// Those that only the service sets. Error: forbidden, as Glance has it.
Status check_writable(std::string_view name);
// Properties that a schema names, so that null is said of them: it means none.
bool may_be_null(std::string_view property);
std::string property_problem(const std::string& name, const Json& value);

struct Member {
  std::string image_id, member_id, status = "pending";
  TimeUs created_us = 0, updated_us = 0;
};
extern const Fields<Member> kMember;

}  // namespace nuri::image
