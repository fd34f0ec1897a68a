#include <charconv>

#include "services/image/routes/api.h"

// GET of an image's data, whole or a range of it.
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

Result<Response> Api::file_answer(const Request& request, const Image& image) {
  if (!is_metered(image)) return Response::empty(204);  // no data yet
  auto size = static_cast<uint64_t>(image.size.value_or(0));
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
  if (!image || !is_metered(*image))
    return not_found("There is no data of image " + context.param("id").substr(0, 64) + ".");
  return file_answer(request, *image);
}

}  // namespace nuri::image
