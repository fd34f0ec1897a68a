#include "services/image/api/image.h"

#include <algorithm>

namespace nuri::image {

namespace {

const std::vector<std::string> kDiskFormats = {"ami", "ari",   "aki", "vhd", "vhdx", "vmdk",
                                               "raw", "qcow2", "vdi", "iso", "ploop"};
const std::vector<std::string> kContainerFormats = {"ami", "ari", "aki",    "bare",
                                                    "ovf", "ova", "docker", "compressed"};

// Glance's words for what only the service sets, and for what must not be a property's name.
const std::vector<std::string> kReserved = {"location",   "locations",  "deleted",
                                            "deleted_at", "direct_url", "self",
                                            "file",       "schema",     "stores"};
// Glance keeps to itself what begins so.
constexpr std::string_view kReservedPrefix = "os_glance_";
// Properties of every schema, which may be null: then the image has them not.
constexpr std::string_view kKnownProperties[] = {"architecture", "instance_uuid", "kernel_id",
                                                 "os_distro",    "os_version",    "ramdisk_id"};

std::string tags_problem(const Json& tags) {
  for (const Json& tag : tags.as_array()) {
    if (tag.as_string().size() > 255) return "A tag has at most 255 bytes.";
  }
  return "";
}

std::string path_of(const Image& i) { return "/v2/images/" + i.id; }

bool contains(const std::vector<std::string>& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

}  // namespace

const Fields<Image> kImage{
    "image",
    Fields<Image>::Unknown::ignore,
    {
        text("id", &Image::id).format_("uuid"),
        text("name", &Image::name).length(0, 255).nullable_(),
        text("status", &Image::status)
            .one_of({"queued", "saving", "uploading", "active", "deactivated"})
            .out_only(),
        text("visibility", &Image::visibility).one_of({"public", "private", "shared", "community"}),
        text("owner", &Image::owner).length(1, 255).nullable_(),
        text("disk_format", &Image::disk_format).one_of(kDiskFormats).nullable_(),
        text("container_format", &Image::container_format).one_of(kContainerFormats).nullable_(),
        number("min_disk", &Image::min_disk).range(0, INT32_MAX),
        number("min_ram", &Image::min_ram).range(0, INT32_MAX),
        boolean("protected", &Image::is_protected),
        boolean("os_hidden", &Image::hidden),
        text("checksum", &Image::checksum).out_only(),
        computed<Image>("os_hash_algo",
                        [](const Image& i) { return i.hash_value ? Json("sha512") : Json(); }),
        text("os_hash_value", &Image::hash_value).out_only(),
        number("size", &Image::size).out_only(),
        number("virtual_size", &Image::virtual_size).out_only(),
        strings("tags", &Image::tags).length(0, kMaxTags).checked(tags_problem),
        computed<Image>("created_at", [](const Image& i) { return iso_seconds(i.created_us); }),
        computed<Image>("updated_at", [](const Image& i) { return iso_seconds(i.updated_us); }),
        computed<Image>("self", path_of),
        computed<Image>("file", [](const Image& i) { return path_of(i) + "/file"; }),
        computed<Image>("schema", [](const Image&) { return "/v2/schemas/image"; }),
    }};

bool is_base_property(std::string_view name) {
  return std::any_of(kImage.list().begin(), kImage.list().end(),
                     [&](const Field<Image>& f) { return f.name == name; });
}

Status check_writable(std::string_view name) {
  for (const auto& f : kImage.list()) {
    if (f.name == name && !f.in) return forbidden("Attribute '" + f.name + "' is read-only.");
  }
  if (contains(kReserved, name) || name.starts_with(kReservedPrefix)) {
    return forbidden("Attribute '" + std::string(name) + "' is reserved.");
  }
  return {};
}

bool may_be_null(std::string_view property) {
  return std::find(std::begin(kKnownProperties), std::end(kKnownProperties), property) !=
         std::end(kKnownProperties);
}

std::string property_problem(const std::string& name, const Json& value) {
  if (name.empty() || name.size() > 255) return "A property's name has 1 to 255 bytes.";
  if (!value.is_string()) return "The property '" + name + "' must be a string.";
  if (value.as_string().size() > 65535) return "The property '" + name + "' has over 65535 bytes.";
  return "";
}

Result<Image> read_image(const Json& body) {
  for (const auto& [key, value] : body.as_object()) TRYV(check_writable(key));
  Image out = TRY(kImage.read(body));
  for (const auto& [key, value] : body.as_object()) {
    if (is_base_property(key) || (value.is_null() && may_be_null(key))) continue;
    if (std::string why = property_problem(key, value); !why.empty()) return bad_request(why, key);
    out.properties[key] = value.as_string();
  }
  if (static_cast<int64_t>(out.properties.size()) > kMaxProperties) {
    return Error(ErrorCode::too_large,
                 "An image has at most " + std::to_string(kMaxProperties) + " properties.");
  }
  std::sort(out.tags.begin(), out.tags.end());
  out.tags.erase(std::unique(out.tags.begin(), out.tags.end()), out.tags.end());
  return out;
}

Json image_view(const Image& image) {
  Json out = kImage.write(image);
  for (const auto& [k, v] : image.properties) out.object_ref().emplace_back(k, v);
  return out;
}

namespace {
Json schema_type(const FieldRules& f) {
  std::string_view type = f.type;
  if (type == "strings") type = "array";
  if (type == "any") type = "string";
  bool plain = type == "array" || type == "boolean" || f.name == "id" || f.name == "status" ||
               f.name == "visibility" || f.name.starts_with("min_");
  return plain ? Json(type) : Json::array({"null", Json(type)});
}
}  // namespace

Json image_schema() {
  Json properties = Json::object();
  for (const auto& f : kImage.list()) {
    Json p = Json::object({{"type", schema_type(f)}});
    if (!f.in) p.set("readOnly", true);
    if (f.max != INT64_MAX && std::string_view(f.type) == "string") p.set("maxLength", f.max);
    if (std::string_view(f.type) == "strings") {
      p.set("items", Json::object({{"type", "string"}, {"maxLength", 255}}));
    }
    if (!f.allowed.empty()) {
      Json values = Json::strings(f.allowed);
      if (f.nullable) values.array_ref().insert(values.array_ref().begin(), Json());
      p.set("enum", values);
    }
    properties.set(f.name, p);
  }
  for (std::string_view name : kKnownProperties) {
    properties.set(name, Json::object({{"type", Json::array({"null", "string"})},
                                       {"is_base", false},
                                       {"maxLength", 255}}));
  }
  Json links = Json::array({Json::object({{"rel", "self"}, {"href", "{self}"}}),
                            Json::object({{"rel", "enclosure"}, {"href", "{file}"}}),
                            Json::object({{"rel", "describedby"}, {"href", "{schema}"}})});
  return Json::object({{"name", "image"},
                       {"properties", properties},
                       {"additionalProperties", Json::object({{"type", "string"}})},
                       {"links", links}});
}

const Fields<Member> kMember{
    "member",
    Fields<Member>::Unknown::refuse,
    {
        text("image_id", &Member::image_id).out_only(),
        text("member_id", &Member::member_id).out_only(),
        text("status", &Member::status).one_of({"pending", "accepted", "rejected"}).required_(),
        computed<Member>("created_at", [](const Member& m) { return iso_seconds(m.created_us); }),
        computed<Member>("updated_at", [](const Member& m) { return iso_seconds(m.updated_us); }),
        computed<Member>("schema", [](const Member&) { return "/v2/schemas/member"; }),
    }};

}  // namespace nuri::image
