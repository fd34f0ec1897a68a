#include <charconv>

#include "services/base/log.h"
#include "services/image/domain/image_format.h"
#include "services/image/routes/api.h"

// PUT and GET of an image's data. The life of an upload:
//   queued -> saving (row) -> received file checked and hashed -> moved to its place -> active
//   (row)
// Refused data puts the image back to queued. A process killed half-way leaves `saving`, a spool
// file or a file in place: recover() undoes all three.
namespace nuri::image {

namespace {

// "bytes=a-b", "bytes=a-", "bytes=-n" of a file of `size` bytes; one range only.
Result<std::pair<uint64_t, uint64_t>> read_range(std::string_view text, uint64_t size) {
  Error wrong(ErrorCode::range_not_satisfiable,
              "Range must be one range of bytes inside the image, as bytes=0-1023.", "Range");
  if (!text.starts_with("bytes=")) return wrong;
  text.remove_prefix(6);
  size_t dash = text.find('-');
  if (dash == std::string_view::npos || text.find(',') != std::string_view::npos) return wrong;
  auto number = [](std::string_view t) -> std::optional<uint64_t> {
    uint64_t v = 0;
    auto r = std::from_chars(t.data(), t.data() + t.size(), v);
    if (t.empty() || r.ec != std::errc() || r.ptr != t.data() + t.size()) return std::nullopt;
    return v;
  };
  auto from = number(text.substr(0, dash)), to = number(text.substr(dash + 1));
  if (size == 0 || (!from && !to)) return wrong;
  if (!from) return std::pair(size - std::min(size, *to), std::min(size, *to));
  if (!to && dash + 1 != text.size()) return wrong;
  uint64_t last = std::min(to.value_or(size - 1), size - 1);
  if (*from > last) return wrong;
  return std::pair(*from, last - *from + 1);
}

}  // namespace

Result<Image> Api::begin_upload(const Context& context) {
  return db_.write([&](db::Session& s) -> Result<Image> {
    Image image = TRY(owned_image(s, context));
    if (image.status != "queued") {
      return conflict("Image data can be uploaded to an image in status queued only; this one is " +
                      image.status + ".");
    }
    if (!image.disk_format || !image.container_format) {
      return bad_request(
          "Properties disk_format and container_format must be set prior to saving data.",
          "disk_format");
    }
    image.status = "saving";
    image.updated_us = clock_.now_us();
    store::update(s, image);
    return image;
  });
}

Status Api::check_bytes(db::Session& s, const Image& image, uint64_t size) {
  store::Usage used = store::usage(s, image.owner.value_or(""));
  if (used.bytes + static_cast<int64_t>(size) <= limits_.bytes) return {};
  return Error(ErrorCode::too_large, "The project's images would have over " +
                                         std::to_string(limits_.bytes) + " bytes, its limit.");
}

Result<std::optional<uint64_t>> Api::inspect(const Image& image, const Digest& digest) {
  TRYV(db_.read([&](db::Session& s) { return check_bytes(s, image, digest.size); }));
  return check_format(*image.disk_format, digest.head, digest.size);
}

Status Api::finish_upload(const Context& context, const Image& begun, const Digest& digest,
                          std::optional<uint64_t> virtual_size) {
  return db_.write([&](db::Session& s) -> Status {
    auto image = store::find(s, begun.id);
    if (!image || image->status != "saving") {
      return Error(ErrorCode::gone, "Image " + begun.id + " was deleted during the upload.");
    }
    // Again, now that no other upload can end between the look and the write.
    TRYV(check_bytes(s, *image, digest.size));
    image->status = "active";
    image->checksum = digest.md5;
    image->hash_value = digest.sha512;
    image->size = static_cast<int64_t>(digest.size);
    if (virtual_size) image->virtual_size = static_cast<int64_t>(*virtual_size);
    image->updated_us = clock_.now_us();
    store::update(s, *image);
    emit_usage(s, *image, "begin", context.claims.user_id, image->updated_us);
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

Result<Response> Api::upload(const Request& request, Context& context) {
  std::string type = request.headers.get("Content-Type");
  if (type.substr(0, type.find(';')) != "application/octet-stream") {
    return Error(ErrorCode::unsupported_media,
                 "The Content-Type of image data must be application/octet-stream.");
  }
  if (!request.body_file) return bad_request("The request has no image data.");
  Image image = TRY(begin_upload(context));
  auto keep = [&]() -> Status {
    Digest digest = TRY(ImageFiles::digest(request.body_file->path()));
    auto virtual_size = TRY(inspect(image, digest));
    TRYV(files_.keep(request.body_file->path(), image.id));
    request.body_file->release();
    return finish_upload(context, image, digest, virtual_size);
  };
  if (Status kept = keep(); !kept) {
    give_up_upload(image.id);
    return std::move(kept).error();
  }
  return Response::empty(204);
}

Result<Response> Api::file_answer(const Request& request, const Image& image) {
  if (!image.size) return Response::empty(204);
  auto size = static_cast<uint64_t>(*image.size);
  Response r;
  r.headers.set("Content-Type", "application/octet-stream");
  r.headers.set("Accept-Ranges", "bytes");
  r.file = Response::File{files_.path(image.id), 0, size, nullptr};
  if (const std::string* range = request.headers.find("Range")) {
    auto [from, length] = TRY(read_range(*range, size));
    r.status = 206;
    r.file->offset = from;
    r.file->length = length;
    r.headers.set("Content-Range", "bytes " + std::to_string(from) + "-" +
                                       std::to_string(from + length - 1) + "/" +
                                       std::to_string(size));
  } else if (image.checksum) {
    r.headers.set("Content-MD5", *image.checksum);  // of the whole
  }
  return r;
}

Result<Response> Api::download(const Request& request, Context& context) {
  Image image = TRY(db_.read([&](db::Session& s) { return visible_image(s, context); }));
  if (image.status == "deactivated" && !context.claims.is_admin()) {
    return forbidden("The requested image has been deactivated. Image data download is forbidden.");
  }
  return file_answer(request, image);
}

// Agents fetch what compute and storage have checked; deactivated images too, for servers that
// exist.
Result<Response> Api::agent_download(const Request& request, Context& context) {
  auto image = TRY(db_.read([&](db::Session& s) { return store::find(s, context.param("id")); }));
  if (!image || !image->size)
    return not_found("There is no data of image " + context.param("id").substr(0, 64) + ".");
  return file_answer(request, *image);
}

}  // namespace nuri::image
