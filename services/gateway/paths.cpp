#include "services/gateway/paths.h"

#include <algorithm>

namespace nuri::gateway {
namespace {

bool known_method(std::string_view method) {
  for (const std::string_view m : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
    if (method == m) return true;
  return false;
}

constexpr const char* kMethods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

Destination refuse(int status, std::string reason, std::string allow = {}) {
  Destination d;
  d.allow = std::move(allow);
  d.status = status;
  d.reason = std::move(reason);
  return d;
}

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return text;
}

// The services' talk among themselves is not for the world.
bool is_internal(const std::vector<std::string>& segments) {
  if (segments.size() < 2) return false;
  const std::string first = lower(segments[1].substr(0, segments[1].find('/')));
  return first == "internal" || first == "agent";
}

// PUT /image/v2/images/{id}/file, and its older sibling "stage".
bool is_upload(const Request& request, const std::vector<std::string>& s) {
  return request.method == "PUT" && s.size() == 5 && s[0] == "image" && s[1] == "v2" &&
         s[2] == "images" && (s[4] == "file" || s[4] == "stage");
}

std::string_view query_of(std::string_view target) {
  target = target.substr(0, target.find('#'));
  const size_t mark = target.find('?');
  return mark == target.npos ? std::string_view() : target.substr(mark);
}

}  // namespace

std::optional<std::vector<std::string>> safe_segments(std::string_view path) {
  std::vector<std::string> out;
  while (!path.empty()) {
    const size_t slash = std::min(path.find('/'), path.size());
    const std::string_view raw = path.substr(0, slash);
    path.remove_prefix(std::min(slash + 1, path.size()));
    if (raw.empty()) continue;
    auto segment = percent_decode(raw);
    if (!segment || *segment == "." || *segment == ".." ||
        segment->find('\0') != segment->npos || segment->find('\\') != segment->npos)
      return std::nullopt;
    out.push_back(std::move(*segment));
  }
  return out;
}

Destination route(const Options& options, const Request& request) {
  if (!known_method(request.method))
    return refuse(405, std::string("Allowed methods: ") + kMethods + ".", kMethods);
  const auto segments = safe_segments(request.path);
  if (!segments || request.path.empty() || request.path[0] != '/')
    return refuse(400, "The path must start with \"/\" and hold no \".\" or \"..\" segment.");
  Destination d;
  for (const Upstream& upstream : options.upstreams) {
    const std::string_view path = request.path;
    if (!path.starts_with(upstream.prefix)) continue;
    const std::string_view rest = path.substr(upstream.prefix.size());
    if (!rest.empty() && rest[0] != '/') continue;
    if (is_internal(*segments)) return refuse(404, "There is nothing at this path.");
    d.kind = Destination::Kind::upstream;
    d.upstream = &upstream;
    d.target = rest.empty() ? "/" : std::string(rest);
    // "/volumes/" lacks a name, "/volumes" is a list: a service may want to tell them apart.
    const std::string_view asked = std::string_view(request.target).substr(0, request.target.find('?'));
    if (asked.ends_with('/') && !d.target.ends_with('/')) d.target += '/';
    d.target += query_of(request.target);
    d.max_body_bytes =
        is_upload(request, *segments) ? options.max_upload_bytes : options.max_body_bytes;
    return d;
  }
  if (request.method != "GET" && request.method != "HEAD")
    return refuse(405, "Only GET and HEAD are served at this path.", "GET, HEAD");
  d.kind = request.path == "/healthz"        ? Destination::Kind::health
           : request.path == "/openapi.json" ? Destination::Kind::openapi
                                             : Destination::Kind::console;
  return d;
}

}  // namespace nuri::gateway
