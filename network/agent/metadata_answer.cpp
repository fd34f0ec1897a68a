#include <algorithm>
#include <charconv>

#include "network/agent/metadata_server.h"
#include "network/agent/metadata_views.h"
#include "services/base/request.h"

namespace nuri::network::agent {

namespace {
std::string reply(int status, const View& view, bool head, bool keep) {
  std::string out = "HTTP/1.1 " + std::to_string(status) + " " + std::string(reason_phrase(status)) + "\r\n";
  out += "Content-Type: " + view.content_type + "\r\nContent-Length: " + std::to_string(view.body.size()) + "\r\n";
  out += keep ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  if (!head) out += view.body;
  return out;
}

std::string problem(int status, bool head, bool& keep) {
  if (status != 404) keep = false;
  return reply(status, {View().content_type, std::to_string(status) + " " + std::string(reason_phrase(status)) + "\n"}, head, keep);
}

// "Connection: close", and bodies, which end the conversation: they are not read.
bool says_close(std::string_view header) {
  std::string lower(header);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return lower.find("\r\nconnection: close") != std::string::npos || lower.find("\r\ncontent-length:") != std::string::npos ||
         lower.find("\r\ntransfer-encoding:") != std::string::npos;
}
}  // namespace

namespace {

// "POST /openstack/latest/password HTTP/1.1": the path, decoded; nullopt where the line is none.
std::optional<std::string> path_of(std::string_view header) {
  std::string_view line = header.substr(0, header.find("\r\n"));
  size_t first = line.find(' '), last = line.rfind(' ');
  if (first == std::string_view::npos || last <= first + 1) return std::nullopt;
  std::string_view target = line.substr(first + 1, last - first - 1);
  return percent_decode(target.substr(0, target.find('?')));
}

bool is_text(std::string_view body) {
  return std::all_of(body.begin(), body.end(), [](unsigned char c) { return (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\r'; });
}

}  // namespace

std::optional<size_t> posted_length(std::string_view header) {
  std::string lower(header);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  constexpr std::string_view kName = "\r\ncontent-length:";
  size_t at = lower.find(kName);
  if (at == std::string::npos || lower.find("\r\ntransfer-encoding:") != std::string::npos) return std::nullopt;
  std::string_view value = std::string_view(lower).substr(at + kName.size());
  value = value.substr(0, value.find('\r'));
  while (value.starts_with(' ')) value.remove_prefix(1);
  size_t length = 0;
  auto r = std::from_chars(value.data(), value.data() + value.size(), length);
  if (r.ec != std::errc() || r.ptr != value.data() + value.size()) return std::nullopt;
  return length;
}

std::string metadata_post_answer(MetadataBook& book, const PasswordSink& sink, const std::string& network_id,
                                 const std::string& peer, std::string_view header, std::string_view body) {
  bool keep = false;
  auto path = path_of(header);
  auto length = posted_length(header);
  if (!path || !length || *length > kMaxPassword) return problem(400, false, keep);
  auto instance = book.find(network_id, peer);
  if (!instance || !is_password_path(*path)) return problem(404, false, keep);
  if (body.empty() || !is_text(body)) return problem(400, false, keep);
  if (!book.take_password(*instance, std::string(body))) return problem(409, false, keep);
  if (sink) sink(instance->id, std::string(body));
  return reply(200, View(), false, false);
}

std::string metadata_answer(const MetadataBook& book, const std::string& network_id, const std::string& peer,
                            std::string_view header, bool& keep) {
  keep = false;
  std::string_view line = header.substr(0, header.find("\r\n"));
  size_t first = line.find(' '), last = line.rfind(' ');
  if (first == std::string_view::npos || last <= first + 1) return problem(400, false, keep);
  std::string_view method = line.substr(0, first), target = line.substr(first + 1, last - first - 1), version = line.substr(last + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return problem(400, false, keep);
  keep = version == "HTTP/1.1" && !says_close(header);
  bool head = method == "HEAD";
  if (method != "GET" && !head) return problem(405, false, keep);
  if (target.starts_with("http://")) {
    size_t slash = target.find('/', 7);
    target = slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
  }
  auto path = percent_decode(target.substr(0, target.find('?')));
  if (!path || path->empty() || (*path)[0] != '/') return problem(400, head, keep);
  auto instance = book.find(network_id, peer);
  auto view = instance ? metadata_view(*instance, *path) : std::nullopt;
  if (instance && is_password_path(*path)) view = View{View().content_type, book.password(*instance)};
  if (!view) return problem(404, head, keep);
  return reply(200, *view, head, keep);
}

}  // namespace nuri::network::agent
