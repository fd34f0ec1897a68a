#include "services/base/log.h"
#include "services/image/domain/image_patch.h"
#include "services/image/routes/api.h"

// POST, GET, PATCH and DELETE of images.
namespace nuri::image {

namespace {

constexpr std::string_view kPatchType = "application/openstack-images-v2.1-json-patch";
constexpr std::string_view kOldPatchType = "application/openstack-images-v2.0-json-patch";

// What needs an administrator: to show an image to everybody, to give it to another project.
Status check_privileges(const Claims& claims, const Image& image,
                        const std::optional<Image>& before) {
  if (claims.is_admin() || claims.is_service()) return {};
  if (image.visibility == "public" && (!before || before->visibility != "public")) {
    return forbidden(
        "You are not permitted to make an image public: visibility may be private, shared or "
        "community.");
  }
  if (image.owner != claims.project_id) {
    return forbidden("You are not permitted to create images owned by '" +
                     image.owner.value_or("nobody") + "'.");
  }
  return {};
}

Json page_json(const Request& request, const Page& page) {
  Json images = Json::array();
  for (const Image& i : page.images) images.push_back(image_view(i));
  // The same question without a marker, and with the next one's.
  std::string first;
  for (const auto& [k, v] : request.query.items()) {
    if (k != "marker")
      first += (first.empty() ? "" : "&") + percent_encode(k) + "=" + percent_encode(v);
  }
  std::string at = "/v2/images";
  if (!first.empty()) at += "?" + first;
  Json out = Json::object(
      {{"images", std::move(images)}, {"first", at}, {"schema", "/v2/schemas/images"}});
  if (page.more && !page.images.empty()) {
    out.set("next", at + (first.empty() ? "?" : "&") + "marker=" + page.images.back().id);
  }
  return out;
}

}  // namespace

Status Api::insert_image(db::Session& s, const Image& image) {
  if (store::exists(s, image.id)) return conflict("Image ID " + image.id + " already exists!");
  TRYV(quota_.claim(s, *image.owner, image.id, {{store::kImages, 1}}));
  store::insert(s, image);
  return {};
}

Result<Response> Api::create(const Request& request, Context& context) {
  Json body = TRY(parse_json(request.body));
  Image image = TRY(read_image(body));
  if (!image.owner) image.owner = context.claims.project_id;
  if (image.owner->empty())
    return forbidden("An image belongs to a project: the token must be scoped to one.");
  TRYV(check_privileges(context.claims, image, std::nullopt));
  if (image.id.empty()) image.id = random_.uuid();
  image.user_id = context.claims.user_id;
  image.created_us = image.updated_us = clock_.now_us();
  // The answer is made inside the transaction, so that it is kept with it (services/conduct).
  return db_.write([&](db::Session& s) -> Result<Response> {
    TRYV(insert_image(s, image));
    Response r = Response::json(201, image_view(image));
    r.headers.set("Location", context.base_url + "/v2/images/" + image.id);
    r.headers.set("OpenStack-image-import-methods", "glance-direct");
    return r;
  });
}

// Of "/v2/images/", where an id is left out: clients that lost an id are not to take all images for
// one.
Result<Response> Api::no_id(const Request&, Context&) {
  return not_found("No image found with ID ''.");
}

Result<Response> Api::list(const Request& request, Context& context) {
  std::string_view path = request.target;
  if (path.substr(0, path.find('?')).ends_with('/')) return no_id(request, context);
  ListQuery query = TRY(read_list_query(request.query));
  auto images = TRY(
      db_.read([&](db::Session& s) { return store::list(s, viewer_of(context.claims), query); }));
  Page page = TRY(select(query, std::move(images)));
  return Response::json(200, page_json(request, page));
}

Result<Response> Api::show(const Request&, Context& context) {
  Image image = TRY(db_.read([&](db::Session& s) { return visible_image(s, context); }));
  return Response::json(200, image_view(image));
}

Result<Response> Api::patch(const Request& request, Context& context) {
  std::string type = request.headers.get("Content-Type");
  type = type.substr(0, type.find(';'));
  if (type != kPatchType && type != kOldPatchType) {
    return Error(ErrorCode::unsupported_media, "The Content-Type of a PATCH must be " +
                                                   std::string(kPatchType) + " or " +
                                                   std::string(kOldPatchType) + ".");
  }
  Json operations = TRY(parse_json(request.body));
  if (type == kOldPatchType) operations = current_patch(operations);
  Image image = TRY(db_.write([&](db::Session& s) -> Result<Image> {
    Image before = TRY(owned_image(s, context));
    Image after = before;
    TRYV(apply_patch(after, operations));
    TRYV(check_privileges(context.claims, after, before));
    after.updated_us = clock_.now_us();
    if (after.owner != before.owner)
      TRYV(quota_.move(s, after.id, before.owner.value_or(""), after.owner.value_or("")));
    store::update(s, after);
    // The owner pays: handing an image over ends one interval and begins another.
    if (is_metered(after) && after.owner != before.owner) {
      emit_usage(s, before, "end", context.claims.user_id, after.updated_us);
      emit_usage(s, after, "begin", context.claims.user_id, after.updated_us);
    }
    return after;
  }));
  return Response::json(200, image_view(image));
}

// Marked first, so that from the answer on nobody sees it; the file and the row go next, now or, if
// this process dies here, at its next start.
Status Api::erase(const Image& image, const std::string& user_id) {
  TRYV(db_.write([&](db::Session& s) -> Status {
    auto found = store::find(s, image.id);
    if (!found) return not_found("No image found with ID " + image.id + ".");
    if (found->is_protected)
      return forbidden("Image " + found->id + " is protected and cannot be deleted.");
    TimeUs now = clock_.now_us();
    store::mark_deleted(s, found->id, now);
    quota_.release(s, found->id);
    if (!found->queued_by.empty()) store::note_gone(s, found->id, now);
    if (is_metered(*found)) emit_usage(s, *found, "end", user_id, now);
    return {};
  }));
  // An upload under way finds its row gone and removes its file itself.
  Status removed = files_.remove(image.id);
  if (removed) removed = db_.write([&](db::Session& s) { store::remove(s, image.id); });
  if (!removed)
    log::error("an image's data is left until the next start",
               {{"image", image.id}, {"detail", removed.error().detail}});
  return {};
}

Result<Response> Api::remove(const Request&, Context& context) {
  Image image = TRY(db_.read([&](db::Session& s) { return owned_image(s, context); }));
  TRYV(erase(image, context.claims.user_id));
  return Response::empty(204);
}

Result<Response> Api::set_active(Context& context, bool active) {
  TRYV(db_.write([&](db::Session& s) -> Status {
    Image image = TRY(owned_image(s, context));
    if (!is_metered(image)) {
      return forbidden("Not allowed to " + std::string(active ? "reactivate" : "deactivate") +
                       " an image in status '" + image.status + "'.");
    }
    image.status = active ? "active" : "deactivated";
    image.updated_us = clock_.now_us();
    store::update(s, image);
    return {};
  }));
  return Response::empty(204);
}

Result<Response> Api::deactivate(const Request&, Context& context) {
  return set_active(context, false);
}

Result<Response> Api::reactivate(const Request&, Context& context) {
  return set_active(context, true);
}

}  // namespace nuri::image
