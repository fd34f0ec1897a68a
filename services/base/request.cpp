#include "services/base/request.h"

#include <unistd.h>

#include <algorithm>

namespace nuri {

namespace {
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

std::string decode_form(std::string_view text) {
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  return percent_decode(spaced).value_or(spaced);
}
}  // namespace

const std::string* Headers::find(std::string_view name) const {
  for (const Item& item : items_) {
    if (same_name(item.first, name)) return &item.second;
  }
  return nullptr;
}

std::string Headers::get(std::string_view name) const {
  const std::string* found = find(name);
  return found ? *found : std::string();
}

void Headers::set(std::string_view name, std::string value) {
  for (Item& item : items_) {
    if (same_name(item.first, name)) {
      item.second = std::move(value);
      return;
    }
  }
  items_.emplace_back(std::string(name), std::move(value));
}

void Headers::add(std::string_view name, std::string value) { items_.emplace_back(std::string(name), std::move(value)); }

void Headers::remove(std::string_view name) {
  std::erase_if(items_, [&](const Item& item) { return same_name(item.first, name); });
}

Query Query::parse(std::string_view raw) {
  Query out;
  while (!raw.empty()) {
    size_t amp = raw.find('&');
    std::string_view pair = raw.substr(0, amp);
    raw = amp == std::string_view::npos ? std::string_view{} : raw.substr(amp + 1);
    if (pair.empty()) continue;
    size_t eq = pair.find('=');
    out.items_.emplace_back(decode_form(pair.substr(0, eq)),
                            eq == std::string_view::npos ? std::string() : decode_form(pair.substr(eq + 1)));
  }
  return out;
}

const std::string* Query::find(std::string_view key) const {
  for (const auto& [k, v] : items_) {
    if (k == key) return &v;
  }
  return nullptr;
}

std::string Query::get(std::string_view key) const {
  const std::string* found = find(key);
  return found ? *found : std::string();
}

std::vector<std::string> Query::all(std::string_view key) const {
  std::vector<std::string> out;
  for (const auto& [k, v] : items_) {
    if (k == key) out.push_back(v);
  }
  return out;
}

std::string Query::encode() const {
  std::string out;
  for (const auto& [k, v] : items_) {
    if (!out.empty()) out += '&';
    out += percent_encode(k) + '=' + percent_encode(v);
  }
  return out;
}

void Query::set(std::string_view key, std::string value) {
  std::erase_if(items_, [&](const auto& item) { return item.first == key; });
  items_.emplace_back(std::string(key), std::move(value));
}

std::string percent_encode(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (char c : text) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
                 c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      auto b = static_cast<unsigned char>(c);
      out += '%';
      out += kHex[b >> 4];
      out += kHex[b & 15];
    }
  }
  return out;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

SpoolFile::~SpoolFile() {
  if (!path_.empty()) unlink(path_.c_str());
}

std::string Request::base_url() const {
  std::string proto = headers.get("X-Forwarded-Proto");
  std::string host = headers.get("X-Forwarded-Host");
  if (host.empty()) host = headers.get("Host");
  return (proto.empty() ? "http" : proto) + "://" + host + headers.get("X-Forwarded-Prefix");
}

Response Response::json(int status, const Json& body) {
  Response r;
  r.status = status;
  body.dump_to(r.body);
  r.headers.set("Content-Type", "application/json");
  return r;
}

Response Response::text(int status, std::string body, std::string_view content_type) {
  Response r;
  r.status = status;
  r.body = std::move(body);
  r.headers.set("Content-Type", std::string(content_type));
  return r;
}

Response Response::empty(int status) {
  Response r;
  r.status = status;
  return r;
}

}  // namespace nuri
