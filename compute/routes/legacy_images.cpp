#include <algorithm>

#include "compute/routes/app.h"
#include "compute/routes/server_query.h"
#include "services/base/fields.h"

// Nova's old door to the image service, open up to 2.35 (metadata: 2.38). The user's own token
// decides what can be seen and done.
namespace nuri::compute {

namespace {

constexpr int kLast = 35, kLastMetadata = 38;
constexpr size_t kMaxPages = 100;  // of the image service's, in one list

// Members of an image that are its own; all others are what Nova calls metadata.
const std::vector<std::string_view>& own_members() {
  static const std::vector<std::string_view> kMembers = {
      "id",           "name",       "status",       "visibility",       "protected",
      "owner",        "tags",       "min_disk",     "min_ram",          "size",
      "virtual_size", "checksum",   "os_hash_algo", "os_hash_value",    "os_hidden",
      "created_at",   "updated_at", "disk_format",  "container_format", "file",
      "self",         "schema",     "direct_url",   "locations",        "stores"};
  return kMembers;
}

Json metadata_of(const Json& image) {
  Json out = Json::object();
  for (const auto& [key, value] : image.as_object()) {
    const auto& own = own_members();
    if (std::find(own.begin(), own.end(), key) == own.end() && value.is_string())
      out.set(key, value);
  }
  return out;
}

std::string status_of(const Json& image) {
  const std::string& s = image["status"].as_string();
  if (s == "active") return "ACTIVE";
  if (s == "queued" || s == "saving" || s == "importing" || s == "uploading") return "SAVING";
  if (s == "deleted" || s == "pending_delete") return "DELETED";
  return s == "killed" ? "ERROR" : "UNKNOWN";
}

Json links_of(const Context& c, const std::string& id) {
  return Json::array({Json::object({{"rel", "self"}, {"href", c.base_url + "/v2.1/images/" + id}}),
                      Json::object({{"rel", "bookmark"}, {"href", c.base_url + "/images/" + id}}),
                      Json::object({{"rel", "alternate"},
                                    {"type", "application/vnd.openstack.image"},
                                    {"href", c.base_url + "/images/" + id}})});
}

Json image_json(const Json& image, const Context& c) {
  const std::string& id = image["id"].as_string();
  std::string status = status_of(image);
  Json metadata = metadata_of(image);
  Json out =
      Json::object({{"id", id},
                    {"name", image["name"]},
                    {"status", status},
                    {"created", image["created_at"]},
                    {"updated", image["updated_at"]},
                    {"minDisk", image["min_disk"].as_int()},
                    {"minRam", image["min_ram"].as_int()},
                    {"progress", status == "ACTIVE"   ? 100
                                 : status == "SAVING" ? 25
                                                      : 0},
                    {"metadata", metadata},
                    {"OS-EXT-IMG-SIZE:size", image["size"].is_int() ? image["size"] : Json(0)},
                    {"links", links_of(c, id)}});
  std::string server = metadata["instance_uuid"].as_string();
  if (!server.empty())
    out.set(
        "server",
        Json::object({{"id", server},
                      {"links", links({c.base_url, false, c.microversion}, "servers", server)}}));
  return out;
}

Result<Json> load(App& app, const Context& c) {
  auto got =
      app.peers.image.call("GET", "/v2/images/" + percent_encode(c.param("id")), {}, c.token);
  bool none = !got && (got.error().code == ErrorCode::not_found ||
                       got.error().code == ErrorCode::bad_request);
  if (none) return not_found("Image not found.");
  return got;
}

struct Filter {
  std::string name, status, server, type;
  std::optional<int64_t> min_ram, min_disk;
  std::optional<TimeUs> since;
  bool fits(const Json& image) const {
    Json metadata = metadata_of(image);
    auto changed = parse_iso(image["updated_at"].as_string());
    return (name.empty() || image["name"].as_string() == name) &&
           (status.empty() || status_of(image) == status) &&
           (server.empty() || metadata["instance_uuid"].as_string() == server) &&
           (type.empty() || metadata["image_type"].as_string() == type) &&
           (!min_ram || image["min_ram"].as_int() >= *min_ram) &&
           (!min_disk || image["min_disk"].as_int() >= *min_disk) &&
           (!since || (changed && *changed >= *since));
  }
};

Result<Filter> read_filter(const Request& request) {
  const Query& q = request.query;
  Filter f;
  f.name = q.get("name");
  f.status = q.get("status");
  for (char& ch : f.status) ch = static_cast<char>(std::toupper(static_cast<unsigned char>(ch)));
  f.server = q.get("server");  // an id or the server's URL
  if (size_t slash = f.server.rfind('/'); slash != std::string::npos)
    f.server = f.server.substr(slash + 1);
  f.type = q.get("type");
  f.min_ram = TRY(number_of(request, "minRam"));
  f.min_disk = TRY(number_of(request, "minDisk"));
  f.since = TRY(time_of(request, "changes-since"));
  return f;
}

// All images the user sees, newest first.
Result<std::vector<Json>> all_images(App& app, const Context& c) {
  std::vector<Json> out;
  std::string target = "/v2/images?limit=1000&sort=created_at:desc,id:desc";
  for (size_t page = 0; page < kMaxPages && !target.empty(); ++page) {
    Json got = TRY(app.peers.image.call("GET", target, {}, c.token));
    for (const Json& image : got["images"].as_array()) out.push_back(image);
    target = got["next"].as_string();
  }
  return out;
}

Result<Response> list(App& app, const Request& request, Context& c, bool detail) {
  TRYV(only_in(c, 1, kLast));
  Filter filter = TRY(read_filter(request));
  int64_t limit = TRY(limit_of(request));
  std::string marker = request.query.get("marker"), last;
  bool on = marker.empty(), more = false;
  Json out = Json::array();
  for (const Json& image : TRY(all_images(app, c))) {
    const std::string& id = image["id"].as_string();
    if (on && filter.fits(image)) {
      more = static_cast<int64_t>(out.size()) >= limit;
      if (more) break;
      out.push_back(
          detail ? image_json(image, c)
                 : Json::object({{"id", id}, {"name", image["name"]}, {"links", links_of(c, id)}}));
      last = id;
    }
    on = on || id == marker;
  }
  if (!on) return bad_request("marker [" + marker.substr(0, 80) + "] not found", "marker");
  Json body = Json::object({{"images", out}});
  if (more) body.set("images_links", next_links(request, c, last));
  return Response::json(200, body);
}

// JSON patches turn what is there into what is wanted.
Result<Json> store_metadata(App& app, const Context& c, const Json& image, const Json& wanted,
                            bool replace) {
  Json had = metadata_of(image), patch = Json::array();
  for (const auto& [key, value] : wanted.as_object()) {
    if (key.empty() || key.size() > 255 || !value.is_string() || value.as_string().size() > 255)
      return bad_request("metadata has keys and values of 1 to 255 characters.", "metadata");
    patch.push_back(Json::object(
        {{"op", had.contains(key) ? "replace" : "add"}, {"path", "/" + key}, {"value", value}}));
  }
  if (replace) {
    for (const auto& [key, value] : had.as_object()) {
      if (!wanted.contains(key))
        patch.push_back(Json::object({{"op", "remove"}, {"path", "/" + key}}));
    }
  }
  if (patch.size() == 0) return had;
  return metadata_of(
      TRY(app.peers.image.call("PATCH", "/v2/images/" + image["id"].as_string(), patch, c.token)));
}

Result<Response> set_all(App& app, const Request& q, Context& c, bool replace) {
  TRYV(only_in(c, 1, kLastMetadata));
  Json wanted = TRY(body_member(q.body, "metadata"));
  if (!wanted.is_object()) return bad_request("metadata must be an object.", "metadata");
  Json image = TRY(load(app, c));
  Json now = TRY(store_metadata(app, c, image, wanted, replace));
  return Response::json(200, Json::object({{"metadata", now}}));
}

Result<Response> set_item(App& app, const Request& q, Context& c) {
  TRYV(only_in(c, 1, kLastMetadata));
  Json meta = TRY(body_member(q.body, "meta"));
  if (!meta.is_object() || meta.size() != 1 || !meta.contains(c.param("key")))
    return bad_request("The body must hold the one key that the path names.", "meta");
  Json image = TRY(load(app, c));
  TRYV(store_metadata(app, c, image, meta, false));
  return Response::json(200, Json::object({{"meta", meta}}));
}

Result<Response> item(App& app, Context& c, bool remove) {
  TRYV(only_in(c, 1, kLastMetadata));
  Json image = TRY(load(app, c));
  Json metadata = metadata_of(image);
  const Json* value = metadata.find(c.param("key"));
  if (!value) return not_found("Metadata item was not found");
  if (!remove)
    return Response::json(200, Json::object({{"meta", Json::object({{c.param("key"), *value}})}}));
  metadata.erase(c.param("key"));
  TRYV(store_metadata(app, c, image, metadata, true));
  return Response::empty(204);
}

}  // namespace

void add_legacy_image_routes(Router& router, App& app) {
  const std::string all = "/v2.1/images", one = all + "/{id}", meta = one + "/metadata",
                    key = meta + "/{key}";
  router.add("GET", all, Access::reader,
             [&app](const Request& q, Context& c) { return list(app, q, c, false); });
  router.add("GET", all + "/detail", Access::reader,
             [&app](const Request& q, Context& c) { return list(app, q, c, true); });
  router.add("GET", one, Access::reader, [&app](const Request&, Context& c) -> Result<Response> {
    TRYV(only_in(c, 1, kLast));
    return Response::json(200, Json::object({{"image", image_json(TRY(load(app, c)), c)}}));
  });
  router.add("DELETE", one, Access::member, [&app](const Request&, Context& c) -> Result<Response> {
    TRYV(only_in(c, 1, kLast));
    Json image = TRY(load(app, c));
    TRYV(app.peers.image.call("DELETE", "/v2/images/" + image["id"].as_string(), {}, c.token));
    return Response::empty(204);
  });
  router.add("GET", meta, Access::reader, [&app](const Request&, Context& c) -> Result<Response> {
    TRYV(only_in(c, 1, kLastMetadata));
    Json image = TRY(load(app, c));
    return Response::json(200, Json::object({{"metadata", metadata_of(image)}}));
  });
  router.add("POST", meta, Access::member,
             [&app](const Request& q, Context& c) { return set_all(app, q, c, false); });
  router.add("PUT", meta, Access::member,
             [&app](const Request& q, Context& c) { return set_all(app, q, c, true); });
  router.add("GET", key, Access::reader,
             [&app](const Request&, Context& c) { return item(app, c, false); });
  router.add("PUT", key, Access::member,
             [&app](const Request& q, Context& c) { return set_item(app, q, c); });
  router.add("DELETE", key, Access::member,
             [&app](const Request&, Context& c) { return item(app, c, true); });
}

}  // namespace nuri::compute
