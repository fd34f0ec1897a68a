#include "services/gateway/console.h"

#include <sys/stat.h>

#include <filesystem>
#include <optional>
#include <utility>

#include "services/gateway/paths.h"

namespace nuri::gateway {
namespace {

namespace fs = std::filesystem;

// A bundled React application: its scripts are files of ours; component libraries set styles inline.
constexpr const char* kContentSecurityPolicy =
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'none'";

constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".ico", "image/x-icon"},
    {".webp", "image/webp"},
    {".woff", "font/woff"},
    {".woff2", "font/woff2"},
    {".ttf", "font/ttf"},
    {".wasm", "application/wasm"},
    {".txt", "text/plain; charset=utf-8"},
};

struct Found {
  std::string path;
  uint64_t size = 0;
  std::string tag;
};

// Also refuses a link that leads out of the folder.
std::optional<Found> find(const fs::path& folder, const std::vector<std::string>& segments) {
  std::error_code ec;
  const fs::path root = fs::canonical(folder, ec);
  if (ec) return std::nullopt;
  fs::path wanted = root;
  for (const std::string& s : segments) {
    if (s.empty() || s[0] == '.' || s.find('/') != s.npos) return std::nullopt;
    wanted /= s;
  }
  const fs::path real = fs::canonical(wanted, ec);
  if (ec || !real.native().starts_with(root.native() + "/")) return std::nullopt;
  struct stat st{};
  if (::stat(real.c_str(), &st) != 0 || !S_ISREG(st.st_mode)) return std::nullopt;
  const auto changed = st.st_mtim.tv_sec * 1'000'000'000ll + st.st_mtim.tv_nsec;
  return Found{real.native(), static_cast<uint64_t>(st.st_size),
               '"' + std::to_string(changed) + '-' + std::to_string(st.st_size) + '"'};
}

void add_security(Headers& headers) {
  headers.set("Content-Security-Policy", kContentSecurityPolicy);
  headers.set("X-Content-Type-Options", "nosniff");
  headers.set("X-Frame-Options", "DENY");
  headers.set("Referrer-Policy", "same-origin");
  headers.set("Cross-Origin-Opener-Policy", "same-origin");
}

Response nothing(std::string text) {
  Response response = Response::text(404, std::move(text), "text/plain; charset=utf-8");
  response.headers.set("Cache-Control", "no-cache");
  add_security(response.headers);
  return response;
}

}  // namespace

std::string_view content_type(std::string_view file_name) {
  for (const auto& [ending, type] : kTypes)
    if (file_name.ends_with(ending)) return type;
  return "application/octet-stream";
}

Response serve_console(const std::string& folder, const Request& request) {
  const auto segments = safe_segments(request.path);
  if (!segments) return nothing("There is nothing at this path.\n");
  auto found = segments->empty() ? std::nullopt : find(folder, *segments);
  // The bundler puts a hash of the content into these names.
  const bool hashed = found && segments->size() > 1 && segments->front() == "assets";
  if (!found) {
    const bool asset = !segments->empty() && (segments->front() == "assets" ||
                                              segments->back().find('.') != std::string::npos);
    if (asset) return nothing("There is no such file.\n");
    found = find(folder, {"index.html"});
  }
  if (!found) return nothing("The console is not installed here.\n");
  Response response;
  add_security(response.headers);
  response.headers.set("Cache-Control",
                       hashed ? "public, max-age=31536000, immutable" : "no-cache");
  response.headers.set("ETag", found->tag);
  if (request.headers.get("If-None-Match") == found->tag) {
    response.status = 304;
    return response;
  }
  response.headers.set("Content-Type", std::string(content_type(found->path)));
  response.file = Response::File{found->path, 0, found->size, nullptr};
  return response;
}

}  // namespace nuri::gateway
