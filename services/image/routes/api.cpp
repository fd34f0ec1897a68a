#include "services/image/routes/api.h"

#include <algorithm>

#include "services/base/log.h"
#include "services/feed/outbox.h"

namespace nuri::image {

store::Viewer viewer_of(const Claims& claims) {
  return {claims.project_id, claims.is_admin() || claims.is_service()};
}

Result<Image> visible_image(db::Session& s, const Context& context) {
  auto image = store::find(s, context.param("id"));
  if (!image || !store::visible(s, *image, viewer_of(context.claims))) {
    return not_found("No image found with ID " + context.param("id").substr(0, 64) + ".");
  }
  return std::move(*image);
}

Result<Image> owned_image(db::Session& s, const Context& context) {
  Image image = TRY(visible_image(s, context));
  const Claims& c = context.claims;
  bool own = !c.project_id.empty() && image.owner == c.project_id;
  if (own || c.is_admin() || c.is_service()) return image;
  return forbidden("You are not permitted to modify the image " + image.id +
                   ": it belongs to another project.");
}

void emit_usage(db::Session& s, const Image& image, std::string_view type,
                const std::string& user_id, TimeUs now_us) {
  feed::emit(
      s,
      {now_us, std::string(type), image.owner.value_or(""), user_id, "image", image.id,
       Json::object({{"name", image.name.value_or("")}, {"size_bytes", image.size.value_or(0)}})});
}

void Api::add_routes(Router& router) {
  add_version_routes(router);
  add_schema_routes(router);
  add_image_routes(router);
  add_sharing_routes(router);
  add_service_routes(router);
}

// A member function as a handler.
#define NURI_HANDLER(f) [this](const Request& q, Context& c) { return f(q, c); }

void Api::add_image_routes(Router& router) {
  router.add("POST", "/v2/images", Access::member, NURI_HANDLER(create));
  router.add("GET", "/v2/images", Access::reader, NURI_HANDLER(list));
  router.add("GET", "/v2/images/{id}", Access::reader, NURI_HANDLER(show));
  router.add("PATCH", "/v2/images/{id}", Access::member, NURI_HANDLER(patch));
  router.add("DELETE", "/v2/images/{id}", Access::member, NURI_HANDLER(remove));
  router.add(Route{"PUT", "/v2/images/{id}/file", Access::member, NURI_HANDLER(upload), Body::spool,
                   limits_.upload_bytes});
  router.add("GET", "/v2/images/{id}/file", Access::reader, NURI_HANDLER(download));
  router.add("POST", "/v2/images/{id}/actions/deactivate", Access::member,
             [this](const Request&, Context& c) { return set_active(c, false); });
  router.add("POST", "/v2/images/{id}/actions/reactivate", Access::member,
             [this](const Request&, Context& c) { return set_active(c, true); });
}

void Api::add_sharing_routes(Router& router) {
  router.add("PUT", "/v2/images/{id}/tags/{tag}", Access::member, NURI_HANDLER(put_tag));
  router.add("DELETE", "/v2/images/{id}/tags/{tag}", Access::member, NURI_HANDLER(remove_tag));
  router.add("POST", "/v2/images/{id}/members", Access::member, NURI_HANDLER(add_member));
  router.add("GET", "/v2/images/{id}/members", Access::reader, NURI_HANDLER(list_members));
  router.add("GET", "/v2/images/{id}/members/{member}", Access::reader, NURI_HANDLER(show_member));
  router.add("PUT", "/v2/images/{id}/members/{member}", Access::member,
             NURI_HANDLER(update_member));
  router.add("DELETE", "/v2/images/{id}/members/{member}", Access::member,
             NURI_HANDLER(remove_member));
}

void Api::add_service_routes(Router& router) {
  router.add("GET", "/internal/v1/images/{id}", Access::service, NURI_HANDLER(internal_show));
  router.add("GET", "/agent/v1/images/{id}/file", Access::agent, NURI_HANDLER(agent_download));
}
#undef NURI_HANDLER

Status Api::recover() {
  std::vector<std::string> deleted, owned;
  TRYV(db_.write([&](db::Session& s) {
    for (const auto& id : store::requeue_saving(s, clock_.now_us())) {
      log::warning("an upload was cut off; its image waits for data again", {{"image", id}});
    }
    deleted = store::deleted(s);
    owned = store::with_data(s);
  }));
  std::sort(owned.begin(), owned.end());
  int removed = files_.sweep(owned);
  if (removed > 0) log::info("removed files that no image owns", {{"files", removed}});
  return db_.write([&](db::Session& s) {
    for (const auto& id : deleted) store::remove(s, id);
  });
}

// Any project's image; with ?project_id=P only as far as that project sees it.
Result<Response> Api::internal_show(const Request& request, Context& context) {
  std::string project = request.query.get("project_id");
  Image image = TRY(db_.read([&](db::Session& s) -> Result<Image> {
    auto found = store::find(s, context.param("id"));
    if (!found || (!project.empty() && !store::visible(s, *found, {project, false}))) {
      return not_found("No image found with ID " + context.param("id").substr(0, 64) + ".");
    }
    return std::move(*found);
  }));
  return Response::json(200, image_view(image));
}

}  // namespace nuri::image
