#include "services/base/log.h"
#include "services/image/domain/image_format.h"
#include "services/image/routes/api.h"

// Image data that comes in, from a user or from an agent. The life of an upload:
//   received into a file (the edge) -> queued becomes saving (row) -> checked and hashed -> moved
//   to its place -> active, or uploading where it is only staged (row)
// Refused data puts the image back to queued. A process killed half-way leaves `saving`, a spool
// file or a file in place: recover() undoes all three.
namespace nuri::image {

namespace {

Status check_type(const Request& request) {
  std::string type = request.headers.get("Content-Type");
  if (type.substr(0, type.find(';')) == "application/octet-stream") return {};
  return Error(ErrorCode::unsupported_media,
               "The Content-Type of image data must be application/octet-stream.");
}

// An agent's are the images that a service queued for its host; a user's are the others.
Result<Image> uploadable(db::Session& s, const Context& context, bool agent) {
  Image image;
  if (agent) {
    auto found = store::find(s, context.param("id"));
    bool here = found && !found->queued_by.empty() &&
                (found->upload_host.empty() || found->upload_host == context.claims.host);
    if (!here) return no_image(context);
    image = std::move(*found);
  } else {
    image = TRY(owned_image(s, context));
    if (!image.queued_by.empty())
      return conflict("The data of image " + image.id + " comes from a server or a volume.");
  }
  if (image.status != "queued") {
    return conflict("Image data can be uploaded to an image in status queued only; this one is " +
                    image.status + ".");
  }
  if (!image.disk_format || !image.container_format) {
    return bad_request(
        "Properties disk_format and container_format must be set prior to saving data.",
        "disk_format");
  }
  return image;
}

}  // namespace

Status Api::check_upload(const Request& request, const Claims& claims, uint64_t bytes) {
  TRYV(check_type(request));
  // /v2/images/{id}/file, /agent/v1/images/{id}/file
  bool agent = request.path.starts_with("/agent/");
  std::string_view path = request.path;
  path.remove_suffix(path.size() - path.rfind('/'));
  Context context;
  context.claims = claims;
  context.params = {{"id", percent_decode(path.substr(path.rfind('/') + 1)).value_or("")}};
  return db_.read([&](db::Session& s) -> Status {
    Image image = TRY(uploadable(s, context, agent));
    return check_bytes(s, image, bytes);
  });
}

Result<Image> Api::begin_upload(const Context& context, bool agent) {
  return db_.write([&](db::Session& s) -> Result<Image> {
    Image image = TRY(uploadable(s, context, agent));
    image.status = "saving";
    image.updated_us = clock_.now_us();
    store::update(s, image);
    return image;
  });
}

Status Api::check_bytes(db::Session& s, const Image& image, uint64_t size) const {
  return quota_.fits(s, image.owner.value_or(""), {{store::kBytes, static_cast<int64_t>(size)}});
}

Status Api::finish_upload(const Context& context, const Image& begun, const Digest& digest,
                          std::optional<uint64_t> virtual_size, std::string_view becomes) {
  return db_.write([&](db::Session& s) -> Status {
    auto image = store::find(s, begun.id);
    if (!image || image->status != "saving") {
      return Error(ErrorCode::gone, "Image " + begun.id + " was deleted during the upload.");
    }
    TRYV(quota_.claim(s, image->owner.value_or(""), image->id,
                      {{store::kBytes, static_cast<int64_t>(digest.size)}}));
    image->status = becomes;
    image->checksum = digest.md5;
    image->hash_value = digest.sha512;
    image->size = static_cast<int64_t>(digest.size);
    if (virtual_size) image->virtual_size = static_cast<int64_t>(*virtual_size);
    image->updated_us = clock_.now_us();
    store::update(s, *image);
    const std::string& user = context.claims.user_id;
    if (is_metered(*image))
      emit_usage(s, *image, "begin", user.empty() ? image->user_id : user, image->updated_us);
    return {};
  });
}

void Api::give_up_upload(const std::string& id) {
  Status removed = files_.remove(id);
  Status back = db_.write([&](db::Session& s) {
    auto image = store::find(s, id);
    if (!image || image->status != "saving") return;
    image->status = "queued";
    image->updated_us = clock_.now_us();
    store::update(s, *image);
  });
  if (!removed || !back)
    log::error("an upload given up is cleared at the next start", {{"image", id}});
}

Result<Response> Api::receive(const Request& request, Context& context, std::string_view becomes,
                              bool agent) {
  TRYV(check_type(request));
  if (!request.body_file) return bad_request("The request has no image data.");
  Image image = TRY(begin_upload(context, agent));
  auto keep = [&]() -> Status {
    const std::string& received = request.body_file->path();
    bool archive = image.container_format == "ova" || image.container_format == "compressed" ||
                   image.container_format == "docker";
    auto found = TRY(check_image(*image.disk_format, TRY(BytesOfFile::open(received)),
                                 limits_.must_match, archive));
    Digest digest = TRY(ImageFiles::digest(received));
    TRYV(db_.read([&](db::Session& s) { return check_bytes(s, image, digest.size); }));
    TRYV(files_.keep(received, image.id));
    request.body_file->release();
    return finish_upload(context, image, digest, found.virtual_size, becomes);
  };
  if (Status kept = keep(); !kept) {
    give_up_upload(image.id);
    return std::move(kept).error();
  }
  return Response::empty(204);
}

Result<Response> Api::upload(const Request& request, Context& context) {
  return receive(request, context, "active", false);
}

Result<Response> Api::stage(const Request& request, Context& context) {
  return receive(request, context, "uploading", false);
}

Result<Response> Api::agent_upload(const Request& request, Context& context) {
  return receive(request, context, "active", true);
}

}  // namespace nuri::image
