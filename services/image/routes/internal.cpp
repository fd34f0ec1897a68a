#include "services/image/routes/api.h"

// What compute and storage ask for: docs/internal-protocols.md.
namespace nuri::image {

namespace {

// Beside Glance's fields, which read_image takes.
struct Queued {
  std::string project_id, user_id;
  std::optional<std::string> host;
  Json properties = Json::object();
};

const Fields<Queued> kQueued{"image",
                             Fields<Queued>::Unknown::ignore,
                             {
                                 text("project_id", &Queued::project_id).length(1, 255).required_(),
                                 text("user_id", &Queued::user_id).length(0, 255),
                                 text("host", &Queued::host).length(0, 255).nullable_(),
                                 any("properties", &Queued::properties),
                             }};

Result<Image> read_queued(const Json& body) {
  Queued queued = TRY(kQueued.read(body));
  Json rest = body;
  for (const auto& field : kQueued.list()) rest.erase(field.name);
  for (const auto& [name, value] : queued.properties.as_object()) {
    if (!value.is_null()) rest.set(name, value);
  }
  if (!rest.contains("visibility")) rest.set("visibility", "private");
  Image image = TRY(read_image(rest));
  if (!image.disk_format || !image.container_format) {
    return bad_request("disk_format and container_format must be set.", "disk_format");
  }
  image.owner = queued.project_id;
  image.user_id = queued.user_id;
  image.upload_host = queued.host.value_or("");
  return image;
}

}  // namespace

// Any project's image; with ?project_id=P only as far as that project sees it.
Result<Response> Api::internal_show(const Request& request, Context& context) {
  std::string project = request.query.get("project_id");
  Image image = TRY(db_.read([&](db::Session& s) -> Result<Image> {
    auto found = store::find(s, context.param("id"));
    if (!found || (!project.empty() && !store::visible(s, *found, {project, false}))) {
      return no_image(context);
    }
    return std::move(*found);
  }));
  return Response::json(200, image_view(image));
}

Result<Response> Api::internal_put(const Request& request, Context& context) {
  Json body = TRY(body_member(request.body, "image"));
  Image wish = TRY(read_queued(body));
  wish.id = context.param("id");
  wish.queued_by = context.claims.service;
  wish.created_us = wish.updated_us = clock_.now_us();
  TRYV(kImage.update(wish, Json::object({{"id", wish.id}})));  // a UUID
  Image image = TRY(db_.write([&](db::Session& s) -> Result<Image> {
    auto found = store::find(s, wish.id);
    if (!found) {
      if (store::is_gone(s, wish.id))
        return Error(ErrorCode::gone, "Image " + wish.id + " has been deleted.");
      TRYV(insert_image(s, wish));
      return wish;
    }
    if (found->queued_by != wish.queued_by || found->owner != wish.owner)
      return conflict("Image ID " + wish.id + " already exists!");
    if (found->status == "queued" && found->upload_host != wish.upload_host) {
      found->upload_host = wish.upload_host;
      store::update(s, *found);
    }
    return std::move(*found);
  }));
  return Response::json(200, Json::object({{"image", image_view(image)}}));
}

Result<Response> Api::internal_remove(const Request&, Context& context) {
  const std::string& id = context.param("id");
  auto image = TRY(db_.write([&](db::Session& s) -> Result<std::optional<Image>> {
    auto found = store::find(s, id);
    // A PUT that is late must not make it again.
    if (!found) store::note_gone(s, id, clock_.now_us());
    return found;
  }));
  if (!image) return Response::empty(204);
  if (image->queued_by.empty())
    return conflict("Image " + id + " was not queued by a service: it is its user's to delete.");
  if (image->is_protected) return Response::empty(204);
  if (Status erased = erase(*image, image->user_id);
      !erased && erased.error().code != ErrorCode::not_found)
    return std::move(erased).error();
  return Response::empty(204);
}

}  // namespace nuri::image
