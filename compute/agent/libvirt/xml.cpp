#include "compute/agent/libvirt/xml.h"

#include <algorithm>
#include <iterator>

namespace nuri::compute::agent::xml {

namespace {
// Written as numbers, as a parser changes them where they stand as they are: a newline in an
// attribute becomes a space, a carriage return a newline.
constexpr std::pair<std::string_view, char> kNames[] = {
    {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''},
    {"&#9;", '\t'}, {"&#10;", '\n'}, {"&#13;", '\r'}};
}  // namespace

std::string escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    // XML 1.0 has no way to write U+FFFE, U+FFFF and the other control characters.
    const std::string_view three = text.substr(i, 3);
    if (three == "\xef\xbf\xbe" || three == "\xef\xbf\xbf") {
      i += 2;
      continue;
    }
    const auto name = std::find_if(std::begin(kNames), std::end(kNames), [c](const auto& n) { return n.second == c; });
    if (name != std::end(kNames)) out += name->first;
    else if (static_cast<unsigned char>(c) >= 0x20) out += c;
  }
  return out;
}

std::string unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    bool found = false;
    for (const auto& [name, c] : kNames) {
      if (text.substr(i, name.size()) != name) continue;
      out += c;
      i += name.size();
      found = true;
      break;
    }
    if (!found) out += text[i++];
  }
  return out;
}

void Writer::tag(std::string_view name, const Attributes& attributes) {
  out_ += '<';
  out_ += name;
  for (const auto& [key, value] : attributes) {
    out_ += ' ';
    out_ += key;
    out_ += "='";
    out_ += escape(value);
    out_ += '\'';
  }
}

Writer& Writer::open(std::string_view name, const Attributes& attributes) {
  tag(name, attributes);
  out_ += '>';
  open_.emplace_back(name);
  return *this;
}

Writer& Writer::close() {
  out_ += "</" + open_.back() + ">\n";
  open_.pop_back();
  return *this;
}

Writer& Writer::leaf(std::string_view name, const Attributes& attributes) {
  tag(name, attributes);
  out_ += "/>";
  return *this;
}

Writer& Writer::text(std::string_view name, std::string_view content, const Attributes& attributes) {
  tag(name, attributes);
  out_ += '>';
  out_ += escape(content);
  out_ += "</";
  out_ += name;
  out_ += '>';
  return *this;
}

std::string Writer::take() {
  while (!open_.empty()) close();
  return std::move(out_);
}

namespace {
bool name_ends(char c) { return c == ' ' || c == '>' || c == '/' || c == '\n' || c == '\t'; }

size_t find_tag(std::string_view xml, std::string_view prefix, size_t from) {
  while ((from = xml.find(prefix, from)) != std::string_view::npos) {
    size_t end = from + prefix.size();
    if (end < xml.size() && name_ends(xml[end])) return from;
    ++from;
  }
  return from;
}
}  // namespace

std::vector<std::string_view> elements(std::string_view xml, std::string_view name) {
  std::vector<std::string_view> out;
  std::string start = "<" + std::string(name), end = "</" + std::string(name);
  size_t at = 0;
  while ((at = find_tag(xml, start, at)) != std::string_view::npos) {
    size_t tag_end = xml.find('>', at);
    if (tag_end == std::string_view::npos) break;
    size_t stop = tag_end + 1;
    if (xml[tag_end - 1] != '/') {
      size_t closing = find_tag(xml, end, tag_end);
      if (closing == std::string_view::npos) break;
      stop = closing + end.size() + 1;
    }
    out.push_back(xml.substr(at, stop - at));
    at = stop;
  }
  return out;
}

std::optional<std::string> attribute(std::string_view element, std::string_view name) {
  std::string_view tag = element.substr(0, element.find('>'));
  for (char quote : {'\'', '"'}) {
    std::string key = " " + std::string(name) + "=" + quote;
    size_t at = tag.find(key);
    if (at == std::string_view::npos) continue;
    at += key.size();
    size_t end = tag.find(quote, at);
    if (end != std::string_view::npos) return unescape(tag.substr(at, end - at));
  }
  return std::nullopt;
}

std::optional<std::string> content(std::string_view xml, std::string_view name) {
  auto found = elements(xml, name);
  if (found.empty()) return std::nullopt;
  size_t begin = found[0].find('>') + 1, end = found[0].rfind("</");
  if (end == std::string_view::npos || end < begin) return std::string();
  return unescape(found[0].substr(begin, end - begin));
}

}  // namespace nuri::compute::agent::xml
