#include <charconv>
#include <cmath>

#include "services/base/json.h"

namespace nuri {

namespace {

// Length of the valid UTF-8 sequence at s[i], 0 if invalid (RFC 3629: no surrogates, no overlongs).
size_t utf8_length(std::string_view s, size_t i) {
  auto byte = [&](size_t k) { return i + k < s.size() ? static_cast<unsigned char>(s[i + k]) : 0u; };
  auto tail = [&](size_t k) { return (byte(k) & 0xc0) == 0x80; };
  unsigned a = byte(0);
  if (a < 0x80) return 1;
  if (a >= 0xc2 && a <= 0xdf) return tail(1) ? 2 : 0;
  if (a >= 0xe0 && a <= 0xef) {
    if (!tail(1) || !tail(2) || (a == 0xe0 && byte(1) < 0xa0) || (a == 0xed && byte(1) > 0x9f)) return 0;
    return 3;
  }
  if (a >= 0xf0 && a <= 0xf4) {
    if (!tail(1) || !tail(2) || !tail(3) || (a == 0xf0 && byte(1) < 0x90) || (a == 0xf4 && byte(1) > 0x8f)) return 0;
    return 4;
  }
  return 0;
}

void append_escaped(std::string& out, unsigned char c) {
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  static constexpr char kHex[] = "0123456789abcdef";
  out += "\\u00";
  out += kHex[c >> 4];
  out += kHex[c & 15];
}

void append_string(std::string& out, std::string_view s) {
  out += '"';
  size_t start = 0;
  for (size_t i = 0; i < s.size();) {
    auto c = static_cast<unsigned char>(s[i]);
    size_t length = c < 0x80 ? 1 : utf8_length(s, i);
    if (length == 0 || c < 0x20 || c == '"' || c == '\\') {
      out.append(s.substr(start, i - start));
      if (length == 0) {
        out += "\xef\xbf\xbd";
      } else {
        append_escaped(out, c);
      }
      start = ++i;
    } else {
      i += length;
    }
  }
  out.append(s.substr(start));
  out += '"';
}

void append_number(std::string& out, const Json& value) {
  char text[40];
  std::to_chars_result r{};
  if (value.is_int()) {
    r = std::to_chars(text, text + sizeof text, value.as_int());
  } else {
    double d = value.as_double();
    if (!std::isfinite(d)) {
      out += "null";
      return;
    }
    r = std::to_chars(text, text + sizeof text, d);
  }
  std::string_view written(text, static_cast<size_t>(r.ptr - text));
  out += written;
  if (value.is_double() && written.find_first_of(".e") == std::string_view::npos) out += ".0";
}

void newline(std::string& out, int indent, int depth) {
  if (indent == 0) return;
  out += '\n';
  out.append(static_cast<size_t>(indent * depth), ' ');
}

void append(std::string& out, const Json& value, int indent, int depth) {
  if (value.is_null()) {
    out += "null";
  } else if (value.is_bool()) {
    out += value.as_bool() ? "true" : "false";
  } else if (value.is_number()) {
    append_number(out, value);
  } else if (value.is_string()) {
    append_string(out, value.as_string());
  } else {
    bool object = value.is_object();
    out += object ? '{' : '[';
    bool first = true;
    auto separate = [&] {
      if (!first) out += ',';
      first = false;
      newline(out, indent, depth + 1);
    };
    for (const auto& item : value.as_array()) {
      separate();
      append(out, item, indent, depth + 1);
    }
    for (const auto& [key, member] : value.as_object()) {
      separate();
      append_string(out, key);
      out += indent ? ": " : ":";
      append(out, member, indent, depth + 1);
    }
    if (!first) newline(out, indent, depth);
    out += object ? '}' : ']';
  }
}

}  // namespace

void Json::dump_to(std::string& out) const { append(out, *this, 0, 0); }

std::string Json::dump() const {
  std::string out;
  append(out, *this, 0, 0);
  return out;
}

std::string Json::dump_pretty() const {
  std::string out;
  append(out, *this, 2, 0);
  return out;
}

}  // namespace nuri
